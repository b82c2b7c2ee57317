package vault

import (
	"cmp"
	"errors"
	"fmt"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
)

// RecordFilter selects rows; empty fields select all.
type RecordFilter struct {
	Text  string // each word of it stands in the card, in any case
	After Place  // no rows before it, nor the one that it is of
	Limit int    // no more rows than these; 0: all
}

// AssignmentFilter selects rows; empty fields select all.
type AssignmentFilter struct {
	Record journal.RecordID
	Person identity.PersonID // one of the people it is assigned to
	Text   string            // each word of it stands in the assignment, in any case
	Today  string            // the day by which When counts, 2006-01-02
	When   When
	First  identity.PersonID // whose assignments come before others' of the same When
	After  Place             // no rows before it, nor the one that it is of
	Limit  int               // no more rows than these; 0: all
}

// Place is where a row stood in its list when it was read, and the zero value is before all. Who asks for a
// page behind the last row that they have sees no row twice and misses none, whatever comes, goes or changes
// between two pages, but for a row that itself moves past that place.
type Place struct {
	id   string
	text string      // of a card
	task *listedTask // of an assignment
}

// Place is where the record stands among all.
func (r RecordRow) Place() Place {
	return Place{id: string(r.ID), text: string(cardRow{Record: r.Record}.text())}
}

// Place is where the assignment stands among all.
func (a AssignmentRow) Place() Place {
	t := listed(assignmentRow{Assignment: a.Assignment})
	t.take(workRow{Work: a.Work})
	return Place{task: t}
}

// When says where an assignment stands in the day.
type When string

// Where assignments stand, in the order in which they are listed.
const (
	WhenToday When = "today" // and what should have been done before
	WhenLater When = "later"
	WhenDone  When = "done" // this version of it
)

var inTime = []When{WhenToday, WhenLater, WhenDone}

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
	return v.records(filter.Limit, func(t *Tx) picker {
		after := t.view.seal.key(rowCard, filter.After.id)
		return func(l *list, skip, limit int) []rowKey {
			return page(l.cards.matching(filter.Text, l.cards.behind([]byte(filter.After.text), after)), skip, limit)
		}
	})
}

// Expired lists the records whose loan ended before now, by trusted time. The caller makes
// an entry of each and then calls RemoveRecord in the Apply of that entry.
func (v *Vault) Expired(now signed.Time) ([]RecordRow, error) {
	return v.records(0, func(*Tx) picker {
		return func(l *list, _, _ int) []rowKey { return l.ended(now) }
	})
}

func (v *Vault) records(limit int, pick func(*Tx) picker) (found []RecordRow, err error) {
	err = v.read(func(t *Tx) error {
		return pages(t, rowCard, limit, pick(t), func(card cardRow) error {
			found = append(found, t.row(card))
			return nil
		})
	})
	return found, err
}

// picker picks at most limit (0: all) rows of a list, without the first skip of what it would pick.
type picker func(l *list, skip, limit int) []rowKey

// pages reads what pick picks until limit rows have opened: those that do not make a page no shorter.
func pages[R any](t *Tx, kind rowKind, limit int, pick picker, fn func(R) error) error {
	var damage error
	for opened, seen := 0, 0; limit == 0 || opened < limit; {
		keys, lost := t.view.list.pick(kind, func(l *list) []rowKey { return pick(l, seen, max(limit-opened, 0)) })
		seen += len(keys)
		err := rows(t, keys, lost, func(row R) error {
			err := fn(row)
			if err == nil {
				opened++
			}
			return err
		})
		if err != nil && !errors.Is(err, ErrView) {
			return err
		}
		damage = cmp.Or(damage, err)
		if limit == 0 || len(keys) == 0 {
			break
		}
	}
	return damage
}

// Assignments lists rows: by When, First's before others', by day and title; those of one record without
// reading any other. With ErrView come all rows that do open.
func (v *Vault) Assignments(filter AssignmentFilter) (found []AssignmentRow, err error) {
	err = v.read(func(t *Tx) error {
		pick := func(l *list, skip, limit int) []rowKey { return l.work(filter, skip, limit) }
		return pages(t, rowAssignment, filter.Limit, pick, func(kept assignmentRow) error {
			row, err := t.assignmentRow(kept)
			if err == nil {
				found = append(found, row)
			}
			return err
		})
	})
	return found, err
}

// AssignedTo are the people to whom assignments that name a record are given. No row is read.
func (v *Vault) AssignedTo(id journal.RecordID) (people []identity.PersonID, err error) {
	err = v.read(func(t *Tx) error {
		people = t.view.list.people(id)
		return nil
	})
	return people, err
}

// Count says how many records and assignments there are to list; ErrView, where some do not open.
func (v *Vault) Count() (records, assignments int, err error) {
	err = v.read(func(t *Tx) error {
		l := t.view.list
		l.mu.Lock()
		defer l.mu.Unlock()
		if err := l.settle(); err != nil {
			return err
		}
		records, assignments = len(l.cards.at), len(l.tasks)
		return errors.Join(l.damage(rowCard), l.damage(rowAssignment))
	})
	return records, assignments, err
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
