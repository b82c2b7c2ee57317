package agent

import (
	"context"
	"strings"
	"syscall"
	"testing"

	"handslag/vault/journal"
)

const another = "åtta röda päron"

func TestAnnaChangesHerPassphraseAndTheOrganisationSeesThatSheDid(t *testing.T) {
	f := newFar(t)
	p := f.phone().enrolled().synced()
	ok(t, p.ChangePassphrase(t.Context(), passphrase, another))
	events, err := p.Events(t.Context(), 1)
	ok(t, err)
	if len(events) != 1 || events[0].Kind != journal.PassphraseChanged || !events[0].Waiting {
		t.Errorf("events %+v", events)
	}
	if _, err := p.Open(t.Context(), "r1", Reason{Text: "ringde"}); err != nil {
		t.Errorf("work goes on: %v", err)
	}
	p.synced()
	if got := f.kinds(p.Me().Device); strings.Count(got, " device.passphrase_changed ") != 1 {
		t.Errorf("the connected system has %s", got)
	}
	p.start()
	refused(t, p.Unlock(t.Context(), passphrase), WrongPassphrase)
	ok(t, p.Unlock(t.Context(), another))
	if _, err := p.Open(t.Context(), "r1", Reason{Text: "ringde igen"}); err != nil {
		t.Errorf("what was sealed before opens: %v", err)
	}
}

func TestWhoFindsTheDeviceUnlockedCanNotTryPassphrasesInSilence(t *testing.T) {
	f := newFar(t)
	p := f.phone().enrolled()
	for range 2 {
		refused(t, p.ChangePassphrase(t.Context(), "fel fras", another), WrongPassphrase)
	}
	ok(t, p.Lock())
	if n := p.Me().WrongAttempts; n != 2 {
		t.Errorf("the lock screen counts %d", n)
	}
	refused(t, p.Unlock(t.Context(), another), WrongPassphrase)
	ok(t, p.Unlock(t.Context(), passphrase))
	events, err := p.Events(t.Context(), 2)
	ok(t, err)
	if events[1].Kind != journal.PassphraseWrong || events[1].Count != 3 {
		t.Errorf("events %+v", events)
	}
}

func TestAChangeThatCanNotBeLoggedOrIsRefusedChangesNothing(t *testing.T) {
	f := newFar(t)
	p := f.phone()
	refused(t, p.ChangePassphrase(t.Context(), passphrase, another), Locked)
	disk := &failingDisk{}
	p.cfg.Disk = disk
	p.start()
	p.enrolled()
	refused(t, p.ChangePassphrase(t.Context(), passphrase, "kort"), PassphraseShort)
	refused(t, p.ChangePassphrase(t.Context(), passphrase, strings.Repeat("å", maxPassphrase/2+1)), PassphraseLong)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	refused(t, p.ChangePassphrase(gone, passphrase, another), Cancelled)
	disk.fail(syscall.ENOSPC)
	refused(t, p.ChangePassphrase(t.Context(), passphrase, another), DiskFull)
	disk.fail(nil)
	p.start()
	refused(t, p.ChangePassphrase(t.Context(), passphrase, another), Locked)
	refused(t, p.Unlock(t.Context(), another), WrongPassphrase)
	ok(t, p.Unlock(t.Context(), passphrase))
	events, err := p.Events(t.Context(), 100)
	ok(t, err)
	for _, e := range events {
		if e.Kind == journal.PassphraseChanged {
			t.Errorf("a change that was none is in the log: %+v", e)
		}
	}
}
