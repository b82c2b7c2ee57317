package vault

import (
	"fmt"

	"handslag/identity"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// Drafts are the attachments that this device made and the organisation has not signed yet, in no
// order. They stay, with their chunks, until they are signed or their subject is erased, also
// where their record goes. With ErrView come all that do open.
func (v *Vault) Drafts() (drafts []AttachmentRow, err error) {
	all, err := v.Attachments("")
	for _, row := range all {
		if row.Draft {
			drafts = append(drafts, row)
		}
	}
	return drafts, err
}

// SealDraft is a draft, and its content key sealed to the organisation whose statement the profile has, for
// which it is on its way: nothing is opened for it, and no caller says to whom. ErrNotFound where there is no
// such draft.
func (v *Vault) SealDraft(id journal.AttachmentID) (draft, sealed []byte, err error) {
	err = v.read(func(t *Tx) error {
		row, message, err := t.attachmentMessage(id)
		if err != nil {
			return err
		}
		a, draftBytes, err := message.open()
		if err != nil || !row.Draft || a.Org != v.profile.Org {
			return fmt.Errorf("not a draft: %w", ErrNotFound)
		}
		organisation, err := identity.OpenStatement(v.profile.Statement, v.profile.Org)
		if err != nil {
			return err
		}
		key, err := t.attachmentKey(row, a)
		if err != nil {
			return err
		}
		defer clear(key)
		draft = draftBytes
		sealed, err = identity.Seal(organisation.Sealing[0], record.MadeKeyInfo(a.Org, a.ID, a.Device), key)
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("seal draft: %w", err)
	}
	return draft, sealed, nil
}
