package vault

import (
	"errors"
	"fmt"
	"strings"

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
	Signed      []byte
	Cipher      []byte
	Sealed      []byte
	Info        string
	ContentKey  []byte // used where Sealed is empty; the caller wipes it
	Hands       []record.Hand
	Source      Source
	Assignments []journal.AssignmentID // those that it is needed for
}

// RecordRow is what lists may show of a record: nothing of its protected part.
type RecordRow struct {
	record.Record
	Until       signed.Time // end of the loan
	Hands       int         // how many it came through, 1: from the connected system
	Source      Source
	Assignments []journal.AssignmentID
}

// RecordFilter selects rows; empty fields select all.
type RecordFilter struct {
	Text    string // in the card, in any case
	Unit    identity.UnitID
	Subject journal.SubjectID
}

// cardRow and partRow are apart so that a list reads no ciphertexts.
type cardRow struct {
	Signed      []byte                 `cbor:"1,keyasint"`
	Hands       []record.Hand          `cbor:"2,keyasint"`
	Source      Source                 `cbor:"3,keyasint"`
	Assignments []journal.AssignmentID `cbor:"4,keyasint,omitempty"`
}

type partRow struct {
	Number uint64 `cbor:"1,keyasint"`
	Cipher []byte `cbor:"2,keyasint"`
	Key    []byte `cbor:"3,keyasint"` // content key under the subject's DEK
}

func (c cardRow) row() (RecordRow, error) {
	row := RecordRow{Hands: len(c.Hands), Source: c.Source, Assignments: c.Assignments}
	if err := signed.Unverified(c.Signed, record.RecordLimit, &row.Record); err != nil {
		return RecordRow{}, fmt.Errorf("read record: %w", err)
	}
	if len(c.Hands) == 0 || len(c.Hands) > record.MaxHands {
		return RecordRow{}, fmt.Errorf("read record: %w", record.ErrLoan)
	}
	var loan record.Loan
	if err := signed.Unverified(c.Hands[len(c.Hands)-1].Loan, record.LoanLimit, &loan); err != nil {
		return RecordRow{}, fmt.Errorf("read loan: %w", err)
	}
	if loan.Record != row.ID || loan.Number != row.Number {
		return RecordRow{}, fmt.Errorf("read loan: of another record: %w", record.ErrLoan)
	}
	row.Until = loan.Until
	return row, nil
}

// PutRecord keeps a copy, and says whether it did. A newer version replaces an older one,
// never the other way. Of the same version, the longer loan replaces the shorter, but a
// colleague's never the connected system's.
func (t *Tx) PutRecord(c RecordCopy) (bool, error) {
	card := cardRow{Signed: c.Signed, Hands: c.Hands, Source: c.Source, Assignments: c.Assignments}
	row, err := card.row()
	if err != nil {
		return false, fmt.Errorf("keep record: %w", err)
	}
	if err := row.Check(); err != nil || len(c.Cipher) > record.CipherLimit {
		return false, errors.Join(record.ErrRecord, err)
	}
	var old cardRow
	found, err := t.get(rowCard, string(row.ID), &old)
	if err != nil && !errors.Is(err, ErrView) { // what does not open is written over
		return false, err
	}
	if found {
		if before, err := old.row(); err == nil && !row.replaces(before) {
			return false, nil
		}
	}
	key, err := t.wrapContentKey(c, row.Record)
	if err != nil {
		return false, fmt.Errorf("keep record: %w", err)
	}
	if err := t.put(rowCard, string(row.ID), row.Subject, card); err != nil {
		return false, err
	}
	return true, t.put(rowPart, string(row.ID), row.Subject, partRow{Number: row.Number, Cipher: c.Cipher, Key: key})
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
			size += len(copies[n].Cipher) + len(copies[n].Signed) + 4096
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
	var card cardRow
	found, err := t.get(rowCard, string(id), &card)
	if err != nil {
		return RecordRow{}, err
	}
	if !found {
		return RecordRow{}, fmt.Errorf("find record: %w", ErrNotFound)
	}
	row, err := card.row()
	if err != nil || row.ID != id {
		return RecordRow{}, errors.Join(ErrView, err)
	}
	return row, nil
}

// Records lists rows, in no order. With ErrView come all rows that do open.
func (v *Vault) Records(filter RecordFilter) (rows []RecordRow, err error) {
	text := strings.ToLower(filter.Text)
	err = v.read(func(t *Tx) error {
		return t.each(rowCard, func(read func(any) error) error {
			var card cardRow
			if err := read(&card); err != nil {
				return err
			}
			row, err := card.row()
			if err != nil {
				return errors.Join(ErrView, err)
			}
			if filter.Unit != "" && row.Unit != filter.Unit || filter.Subject != "" && row.Subject != filter.Subject ||
				text != "" && !strings.Contains(strings.ToLower(row.Card.Title+"\n"+row.Card.Street+"\n"+row.Card.Area+"\n"+strings.Join(row.Card.Tags, "\n")), text) {
				return nil
			}
			rows = append(rows, row)
			return nil
		})
	})
	return rows, err
}

// Expired lists the records whose loan ended before now, by trusted time. The caller makes
// an entry of each and then calls RemoveRecord in the Apply of that entry.
func (v *Vault) Expired(now signed.Time) ([]RecordRow, error) {
	rows, err := v.Records(RecordFilter{})
	var ended []RecordRow
	for _, row := range rows {
		if now > row.Until {
			ended = append(ended, row)
		}
	}
	return ended, err
}

// RemoveRecord drops a copy; it is no error if there is none.
func (t *Tx) RemoveRecord(id journal.RecordID) error {
	return errors.Join(t.remove(rowCard, string(id)), t.remove(rowPart, string(id)))
}
