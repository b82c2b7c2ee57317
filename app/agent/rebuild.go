package agent

import (
	"errors"
	"fmt"

	"handslag/vault"
	"handslag/vault/journal"
)

// The view can be made anew from the journal and the connected system: where it is damaged, or
// older than the journal that it shows. An entry says so and why, the person is told, and what
// was said and not yet handed in is where it was.

func tellRebuilt(tx *vault.Tx, e effect) error {
	why := Code(e.entry.Code)
	if e.told || why != VaultOlder && why != ViewDamaged {
		return nil
	}
	return errors.Join(
		tell(tx, notice{ID: "rebuilt", Code: why, At: e.entry.Time()}),
		tx.SetSetting(rebuildSetting, []byte(why)),
	)
}

// mend drops rows of the view that do not open, if there are any; the journal and the next sync
// bring them back.
func (a *Agent) mend(s *session) error {
	err := s.vault.Whole()
	if !errors.Is(err, vault.ErrView) {
		return err
	}
	rows, err := s.dropDamaged()
	if err != nil {
		return err
	}
	a.log.Warn("rows of the view are damaged; the next sync brings them anew", "rows", rows)
	_, err = s.say(line{entry: journal.Entry{Kind: journal.ViewRebuilt, Code: string(ViewDamaged), Count: uint64(rows)}})
	a.changed(StateChanged, RecordsChanged, AssignmentsChanged, EventsChanged)
	return err
}

func (s *session) dropDamaged() (int, error) {
	s.deed.Lock()
	defer s.deed.Unlock()
	rows, err := s.vault.MendView()
	if err != nil {
		return rows, fmt.Errorf("mend view: %w", err)
	}
	s.waiting, s.stale = nil, true
	return rows, s.replay()
}

// damage notes that a row does not open, for the next sync, and returns err.
func (s *session) damage(err error) error {
	if errors.Is(err, vault.ErrView) {
		s.damaged.Store(true)
	}
	return err
}

// reattach puts work that entries speak of beside assignments that have come since, and what this
// device made where it was.
func (s *session) reattach() error {
	var some []effect
	write := func() error {
		err := s.vault.Update(func(tx *vault.Tx) error {
			for _, one := range some {
				if err := effectsOf[one.entry.Kind].do(tx, one); err != nil {
					return err
				}
			}
			return nil
		})
		some = nil
		return err
	}
	for st, err := range s.journal.Entries(0, 0) {
		if err != nil {
			return err
		}
		if !st.Entry.Kind.IsWork() && st.Entry.Kind != journal.AttachmentAdded {
			continue
		}
		one := effect{entry: st.Entry, hash: st.Hash, said: s.operation(st)}
		if p := s.payload(st); p != nil {
			one.words = &p.Details
		}
		if some = append(some, one); len(some) == sayAtOnce {
			if err := write(); err != nil {
				return err
			}
		}
	}
	if err := write(); err != nil {
		return err
	}
	return s.confirmReceived()
}
