package vault

import (
	"bytes"
	"crypto/cipher"
	"crypto/sha256"
	"errors"
	"fmt"
	"unicode/utf8"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// Source says from where a copy came: the zero value is the connected system.
type Source struct {
	Device identity.DeviceID `cbor:"1,keyasint,omitempty"` // the colleague's
	Name   string            `cbor:"2,keyasint,omitempty"`
	At     signed.Time       `cbor:"3,keyasint,omitempty"`
}

// IsPeer reports whether a colleague handed it over.
func (s Source) IsPeer() bool { return s.Device != "" }

// RecordCopy is a version of a record as it arrived. Its caller has verified Signed with
// Cipher (record.OpenRecord) and Hands (record.OpenHands). The content key comes sealed to
// this device, with the Info that it was sealed with, or bare, 32 bytes.
type RecordCopy struct {
	Signed     []byte
	Cipher     []byte
	Sealed     []byte
	Info       string
	Unwrap     cipher.AEAD // where Sealed is wrapped under a share's key, and Info is its context
	ContentKey []byte      // used where Sealed is empty; the caller wipes it
	Hands      []record.Hand
	Source     Source

	// Read is what its caller has read in Signed and Hands, so that many are not read twice; nil: nothing.
	Read *Read
}

// Read is what a copy says: its record, and when its last loan ends.
type Read struct {
	Record record.Record
	Until  signed.Time
}

// RecordRow is what lists may show of a record: nothing of its protected part. Its Org,
// Tokens and Commitment are empty; they are kept with the part.
type RecordRow struct {
	record.Record
	Until       signed.Time // end of the loan
	Hands       int         // how many it came through, 1: from the connected system
	Source      Source
	Assignments []journal.AssignmentID // on this device that name it
}

// cardRow and partRow are a record taken apart, each value kept once: lists read the cards
// alone, and a signed record is made again from both.
type cardRow struct {
	_      struct{} `cbor:",toarray"`
	Record record.Record
	Until  signed.Time
	Hands  int
	Source Source
}

type partRow struct {
	_          struct{} `cbor:",toarray"`
	Number     uint64
	Org        identity.OrgID
	Tokens     []byte
	Commitment []byte
	Signature  []byte // of the record
	Hands      []record.Hand
	Cipher     []byte
	Key        []byte // content key under the subject's DEK
}

// apart makes the two rows of a copy, but for the content key.
func (c RecordCopy) apart() (card cardRow, part partRow, err error) {
	card = cardRow{Hands: len(c.Hands), Source: c.Source}
	r := &card.Record
	if *r, card.Until, err = c.read(); err != nil {
		return card, part, err
	}
	_, signature, err := signed.Split(c.Signed, record.RecordLimit)
	if err != nil {
		return card, part, fmt.Errorf("read record: %w", err)
	}
	if err := r.Check(); err != nil || len(c.Cipher) > record.CipherLimit || !utf8.ValidString(c.Source.Name+string(c.Source.Device)) {
		return card, part, errors.Join(record.ErrRecord, err)
	}
	part = partRow{Number: r.Number, Org: r.Org, Tokens: r.Tokens, Commitment: r.Commitment, Signature: signature, Hands: c.Hands, Cipher: c.Cipher}
	r.Org, r.Tokens, r.Commitment = "", nil, nil
	return card, part, nil
}

// read is the record, and when its last loan ends.
func (c RecordCopy) read() (r record.Record, until signed.Time, err error) {
	if c.Read != nil && len(c.Hands) > 0 && len(c.Hands) <= record.MaxHands {
		return c.Read.Record, c.Read.Until, nil
	}
	if err := signed.Unverified(c.Signed, record.RecordLimit, &r); err != nil {
		return r, 0, fmt.Errorf("read record: %w", err)
	}
	loan, err := lastLoan(c.Hands)
	if err == nil && (loan.Record != r.ID || loan.Number != r.Number) {
		err = fmt.Errorf("read loan: of another record: %w", record.ErrLoan)
	}
	return r, loan.Until, err
}

func lastLoan(hands []record.Hand) (loan record.Loan, err error) {
	if len(hands) == 0 || len(hands) > record.MaxHands {
		return loan, fmt.Errorf("read record: %w", record.ErrLoan)
	}
	return record.ReadLoan(hands[len(hands)-1].Loan)
}

// whole is the record with what its part keeps of it; ErrView where they do not belong
// together. That both were written in one transaction the catalogue knows.
func (c cardRow) whole(p partRow) (record.Record, error) {
	r := c.Record
	r.Org, r.Tokens, r.Commitment = p.Org, p.Tokens, p.Commitment
	sum := sha256.Sum256(p.Cipher)
	if p.Number != r.Number || !bytes.Equal(sum[:], r.Cipher) || len(p.Hands) != c.Hands {
		return record.Record{}, fmt.Errorf("protected part does not belong to its card: %w", ErrView)
	}
	return r, nil
}

func (c cardRow) row() RecordRow {
	return RecordRow{Record: c.Record, Until: c.Until, Hands: c.Hands, Source: c.Source}
}

func (t *Tx) row(c cardRow) RecordRow {
	row := c.row()
	row.Assignments = t.view.list.assignments(row.ID)
	return row
}

// PutRecord keeps a copy, and says whether it did. A newer version replaces an older one,
// never the other way. Of the same version, the longer loan replaces the shorter, but a
// colleague's never the connected system's.
func (t *Tx) PutRecord(c RecordCopy) (bool, error) {
	card, part, err := c.apart()
	if err != nil {
		return false, fmt.Errorf("keep record: %w", err)
	}
	key := t.view.seal.key(rowCard, string(card.Record.ID))
	if keep, err := t.wants(key, card); err != nil || !keep {
		return false, err
	}
	if part.Key, err = t.wrapContentKey(c, part, card.Record); err != nil {
		return false, fmt.Errorf("keep record: %w", err)
	}
	return true, t.keepApart(key, card, part)
}

// wants reports whether a copy is to replace what there is; key is its card's.
func (t *Tx) wants(key rowKey, card cardRow) (bool, error) {
	if _, here := t.place(key); !here {
		return true, nil
	}
	var old cardRow
	found, err := t.at(key, &old)
	if err != nil && !errors.Is(err, ErrView) { // what does not open is written over
		return false, err
	}
	return !found || card.row().replaces(old.row()), nil
}

// putApart keeps a copy that was taken apart, where it is wanted.
func (t *Tx) putApart(card cardRow, part partRow) error {
	key := t.view.seal.key(rowCard, string(card.Record.ID))
	keep, err := t.wants(key, card)
	if err != nil || !keep {
		return err
	}
	return t.keepApart(key, card, part)
}

// wasRead passes a row of which all was decoded from CBOR before, and so can be again.
func wasRead([]byte) error { return nil }

// keepApart writes both rows.
func (t *Tx) keepApart(key rowKey, card cardRow, part partRow) error {
	under, err := t.view.seal.of(card.Record.Subject)
	if err != nil {
		return fmt.Errorf("write view: %w", err)
	}
	if err := t.write(key, under, card, wasRead); err != nil {
		return err
	}
	return t.write(key.as(rowPart), under, part, wasRead)
}

func (r RecordRow) replaces(old RecordRow) bool {
	if r.Number != old.Number {
		return r.Number > old.Number
	}
	if !r.Source.IsPeer() && !old.Source.IsPeer() {
		return r.Until != old.Until // its newest word counts, also where it lends for less
	}
	return r.Until > old.Until && (!r.Source.IsPeer() || old.Source.IsPeer())
}

// PutRecords keeps many copies in as few transactions as Badger takes, and returns how many
// it kept. After an error those before it are kept.
func (v *Vault) PutRecords(copies []RecordCopy) (kept int, err error) {
	const batch = 1 << 20 // bytes in a transaction
	for len(copies) > 0 {
		n, size := 0, 0
		for n < len(copies) && (n == 0 || size < batch) {
			size += len(copies[n].Cipher) + len(copies[n].Signed) + 1024
			for _, hand := range copies[n].Hands {
				size += len(hand.Loan) + len(hand.Credential)
			}
			n++
		}
		stored := 0
		err := v.Update(func(t *Tx) error {
			for _, c := range copies[:n] {
				put, err := t.PutRecord(c)
				if err != nil {
					return err
				}
				if put {
					stored++
				}
			}
			return nil
		})
		if err != nil {
			return kept, err
		}
		kept += stored
		copies = copies[n:]
	}
	return kept, nil
}

// Record is the row of one record, or ErrNotFound.
func (v *Vault) Record(id journal.RecordID) (row RecordRow, err error) {
	err = v.read(func(t *Tx) error {
		row, err = t.Record(id)
		return err
	})
	return row, err
}

// Record is the row of one record, or ErrNotFound.
func (t *Tx) Record(id journal.RecordID) (RecordRow, error) {
	card, err := t.card(id)
	if err != nil {
		return RecordRow{}, err
	}
	return t.row(card), nil
}

// Holds reports whether the catalogue names a record, however its row may look; nothing is read.
func (v *Vault) Holds(id journal.RecordID) (held bool, err error) {
	err = v.read(func(t *Tx) error {
		_, held = t.place(t.view.seal.key(rowCard, string(id)))
		return nil
	})
	return held, err
}

func (t *Tx) card(id journal.RecordID) (cardRow, error) {
	var card cardRow
	found, err := t.get(rowCard, string(id), &card)
	switch {
	case err != nil:
		return cardRow{}, err
	case !found:
		return cardRow{}, fmt.Errorf("find record: %w", ErrNotFound)
	case card.Record.ID != id:
		return cardRow{}, fmt.Errorf("find record: %w", ErrView)
	}
	return card, nil
}

// RemoveRecord drops a copy with its attachments; it is no error if there is none.
func (t *Tx) RemoveRecord(id journal.RecordID) error {
	err := errors.Join(t.remove(rowCard, string(id)), t.remove(rowPart, string(id)))
	files, _ := t.view.list.pick(rowAttachment, func(l *list) []rowKey { return l.hangs(id) })
	for _, key := range files {
		var file attachmentRow
		if found, readErr := t.at(key, &file); readErr == nil && found && file.Draft {
			continue // made here, and nowhere else yet
		}
		err = errors.Join(err, t.drop(key.as(rowMessage)), t.drop(key))
	}
	return err
}
