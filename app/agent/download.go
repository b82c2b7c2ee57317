package agent

import (
	"context"
	"crypto/cipher"
	"errors"
	"fmt"

	"handslag/app/agent/machine"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// What goes into the view with one transaction when much comes at once: a page, if its records are not very large. A
// transaction costs four syncs.
const (
	effectBytes = 1 << 20 // about; the view takes half as many again
	effectRow   = 1 << 10 // bytes beside what is signed and encrypted
)

// download takes pages of changes until there are no more. The cursor moves when a whole page
// is in the view, so a page that was cut off comes again.
func (r *run) download(ctx context.Context) error {
	s := r.session
	state, err := s.vault.Sync()
	if err != nil {
		return err
	}
	seen, err := s.witnessed()
	if err != nil {
		return err
	}
	asked := s.asked(seen)
	ctx, stop := context.WithCancel(ctx)
	var next *ahead
	defer func() { stop(); next.wait() }()
	for range maxPages {
		had := s.had(state)
		had.Log = asked
		page, ok := r.tidings.answers(s, state.Cursor, had)
		if ok {
			seen = r.tidings.seen
		} else if next != nil {
			page, err = next.wait()
		} else {
			page, err = r.client.Changes(ctx, state.Cursor, had)
		}
		if r.tidings, next = nil, nil; err != nil {
			return err
		}
		if page.Cursor != state.Cursor && mayAskPast(page) {
			had.Log = nil
			next = r.askAhead(ctx, page.Cursor, had)
		}
		if len(page.Statement) > 0 {
			if _, err := r.adopt(page.Statement); err != nil {
				return err
			}
		}
		if len(page.Revocations) > 0 {
			if _, err := s.hearRevocations(page.Revocations); err != nil {
				return err
			}
		}
		r.left = len(page.Records) + len(page.Assignments) + len(page.GoneRecords) + len(page.GoneWork) + len(page.Attachments) + max(page.Left, 0)
		r.moved(0)
		orders, err := r.judgeOrders(page, state.Erasures)
		if err != nil {
			return err
		}
		if err := r.take(page, orders); err != nil {
			return err
		}
		r.agent.changed(r.changed...) // a first sync is long, and people work meanwhile
		r.changed = nil
		if page.More && page.Cursor == state.Cursor && len(orders) == 0 {
			return fmt.Errorf("read changes: %w: the cursor stands still", link.ErrAnswer)
		}
		state.Cursor = page.Cursor
		state.Statement = s.who().statement.Number
		if len(orders) > 0 {
			state.Erasures = orders[len(orders)-1].Number
		}
		if err := s.vault.Update(func(tx *vault.Tx) error { return tx.SetSync(state) }); err != nil {
			return err
		}
		if asked != nil {
			if err := r.agent.grew(s, seen, page.Growth); err != nil {
				return err
			}
			asked = nil
		}
		if !page.More {
			return nil
		}
	}
	return fmt.Errorf("read changes: %w: there is no end", link.ErrAnswer)
}

// mayAskPast reports whether the page behind this one may be asked for before this one is in the view. Asking says that this
// one has come: nothing may be on it that the connected system then forgets that it told, or that the question is to tell.
func mayAskPast(p link.Page) bool {
	return p.More && len(p.Statement)+len(p.Revocations)+len(p.Erasures)+len(p.GoneRecords)+len(p.GoneWork)+len(p.GoneFiles) == 0
}

// take carries out the orders of a page before it takes in what comes with them: a system that an older
// backup was put back into sends both.
func (r *run) take(page link.Page, orders []machine.Order) error {
	if err := r.eraseOrdered(orders); err != nil {
		return err
	}
	return r.apply(page)
}

// moved says that n more things are in the view.
func (r *run) moved(n int) {
	r.left = max(r.left-n, 0)
	r.agent.moved(n, r.left)
}

// apply verifies a page whole before it takes anything of it.
func (r *run) apply(page link.Page) error {
	if len(page.Records)+len(page.Assignments)+len(page.GoneRecords)+len(page.GoneWork)+len(page.Attachments)+len(page.GoneFiles) > maxPageThings {
		return fmt.Errorf("read changes: %w: a page of too many", link.ErrAnswer)
	}
	me := r.session.who()
	if err := page.Verify(me.statement.Issuing, me.profile.Org, r.session.device); err != nil {
		return fmt.Errorf("read changes: %w", err)
	}
	unwrap, err := page.OpenKey(me.profile.Org, r.session.keys)
	if err != nil {
		return fmt.Errorf("read changes: %w", err)
	}
	arrivals, err := r.judgeRecords(page, unwrap)
	if err != nil {
		return fmt.Errorf("read changes: %w", err)
	}
	var work []task
	for _, c := range page.Assignments {
		value, err := record.OpenAssignment(c.Assignment, me.profile.Org, me.statement.Issuing)
		if err != nil {
			return fmt.Errorf("read changes: %w", err)
		}
		for _, said := range c.Work {
			o, err := said.Read()
			if err != nil || o.Assignment != value.ID || o.Order == 0 {
				return fmt.Errorf("read changes: work on %s: %w", value.ID, errors.Join(record.ErrOperation, err))
			}
		}
		work = append(work, task{vault.AssignmentCopy{Signed: c.Assignment, Work: c.Work}, value.Subject})
	}
	var files []file
	for _, c := range page.Attachments {
		one, err := r.judgeFile(c, unwrap)
		if err != nil {
			return fmt.Errorf("read changes: %w", err)
		}
		files = append(files, one)
	}
	if err := r.store(arrivals, page.Name()); err != nil {
		return err
	}
	if err := r.arrange(page, work); err != nil {
		return err
	}
	return r.attach(page, files)
}

// maxPageThings is what one page may hold: changes that came and changes that went.
const maxPageThings = 4 * link.PageRecords

// arrival is a verified copy and the entry that says that it was fetched.
type arrival struct {
	copy  vault.RecordCopy
	value record.Record
	until signed.Time // end of the loan
}

// task is a verified copy of an assignment, and whom it is about.
type task struct {
	copy    vault.AssignmentCopy
	subject journal.SubjectID
}

// judgeRecords judges the copies on a page for whose records the organisation has given its word, and gives each its loan.
func (r *run) judgeRecords(page link.Page, unwrap cipher.AEAD) ([]arrival, error) {
	if len(page.Records) == 0 {
		return nil, nil
	}
	arrivals := make([]arrival, len(page.Records))
	err := signed.SideBySide(len(arrivals), func(i int) (err error) {
		arrivals[i], err = r.judgeRecord(page.Records[i], unwrap)
		return err
	})
	if err != nil {
		return nil, err
	}
	lent, seen := make([]record.Lent, len(arrivals)), make(map[journal.RecordID]bool, len(arrivals))
	for i, one := range arrivals {
		if seen[one.value.ID] {
			return nil, fmt.Errorf("%w: a record twice on one page", link.ErrAnswer)
		}
		lent[i], seen[one.value.ID] = record.Lent{Record: one.value.ID, Number: one.value.Number}, true
	}
	me := r.session.who()
	until, loans, err := record.OpenLoans(page.Loans, me.profile.Org, me.statement.Issuing, r.session.device, lent)
	if err != nil {
		return nil, err
	}
	for i := range arrivals {
		one := &arrivals[i]
		one.until, one.copy.Hands = until, []record.Hand{{Loan: loans[i]}}
		one.copy.Read = &vault.Read{Record: one.value, Until: until}
	}
	return arrivals, nil
}

// judgeRecord judges one copy, but for its loan.
func (r *run) judgeRecord(c link.RecordCopy, unwrap cipher.AEAD) (arrival, error) {
	s := r.session
	me := s.who()
	value, err := record.ReadRecord(c.Record, c.Cipher, me.profile.Org)
	if err != nil {
		return arrival{}, err
	}
	one := arrival{value: value, copy: vault.RecordCopy{
		Signed: c.Record, Cipher: c.Cipher, Sealed: c.ContentKey, Unwrap: unwrap,
		Info: record.ContentKeyInfo(me.profile.Org, value.ID, value.Number, s.device),
	}}
	return one, one.copy.CheckKey(value)
}

// arrange puts assignments into the view and takes out what no longer concerns the person.
func (r *run) arrange(page link.Page, work []task) error {
	s := r.session
	for len(work) > 0 {
		n, size := 0, 0
		for n < len(work) && size < effectBytes {
			size += len(work[n].copy.Signed) + effectRow
			for _, said := range work[n].copy.Work {
				size += len(said.Entry) + journal.PayloadLimit
			}
			n++
		}
		now := work[:n]
		work = work[n:]
		err := s.vault.Update(func(tx *vault.Tx) error {
			for _, c := range now {
				put := func(tx *vault.Tx) error {
					put, err := tx.PutAssignment(c.copy)
					if put {
						r.result.Received++
					}
					return err
				}
				if err := unlessErased(c.subject, put)(tx); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		r.changed = append(r.changed, AssignmentsChanged)
		r.moved(n)
	}
	if len(page.GoneRecords)+len(page.GoneWork) == 0 {
		return nil
	}
	r.changed = append(r.changed, RecordsChanged, AssignmentsChanged)
	return s.vault.Update(func(tx *vault.Tx) error {
		for _, id := range page.GoneRecords {
			row, err := tx.Record(id)
			if err == nil && row.Source.IsPeer() && row.Until >= s.clock.Read().Time {
				continue // a colleague's loan runs on its own
			}
			if err := tx.RemoveRecord(id); err != nil {
				return err
			}
		}
		for _, id := range page.GoneWork {
			if err := tx.RemoveAssignment(id); err != nil {
				return err
			}
		}
		return nil
	})
}
