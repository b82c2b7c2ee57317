package agent

import (
	"errors"
	"fmt"
	"strconv"
	"sync"

	"handslag/vault"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// effects are what durable entries change in the view. They are applied in the order of the
// entries; one that nobody can miss yet waits in memory for the next transaction, since each
// costs a sync of the disk. What waits is a shortcut for a replay: whatever happens to it,
// a crash too, the journal brings it back.
type effects struct {
	deed     sync.Mutex
	head     journal.Hash          // of the newest entry whose effect is here or in the view
	early    map[journal.Hash]told // by the entry before: those whose turn has not come
	waiting  []effect              // behind at, in order
	at       vault.Position        // what the view has applied
	replayed func(done, left int)  // is told of a long replay; may be nil
	stale    bool                  // at or waiting are not to be relied on: the view is to be replayed
}

// effect is what one entry changes.
type effect struct {
	entry journal.Entry
	hash  journal.Hash
	words *journal.Details
	said  *record.Said          // of an operation on an assignment
	more  func(*vault.Tx) error // what the entry does not say; a replay goes without
	told  bool                  // it is received, so that whatever a person must be told of it has been
}

const (
	effectsAtOnce  = 128       // entries of a replay in one transaction
	effectWords    = 256 << 10 // bytes of words in one of these
	effectsWaiting = 1024      // entries that wait at most, none of them with words
)

// effectsOf is what entries by themselves change in the view; the same at the deed and at a
// replay. Other kinds change nothing but the position.
var effectsOf = map[journal.Kind]struct {
	do    func(*vault.Tx, effect) error
	waits bool // what it changes is known in memory as well
}{
	journal.AssignmentDone:   {do: putWork},
	journal.AssignmentNoted:  {do: putWork},
	journal.AssignmentEdited: {do: putWork},
	journal.RecordExpired:    {do: removeExpired},
	journal.SubjectErased:    {do: putErasing},
	journal.ShareReceived:    {do: putReceived},
	journal.RecordOpened:     {do: putOpened, waits: true},

	journal.AttachmentAdded: {do: putMade},

	journal.HeadSeen: {do: putSighting},

	journal.GenerationOpened: {do: tellBehind},
	journal.ViewRebuilt:      {do: tellRebuilt},
}

func putWork(tx *vault.Tx, e effect) error {
	if e.said == nil {
		return nil // about somebody who is erased
	}
	err := tx.PutWork(e.entry.Assignment, vault.Work{Said: *e.said, Confirmed: e.told})
	if errors.Is(err, vault.ErrNotFound) || errors.Is(err, vault.ErrTooLarge) {
		return nil // the entry keeps it; the view is not where it would be lost
	}
	return err
}

func removeExpired(tx *vault.Tx, e effect) error {
	row, err := tx.Record(e.entry.Record)
	switch {
	case errors.Is(err, vault.ErrNotFound):
		return nil
	case err == nil && (row.Number > e.entry.RecordVersion || row.Until > e.entry.Until):
		return nil // another copy has come since
	}
	return tx.RemoveRecord(e.entry.Record)
}

func putOpened(tx *vault.Tx, e effect) error {
	return tx.SetSetting(openedName(e.entry.Record), strconv.AppendUint(nil, e.entry.RecordVersion, 10))
}

func openedName(id journal.RecordID) string { return "opened/" + string(id) }

// lastOpened is the version that this person last opened here, 0 for none.
func (s *session) lastOpened(id journal.RecordID) uint64 {
	s.mu.Lock()
	number, ok := s.seen[id]
	s.mu.Unlock()
	if ok {
		return number
	}
	data, err := s.vault.Setting(openedName(id))
	if err != nil {
		return 0
	}
	number, _ = strconv.ParseUint(string(data), 10, 64) // nothing is none
	return number
}

// current sees to it that the view shows what every entry says, before a row is judged.
func (s *session) current() error {
	s.deed.Lock()
	defer s.deed.Unlock()
	return s.replay()
}

// replay makes the view anew from where it stands, if it has to be: entries up to head go in
// again. The caller holds deed.
func (s *session) replay() error {
	if !s.stale {
		return nil
	}
	var err error
	if s.at, err = s.vault.Position(); err != nil {
		return err
	}
	s.waiting = nil
	urgent, words, left := false, 0, s.journal.Chain().Last
	told := func() {
		if s.replayed != nil {
			left -= min(left, uint64(len(s.waiting)))
			s.replayed(len(s.waiting), int(min(left, 1<<30)))
		}
	}
	for st, err := range s.journal.Entries(s.at.Generation, s.at.Seq+1) {
		if err != nil {
			return fmt.Errorf("replay journal: %w", err)
		}
		s.clock.Recall(st.Entry.After, st.Entry.Elapsed) // what was kept of it may be older
		one := effect{entry: st.Entry, hash: st.Hash, told: st.Received}
		if _, ok := effectsOf[st.Entry.Kind]; ok {
			if p := s.payload(st); p != nil {
				one.words = &p.Details
				words += len(p.Details.Note) + len(p.Details.Draft)
			}
			one.said = s.operation(st)
		}
		urgent = s.wait(one) || urgent
		if len(s.waiting) >= effectsAtOnce || words > effectWords {
			urgent, words = false, 0
			told()
			if err := s.flush(nil); err != nil {
				return fmt.Errorf("replay journal: %w", err)
			}
		}
		if st.Hash == s.head {
			break // who said more is on the way to queue it
		}
	}
	told()
	if urgent {
		if err := s.flush(nil); err != nil {
			return fmt.Errorf("replay journal: %w", err)
		}
	}
	s.stale = false
	return nil
}

// wait has an effect wait for the next transaction, and reports whether somebody could miss it before that.
func (s *session) wait(one effect) (urgent bool) {
	s.waiting = append(s.waiting, one)
	if one.entry.Kind == journal.RecordOpened {
		s.mu.Lock()
		s.seen[one.entry.Record] = one.entry.RecordVersion
		s.mu.Unlock()
	}
	f, ok := effectsOf[one.entry.Kind]
	return ok && !f.waits || one.more != nil
}

// flush writes what waits to the view, and more with it. The caller holds deed.
func (s *session) flush(more func(*vault.Tx) error) error {
	for len(s.waiting) > 0 {
		n := 1
		for n < len(s.waiting) && s.waiting[n].entry.Generation == s.waiting[0].entry.Generation {
			n++
		}
		now, last := s.waiting[:n], n == len(s.waiting)
		at := vault.Position{Generation: now[0].entry.Generation, Seq: now[n-1].entry.Seq}
		run := vault.Run{Generation: at.Generation, From: now[0].entry.Seq, To: at.Seq}
		if at.Generation == s.at.Generation {
			run.From = s.at.Seq + 1 // what can not be read any more is left out, not waited for
		}
		err := s.vault.Apply(run, func(tx *vault.Tx) error {
			for _, one := range now {
				if f, ok := effectsOf[one.entry.Kind]; ok {
					if err := f.do(tx, one); err != nil {
						return err
					}
				}
				if one.more != nil {
					if err := one.more(tx); err != nil {
						return err
					}
				}
			}
			if last && more != nil {
				return more(tx)
			}
			return nil
		})
		if err != nil {
			s.waiting, s.stale = nil, true
			return err
		}
		s.at, s.waiting = at, s.waiting[n:]
		if last {
			s.waiting = nil // with the words that were in it
			return nil
		}
	}
	if more == nil {
		return nil
	}
	return s.vault.Update(more)
}
