package vault

import (
	"errors"
	"fmt"
	"slices"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
)

// RecordFilter selects rows; empty fields select all.
type RecordFilter struct {
	Text  string // each word of it stands in the card, in any case
	Limit int    // no more rows than these; 0: all
}

// AssignmentFilter selects rows; empty fields select all.
type AssignmentFilter struct {
	Record journal.RecordID
	Person identity.PersonID // one of the people it is assigned to
}

// rows reads the rows that a list named. One that does not open, or is gone, does not hide
// the others: the first such error comes at the end.
func rows[R any](t *Tx, keys []rowKey, damage error, fn func(R) error) error {
	for _, key := range keys {
		var row R
		found, err := t.at(key, &row)
		if err == nil && !found {
			err = fmt.Errorf("read view: a row is gone: %w", ErrView)
		}
		if err == nil {
			err = fn(row)
		}
		if errors.Is(err, ErrView) {
			if damage == nil {
				damage = err
			}
		} else if err != nil {
			return err
		}
	}
	return damage
}

// Records lists rows by title, in small letters. With ErrView come all rows that do open.
func (v *Vault) Records(filter RecordFilter) ([]RecordRow, error) {
	return v.records(func(l *list) []rowKey { return l.find(filter.Text, filter.Limit) })
}

// Expired lists the records whose loan ended before now, by trusted time. The caller makes
// an entry of each and then calls RemoveRecord in the Apply of that entry.
func (v *Vault) Expired(now signed.Time) ([]RecordRow, error) {
	return v.records(func(l *list) []rowKey { return l.ended(now) })
}

func (v *Vault) records(pick func(*list) []rowKey) (found []RecordRow, err error) {
	err = v.read(func(t *Tx) error {
		keys, damage := t.view.list.pick(rowCard, pick)
		return rows(t, keys, damage, func(card cardRow) error {
			found = append(found, t.row(card))
			return nil
		})
	})
	return found, err
}

// Assignments lists rows, in no order; those of one record without reading any other. With
// ErrView come all rows that do open.
func (v *Vault) Assignments(filter AssignmentFilter) (found []AssignmentRow, err error) {
	err = v.read(func(t *Tx) error {
		keys, damage := t.view.list.pick(rowAssignment, func(l *list) []rowKey { return l.work(filter.Record) })
		return rows(t, keys, damage, func(kept assignmentRow) error {
			row, err := t.assignmentRow(kept)
			if err == nil && (filter.Person == "" || slices.Contains(row.People, filter.Person)) {
				found = append(found, row)
			}
			return err
		})
	})
	return found, err
}

// Whole is ErrView where rows did not open that lists need, or were missing, and have not been
// written anew since.
func (v *Vault) Whole() error {
	return v.read(func(t *Tx) error {
		_, cards := t.view.list.pick(rowCard, noRows)
		_, tasks := t.view.list.pick(rowAssignment, noRows)
		_, files := t.view.list.pick(rowAttachment, noRows)
		return errors.Join(cards, tasks, files)
	})
}

func noRows(*list) []rowKey { return nil }
