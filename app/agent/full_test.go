package agent

import (
	"strings"
	"testing"

	"handslag/vault/disk/faulty"
	"handslag/vault/journal"
)

func TestAFullDiskOpensNothingTakesTheLastEntriesAndLocks(t *testing.T) {
	f := newFar(t)
	p := f.phone()
	disk := faulty.New()
	p.cfg.Disk = disk
	p.start()
	p.enrolled().synced()
	ctx := t.Context()
	_, err := p.Open(ctx, "r1", Reason{Text: "medan det fanns plats"})
	ok(t, err)
	disk.Room = 1
	shown := 0
	for ; err == nil && shown < 10000; shown++ { // into the space that was made ready
		_, err = p.Open(ctx, "r1", Reason{Text: "medan det fanns plats"})
	}
	refused(t, err, DiskFull)
	_, err = p.Finish(ctx, "a1", "klart", "")
	refused(t, err, DiskFull)
	for range 10 * fullRefusals { // and somebody tries again and again
		_, err = p.Open(ctx, "r1", Reason{Text: "när disken var full"})
		refused(t, err, DiskFull)
	}
	ok(t, p.CloseRecord(ctx, "r1"))
	ok(t, p.Lock())
	refused(t, p.Unlock(ctx, passphrase), DiskFull)
	disk.Room = 0
	ok(t, p.Unlock(ctx, passphrase))
	if task, err := p.Assignment(ctx, "a1"); err != nil || task.Done != nil {
		t.Errorf("work that was refused: %+v %v", task.Done, err)
	}
	if _, err := p.Open(ctx, "r1", Reason{Text: "när det fanns plats igen"}); err != nil {
		t.Errorf("%v %s", err, unwrapped(err))
	}
	p.synced()
	got := f.kinds(p.Me().Device)
	if !strings.HasSuffix(got, "record.refused(disk_full) record.closed device.locked device.unlocked record.opened ") ||
		strings.Count(got, "record.refused") != fullRefusals || strings.Count(got, " record.opened") != shown+1 {
		t.Errorf("%d shown, then %d refused: …%s", shown, strings.Count(got, "record.refused"), got[max(0, len(got)-400):])
	}
	if strings.Contains(got, string(journal.AssignmentDone)) {
		t.Error("it was said all the same")
	}
}
