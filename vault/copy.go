package vault

import (
	"errors"
	"fmt"

	"handslag/vault/journal"
)

// Copy is a record as it is stored, still encrypted and without its content key: what has to
// be judged before an entry says that it is handed over. Errors: ErrNotFound, ErrView,
// ErrClosed.
func (v *Vault) Copy(id journal.RecordID) (h Handover, err error) {
	err = v.read(func(t *Tx) error {
		var card cardRow
		var part partRow
		found, err := t.get(rowCard, string(id), &card)
		if err != nil {
			return err
		}
		if !found {
			return ErrNotFound
		}
		row, err := card.row()
		if err != nil || row.ID != id {
			return errors.Join(ErrView, err)
		}
		if found, err = t.get(rowPart, string(id), &part); err != nil {
			return err
		}
		if !found || part.Number != row.Number {
			return ErrView
		}
		h = Handover{Signed: card.Signed, Cipher: part.Cipher, Hands: card.Hands, Until: row.Until}
		return nil
	})
	if err != nil {
		return Handover{}, fmt.Errorf("copy record: %w", err)
	}
	return h, nil
}
