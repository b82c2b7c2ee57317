package agent

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"time"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault"
	"handslag/vault/journal"
	"handslag/vault/journalfile"
)

// session is the time from unlock to lock: vault and journal are open.
type session struct {
	vault   *vault.Vault
	journal *journalfile.File
	keys    *identity.KeySet
	device  identity.DeviceID
	clock   *clock
	quit    chan struct{} // closed at lock
	kept    time.Duration // uptime when keep last ran; watch's alone

	// deed is held from an entry to its effect in the view, so that entries are applied in
	// their order.
	deed   sync.Mutex
	behind bool // entries are durable that the view has not applied

	mu       sync.Mutex
	identity who
	openings map[journal.RecordID]*opened
	ended    bool // the lock has fallen; an opening that was under way shows nothing
}

// who is what this device is, as the organisation last said.
type who struct {
	profile    vault.Profile
	statement  identity.Statement
	credential identity.Credential
	barred     Code // DeviceRevoked or UserDisabled, once the connected system has said so
	lastSync   signed.Time
}

// opened is a protected part that a screen shows.
type opened struct {
	until  time.Duration // uptime
	reason Reason
	entry  journal.Hash
	draft  journal.Entry // what a later entry on it repeats
}

func (s *session) who() who {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.identity
}

// nobody is the subject of payloads about nobody: their keys still hang on a key of the vault.
const nobody journal.SubjectID = "nobody"

func subjectOf(id journal.SubjectID) journal.SubjectID {
	if id == "" {
		return nobody
	}
	return id
}

// keep wraps a payload's key under its subject's.
func (s *session) keep(subject journal.SubjectID) (func(key, commit []byte) ([]byte, error), error) {
	aead, err := s.vault.SubjectKey(subjectOf(subject))
	if err != nil {
		return nil, err
	}
	return func(key, commit []byte) ([]byte, error) { return aead.Seal(nil, nil, key, commit), nil }, nil
}

// payload opens an entry's payload where it may be opened here, nil where it may not.
func (s *session) payload(st journalfile.Stored) *journal.Payload {
	if len(st.Box) == 0 || len(st.Kept) == 0 {
		return nil
	}
	aead, err := s.vault.SubjectKey(subjectOf(st.Entry.Subject))
	if err != nil {
		return nil
	}
	key, err := aead.Open(nil, nil, st.Kept, st.Entry.Payload)
	if err != nil {
		return nil
	}
	defer clear(key)
	p, err := journal.OpenPayload(st.Box, key, st.Entry.Payload)
	if err != nil {
		return nil
	}
	return &p
}

// line is an entry to say: what it is, its words, and what changes in the view with it
// besides what the entry itself says (a copy that arrived).
type line struct {
	entry   journal.Entry
	words   *journal.Details
	payload *journal.Payload
	effect  func(*vault.Tx) error
}

// say makes entries durable, in order, and then applies them to the view. When it returns
// stamps and an error, the entries stand and the view lags behind; the next deed catches up
// first, and nothing is shown before that.
func (s *session) say(lines ...line) ([]*journalfile.Stamp, error) {
	s.deed.Lock()
	defer s.deed.Unlock()
	if err := s.catchUp(); err != nil {
		return nil, err
	}
	drafts := make([]journalfile.Draft, len(lines))
	epoch := s.who().credential.Epoch
	for i, l := range lines {
		l.entry.Epoch = epoch
		drafts[i] = journalfile.Draft{Entry: l.entry, Details: l.words, Payload: l.payload}
		if l.words != nil || l.payload != nil {
			keep, err := s.keep(l.entry.Subject)
			if err != nil {
				return nil, err
			}
			drafts[i].Keep = keep
		}
	}
	stamps, err := s.journal.Append(drafts...)
	if err != nil {
		return nil, err
	}
	s.behind = true
	first, last := stamps[0].Entry(), stamps[len(stamps)-1].Entry()
	run := vault.Run{Generation: first.Generation, From: first.Seq, To: last.Seq}
	err = s.vault.Apply(run, func(tx *vault.Tx) error {
		for i, stamp := range stamps {
			words := lines[i].words
			if p := lines[i].payload; p != nil {
				words = &p.Details
			}
			if err := apply(tx, stamp.Entry(), stamp.Hash(), words); err != nil {
				return err
			}
			if lines[i].effect != nil {
				if err := lines[i].effect(tx); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return stamps, fmt.Errorf("apply entries: %w", err)
	}
	s.behind = false
	return stamps, nil
}

// current sees to it that the view has applied every entry, before a row is judged.
func (s *session) current() error {
	s.deed.Lock()
	defer s.deed.Unlock()
	return s.catchUp()
}

// catchUp replays the entries that the view has not applied. The caller holds deed.
func (s *session) catchUp() error {
	if !s.behind {
		return nil
	}
	at, err := s.vault.Position()
	if err != nil {
		return err
	}
	for st, err := range s.journal.Entries(at.Generation, at.Seq+1) {
		if err != nil {
			return fmt.Errorf("replay journal: %w", err)
		}
		e := st.Entry
		run := vault.Run{Generation: e.Generation, From: e.Seq, To: e.Seq}
		if e.Generation == at.Generation {
			run.From = at.Seq + 1 // what can not be read any more is left out, not waited for
		}
		var words *journal.Details
		if p := s.payload(st); p != nil {
			words = &p.Details
		}
		if err := s.vault.Apply(run, func(tx *vault.Tx) error { return apply(tx, e, st.Hash, words) }); err != nil {
			return fmt.Errorf("replay journal: %w", err)
		}
		at.Generation, at.Seq = e.Generation, e.Seq
	}
	s.behind = false
	return nil
}

// apply is what an entry by itself changes in the view; the same at the deed and at a replay.
func apply(tx *vault.Tx, e journal.Entry, hash journal.Hash, words *journal.Details) error {
	switch e.Kind {
	case journal.AssignmentDone, journal.AssignmentNoted:
		w := vault.Work{
			Entry: hash[:], Done: e.Kind == journal.AssignmentDone, Signature: e.Signature,
			Number: e.AssignmentVersion, At: timeOf(e),
		}
		if words != nil {
			w.Note = words.Note
		}
		err := tx.PutWork(e.Assignment, w)
		if errors.Is(err, vault.ErrNotFound) || errors.Is(err, vault.ErrTooLarge) {
			return nil // the entry keeps it; the view is not where it would be lost
		}
		return err
	case journal.RecordExpired:
		row, err := tx.Record(e.Record)
		switch {
		case errors.Is(err, vault.ErrNotFound):
			return nil
		case err == nil && (row.Number > e.RecordVersion || row.Until > e.Until):
			return nil // another copy has come since
		}
		return tx.RemoveRecord(e.Record)
	case journal.RecordOpened:
		return tx.SetSetting(openedName(e.Record), fmt.Appendf(nil, "%d", e.RecordVersion))
	}
	return nil
}

func openedName(id journal.RecordID) string { return "opened/" + string(id) }

// timeOf is when an entry was made, as well as its device knew.
func timeOf(e journal.Entry) signed.Time {
	if e.After > 0 && e.Elapsed > 0 {
		return e.After + signed.Time(e.Elapsed)
	}
	return max(e.Clock, e.After)
}

// saveClock keeps what the clock knows, in the view: it is worth no more than the view, and
// the credential's own time is there without it.
func (s *session) saveClock() error {
	data, err := s.clock.save()
	if err != nil {
		return err
	}
	return s.vault.Update(func(tx *vault.Tx) error { return tx.SetSetting(clockSetting, data) })
}

// loadClock gives the clock what was kept. A clock that was lost begins at what signed things
// prove: the credential's issue and the newest server time that an entry names.
func (s *session) loadClock() error {
	s.clock.forget()
	data, err := s.vault.Setting(clockSetting)
	if err != nil && !errors.Is(err, vault.ErrView) {
		return err
	}
	if len(data) > 0 && s.clock.load(data) == nil {
		return nil
	}
	s.clock.learn(s.who().credential.Issued)
	for st, err := range s.journal.Entries(0, 0) {
		if err == nil {
			s.clock.learn(st.Entry.After)
		}
	}
	return nil
}

const clockSetting = "clock"

// close ends the session; nobody may hold deed.
func (s *session) close() error {
	s.deed.Lock()
	defer s.deed.Unlock()
	return errors.Join(s.journal.Close(), s.vault.Close())
}

// fingerprint is how people compare an entry: the first 16 hex digits of its hash.
func fingerprint(hash []byte) string { return fmt.Sprintf("%x", hash[:min(8, len(hash))]) }

func sameHash(a []byte, b journal.Hash) bool { return bytes.Equal(a, b[:]) }
