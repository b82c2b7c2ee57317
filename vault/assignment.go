package vault

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// AssignmentState is what the connected system knows of an assignment's work.
type AssignmentState struct {
	Done   bool              `cbor:"1,keyasint,omitempty"`
	By     identity.PersonID `cbor:"2,keyasint,omitempty"`
	Name   string            `cbor:"3,keyasint,omitempty"`
	At     signed.Time       `cbor:"4,keyasint,omitempty"`
	Number uint64            `cbor:"5,keyasint,omitempty"` // the version that was signed
	Entry  []byte            `cbor:"6,keyasint,omitempty"` // hash of the entry that says so
	Note   string            `cbor:"7,keyasint,omitempty"`
}

// AssignmentCopy is an assignment as it came down; the caller has verified Signed
// (record.OpenAssignment).
type AssignmentCopy struct {
	Signed []byte          `cbor:"1,keyasint"`
	State  AssignmentState `cbor:"2,keyasint"`
}

// Work is what this device did on an assignment, from one entry.
type Work struct {
	_         struct{} `cbor:",toarray"`
	Entry     []byte   // the entry's hash
	Done      bool
	Note      string
	Signature []byte // record.Work, signed; empty for a note only
	Number    uint64 // version of the assignment
	At        signed.Time
	Confirmed bool // the connected system has it
}

// AssignmentRow is an assignment with all that was done on it.
type AssignmentRow struct {
	record.Assignment
	Signed []byte
	State  AssignmentState
	Work   []Work
}

// Done reports whether the work is done, here or at the connected system.
func (a AssignmentRow) Done() bool {
	done := a.State.Done
	for _, w := range a.Work {
		done = done || w.Done
	}
	return done
}

// AssignmentFilter selects rows; empty fields select all.
type AssignmentFilter struct {
	Record journal.RecordID
	Person identity.PersonID // one of the people it is assigned to
	Due    string            // a day, 2006-01-02
}

type workRow struct {
	Subject journal.SubjectID `cbor:"1,keyasint,omitempty"`
	Work    []Work            `cbor:"2,keyasint"`
}

const maxWork = 128 // on one assignment

// PutAssignment keeps an assignment, and says whether it did. A newer version replaces an
// older one, never the other way; of the same version, the newer State counts.
func (t *Tx) PutAssignment(c AssignmentCopy) (bool, error) {
	a, err := c.open()
	if err != nil {
		return false, fmt.Errorf("keep assignment: %w", err)
	}
	if err := a.Check(); err != nil {
		return false, fmt.Errorf("keep assignment: %w", err)
	}
	var old AssignmentCopy
	found, err := t.get(rowAssignment, string(a.ID), &old)
	if err != nil && !errors.Is(err, ErrView) {
		return false, err
	}
	if found {
		if before, err := old.open(); err == nil && before.Number > a.Number {
			return false, nil
		}
	}
	return true, t.put(rowAssignment, string(a.ID), a.Subject, c)
}

func (c AssignmentCopy) open() (a record.Assignment, err error) {
	err = signed.Unverified(c.Signed, record.AssignmentLimit, &a)
	return a, err
}

// PutWork adds what an entry says was done. The same entry again replaces itself.
func (t *Tx) PutWork(id journal.AssignmentID, w Work) error {
	if len(w.Entry) != len(journal.Hash{}) {
		return errors.New("keep work: its entry's hash is missing")
	}
	a, err := t.Assignment(id)
	if err != nil {
		return err
	}
	list := a.Work
	at := len(list)
	for i := range list {
		if bytes.Equal(list[i].Entry, w.Entry) {
			at = i
			w.Confirmed = w.Confirmed || list[i].Confirmed
		}
	}
	if at == len(list) {
		if len(list) == maxWork {
			return fmt.Errorf("keep work: %w", ErrTooLarge)
		}
		list = append(list, w)
	}
	list[at] = w
	return t.put(rowWork, string(id), a.Subject, workRow{Subject: a.Subject, Work: list})
}

// ConfirmWork marks the work of one entry as known to the connected system; it is no error
// if there is none.
func (t *Tx) ConfirmWork(id journal.AssignmentID, entry []byte) error {
	var row workRow
	if found, err := t.get(rowWork, string(id), &row); err != nil || !found {
		return err
	}
	for i := range row.Work {
		if bytes.Equal(row.Work[i].Entry, entry) && !row.Work[i].Confirmed {
			row.Work[i].Confirmed = true
			return t.put(rowWork, string(id), row.Subject, row)
		}
	}
	return nil
}

// RemoveAssignment drops an assignment and what the view knows of the work on it, which
// its entries in the journal keep; it is no error if there is none.
func (t *Tx) RemoveAssignment(id journal.AssignmentID) error {
	return errors.Join(t.remove(rowAssignment, string(id)), t.remove(rowWork, string(id)))
}

// Assignment is the row of one assignment, or ErrNotFound.
func (t *Tx) Assignment(id journal.AssignmentID) (AssignmentRow, error) {
	var c AssignmentCopy
	found, err := t.get(rowAssignment, string(id), &c)
	if err != nil {
		return AssignmentRow{}, err
	}
	if !found {
		return AssignmentRow{}, fmt.Errorf("find assignment: %w", ErrNotFound)
	}
	return t.assignmentRow(c)
}

func (t *Tx) assignmentRow(c AssignmentCopy) (AssignmentRow, error) {
	a, err := c.open()
	if err != nil {
		return AssignmentRow{}, errors.Join(ErrView, err)
	}
	var work workRow
	if _, err := t.get(rowWork, string(a.ID), &work); err != nil {
		return AssignmentRow{}, err
	}
	return AssignmentRow{Assignment: a, Signed: c.Signed, State: c.State, Work: work.Work}, nil
}

// Assignment is the row of one assignment, or ErrNotFound.
func (v *Vault) Assignment(id journal.AssignmentID) (row AssignmentRow, err error) {
	err = v.read(func(t *Tx) error {
		row, err = t.Assignment(id)
		return err
	})
	return row, err
}

// Assignments lists rows, in no order. With ErrView come all rows that do open.
func (v *Vault) Assignments(filter AssignmentFilter) (rows []AssignmentRow, err error) {
	err = v.read(func(t *Tx) error {
		return t.each(rowAssignment, func(read func(any) error) error {
			var c AssignmentCopy
			if err := read(&c); err != nil {
				return err
			}
			row, err := t.assignmentRow(c)
			if err != nil {
				return err
			}
			if filter.Record != "" && row.Record != filter.Record || filter.Due != "" && row.Due != filter.Due ||
				filter.Person != "" && !slices.Contains(row.People, filter.Person) {
				return nil
			}
			rows = append(rows, row)
			return nil
		})
	})
	return rows, err
}
