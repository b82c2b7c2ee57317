package gate

import (
	"cmp"
	"context"
	"math"
	"strconv"
	"time"

	"handslag/app/connected/gate/internal/store"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
)

// log is a page of the audit log, newest first. Looking is an entry of its own, which stands
// before the page is read and is not on it: with the filter and whom it names.
func (r reviewer) log(f link.LogFilter) (link.LogPage, error) {
	q, err := r.g.logQuery(r.ctx, r.tx, f)
	if err != nil {
		return link.LogPage{}, err
	}
	if err := r.reach.bound(r.ctx, r.tx, q); err != nil {
		return link.LogPage{}, err
	}
	return r.page(q, f)
}

// page enters the look and reads the page.
func (r reviewer) page(q *logQuery, f link.LogFilter) (link.LogPage, error) {
	what, err := r.concerned(f)
	if err != nil {
		return link.LogPage{}, err
	}
	if q.place, err = r.look(what, f.Query()); err != nil {
		return link.LogPage{}, err
	}
	if err := r.g.findLoneHalves(r.ctx, r.tx, r.now); err != nil {
		return link.LogPage{}, err
	}
	return r.g.readPage(r.ctx, r.tx, q, r.reach, f.After == "")
}

// readPage reads a page, the first with what was found about whom and what it is filtered by.
func (g *Gate) readPage(ctx context.Context, tx *store.Tx, q *logQuery, within reach, first bool) (page link.LogPage, err error) {
	found, err := q.read(ctx, tx)
	if err != nil {
		return page, err
	}
	if found.next > 0 {
		page.Cursor = strconv.FormatInt(found.next, 10)
	}
	if page.Within, err = within.named(ctx, tx); err != nil {
		return page, err
	}
	if page.Rows, err = newRowReader(ctx, g, tx, within).rows(found.places); err != nil || !first {
		return page, err
	}
	about := findingQuery{reach: within, device: q.Device, person: q.Person, before: math.MaxInt64, rows: link.LogPageRows}
	findings, err := about.page(ctx, tx)
	page.Found = findings.Findings
	return page, err
}

// concerned is whom and what a look with this filter concerns: whom it names, or whom the record or assignment
// is about that it names, where that lies within reach: who may not see it shall not learn by looking that it is there.
func (r reviewer) concerned(f link.LogFilter) (e journal.Entry, err error) {
	var subject string
	within := false
	switch {
	case f.Subject != "":
		subject = string(f.Subject)
	case f.Record != "":
		if within, err = r.reach.record(r.ctx, r.tx, string(f.Record)); within {
			subject, err = r.tx.SubjectOfRecord(r.ctx, string(f.Record))
		}
	case f.Assignment != "":
		if within, err = r.reach.assignment(r.ctx, r.tx, string(f.Assignment)); within {
			subject, err = r.tx.SubjectOfAssignment(r.ctx, string(f.Assignment))
		}
	}
	if err != nil && !store.Missing(err) {
		return e, err
	}
	return journal.Entry{Subject: journal.SubjectID(subject), Record: f.Record, Assignment: f.Assignment}, nil
}

// logQuery checks the filter: nothing in it is taken for what it is not.
func (g *Gate) logQuery(ctx context.Context, tx *store.Tx, f link.LogFilter) (*logQuery, error) {
	bad := Refuse(link.CodeBadRequest)
	q := &logQuery{rows: link.LogPageRows, unit: string(f.Unit)}
	q.Subject, q.Record, q.Assignment, q.Kind = string(f.Subject), string(f.Record), string(f.Assignment), string(f.Kind)
	q.everything()
	for _, id := range []string{q.Subject, q.Record, q.Assignment, q.Kind, q.unit} {
		if id != "" && identity.CheckOpaque(id) != nil {
			return nil, bad
		}
	}
	var err error
	if q.Person, err = staff(ctx, tx, f.Person); err != nil {
		return nil, err
	}
	if f.Device != "" {
		id, err := identity.ParseDeviceID(string(f.Device))
		if err != nil {
			return nil, bad
		}
		q.Device = string(id)
	}
	if f.Limit > 0 && f.Limit < link.LogPageRows {
		q.rows = f.Limit
	}
	if f.Day != "" || f.To != "" {
		first, err := time.ParseInLocation(time.DateOnly, f.Day, g.config.Zone)
		last, wrong := time.ParseInLocation(time.DateOnly, cmp.Or(f.To, f.Day), g.config.Zone)
		if err != nil || wrong != nil || last.Before(first) || !last.Before(first.AddDate(0, 0, link.LogDays)) {
			return nil, bad
		}
		q.day(int64(signed.At(first)), int64(signed.At(last.AddDate(0, 0, 1))))
	}
	if f.After == "" {
		return q, nil
	}
	n, err := strconv.ParseInt(f.After, 10, 64)
	if err != nil || n <= 0 {
		return nil, bad
	}
	places, err := tx.Places(ctx)
	if err != nil {
		return nil, err
	}
	if q.after = n; n > places {
		return nil, bad
	}
	return q, nil
}
