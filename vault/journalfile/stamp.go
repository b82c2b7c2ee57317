package journalfile

import (
	"errors"
	"fmt"
	"sync/atomic"

	"handslag/vault/journal"
)

// ErrStamp says that a stamp does not open this: it names something else, it has been used,
// its journal is closed, or it never was one.
var ErrStamp = errors.New("no durable entry stands for this")

// Stamp is proof, in memory only, that one entry is durable. Only a finished sync makes one;
// it opens exactly the record, version and deed that its entry names, or the search, once.
type Stamp struct {
	entry journal.Entry
	hash  journal.Hash
	state *stampState // shared by copies, so that a copy is no second stamp
}

type stampState struct {
	used atomic.Bool
	open *atomic.Bool // its journal's: a locked vault's stamps are void
}

// mint is called after the sync, nowhere else.
func (f *File) mint(entry journal.Entry, hash journal.Hash) *Stamp {
	return &Stamp{entry: entry, hash: hash, state: &stampState{open: f.open}}
}

// Redeem succeeds once, and only for exactly what the entry names; ErrStamp otherwise. A
// refusal does not use the stamp up.
func (s *Stamp) Redeem(kind journal.Kind, rec journal.RecordID, version uint64) error {
	return s.redeem(rec != "" && version != 0 && s.Entry().Kind == kind && s.Entry().Record == rec && s.Entry().RecordVersion == version)
}

// RedeemAttachment succeeds once, and only for the attachment and deed that the entry names.
func (s *Stamp) RedeemAttachment(kind journal.Kind, rec journal.RecordID, id journal.AttachmentID) error {
	return s.redeem(rec != "" && id != "" && s.Entry().Kind == kind && s.Entry().Record == rec && s.Entry().Attachment == id)
}

// RedeemSearch succeeds once, for an entry that says that protected values are searched. Such an
// entry names no record, so its stamp opens none.
func (s *Stamp) RedeemSearch() error {
	return s.redeem(s.Entry().Kind == journal.RecordsSearched && s.Entry().Record == "")
}

// redeem uses the stamp up where its entry names what is to be done.
func (s *Stamp) redeem(named bool) error {
	switch {
	case s == nil || s.state == nil:
		return fmt.Errorf("redeem: %w", ErrStamp)
	case !named:
		return fmt.Errorf("redeem: it names something else: %w", ErrStamp)
	case !s.state.open.Load():
		return fmt.Errorf("redeem: its journal is closed: %w", ErrStamp)
	case !s.state.used.CompareAndSwap(false, true):
		return fmt.Errorf("redeem: it has been used: %w", ErrStamp)
	}
	return nil
}

// Entry is the entry that is durable; the zero Entry for no stamp.
func (s *Stamp) Entry() journal.Entry {
	if s == nil {
		return journal.Entry{}
	}
	return s.entry
}

// Hash is the entry's hash; zeroes for no stamp.
func (s *Stamp) Hash() journal.Hash {
	if s == nil {
		return journal.Hash{}
	}
	return s.hash
}
