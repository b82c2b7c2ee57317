package agent

import (
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault"
)

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
		"a slip in the organisation ID": {func(f *far, e *Enrolment) { e.Org = slip(e.Org) }, OrgIDSlip, false},
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
	if got := f.kinds(p.Me().Device); !strings.HasPrefix(got, "device.enrolled(passphrase) device.unlocked record.fetched ") {
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
	_, err := p.Finish(t.Context(), "a1", "klart", "")
	refused(t, err, CredentialExpired)
	refused(t, p.SignIn(t.Context(), "fel"), WrongPassword)
	ok(t, p.SignIn(t.Context(), f.password))
	_, err = p.Finish(t.Context(), "a1", "klart", "")
	ok(t, err)
	if p.Me().Device != device {
		t.Error("it is another device")
	}
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

// slip is org with one wrong letter.
func slip(org identity.OrgID) identity.OrgID {
	if org[5] == 'q' {
		return org[:5] + "p" + org[6:]
	}
	return org[:5] + "q" + org[6:]
}

func TestEnrollingAgainAsksForTheSameDevice(t *testing.T) {
	f := newFar(t)
	p := f.phone()
	ask := Enrolment{Org: f.org(), Username: "anna", Password: "fel", Passphrase: passphrase}
	refused(t, p.Enrol(t.Context(), ask), WrongPassword)
	p.start()
	ask.Password = f.password
	ok(t, p.Enrol(t.Context(), ask))
	if len(f.askers) != 1 || !f.askers[p.Me().Device] {
		t.Errorf("%d devices asked", len(f.askers))
	}
}
