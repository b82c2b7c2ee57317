package vault

import "fmt"

// Position is how far the view has applied the journal.
type Position struct {
	_          struct{} `cbor:",toarray"`
	Generation uint64
	Seq        uint64
}

// Run is entries From to To of a generation of the journal.
type Run struct {
	Generation uint64
	From, To   uint64
}

const positionName = "position"

// Position is the journal position that the view has applied; zero for an empty view. All
// later entries must be applied before any row is judged.
func (v *Vault) Position() (Position, error) {
	var p Position
	err := v.read(func(t *Tx) error {
		_, err := t.get(rowSetting, positionName, &p)
		return err
	})
	return p, err
}

// Apply writes what run's entries change in the view, and that they are applied, in one
// transaction. A run that is applied already changes nothing and returns nil, so a replay
// may begin too early; one that leaves entries out, or holds some that are applied, returns
// ErrOrder. An empty view begins anywhere, and so does a new generation.
func (v *Vault) Apply(run Run, fn func(*Tx) error) error {
	if run.Generation == 0 || run.From == 0 || run.To < run.From {
		return fmt.Errorf("apply entries %d–%d: malformed run: %w", run.From, run.To, ErrOrder)
	}
	return v.Update(func(t *Tx) error {
		var at Position
		if _, err := t.get(rowSetting, positionName, &at); err != nil {
			return err
		}
		same := run.Generation == at.Generation
		switch {
		case run.Generation < at.Generation, same && run.To <= at.Seq:
			return nil
		case same && run.From != at.Seq+1:
			return fmt.Errorf("apply entries %d–%d after %d: %w", run.From, run.To, at.Seq, ErrOrder)
		}
		if err := fn(t); err != nil {
			return err
		}
		return t.put(rowSetting, positionName, "", Position{Generation: run.Generation, Seq: run.To})
	})
}
