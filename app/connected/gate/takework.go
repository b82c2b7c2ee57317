package gate

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/vault/record"
)

// work takes an operation on an assignment in behind those that came before: this order is what settles
// who stands where two did not know of each other. Who may not, or says what is none, changes nothing and
// is a finding; that whom it was about has been erased meanwhile is none.
func (t *taking) work(ctx context.Context, d due) error {
	e, r := d.entry, d.row
	w, err := t.workOn(ctx, string(e.Assignment))
	if store.Missing(err) {
		if gone, err := erased(ctx, t.tx, string(e.Subject)); err != nil || gone {
			return err
		}
		return findAt(ctx, t.tx, foundWork, r)
	}
	if err != nil {
		return err
	}
	fits, err := t.fits(ctx, d, w.row)
	if err != nil {
		return err
	}
	if !fits || w.row.Operations >= record.Operations {
		return findAt(ctx, t.tx, foundWork, r)
	}
	if !w.judged {
		if w.allowed, err = t.mayWork(ctx, w.row); err != nil {
			return err
		}
		w.judged = true
	}
	if !w.allowed {
		return findAt(ctx, t.tx, foundWorkRefused, r)
	}
	w.row.Operations++
	t.operations = append(t.operations, sqlc.Operation{AssignmentID: w.row.ID, Number: w.row.Operations, EntryID: r.ID})
	return nil
}

// work is an assignment that the batch is about, read and judged once: nothing but the batch itself changes it in
// its transaction.
type work struct {
	row             sqlc.Assignment
	judged, allowed bool
}

// workOn reads an assignment.
func (t *taking) workOn(ctx context.Context, id string) (*work, error) {
	if w, ok := t.works[id]; ok {
		return w, nil
	}
	row, err := t.tx.Assignment(ctx, id)
	if err != nil {
		return nil, err
	}
	t.works[id] = &work{row: row}
	return t.works[id], nil
}

// fits reports whether the entry is an operation on this assignment, and a signature one for what it names.
func (t *taking) fits(ctx context.Context, d due, row sqlc.Assignment) (bool, error) {
	o, err := t.said(ctx, d)
	if err != nil || o == nil || o.Number > uint64(row.Number) {
		return false, err
	}
	e := d.entry
	a, err := t.assignment(ctx, row, int64(o.Number))
	if err != nil || a.Subject != e.Subject {
		return false, err
	}
	if o.Topic != record.TopicDone {
		return true, nil
	}
	signedBy, err := record.OpenWork(o.Work, t.credential.Keys.Signing)
	return err == nil && signedBy.Org == t.g.org && bytes.Equal(signedBy.Content, record.WorkContent(e.Payload, a.raw)), nil
}

// said is what an entry says about an assignment; nil where it is no operation, or its words are not here. One that had been
// held is read now.
func (t *taking) said(ctx context.Context, d due) (*record.Operation, error) {
	if d.said != nil && d.row.PayloadState == payloadKept {
		return d.said, nil
	}
	words, err := openPayload(ctx, t.tx, d.row)
	if err != nil || words == nil {
		return nil, err
	}
	o, err := record.Said{Entry: d.row.Raw, Payload: *words}.Open(t.credential.Keys.Signing)
	if err != nil {
		return nil, nil
	}
	return &o, nil
}

// assigned is a version of an assignment as it was signed.
type assigned struct {
	record.Assignment
	raw []byte
}

// assignment reads a version, once for all that the batch says about it.
func (t *taking) assignment(ctx context.Context, row sqlc.Assignment, number int64) (assigned, error) {
	key := sqlc.AssignmentVersionParams{AssignmentID: row.ID, Number: number}
	if known, ok := t.assigned[key]; ok {
		return known, nil
	}
	a, raw, err := t.g.assignment(ctx, t.tx, row, number)
	if err == nil {
		t.assigned[key] = assigned{a, raw}
	}
	return assigned{a, raw}, err
}

// mayWork judges on live state, as a call would be.
func (t *taking) mayWork(ctx context.Context, row sqlc.Assignment) (bool, error) {
	if t.device == nil || t.device.RevokedAt != 0 {
		return false, nil
	}
	if t.who == nil {
		user, err := t.tx.User(ctx, t.device.UserID)
		if err != nil {
			return false, err
		}
		who, err := t.g.subjectOf(ctx, t.tx, user.ID)
		if err != nil {
			return false, err
		}
		t.user, t.who = &user, &who
	}
	if t.user.DisabledAt != 0 {
		return false, nil
	}
	thing, err := assignmentThing(ctx, t.tx, row)
	if err != nil {
		return false, err
	}
	return t.g.config.Decide(*t.who, rightWork, thing).Allowed, nil
}

// said are the operations on an assignment, in the order in which they came.
func (p *paging) said(row sqlc.Assignment) ([]record.Said, error) {
	rows, err := p.tx.Operations(p.ctx, row.ID)
	if err != nil {
		return nil, fmt.Errorf("read work: %w", err)
	}
	var all []record.Said
	for i, r := range rows {
		words, err := openPayload(p.ctx, p.tx, r)
		if errors.Is(err, store.ErrErased) || err == nil && words == nil {
			continue
		}
		if err != nil {
			return nil, err
		}
		person := identity.Person{ID: identity.PersonID(r.PersonID)}
		user, err := p.tx.User(p.ctx, r.PersonID)
		switch {
		case err == nil:
			person = personOf(user)
		case !store.Missing(err):
			return nil, err
		}
		all = append(all, record.Said{Entry: r.Raw, Payload: *words, Person: person, Order: uint64(i + 1)})
	}
	return all, nil
}
