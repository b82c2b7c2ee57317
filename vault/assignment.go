package vault

import (
	"errors"
	"fmt"
	"slices"

	"handslag/identity/signed"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// AssignmentCopy is an assignment as it came down, with what the connected system has of the work on it;
// the caller has verified Signed (record.OpenAssignment).
type AssignmentCopy struct {
	Signed []byte
	Work   []record.Said
}

// assignmentRow keeps each value once, like cardRow: the signed assignment is made again from
// the assignment and its signature.
type assignmentRow struct {
	_          struct{} `cbor:",toarray"`
	Assignment record.Assignment
	Signature  []byte
}

// Work is one operation on an assignment, from its entry in somebody's journal.
type Work struct {
	_         struct{} `cbor:",toarray"`
	Said      record.Said
	Confirmed bool // the connected system has the entry
}

// AssignmentRow is an assignment with all that was said about the work on it.
type AssignmentRow struct {
	record.Assignment
	Signed []byte
	Work   []Work
}

// Operations are the work as record.Merge takes it.
func (a AssignmentRow) Operations() []record.Operation { return workRow{Work: a.Work}.operations() }

func (row workRow) operations() []record.Operation {
	ops := make([]record.Operation, 0, len(row.Work))
	for _, w := range row.Work {
		if o, err := w.Said.Read(); err == nil { // read before it was kept
			ops = append(ops, o)
		}
	}
	return ops
}

// Done reports whether anybody has signed the work.
func (a AssignmentRow) Done() bool {
	return slices.ContainsFunc(a.Operations(), func(o record.Operation) bool { return o.Topic == record.TopicDone })
}

type workRow struct {
	_       struct{} `cbor:",toarray"`
	Subject journal.SubjectID
	Work    []Work
}

// PutAssignment keeps an assignment and the work that came with it, and says whether it did. A newer
// version replaces an older one, never the other way.
func (t *Tx) PutAssignment(c AssignmentCopy) (bool, error) {
	row, err := c.row()
	if err != nil {
		return false, fmt.Errorf("keep assignment: %w", err)
	}
	return t.putAssignmentRow(row, c.Work)
}

func (c AssignmentCopy) row() (assignmentRow, error) {
	var row assignmentRow
	err := signed.Unverified(c.Signed, record.AssignmentLimit, &row.Assignment)
	if err == nil {
		_, row.Signature, err = signed.Split(c.Signed, record.AssignmentLimit)
	}
	return row, errors.Join(err, row.Assignment.Check())
}

func (t *Tx) putAssignmentRow(row assignmentRow, work []record.Said) (bool, error) {
	a := row.Assignment
	var old assignmentRow
	found, err := t.get(rowAssignment, string(a.ID), &old)
	if err != nil && !errors.Is(err, ErrView) {
		return false, err
	}
	if found && old.Assignment.Number > a.Number {
		return false, nil
	}
	if err := t.put(rowAssignment, string(a.ID), a.Subject, row); err != nil {
		return false, err
	}
	for _, said := range work {
		if err := t.PutWork(a.ID, Work{Said: said, Confirmed: said.Order > 0}); err != nil {
			return false, err
		}
	}
	return true, nil
}

// PutWork adds an operation. The same one again brings at most its order, and that it is confirmed. With
// ErrTooLarge there are record.Operations of them already.
func (t *Tx) PutWork(id journal.AssignmentID, w Work) error {
	o, err := w.Said.Read()
	if err == nil && o.Assignment != id {
		err = record.ErrOperation
	}
	if err != nil {
		return fmt.Errorf("keep work: %w", err)
	}
	a, err := t.Assignment(id)
	if err != nil {
		return err
	}
	room := record.Operations
	if w.Said.Order > 0 {
		room *= 2 // what the connected system has is bounded there; it is not to be kept out by what waits here
	}
	at := slices.IndexFunc(a.Work, func(old Work) bool { return journal.HashOf(old.Said.Entry) == o.Hash })
	switch {
	case at >= 0:
		old := a.Work[at]
		if old.Said.Order > 0 && w.Said.Order == 0 {
			w.Said = old.Said
		}
		w.Confirmed = w.Confirmed || old.Confirmed
		a.Work[at] = w
	case len(a.Work) >= room:
		return fmt.Errorf("keep work: %w", ErrTooLarge)
	default:
		a.Work = append(a.Work, w)
	}
	return t.put(rowWork, string(id), a.Subject, workRow{Subject: a.Subject, Work: a.Work})
}

// ConfirmWork marks the work of one entry as known to the connected system; it is no error
// if there is none.
func (t *Tx) ConfirmWork(id journal.AssignmentID, entry journal.Hash) error {
	var row workRow
	if found, err := t.get(rowWork, string(id), &row); err != nil || !found {
		return err
	}
	for i := range row.Work {
		if !row.Work[i].Confirmed && journal.HashOf(row.Work[i].Said.Entry) == entry {
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
	return AssignmentRow{Assignment: row.Assignment, Signed: message, Work: work.Work}, nil
}

// Assignment is the row of one assignment, or ErrNotFound.
func (v *Vault) Assignment(id journal.AssignmentID) (row AssignmentRow, err error) {
	err = v.read(func(t *Tx) error {
		row, err = t.Assignment(id)
		return err
	})
	return row, err
}
