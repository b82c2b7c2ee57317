package agent

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"handslag/app/agent/anchor"
	"handslag/app/agent/clock"
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
	clock   *clock.Clock
	quit    chan struct{} // closed at lock
	kept    time.Duration // uptime when keep last ran; watch's alone

	handedAnew bool // others' segments, after the connected system was restored; sync's alone

	effects // of entries, on their way to the view

	seeing  sync.Mutex   // one comparison of checkpoints at a time; taken before deed
	hearing sync.Mutex   // one revocation list at a time is taken
	erasing sync.Mutex   // one carrying out of orders at a time; taken before deed
	chain   sync.RWMutex // held for writing while a generation of the journal is opened
	anchors anchor.Latest
	heard   atomic.Bool // the keyring's anchor has been compared with the journal, or there is none
	damaged atomic.Bool // rows of the view were found that do not open

	mu       sync.Mutex
	identity who
	openings map[onScreen]*opened
	seen     map[journal.RecordID]uint64 // versions opened since unlock, which the view may not know yet
	gone     map[journal.SubjectID]bool  // erased since unlock
	full     int                         // openings that a full disk refused, since one was not
	files    files
	ended    bool // the lock has fallen; an opening that was under way shows nothing
}

func newSession(v *vault.Vault, c *clock.Clock) *session {
	s := &session{
		vault: v, clock: c, quit: make(chan struct{}),
		openings: map[onScreen]*opened{}, seen: map[journal.RecordID]uint64{},
		gone:  map[journal.SubjectID]bool{},
		files: files{refused: map[journal.AttachmentID]Code{}, wanted: map[journal.AttachmentID]bool{}},
	}
	s.early = map[journal.Hash]told{}
	return s
}

// who is what this device is, as the organisation last said.
type who struct {
	profile    vault.Profile
	statement  identity.Statement
	credential identity.Credential
	barred     Code // DeviceRevoked or UserDisabled, once the connected system has said so
	lastSync   signed.Time
	others     acquaintances
}

// onScreen is what an opening shows: a record's protected part, or an attachment of it.
type onScreen struct {
	record     journal.RecordID
	attachment journal.AttachmentID
}

// opened is a protected part, or an attachment, that a screen shows.
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

// keep wraps a payload's key under its subject's; nil for one who is erased, whose words only
// the connected system gets.
func (s *session) keep(subject journal.SubjectID) (func(key, commit []byte) ([]byte, error), error) {
	s.mu.Lock()
	gone := s.gone[subject]
	s.mu.Unlock()
	if gone || subject != "" && s.erased(subject) {
		return nil, nil
	}
	aead, err := s.vault.SubjectKey(subjectOf(subject))
	if err != nil {
		return nil, err
	}
	return func(key, commit []byte) ([]byte, error) { return aead.Seal(nil, nil, key, commit), nil }, nil
}

// payload opens an entry's payload where it may be opened here, nil where it may not.
func (s *session) payload(st journalfile.Stored) *journal.Payload {
	if len(st.Box) == 0 || len(st.Kept) == 0 || st.Entry.Subject != "" && s.erased(st.Entry.Subject) {
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

// settleView brings the view up to the journal and keeps what the clock knows there: it is worth
// no more than the view, and the credential's own time is there without it.
func (s *session) settleView() error {
	data, err := s.clock.Save()
	if err != nil {
		return err
	}
	s.deed.Lock()
	defer s.deed.Unlock()
	if err := s.replay(); err != nil {
		return err
	}
	return s.flush(func(tx *vault.Tx) error { return tx.SetSetting(clockSetting, data) })
}

// loadClock gives the clock what was kept, and reports whether that was lost. Then it begins at what
// signed things prove: the credential's issue, and what the newest entries knew.
func (s *session) loadClock() (lost bool, err error) {
	s.clock.Forget()
	data, err := s.vault.Setting(clockSetting)
	if err != nil && !errors.Is(err, vault.ErrView) {
		return false, err
	}
	if len(data) > 0 && s.clock.Load(data) == nil {
		return false, nil
	}
	s.clock.Recall(s.who().credential.Issued, 0)
	var after signed.Time
	var elapsed int64
	for st, err := range s.journal.Entries(0, 0) {
		switch {
		case err != nil:
		case st.Entry.After != after:
			after, elapsed = st.Entry.After, st.Entry.Elapsed
		default:
			elapsed = max(elapsed, st.Entry.Elapsed)
		}
	}
	s.clock.Recall(after, elapsed)
	return true, nil
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
