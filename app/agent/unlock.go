package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"handslag/app/agent/anchor"
	"handslag/app/agent/machine"
	"handslag/app/process"
	"handslag/identity"
	"handslag/vault"
	"handslag/vault/journal"
	"handslag/vault/journalfile"
)

// Unlock opens the vault. Wrong passphrases before it are told in one entry, then the unlock
// itself; what the journal holds beyond the view is replayed before anything is shown.
func (a *Agent) Unlock(ctx context.Context, passphrase string) error {
	a.entering.Lock()
	defer a.entering.Unlock()
	if err := ctx.Err(); err != nil {
		return translate(err)
	}
	if _, err := a.current(); err == nil {
		return nil
	}
	v, why, err := a.openVault(passphrase)
	if err != nil {
		return err
	}
	p, err := v.Profile()
	if err == nil && len(p.Credential) == 0 {
		err = problem(NotEnrolled, nil)
	}
	if err == nil {
		err = a.enter(v, why)
	}
	if errors.Is(err, vault.ErrView) { // a damaged row at the root of all others
		if err = v.ResetView(); err == nil {
			err = a.enter(v, ViewDamaged)
		}
	}
	if err != nil {
		return translate(errors.Join(err, v.Close()))
	}
	return nil
}

// openVault counts a wrong passphrase and begins a damaged view anew; why says that it did.
func (a *Agent) openVault(passphrase string) (v *vault.Vault, why Code, err error) {
	secret := []byte(passphrase)
	defer clear(secret)
	v, err = vault.Open(a.cfg.Vault, secret, a.cfg.VaultOptions)
	a.mu.Lock()
	a.elsewhere = errors.Is(err, vault.ErrOpenElsewhere)
	if errors.Is(err, vault.ErrPassphrase) {
		a.attempts++
	}
	a.mu.Unlock()
	switch {
	case errors.Is(err, vault.ErrView) && v != nil:
		a.log.Warn("the view is damaged and is made anew", "error", err)
		if err := v.ResetView(); err != nil {
			return nil, "", translate(errors.Join(err, v.Close()))
		}
		return v, ViewDamaged, nil
	case errors.Is(err, vault.ErrNotFound):
		return nil, "", problem(NotEnrolled, err)
	case err != nil:
		a.changed(StateChanged)
		return nil, "", translate(err)
	}
	return v, "", nil
}

// enter makes an open vault with a credential the session: the road from Unlock and from the
// end of Enrol; why says that its view was begun anew. On an error the vault is still the
// caller's.
func (a *Agent) enter(v *vault.Vault, why Code) error {
	s := newSession(v, a.clock)
	if err := s.identify(); err != nil {
		return err
	}
	root, err := v.SegmentKeys()
	if err != nil {
		return err
	}
	at, err := v.Position()
	if err != nil {
		return err
	}
	answer := anchor.Ask(a.cfg.Keyring, s.device, a.log)
	known, late := answer.Soon(root, s.device, cmp.Or(a.cfg.patience, anchor.Patience))
	s.heard.Store(!late)
	if err := a.place.MakeJournals(); err != nil {
		return err
	}
	s.journal, err = journalfile.Open(journalfile.Config{
		Dir: a.place.Journal(s.device), Device: s.device, Sign: s.keys.SignContent, Verify: s.keys.Public().Signing,
		Root: root, Seal: s.identity.statement.Sealing[0], Clock: a.clock.Stamp, Disk: a.cfg.Disk,
		Anchors: []journalfile.Anchor{{Generation: at.Generation, Seq: at.Seq}, known.Journal()}, Mark: v.Mark,
	})
	if err != nil {
		return err
	}
	if err = v.CheckMark(s.journal.Mark()); errors.Is(err, vault.ErrOlder) {
		a.log.Warn("the vault is older than its journal, and its view is made anew", "error", err)
		why, err = cmp.Or(why, VaultOlder), v.ResetView() // what is begun anew without its catalogue looks older too
	}
	if err == nil {
		err = a.settle(s, known, why)
	}
	if err != nil {
		return errors.Join(err, s.journal.Close())
	}
	a.takeReceipts(s, s.journal.Receipts())
	a.mu.Lock()
	a.session, a.elsewhere, a.attempts = s, false, 0
	a.online, a.problem, a.touched = false, nil, a.clock.Uptime()
	s.kept = a.touched
	a.mu.Unlock()
	go a.watch(s)
	go debug.FreeOSMemory() // what Argon2id took, and the reading of all rows
	if late {
		go a.lateAnchor(s, answer)
	}
	a.changed(Signals()...)
	a.nudge()
	return nil
}

// identify reads who this device is.
func (s *session) identify() error {
	p, err := s.vault.Profile()
	if err != nil {
		return err
	}
	if s.keys, err = s.vault.Keys(); err != nil {
		return err
	}
	s.device = s.keys.Device()
	s.identity.profile = p
	if s.identity.statement, err = identity.OpenStatement(p.Statement, p.Org); err != nil {
		return fmt.Errorf("read profile: %w: %w", vault.ErrDamaged, err)
	}
	if s.identity.credential, err = identity.OpenCredential(p.Credential, p.Org, s.identity.statement.Issuing); err != nil {
		return fmt.Errorf("read profile: %w: %w", vault.ErrDamaged, err)
	}
	return nil
}

// standing reads how this device stood with the connected system when it last heard of it.
func (s *session) standing() error {
	sync, err := s.vault.Sync()
	if err != nil {
		return err
	}
	s.identity.lastSync = sync.Last
	barred, err := s.vault.Setting(barredSetting)
	s.identity.barred = Code(barred)
	if err != nil {
		return err
	}
	return s.loadAcquaintances()
}

// settle brings a fresh session up to date: clock, view, the entries that the time while locked
// owes, and loans that ended meanwhile.
func (a *Agent) settle(s *session, known anchor.Anchor, why Code) error {
	lost, err := s.loadClock()
	if err != nil {
		return err
	}
	if lost && s.journal.Chain().Last > 0 { // a crash came between the new view and its entry
		why = cmp.Or(why, ViewDamaged)
	}
	s.clock.Recall(known.Time, known.Elapsed)
	if why != "" {
		a.beginJob(ProgressRebuild)
		defer a.endJob()
		s.replayed = a.moved
	}
	s.head, s.stale = s.journal.Chain().Head, true
	if err := s.current(); err != nil {
		return err
	}
	if err := s.standing(); err != nil {
		return err
	}
	for _, d := range s.journal.Damage() {
		a.log.Warn("journal", "file", d.File, "offset", d.Offset, "from", d.From, "to", d.To, "what", d.What)
	}
	wrong, err := s.vault.Attempts()
	if err != nil {
		return err
	}
	var lines []line
	if chain := s.journal.Chain(); chain.Generation == 1 && chain.Last == 0 {
		lines = append(lines, line{entry: journal.Entry{Kind: journal.Enrolled, Code: factorCode(s.vault.Factors())}})
	}
	if why != "" {
		lines = append(lines, line{entry: journal.Entry{Kind: journal.ViewRebuilt, Code: string(why)}})
	}
	if wrong > 0 {
		lines = append(lines, line{entry: journal.Entry{Kind: journal.PassphraseWrong, Count: wrong}})
	}
	if _, err := s.say(append(lines, line{entry: journal.Entry{Kind: journal.Unlocked}})...); err != nil {
		return err
	}
	if err := s.vault.ForgetAttempts(); err != nil {
		return err // told twice rather than not at all
	}
	if err := s.vault.DropStaged(); err != nil { // no entry says that they came
		return err
	}
	if err := a.eraseFound(s); err != nil {
		return err
	}
	if err := a.tidy(s); err != nil {
		return err
	}
	a.mu.Lock()
	a.told = int(min(wrong, 1<<30))
	a.mu.Unlock()
	if err := a.place.Show(machine.Nameplate{First: s.identity.credential.Person.First, Device: s.device, Org: s.identity.profile.Org}); err != nil {
		a.log.Warn("the lock screen will show no name", "error", err)
	}
	return nil
}

// tidy takes out of the view what has ended or is damaged, and writes down how far it is. On a full disk that waits
// until there is room: what has ended opens no more for that, and what is damaged does not either.
func (a *Agent) tidy(s *session) error {
	if err := s.vault.Room(); errors.Is(err, vault.ErrFull) {
		a.log.Warn("the disk is full: what is here can be looked at and handed in, and nothing opens")
		return nil
	}
	if _, err := s.expire(); err != nil {
		return err
	}
	if err := a.mend(s); err != nil {
		return err
	}
	return s.settleView()
}

// Lock closes vault and journal. A verification that is open ends; what was not yet sent
// stays on the device.
func (a *Agent) Lock() error {
	a.entering.Lock()
	defer a.entering.Unlock()
	s, err := a.current()
	if err != nil {
		return err
	}
	return translate(a.leave(s, line{entry: journal.Entry{Kind: journal.Locked}}))
}

// leave ends the session, with last words. The caller holds entering.
func (a *Agent) leave(s *session, last ...line) error {
	a.mu.Lock()
	a.session = nil // from here on none begins: hold looks for it
	close(s.quit)
	h := a.meeting
	a.mu.Unlock()
	if h != nil { // its last entries are said before the journal closes
		h.end()
	}
	a.syncing.Lock() // a sync under way ends first: its calls end with quit
	defer a.syncing.Unlock()
	var said error
	if lines := append(s.end(""), last...); len(lines) > 0 {
		var stamps []*journalfile.Stamp
		if stamps, said = s.say(lines...); stamps != nil {
			said = nil
		}
	}
	if err := s.settleView(); err != nil { // the next unlock replays it
		a.log.Warn("the view lags behind its journal", "error", CodeOf(translate(err)))
	}
	a.anchor(s)
	a.mu.Lock()
	a.waiting = s.journal.Waiting()
	a.online = false
	a.mu.Unlock()
	shut := s.close()
	process.Forget()
	a.log.Debug("locked")
	a.changed(Signals()...)
	return errors.Join(said, shut)
}

// end is entries for all that stands open; nothing opens afterwards.
func (s *session) end(code string) []line {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	var lines []line
	for id, o := range s.openings {
		lines = append(lines, o.closing(code))
		delete(s.openings, id)
	}
	return lines
}
