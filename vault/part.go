package vault

import (
	"cmp"
	"crypto/cipher"
	"errors"
	"fmt"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/internal/keybag"
	"handslag/vault/internal/seal"
	"handslag/vault/journal"
	"handslag/vault/journalfile"
	"handslag/vault/record"
)

// A content key is in the clear inside this file only, and only for the length of a call:
// it comes in sealed or from the caller and is wrapped; it goes out sealed to another
// device, or decrypts one protected part, each against a stamp.

// wrapContentKey takes the key of c out of its seal and wraps it under the subject's DEK, if it is
// the one that the organisation signed for: record.ErrContentKey.
func (t *Tx) wrapContentKey(c RecordCopy, part partRow, r record.Record) ([]byte, error) {
	r.Org, r.Commitment = part.Org, part.Commitment
	key, err := t.unseal(c.Sealed, c.Info, c.Unwrap, c.ContentKey)
	if err != nil {
		return nil, err
	}
	if len(c.Sealed) > 0 {
		defer clear(key)
	}
	if err := r.CheckKey(key); err != nil {
		return nil, err
	}
	aead, _, err := t.view.seal.bag.Of(r.Subject, keybag.Content)
	if err != nil {
		return nil, err
	}
	return aead.Seal(nil, nil, key, t.view.seal.contentContext(r.Org, r)), nil
}

// CheckKey says whether the key of a copy that came with Unwrap is the one that r commits to, before any entry says that
// the copy came: identity.ErrSealed, record.ErrContentKey.
func (c RecordCopy) CheckKey(r record.Record) error {
	key, err := c.Unwrap.Open(nil, nil, c.Sealed, []byte(c.Info))
	if err != nil {
		return fmt.Errorf("unwrap content key: %w", identity.ErrSealed)
	}
	defer clear(key)
	return r.CheckKey(key)
}

// unseal takes a content key out of its seal, to the device or under a share's key; bare is it
// where there is none.
func (t *Tx) unseal(sealed []byte, info string, unwrap cipher.AEAD, bare []byte) (key []byte, err error) {
	switch {
	case len(sealed) == 0:
		key = bare
	case unwrap != nil:
		if key, err = unwrap.Open(nil, nil, sealed, []byte(info)); err != nil {
			err = identity.ErrSealed
		}
	case t.vault == nil || t.vault.keys == nil:
		err = fmt.Errorf("device's keys: %w", ErrNotFound)
	default:
		key, err = t.vault.keys.OpenSealed(info, sealed)
	}
	if err == nil && len(key) != identity.AEADKeySize {
		err = errors.New("content key is not 32 bytes")
	}
	return key, err
}

func (s rowSeal) contentContext(org identity.OrgID, r record.Record) []byte {
	return fmt.Appendf(nil, "handslag/1/vault-content-key/%x/%s/%s/%d", s.vault, org, r.ID, r.Number)
}

// openable is a record with all that its deed needs, before any decryption.
type openable struct {
	record  record.Record
	subject keybag.ID
	until   signed.Time
	part    partRow
}

// stored is a record with its part, which belong together.
func (t *Tx) stored(id journal.RecordID) (openable, error) {
	r, failed, err := t.whole(t.view.seal.key(rowCard, string(id)), id)
	if err = cmp.Or(err, failed); err != nil {
		return openable{}, err
	}
	return r.part, nil
}

func (t *Tx) partOf(card cardRow, key rowKey) (openable, error) {
	o := openable{subject: t.view.seal.bag.IDOf(card.Record.Subject), until: card.Until}
	found, err := t.at(key, &o.part)
	if err != nil {
		return openable{}, err
	}
	if !found {
		return openable{}, fmt.Errorf("protected part is gone: %w", ErrView)
	}
	o.record, err = card.whole(o.part)
	return o, err
}

// admit lets a deed on a record pass: the loan holds at now, and stamp is for one of kinds, by this
// device, with this record, version and subject, unused, and not older than its entry says.
func (t *Tx) admit(stamp *journalfile.Stamp, o openable, now signed.Time, kinds ...journal.Kind) error {
	if now > o.until {
		return ErrLoan
	}
	entry := stamp.Entry()
	if entry.Subject != o.record.Subject || t.vault.keys == nil || entry.Device != t.vault.keys.Device() {
		return fmt.Errorf("entry names another subject or device: %w", ErrNoStamp)
	}
	if until := entry.Until; until != 0 && (now > until || until > o.until) {
		return fmt.Errorf("entry is over, or says more than the loan: %w", ErrNoStamp)
	}
	var err error
	for _, kind := range kinds {
		if err = stamp.Redeem(kind, o.record.ID, o.record.Number); err == nil {
			return nil
		}
	}
	return fmt.Errorf("%w: %w", ErrNoStamp, err)
}

// contentKey unwraps the content key of what was admitted; the caller wipes it.
func (t *Tx) contentKey(o openable) ([]byte, error) {
	aead, err := t.view.seal.bag.Named(o.subject, keybag.Content)
	if err != nil {
		return nil, err
	}
	key, err := aead.Open(nil, nil, o.part.Key, t.view.seal.contentContext(o.record.Org, o.record))
	if err != nil {
		return nil, fmt.Errorf("unwrap content key: %w", ErrView)
	}
	return key, nil
}

// Part is a protected part in the clear, and what the record's attachments are called: those whose
// key is here, and whose rows open.
type Part struct {
	record.Protected
	Labels map[journal.AttachmentID]record.Label
}

// Prepared is a record with all that it takes to open its protected part, but the stamp: its rows
// are read and checked, and nothing of the part is decrypted.
type Prepared struct {
	vault  *Vault
	view   *view
	place  rowKey
	row    RecordRow
	rows   *cachedRecord
	failed error // why there is no part
}

// Prepare reads a record with its protected part, before the entry, so that little is left to do
// once that is durable. It returns what Record does; what is wrong with the part, OpenPart says.
func (v *Vault) Prepare(id journal.RecordID) (p *Prepared, err error) {
	err = v.read(func(t *Tx) error {
		place := t.view.seal.key(rowCard, string(id))
		rows, failed, err := t.whole(place, id)
		if err == nil {
			p = &Prepared{vault: v, view: t.view, place: place, row: t.row(rows.card), rows: rows, failed: failed}
		}
		return err
	})
	return p, err
}

// Row is what lists may show of the record.
func (p *Prepared) Row() RecordRow { return p.row }

// now is the part as it stands: where the record's rows were written since, they are read again.
func (p *Prepared) now(t *Tx) (openable, error) {
	if revision, named := t.place(p.place); t.view != p.view || !named || revision != p.rows.revision {
		return t.stored(p.row.ID)
	}
	return p.rows.part, p.failed
}

// OpenPart decrypts a protected part. It is the only way to one (promise 1): stamp is
// proof that an entry RecordOpened or RecordExtended by this device, with this record,
// its version and subject, is durable, and is used up. now is trusted time. What the record's
// attachments are called comes with it. Errors: ErrNoStamp, ErrLoan, ErrNotFound, ErrView, ErrClosed.
func (p *Prepared) OpenPart(stamp *journalfile.Stamp, now signed.Time) (part Part, err error) {
	err = p.vault.read(func(t *Tx) error {
		o, err := p.now(t)
		if err != nil {
			return err
		}
		if err := t.admit(stamp, o, now, journal.RecordOpened, journal.RecordExtended); err != nil {
			return err
		}
		key, err := t.contentKey(o)
		if err != nil {
			return err
		}
		defer clear(key)
		plain, err := seal.Open(key, o.part.Cipher, record.PartContext(o.record.Org, o.record.ID, o.record.Number))
		if err != nil {
			return fmt.Errorf("decrypt: %w", ErrView)
		}
		defer clear(plain)
		if err := signed.DecodeOwn(plain, &part.Protected); err != nil { // whose key and ciphertext the organisation has signed
			return fmt.Errorf("decrypt: %w: %w", ErrView, err)
		}
		part.Labels = t.labels(o.record.ID)
		return nil
	})
	if err != nil {
		return Part{}, fmt.Errorf("open protected part: %w", err)
	}
	return part, nil
}

// Handover is a record on its way to a verified device.
type Handover struct {
	Signed []byte        // the record
	Cipher []byte        // its protected part, as the connected system encrypted it
	Key    []byte        // its content key, wrapped under the share's key
	Hands  []record.Hand // up to this device; the caller adds its own loan
	Until  signed.Time   // the loan that the receiver's must not outlive
}

// Reseal wraps a record's content key under a share's key, of the device that stamp's entry names
// and no other; context binds it to what it is (record.SharedKeyInfo). Nothing is
// decrypted. stamp is for an entry ShareSent, as in OpenPart; errors as there.
func (v *Vault) Reseal(stamp *journalfile.Stamp, id journal.RecordID, now signed.Time, to *ShareKey, context string) (h Handover, err error) {
	err = v.read(func(t *Tx) error {
		if err := to.admit(stamp); err != nil {
			return err
		}
		o, err := t.stored(id)
		if err != nil {
			return err
		}
		if err := t.admit(stamp, o, now, journal.ShareSent); err != nil {
			return err
		}
		key, err := t.contentKey(o)
		if err != nil {
			return err
		}
		defer clear(key)
		if h, err = o.handover(); err != nil {
			return err
		}
		h.Key = to.wrap(key, context)
		return nil
	})
	if err != nil {
		return Handover{}, fmt.Errorf("wrap content key for another device: %w", err)
	}
	return h, nil
}
