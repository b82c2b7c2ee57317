package vault

import (
	"fmt"

	"handslag/identity/signed"
	"handslag/vault/journal"
)

// Copy is a record as it is stored, still encrypted and without its content key: what has to
// be judged before an entry says that it is handed over. Errors: ErrNotFound, ErrView,
// ErrClosed.
func (v *Vault) Copy(id journal.RecordID) (h Handover, err error) {
	err = v.read(func(t *Tx) error {
		o, err := t.stored(id)
		if err != nil {
			return err
		}
		h, err = o.handover()
		return err
	})
	if err != nil {
		return Handover{}, fmt.Errorf("copy record: %w", err)
	}
	return h, nil
}

// handover puts the record together again as it came.
func (o openable) handover() (Handover, error) {
	message, err := signed.Join(o.record, o.part.Signature)
	if err != nil {
		return Handover{}, err
	}
	return Handover{Signed: message, Cipher: o.part.Cipher, Hands: o.part.Hands, Until: o.until}, nil
}
