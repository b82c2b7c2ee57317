package vault

import (
	"errors"
	"fmt"

	"github.com/dgraph-io/badger/v4"
)

// A copy that a colleague hands over is durable before the entry that says so, since nobody sends it
// again: it waits as a row of its own kind, which no list shows and nothing opens, and the entry's effect
// puts it in its place, at the deed or at a replay.

// stagedRow is a copy with its content key under the subject's DEK already, so that nothing of what
// came can stop a replay.
type stagedRow struct {
	_    struct{} `cbor:",toarray"`
	Card cardRow
	Part partRow
}

// StageRecord keeps a copy under name until UnstageRecord. Errors as PutRecord's.
func (t *Tx) StageRecord(name []byte, c RecordCopy) error {
	card, part, err := c.apart()
	if err == nil {
		part.Key, err = t.wrapContentKey(c, part, card.Record)
	}
	if err != nil {
		return fmt.Errorf("stage record: %w", err)
	}
	return t.put(rowStaged, string(name), card.Record.Subject, stagedRow{Card: card, Part: part})
}

// UnstageRecord puts the copy that waits under name in its place, as PutRecord would, or drops it
// where keep is false. It is no error if none waits, or one that does not open: then it was
// there before, or the view has been made anew since.
func (t *Tx) UnstageRecord(name []byte, keep bool) error {
	var row stagedRow
	found, err := t.get(rowStaged, string(name), &row)
	switch {
	case errors.Is(err, ErrView):
		found = false
	case err != nil:
		return err
	case !found:
		return nil
	}
	if found && keep {
		if _, err := t.putApart(row.Card, row.Part); err != nil {
			return err
		}
	}
	return t.remove(rowStaged, string(name))
}

// DropStaged drops every copy that waits: those of which no entry says that they came. It is for
// when all entries have had their effect and nothing is being received.
func (v *Vault) DropStaged() error {
	return v.Update(func(t *Tx) error {
		var waiting []rowKey
		err := t.keys(rowStaged, func(key rowKey, _ *badger.Item) error {
			waiting = append(waiting, key)
			return nil
		})
		for _, key := range waiting {
			err = errors.Join(err, t.drop(key))
		}
		return err
	})
}
