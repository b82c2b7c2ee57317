package agent

import (
	"bytes"
	"strings"
	"syscall"
	"testing"
	"time"

	"handslag/identity/signed"
	"handslag/vault"
	"handslag/vault/journal"
	"handslag/vault/journalfile"
	"handslag/vault/record"
)

func TestWrongPassphrasesAreToldInOneEntry(t *testing.T) {
	f := newFar(t)
	p := f.phone().enrolled()
	ok(t, p.Lock())
	if me := p.Me(); me.Person.First != "Anna" || me.Person.Last != "" || me.Device == "" || me.Unlocked {
		t.Fatalf("the lock screen shows %+v", me)
	}
	for range 3 {
		refused(t, p.Unlock(t.Context(), "fel fras"), WrongPassphrase)
	}
	p.start()
	refused(t, p.Unlock(t.Context(), "fel fras"), WrongPassphrase)
	_, err := p.Records(t.Context(), "")
	refused(t, err, Locked)
	ok(t, p.Unlock(t.Context(), passphrase))
	if me := p.Me(); me.WrongAttempts != 4 {
		t.Errorf("me %+v", me)
	}
	events, err := p.Events(t.Context(), 3)
	ok(t, err)
	if events[1].Kind != journal.PassphraseWrong || events[1].Count != 4 || events[2].Kind != journal.Locked {
		t.Errorf("events %+v", events)
	}
	ok(t, p.Lock())
	ok(t, p.Unlock(t.Context(), passphrase))
	if p.Me().WrongAttempts != 0 {
		t.Error("told twice")
	}
}

func TestASecondStartSaysThatItIsOpenElsewhere(t *testing.T) {
	f := newFar(t)
	p := f.phone().enrolled()
	second, err := New(p.cfg)
	ok(t, err)
	defer second.Close()
	refused(t, second.Unlock(t.Context(), passphrase), OpenElsewhere)
	if second.State() != IsElsewhere {
		t.Errorf("state %q", second.State())
	}
	ok(t, p.Close())
	ok(t, second.Unlock(t.Context(), passphrase))
}

func TestAutoLockAndOpeningsEndByThemselves(t *testing.T) {
	f := newFar(t)
	p := f.phone().enrolled().synced()
	_, err := p.Open(t.Context(), "r1", Reason{Text: "ringde"})
	ok(t, err)
	s, err := p.current()
	ok(t, err)
	p.pass(OpenFor)
	p.tick(s)
	_, err = p.Extend(t.Context(), "r1")
	refused(t, err, ReasonMissing)
	p.pass(DefaultAutoLock - OpenFor - time.Second)
	p.Touch()
	p.pass(2 * time.Second)
	p.tick(s)
	if p.State() != IsUnlocked {
		t.Fatal("locked in spite of a touch")
	}
	p.pass(DefaultAutoLock)
	p.tick(s)
	if p.State() != IsLocked {
		t.Fatal("not locked")
	}
	ok(t, p.Unlock(t.Context(), passphrase))
	p.synced()
	if got := f.kinds(p.Me().Device); !strings.HasSuffix(got, "record.opened record.closed(timeout) device.locked device.unlocked ") {
		t.Error(got)
	}
}

func TestAClockSetBackOpensNothingThatHasEnded(t *testing.T) {
	f := newFar(t)
	p := f.phone().enrolled().synced()
	p.pass(73 * time.Hour)
	f.mu.Lock()
	p.m.wall = morning // and somebody turns the clock back
	f.mu.Unlock()
	_, err := p.Open(t.Context(), "r1", Reason{Text: "ringde"})
	refused(t, err, LoanEnded)
	if !p.Me().ClockSuspect {
		t.Error("the clock is not suspect")
	}
}

func TestAClockIn2031DeletesNothing(t *testing.T) {
	f := newFar(t)
	p := f.phone().enrolled().synced()
	ok(t, p.Lock())
	f.mu.Lock()
	p.m.boot, p.m.uptime, p.m.wall = "other", time.Minute, morning.AddDate(5, 0, 0)
	f.mu.Unlock()
	ok(t, p.Unlock(t.Context(), passphrase))
	_, err := p.Open(t.Context(), "r1", Reason{Text: "ringde"})
	refused(t, err, ClockSuspect)
	f.mu.Lock()
	p.m.wall = morning.Add(time.Hour)
	f.mu.Unlock()
	_, err = p.Open(t.Context(), "r1", Reason{Text: "ringde"})
	ok(t, err)
}

func TestAViewThatLagsBehindItsJournalOpensNothingUntilItHasCaughtUp(t *testing.T) {
	f := newFar(t)
	p := f.phone()
	asked, last := 0, 1<<30 // the disk is full from the question after that on
	p.cfg.VaultOptions.FreeSpace = func(string) (uint64, error) {
		if asked++; asked > last {
			return 0, nil
		}
		return 1 << 40, nil
	}
	p.start()
	p.enrolled().synced()
	last = asked + 1 // between the entry and its effect
	_, err := p.Finish(t.Context(), "a1", "klart", "")
	refused(t, err, DiskFull)
	_, err = p.Open(t.Context(), "r1", Reason{Text: "ringde"})
	refused(t, err, DiskFull)
	if s, _ := p.current(); len(s.openings) != 0 {
		t.Error("it counts as open")
	}
	last = 1 << 30
	opening, err := p.Open(t.Context(), "r1", Reason{Text: "ringde"})
	ok(t, err)
	if len(opening.Fields) != 1 {
		t.Errorf("opening %+v", opening)
	}
	if task, err := p.Assignment(t.Context(), "a1"); err != nil || task.Done == nil || task.Done.Note != "klart" {
		t.Errorf("what was signed meanwhile: %+v %v", task, err)
	}
	p.synced()
}

func TestAJournalThatCanNotBeWrittenOpensNothing(t *testing.T) {
	f := newFar(t)
	p := f.phone()
	disk := &failingDisk{}
	p.cfg.Disk = disk
	p.start()
	p.enrolled().synced()
	for _, c := range []struct {
		fails error
		want  Code
	}{{syscall.ENOSPC, DiskFull}, {syscall.EIO, JournalBroken}} {
		before := p.Me().Waiting
		disk.fail(c.fails)
		_, err := p.Open(t.Context(), "r1", Reason{Text: "ringde"})
		refused(t, err, c.want)
		_, err = p.Finish(t.Context(), "a1", "klart", "")
		refused(t, err, c.want)
		disk.fail(nil)
		if p.Me().Waiting != before {
			t.Errorf("%v: something was said", c.fails)
		}
		if task, err := p.Assignment(t.Context(), "a1"); err != nil || task.Done != nil {
			t.Errorf("%v: it counts as done: %+v %v", c.fails, task, err)
		}
		if _, err := p.Open(t.Context(), "r1", Reason{Text: "ringde"}); err != nil {
			t.Errorf("%v: afterwards: %v", c.fails, err)
		}
	}
	p.synced()
}

func TestLoansThatEndWhileTheProgramRunsAreEnded(t *testing.T) {
	f := newFar(t)
	p := f.phone().enrolled().synced()
	s, err := p.current()
	ok(t, err)
	p.pass(73 * time.Hour)
	p.Touch()
	p.tick(s)
	_, err = p.Record(t.Context(), "r1")
	refused(t, err, NoRecord)
}

func TestWhatWasSaidBeforeACrashIsInTheViewAfterwards(t *testing.T) {
	f := newFar(t)
	p := f.phone().enrolled().synced()
	s, err := p.current()
	ok(t, err)
	// The entry is durable and the process dies before the view has it.
	row, err := s.vault.Assignment("a1")
	ok(t, err)
	payload, err := journal.NewPayload(journal.Details{Note: "klart"})
	ok(t, err)
	commit, err := payload.Commit()
	ok(t, err)
	work, err := s.keys.Sign(signed.DomainWork, record.Work{
		Version: 1, Org: f.org(), Assignment: "a1", Number: 1, Content: record.WorkContent(commit, row.Signed), Device: s.device, State: record.StateOf(nil),
	})
	ok(t, err)
	keep, err := s.keep("s1")
	ok(t, err)
	_, err = s.journal.Append(journalfile.Draft{
		Entry:   journal.Entry{Kind: journal.AssignmentDone, Subject: "s1", Assignment: "a1", AssignmentVersion: 1, Signature: work},
		Payload: &payload, Keep: keep,
	})
	ok(t, err)
	ok(t, s.journal.Close())
	ok(t, s.vault.Close())
	p.mu0()
	p.start()
	ok(t, p.Unlock(t.Context(), passphrase))
	task, err := p.Assignment(t.Context(), "a1")
	ok(t, err)
	if task.Done == nil || task.Done.Note != "klart" || !task.Done.Waiting {
		t.Fatalf("done %+v", task.Done)
	}
	var file bytes.Buffer
	ok(t, p.ExportSignature(t.Context(), "a1", &file))
	_, err = VerifySignature(&file, f.org())
	ok(t, err)
	p.synced()
	if task, err = p.Assignment(t.Context(), "a1"); err != nil || task.Done.Waiting {
		t.Errorf("done %+v %v", task.Done, err)
	}
}

func (p *phone) mu0() {
	p.Agent.mu.Lock()
	defer p.Agent.mu.Unlock()
	close(p.session.quit)
	p.session = nil
}

func TestAnOpeningThatALockOrAnErasureOvertookShowsNothing(t *testing.T) {
	for what, c := range map[string]struct {
		comes func(s *session) // while an opening is between its entry and its text
		want  Code
	}{
		"a lock":                       {func(s *session) { s.end("") }, Locked},
		"an order about the person":    {func(s *session) { s.closeAbout("s1") }, NoRecord},
		"an order about somebody else": {func(s *session) { s.closeAbout("s2") }, ""},
	} {
		f := newFar(t)
		f.addRecord("r1", "s1", "Rita Ros", "070-1740605")
		p := f.phone().enrolled().synced()
		s, err := p.current()
		ok(t, err)
		c.comes(s)
		shown, err := p.Open(t.Context(), "r1", Reason{Text: "ringde"})
		if open := err == nil; CodeOf(err) != c.want || open != (shown.Fields != nil) || open != (len(s.openings) == 1) {
			t.Errorf("%s: %v, %d fields came, %d count as open", what, err, len(shown.Fields), len(s.openings))
		}
	}
}

// The entry of an opening can be long on its way to the disk, and the machine can sleep meanwhile: whether
// the loan has ended is asked again once it is there.
func TestALoanThatEndsWhileTheEntryIsWrittenOpensNothing(t *testing.T) {
	for what, late := range map[string]struct {
		by   time.Duration
		want Code
	}{"a second before its end": {-time.Second, ""}, "a second after its end": {time.Second, LoanEnded}} {
		f := newFar(t)
		p := f.phone()
		slow := &slowDisk{}
		p.cfg.Disk = slow
		p.start()
		p.enrolled().synced()
		attached(t, p)
		for deed, open := range map[string]func() (bool, error){
			"a protected part": func() (bool, error) {
				shown, err := p.Open(t.Context(), "r1", Reason{Text: "ringde"})
				return shown.Fields != nil, err
			},
			"an attachment": func() (bool, error) {
				o, err := p.OpenAttachment(t.Context(), "a-word", Reason{Text: "ringde"})
				return o != nil, err
			},
		} {
			p.synced() // the loan is new
			card, err := p.Record(t.Context(), "r1")
			ok(t, err)
			p.pass(card.LoanUntil.Sub(p.cfg.Now()) - time.Minute)
			slow.meanwhile = func() { p.pass(time.Minute + late.by) }
			if shown, err := open(); CodeOf(err) != late.want || shown != (late.want == "") {
				t.Errorf("%s, %s: it opens: %t, %v", deed, what, shown, err)
			}
			if slow.meanwhile != nil {
				t.Errorf("%s, %s: no entry was written", deed, what)
			}
		}
	}
}

// attached gives the phone an attachment of r1, as the connected system would have.
func attached(t *testing.T, p *phone) {
	t.Helper()
	s, err := p.current()
	ok(t, err)
	blobs, err := s.vault.Blobs()
	ok(t, err)
	defer blobs.Close()
	a, key, err := record.SealAttachment(record.Attachment{Org: p.f.org(), ID: "a-word", Record: "r1", Subject: "s1", Size: 7},
		record.Label{Name: "ord.txt", Type: record.Text}, strings.NewReader("ett ord"), blobs.Put)
	ok(t, err)
	ok(t, blobs.Sync())
	a.Issued = p.f.clockNow()
	message, err := a.Sign(p.f.issuing)
	ok(t, err)
	ok(t, s.vault.Update(func(tx *vault.Tx) error {
		_, err := tx.PutAttachment(vault.AttachmentCopy{Signed: message, ContentKey: key})
		return err
	}))
}

// What an entry brings along besides itself no replay brings back: while the view lags behind and can not be
// written, no such entry is said.
func TestNoEntryIsSaidWhoseEffectWouldBeLost(t *testing.T) {
	f := newFar(t)
	p := f.phone()
	asked, last := 0, 1<<30 // the disk is full from the question after that on
	p.cfg.VaultOptions.FreeSpace = func(string) (uint64, error) {
		if asked++; asked > last {
			return 0, nil
		}
		return 1 << 40, nil
	}
	p.start()
	p.enrolled().synced()
	s, err := p.current()
	ok(t, err)
	stamps, err := s.journal.Append(journalfile.Draft{Entry: journal.Entry{Kind: journal.RecordExpired, Subject: "s8", Record: "r8", RecordVersion: 1, Until: 1}})
	ok(t, err)
	s.deed.Lock()
	s.head, s.waiting, s.stale = stamps[0].Hash(), nil, true // as after a transaction that failed
	s.deed.Unlock()
	came := 0
	fetched := line{entry: journal.Entry{Kind: journal.RecordFetched, Subject: "s9", Record: "r9", RecordVersion: 1}, effect: func(*vault.Tx) error {
		came++
		return nil
	}}
	last = asked + 1 // there is room for what lags behind, or for asking whether there is
	before := s.journal.Chain().Last
	_, err = s.say(fetched)
	refused(t, translate(err), DiskFull)
	if s.journal.Chain().Last != before || came != 0 {
		t.Error("the entry is there, and what it brought is not")
	}
	last = 1 << 30
	_, err = s.say(fetched)
	ok(t, err)
	if came != 1 {
		t.Errorf("with room it came %d times", came)
	}
}
