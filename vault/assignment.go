package vault

import (
	"bytes"
	"errors"
	"fmt"

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
	Signed []byte
	State  AssignmentState
}

// assignmentRow keeps each value once, like cardRow: the signed assignment is made again from
// the assignment and its signature.
type assignmentRow struct {
	_          struct{} `cbor:",toarray"`
	Assignment record.Assignment
	Signature  []byte
	State      AssignmentState
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

type workRow struct {
	Subject journal.SubjectID `cbor:"1,keyasint,omitempty"`
	Work    []Work            `cbor:"2,keyasint"`
}

const maxWork = 128 // on one assignment

// PutAssignment keeps an assignment, and says whether it did. A newer version replaces an
// older one, never the other way; of the same version, the newer State counts.
func (t *Tx) PutAssignment(c AssignmentCopy) (bool, error) {
	row := assignmentRow{State: c.State}
	err := signed.Unverified(c.Signed, record.AssignmentLimit, &row.Assignment)
	if err == nil {
		_, row.Signature, err = signed.Split(c.Signed, record.AssignmentLimit)
	}
	a := row.Assignment
	if err = errors.Join(err, a.Check()); err != nil {
		return false, fmt.Errorf("keep assignment: %w", err)
	}
	var old assignmentRow
	found, err := t.get(rowAssignment, string(a.ID), &old)
	if err != nil && !errors.Is(err, ErrView) {
		return false, err
	}
	if found && old.Assignment.Number > a.Number {
		return false, nil
	}
	return true, t.put(rowAssignment, string(a.ID), a.Subject, row)
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
	var row assignmentRow
	found, err := t.get(rowAssignment, string(id), &row)
	switch {
	case err != nil:
		return AssignmentRow{}, err
	case !found:
		return AssignmentRow{}, fmt.Errorf("find assignment: %w", ErrNotFound)
	case row.Assignment.ID != id:
		return AssignmentRow{}, fmt.Errorf("find assignment: %w", ErrView)
	}
	return t.assignmentRow(row)
}

func (t *Tx) assignmentRow(row assignmentRow) (AssignmentRow, error) {
	message, err := signed.Join(row.Assignment, row.Signature)
	if err != nil {
		return AssignmentRow{}, err
	}
	var work workRow
	if _, err := t.get(rowWork, string(row.Assignment.ID), &work); err != nil {
		return AssignmentRow{}, err
	}
	return AssignmentRow{Assignment: row.Assignment, Signed: message, State: row.State, Work: work.Work}, nil
}

// Assignment is the row of one assignment, or ErrNotFound.
func (v *Vault) Assignment(id journal.AssignmentID) (row AssignmentRow, err error) {
	err = v.read(func(t *Tx) error {
		row, err = t.Assignment(id)
		return err
	})
	return row, err
}
