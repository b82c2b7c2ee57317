package agent

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault"
	"handslag/vault/journal"
	"handslag/vault/journalfile"
	"handslag/vault/record"
)

func TestAMorning(t *testing.T) {
	f := newFar(t)
	p := f.phone()
	ctx := t.Context()
	if p.State() != IsNew {
		t.Fatalf("state %q", p.State())
	}
	org, err := p.ReadOrganisation(f.org().Grouped())
	ok(t, err)
	found, err := p.FindOrganisation(ctx, org)
	ok(t, err)
	if found.Name != "Bostads AB Linden" || found.Number != 3 {
		t.Fatalf("found %+v", found)
	}
	p.enrolled()
	if me := p.Me(); p.State() != IsUnlocked || me.Person.Name() != "Anna Lind" || me.Waiting != 2 || me.Device == "" {
		t.Fatalf("state %q, me %+v", p.State(), me)
	}
	result, err := p.Sync(ctx)
	ok(t, err)
	if me := p.Me(); result != (SyncResult{Sent: 3, Received: 2}) || !me.Online || me.Waiting != 0 || me.LastSync.IsZero() {
		t.Fatalf("result %+v, me %+v", result, me)
	}

	// In the cellar.
	f.server.Close()
	_, err = p.Sync(ctx)
	refused(t, err, ServerAway)
	cards, err := p.Records(ctx, "karin lindä")
	ok(t, err)
	if len(cards) != 1 || cards[0].ID != "r1" || len(cards[0].Assignments) != 1 {
		t.Fatalf("cards %+v", cards)
	}
	reasons, err := p.Reasons(ctx, "r1")
	ok(t, err)
	if len(reasons) != 1 || !reasons[0].Preselected || reasons[0].Assignment != "a1" {
		t.Fatalf("reasons %+v", reasons)
	}
	_, err = p.Open(ctx, "r1", Reason{})
	refused(t, err, ReasonMissing)
	opening, err := p.Open(ctx, "r1", reasons[0])
	ok(t, err)
	if len(opening.Fields) != 1 || opening.Fields[0].Value != "0701234567" || !opening.Until.Equal(f.now.Add(OpenFor)) {
		t.Fatalf("opening %+v", opening)
	}
	p.pass(time.Minute)
	again, err := p.Extend(ctx, "r1")
	ok(t, err)
	if got := again.Until.Sub(opening.Until); got != OpenFor {
		t.Fatalf("extended by %v", got)
	}
	ok(t, p.CloseRecord(ctx, "r1"))
	task, err := p.Finish(ctx, "a1", " Packningen är bytt. ")
	ok(t, err)
	if task.Done == nil || !task.Done.Mine || !task.Done.Waiting || task.Done.Note != "Packningen är bytt." {
		t.Fatalf("done %+v", task.Done)
	}
	_, err = p.Finish(ctx, "a1", "igen")
	refused(t, err, AlreadyDone)
	var file bytes.Buffer
	ok(t, p.ExportSignature(ctx, "a1", &file))
	finding, err := VerifySignature(bytes.NewReader(file.Bytes()), f.org())
	ok(t, err)
	if finding.Details.Note != "Packningen är bytt." || finding.Credential.Person.Username != "anna" {
		t.Fatalf("finding %+v", finding)
	}
	_, err = VerifySignature(bytes.NewReader(append(file.Bytes(), 0)), f.org())
	refused(t, err, SignatureBad)

	events, err := p.Events(ctx, 100)
	ok(t, err)
	if len(events) != 7 || events[0].Note != "Packningen är bytt." || events[0].Title != "Svensson, Karin" || !events[0].Waiting || events[4-1].Reason != "Byt packning" || events[6].Waiting {
		t.Fatalf("events %+v", events)
	}
	if few, err := p.Events(ctx, 2); err != nil || len(few) != 2 || few[0] != events[0] {
		t.Fatalf("few %+v %v", few, err)
	}
}

func TestAnEnrolmentGoesOnAfterAnyInterruption(t *testing.T) {
	type cut func(w http.ResponseWriter, r *http.Request) bool
	hang := func(w http.ResponseWriter) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			conn.Close()
		}
	}
	for what, c := range map[string]struct {
		cut  func(f *far, p *phone) cut
		code Code
		half bool
	}{
		"before the directory answers": {func(f *far, p *phone) cut {
			return func(w http.ResponseWriter, r *http.Request) bool { hang(w); return true }
		}, DirectoryAway, false},
		"before the request arrives": {func(f *far, p *phone) cut {
			return func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path == link.PathEnrol {
					hang(w)
					return true
				}
				return false
			}
		}, ServerAway, true},
		"before its answer arrives": {func(f *far, p *phone) cut {
			return func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path == link.PathEnrol {
					f.epoch++ // issued, and lost
					hang(w)
					return true
				}
				return false
			}
		}, ServerAway, true},
	} {
		t.Run(what, func(t *testing.T) {
			f := newFar(t)
			p := f.phone()
			ask := Enrolment{Org: f.org(), Username: "anna", Password: f.password, Passphrase: passphrase}
			f.break_ = c.cut(f, p)
			refused(t, p.Enrol(t.Context(), ask), c.code)
			p.start() // the program died
			if half := p.State() == IsEnrolling; half != c.half {
				t.Fatalf("state %q", p.State())
			}
			f.mu.Lock()
			f.break_ = nil
			f.mu.Unlock()
			if !c.half {
				ok(t, p.Enrol(t.Context(), ask))
			} else {
				refused(t, p.Unlock(t.Context(), passphrase), NotEnrolled)
				refused(t, p.ResumeEnrol(t.Context(), "något annat", f.password), WrongPassphrase)
				refused(t, p.ResumeEnrol(t.Context(), passphrase, "fel"), WrongPassword)
				ok(t, p.ResumeEnrol(t.Context(), passphrase, f.password))
			}
			if p.State() != IsUnlocked || len(f.keys) != 1 {
				t.Fatalf("state %q, %d devices asked", p.State(), len(f.keys))
			}
			refused(t, p.Enrol(t.Context(), ask), AlreadyEnrolled)
			p.synced()
			ok(t, p.Close())
		})
	}
}

func TestAHalfMadeEnrolmentWithAForgottenPassphraseBeginsAnew(t *testing.T) {
	f := newFar(t)
	p := f.phone()
	ask := Enrolment{Org: f.org(), Username: "anna", Password: "fel", Passphrase: "den glömda frasen"}
	refused(t, p.Enrol(t.Context(), ask), WrongPassword)
	ask.Password, ask.Passphrase = f.password, passphrase
	ok(t, p.Enrol(t.Context(), ask))
	ok(t, p.Lock())
	ok(t, p.Unlock(t.Context(), passphrase))
}

func TestEnrolmentRefusesByName(t *testing.T) {
	other := newFar(t)
	for what, c := range map[string]struct {
		change func(f *far, e *Enrolment)
		want   Code
		asked  bool
	}{
		"a slip in the organisation ID": {func(f *far, e *Enrolment) { e.Org = e.Org[:5] + "q" + e.Org[6:] + "" }, OrgIDSlip, false},
		"a short passphrase":            {func(f *far, e *Enrolment) { e.Passphrase = "1234567" }, PassphraseShort, false},
		"a passphrase without end":      {func(f *far, e *Enrolment) { e.Passphrase = strings.Repeat("x", 1<<20) }, PassphraseLong, false},
		"an unknown organisation":       {func(f *far, e *Enrolment) { e.Org = other.org() }, UnknownOrganisation, true},
		"a statement of another organisation": {func(f *far, e *Enrolment) {
			f.directory = func() []byte { return other.signStatement(other.statement) }
		}, StatementForged, true},
		"a statement that another key signed": {func(f *far, e *Enrolment) {
			f.directory = func() []byte {
				data, err := signed.Sign(signed.DomainStatement, other.root, f.statement)
				ok(f.t, err)
				return data
			}
		}, StatementForged, true},
		"no statement": {func(f *far, e *Enrolment) { f.directory = func() []byte { return []byte("hej") } }, StatementForged, true},
		"a TLS key that the statement does not name": {func(f *far, e *Enrolment) {
			s := f.statement
			s.TLS = []identity.Pin{make([]byte, 32)}
			f.directory = func() []byte { return f.signStatement(s) }
		}, PinMismatch, true},
		"a wrong password":    {func(f *far, e *Enrolment) { e.Password = "fel" }, WrongPassword, true},
		"an account disabled": {func(f *far, e *Enrolment) { f.refuse[link.PathEnrol] = link.CodeUserDisabled }, UserDisabled, true},
	} {
		t.Run(what, func(t *testing.T) {
			f := newFar(t)
			p := f.phone()
			e := Enrolment{Org: f.org(), Username: "anna", Password: f.password, Passphrase: passphrase}
			c.change(f, &e)
			refused(t, p.Enrol(t.Context(), e), c.want)
			if asked := f.asked() > 0; asked != c.asked {
				t.Errorf("the network was asked %d times", f.asked())
			}
			if s := p.State(); s == IsUnlocked || s == IsLocked {
				t.Errorf("state %q", s)
			}
		})
	}
}

func TestAnOlderStatementIsRefused(t *testing.T) {
	f := newFar(t)
	p := f.phone()
	_, err := p.FindOrganisation(t.Context(), f.org())
	ok(t, err)
	older := f.statement
	older.Number--
	f.directory = func() []byte { return f.signStatement(older) }
	_, err = p.FindOrganisation(t.Context(), f.org())
	refused(t, err, StatementOlder)

	f.directory = func() []byte { return f.signStatement(f.statement) }
	p.enrolled()
	f.mu.Lock()
	f.statement = older
	f.mu.Unlock()
	_, err = p.Sync(t.Context())
	refused(t, err, StatementOlder)
}

func TestANewTLSKeyIsLearnedFromANewerStatementOnly(t *testing.T) {
	f := newFar(t)
	p := f.phone().enrolled().synced()
	pin := f.rotate()
	_, err := p.Sync(t.Context())
	refused(t, err, PinMismatch)
	f.mu.Lock()
	f.statement.Number++
	f.statement.TLS = append(f.statement.TLS, pin)
	f.mu.Unlock()
	p.synced()
	ok(t, p.Lock())
	ok(t, p.Unlock(t.Context(), passphrase))
	p.synced()
}

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

func TestRefusalsToOpenAreEntries(t *testing.T) {
	f := newFar(t)
	p := f.phone().enrolled().synced()
	p.pass(71 * time.Hour)
	card, err := p.Record(t.Context(), "r1")
	ok(t, err)
	if !card.LoanSoon {
		t.Error("nothing said in time")
	}
	p.pass(2 * time.Hour)
	_, err = p.Open(t.Context(), "r1", Reason{Text: "ringde"})
	refused(t, err, LoanEnded)
	ok(t, p.Lock())
	ok(t, p.Unlock(t.Context(), passphrase)) // the copy goes
	_, err = p.Record(t.Context(), "r1")
	refused(t, err, NoRecord)

	f.mu.Lock()
	f.grants = nil
	f.mu.Unlock()
	p.synced() // a new loan, and no right
	_, err = p.Open(t.Context(), "r1", Reason{Text: "ringde"})
	refused(t, err, NoRight)
	_, err = p.Finish(t.Context(), "a1", "")
	refused(t, err, NoRight)
	p.synced()
	got := f.kinds(p.Me().Device)
	want := "record.refused(loan_ended) device.locked device.unlocked record.expired record.fetched record.refused(no_right) "
	if !strings.HasSuffix(got, want) || strings.Contains(got, "record.opened") {
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

func TestARevokedDevicesJournalIsStillTaken(t *testing.T) {
	f := newFar(t)
	p := f.phone().enrolled().synced()
	f.mu.Lock()
	f.refuse[link.PathCredential] = link.CodeDeviceRevoked
	f.refuse[link.PathChanges] = link.CodeDeviceRevoked
	f.addRecord("r2", "s2", "Ny, Nils", "1")
	f.mu.Unlock()
	_, err := p.Open(t.Context(), "r1", Reason{Text: "ringde"})
	ok(t, err)
	_, err = p.Sync(t.Context())
	refused(t, err, DeviceRevoked)
	if me := p.Me(); !me.Revoked || me.Waiting != 0 || me.Problem == nil {
		t.Errorf("me %+v", me)
	}
	cards, err := p.Records(t.Context(), "")
	ok(t, err)
	if len(cards) != 1 {
		t.Errorf("something came: %+v", cards)
	}
	ok(t, p.Lock())
	ok(t, p.Unlock(t.Context(), passphrase))
	if !p.Me().Revoked {
		t.Error("it was forgotten")
	}
}

func TestAFullDiskOpensNothingAndSaysSo(t *testing.T) {
	f := newFar(t)
	p := f.phone()
	full := false
	p.cfg.VaultOptions.FreeSpace = func(string) (uint64, error) {
		if full {
			return 0, nil
		}
		return 1 << 40, nil
	}
	p.start()
	p.enrolled().synced()
	full = true
	_, err := p.Open(t.Context(), "r1", Reason{Text: "ringde"})
	refused(t, err, DiskFull)
	if s, _ := p.current(); len(s.openings) != 0 {
		t.Error("it counts as open")
	}
	full = false
	opening, err := p.Open(t.Context(), "r1", Reason{Text: "ringde"})
	ok(t, err)
	if len(opening.Fields) != 1 {
		t.Errorf("opening %+v", opening)
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
		_, err = p.Finish(t.Context(), "a1", "klart")
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

func TestTheFirstEntriesAreSaidThoughTheProgramDiedBetweenCredentialAndJournal(t *testing.T) {
	f := newFar(t)
	p := f.phone()
	disk := &failingDisk{}
	p.cfg.Disk = disk
	p.start()
	disk.fail(syscall.EIO)
	refused(t, p.Enrol(t.Context(), Enrolment{Org: f.org(), Username: "anna", Password: f.password, Passphrase: passphrase}), JournalBroken)
	disk.fail(nil)
	p.start()
	if p.State() != IsLocked {
		t.Fatalf("state %q", p.State())
	}
	ok(t, p.Unlock(t.Context(), passphrase))
	p.synced()
	if got := f.kinds(p.Me().Device); !strings.HasPrefix(got, "device.enrolled device.unlocked record.fetched ") {
		t.Error(got)
	}
}

func TestAVaultWithoutAProfileIsBegunAgain(t *testing.T) {
	f := newFar(t)
	p := f.phone()
	v, err := vault.Create(p.cfg.Vault, []byte(passphrase), p.cfg.VaultOptions)
	ok(t, err)
	ok(t, v.Close())
	if p.State() != IsEnrolling {
		t.Fatalf("state %q", p.State())
	}
	refused(t, p.ResumeEnrol(t.Context(), passphrase, f.password), NotEnrolled)
	p.enrolled()
}

func TestADeviceThatWasAwayTooLongSignsInAgain(t *testing.T) {
	f := newFar(t)
	p := f.phone().enrolled().synced()
	device := p.Me().Device
	p.pass(15 * 24 * time.Hour)
	_, err := p.Finish(t.Context(), "a1", "klart")
	refused(t, err, CredentialExpired)
	refused(t, p.SignIn(t.Context(), "fel"), WrongPassword)
	ok(t, p.SignIn(t.Context(), f.password))
	_, err = p.Finish(t.Context(), "a1", "klart")
	ok(t, err)
	if p.Me().Device != device {
		t.Error("it is another device")
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
		Version: 1, Org: f.org(), Assignment: "a1", Number: 1, Content: record.WorkContent(commit, row.Signed), Device: s.device,
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

// mu0 forgets the session as a dead process does.
func (p *phone) mu0() {
	p.Agent.mu.Lock()
	defer p.Agent.mu.Unlock()
	close(p.session.quit)
	p.session = nil
}

func TestALaterChangeShowsThatAnOlderVersionWasSigned(t *testing.T) {
	f := newFar(t)
	p := f.phone().enrolled().synced()
	_, err := p.Finish(t.Context(), "a1", "klart")
	ok(t, err)
	f.mu.Lock()
	f.tasks[0].Number, f.tasks[0].Text = 2, "Byt även slangen."
	f.mu.Unlock()
	p.synced()
	task, err := p.Assignment(t.Context(), "a1")
	ok(t, err)
	if !task.Done.OlderVersion || task.Done.Number != 1 || task.Number != 2 {
		t.Fatalf("task %+v %+v", task, task.Done)
	}
	var file bytes.Buffer
	ok(t, p.ExportSignature(t.Context(), "a1", &file))
	finding, err := VerifySignature(&file, f.org())
	ok(t, err)
	if finding.Assignment.Number != 1 {
		t.Errorf("finding %+v", finding)
	}
	if _, err := p.Finish(t.Context(), "a1", "också slangen"); err != nil {
		t.Error(err)
	}
}

func TestAForgedPageIsRefusedWhole(t *testing.T) {
	f := newFar(t)
	p := f.phone().enrolled()
	honest := f.issuing
	f.mu.Lock()
	f.issuing = newKey(t)
	f.refuse[link.PathCredential] = "" // leave the credential alone
	delete(f.refuse, link.PathCredential)
	f.mu.Unlock()
	_, err := p.Sync(t.Context())
	refused(t, err, BadAnswer)
	cards, err := p.Records(t.Context(), "")
	ok(t, err)
	if len(cards) != 0 {
		t.Errorf("cards %+v", cards)
	}
	f.mu.Lock()
	f.issuing = honest
	f.mu.Unlock()
	p.synced()
}

func TestACredentialForOtherKeysIsRefused(t *testing.T) {
	f := newFar(t)
	p := f.phone()
	other, err := identity.NewKeySet()
	ok(t, err)
	f.break_ = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == link.PathEnrol {
			f.issue(w, other.Public(), "m-1")
			return true
		}
		return false
	}
	ask := Enrolment{Org: f.org(), Username: "anna", Password: f.password, Passphrase: passphrase}
	refused(t, p.Enrol(t.Context(), ask), BadAnswer)
	if p.State() != IsEnrolling {
		t.Errorf("state %q", p.State())
	}
}

func TestAReceiptThatDoesNotMatchIsNotBelieved(t *testing.T) {
	f := newFar(t)
	p := f.phone().enrolled()
	device := p.Me().Device
	lie := func(change func(*journal.Receipt)) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.break_ = func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != link.PathJournal {
				return false
			}
			receipt := journal.Receipt{
				Version: 1, Org: f.org(), Device: device, Time: f.clockNow(),
				Ranges: []journal.Range{{Generation: 1, From: 1, To: 2, Hash: make([]byte, 32)}},
			}
			change(&receipt)
			data, err := receipt.Sign(f.logKey)
			ok(t, err)
			w.Write(data)
			return true
		}
	}
	for what, change := range map[string]func(*journal.Receipt){
		"a hash that is not the journal's": func(*journal.Receipt) {},
		"entries that were never said":     func(r *journal.Receipt) { r.Ranges[0].To = 99 },
		"another device's":                 func(r *journal.Receipt) { r.Device = identity.DeviceIDOf(newKey(t).Public()) },
	} {
		lie(change)
		if _, err := p.Sync(t.Context()); CodeOf(err) != BadAnswer {
			t.Errorf("%s: %v", what, err)
		}
		if n := p.Me().Waiting; n != 2 {
			t.Errorf("%s: %d wait", what, n)
		}
	}
	f.mu.Lock()
	f.break_ = nil
	f.mu.Unlock()
	p.synced()
}

func TestRunSyncsAtUnlockAndAfterDeeds(t *testing.T) {
	f := newFar(t)
	p := f.phone().enrolled()
	idle := make(chan struct{}, 1)
	stop := p.Listen(func(s Signal) {
		if me := p.Me(); s == SyncChanged && !me.LastSync.IsZero() && me.Waiting == 0 {
			select {
			case idle <- struct{}{}:
			default:
			}
		}
	})
	defer stop()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	<-idle
	if _, err := p.Record(ctx, "r1"); err != nil {
		t.Error(err)
	}
	_, err := p.Finish(ctx, "a1", "klart")
	ok(t, err)
	for range 2 { // one may be left from before the deed
		<-idle
		if p.Me().Waiting == 0 {
			break
		}
	}
	cancel()
	ok(t, <-ended)
	if got := f.kinds(p.Me().Device); !strings.Contains(got, "assignment.done") {
		t.Error(got)
	}
}

func TestNoFormulaReachesASpreadsheet(t *testing.T) {
	for cell, want := range map[string]string{"=1+1": "'=1+1", "-2": "'-2", "@x": "'@x", "Anna": "Anna", "": ""} {
		if got := harmless(cell); got != want {
			t.Errorf("%q became %q", cell, got)
		}
	}
}

func TestEachCodeStandsOnce(t *testing.T) {
	seen := map[Code]bool{}
	for _, code := range Codes() {
		if seen[code] || code == "" {
			t.Errorf("%q stands twice, or is empty", code)
		}
		seen[code] = true
	}
	for _, w := range words {
		if !seen[w.code] {
			t.Errorf("%q is not listed", w.code)
		}
	}
	for _, code := range refusals {
		if !seen[code] {
			t.Errorf("%q is not listed", code)
		}
	}
}
