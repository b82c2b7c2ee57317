package agent

import (
	"errors"
	"fmt"

	"handslag/vault"
	"handslag/vault/journal"
	"handslag/vault/journalfile"
)

// A journal that finds itself behind what somebody else knows of it is an older copy that was put
// back, or a branch of one. It opens a new generation, whose first entry names the head that was
// found and the one that is known elsewhere; the person and the connected system are told.

// openGeneration says that the journal goes on in a new generation, if it does.
func (s *session) openGeneration() error {
	s.chain.Lock()
	defer s.chain.Unlock()
	known, behind := s.journal.Behind()
	if !behind {
		return nil
	}
	e := journal.Entry{Kind: journal.GenerationOpened, Count: known.Seq}
	if len(known.Hash) == len(journal.Hash{}) {
		e.Ref = known.Hash
	}
	lines := []line{{entry: e}}
	drafts, err := s.drafts(lines)
	if err != nil {
		return err
	}
	stamps, err := s.journal.Append(drafts...)
	if err != nil {
		return fmt.Errorf("open generation: %w", err)
	}
	_ = s.said(lines, stamps) // the entry stands; current catches up with a view that lags
	return nil
}

// rejoin compares the journal with a receipt, or with what stands for one.
func (a *Agent) rejoin(s *session, receipt journal.Receipt) error {
	s.chain.Lock()
	behind, err := s.journal.Rejoin(receipt)
	s.chain.Unlock()
	if err != nil || !behind {
		return err
	}
	a.log.Warn("the journal is behind what is known of it elsewhere, and goes on in a new generation")
	err = s.openGeneration()
	a.changed(StateChanged, EventsChanged, SyncChanged)
	return err
}

// believe takes a receipt whose signature holds; one that shows this journal to be an older copy
// or another branch has it open a generation first, once in a sync.
func (r *run) believe(receipt journal.Receipt) (int, error) {
	s := r.session
	n, err := s.journal.Receipt(receipt)
	if r.rejoined || !errors.Is(err, journalfile.ErrReceiptMismatch) {
		return n, err
	}
	r.rejoined = true
	if err := r.agent.rejoin(s, receipt); err != nil {
		return 0, err
	}
	return s.journal.Receipt(receipt)
}

func tellBehind(tx *vault.Tx, e effect) error {
	if e.told {
		return nil
	}
	return tell(tx, notice{ID: fmt.Sprintf("generation-%d", e.entry.Generation), Code: JournalBehind, At: e.entry.Time()})
}
