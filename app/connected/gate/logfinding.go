package gate

import (
	"context"
	"fmt"
	"math"
	"strconv"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
)

// findings is a page of what the system noticed about journals, the newest first. To read it is an entry.
func (r reviewer) findings(f link.FindingFilter) (link.FindingPage, error) {
	q, err := findingQueryOf(r.ctx, r.tx, f)
	if err != nil {
		return link.FindingPage{}, err
	}
	q.reach = r.reach
	if _, err := r.look(journal.Entry{}, f.Query()); err != nil {
		return link.FindingPage{}, err
	}
	if err := r.g.findLoneHalves(r.ctx, r.tx, r.now); err != nil {
		return link.FindingPage{}, err
	}
	return q.page(r.ctx, r.tx)
}

// findingQuery is a page of findings. It looks at so many at most, as a page of the log does.
type findingQuery struct {
	reach                reach
	device, person, code string
	open                 bool
	before               int64
	rows                 int
}

// findingQueryOf checks the filter: nothing in it is taken for what it is not.
func findingQueryOf(ctx context.Context, tx *store.Tx, f link.FindingFilter) (q findingQuery, err error) {
	bad := Refuse(link.CodeBadRequest)
	q = findingQuery{code: f.Code, open: f.Open, before: math.MaxInt64, rows: link.LogPageRows}
	if f.Code != "" && identity.CheckOpaque(f.Code) != nil {
		return q, bad
	}
	if f.Device != "" {
		id, err := identity.ParseDeviceID(string(f.Device))
		if err != nil {
			return q, bad
		}
		q.device = string(id)
	}
	if q.person, err = staff(ctx, tx, f.Person); err != nil {
		return q, err
	}
	if f.Limit > 0 && f.Limit < q.rows {
		q.rows = f.Limit
	}
	if f.After != "" {
		if q.before, err = strconv.ParseInt(f.After, 10, 64); err != nil || q.before <= 0 {
			return q, bad
		}
	}
	return q, nil
}

func (q findingQuery) page(ctx context.Context, tx *store.Tx) (link.FindingPage, error) {
	page := link.FindingPage{Findings: []link.Finding{}}
	rows, err := q.read(ctx, tx)
	if err != nil {
		return page, fmt.Errorf("read findings: %w", err)
	}
	people := asked[string]{}
	for _, f := range rows {
		people.add(f.PersonID)
	}
	names := newLogNames(q.reach)
	if err := names.learnPeople(ctx, tx, people, asked[string]{}); err != nil {
		return page, err
	}
	for _, f := range rows {
		within, err := q.reach.person(ctx, tx, f.PersonID)
		if err != nil {
			return page, err
		}
		if !within || !q.fits(f) {
			continue
		}
		if len(page.Findings) == q.rows {
			page.Cursor = strconv.FormatInt(page.Findings[q.rows-1].ID, 10)
			return page, nil
		}
		page.Findings = append(page.Findings, link.Finding{ID: f.ID, Code: f.Code, Device: identity.DeviceID(f.DeviceID), Person: names.person(f.PersonID),
			At: signed.Time(f.At), Generation: uint64(f.Generation), Seq: uint64(max(f.Seq, 0)), Open: f.ClosedAt == 0, Times: uint64(f.Times), Entry: f.Hash})
	}
	if len(rows) == stepsMost {
		page.Cursor = strconv.FormatInt(rows[stepsMost-1].ID, 10)
	}
	return page, nil
}

func (q findingQuery) fits(f sqlc.Finding) bool {
	return (q.device == "" || f.DeviceID == q.device) && (q.person == "" || f.PersonID == q.person) && (q.code == "" || f.Code == q.code) &&
		(!q.open || f.ClosedAt == 0)
}

// read goes along the index of the filter that seldom leaves much.
func (q findingQuery) read(ctx context.Context, tx *store.Tx) ([]sqlc.Finding, error) {
	if beyond, err := q.beyond(ctx, tx); err != nil || beyond {
		return nil, err
	}
	switch {
	case q.device != "":
		return tx.FindingsOfDevice(ctx, sqlc.FindingsOfDeviceParams{DeviceID: q.device, Before: q.before, Rows: stepsMost})
	case q.person != "":
		return tx.FindingsOfPerson(ctx, sqlc.FindingsOfPersonParams{PersonID: q.person, Before: q.before, Rows: stepsMost})
	case q.open:
		return tx.FindingsOpen(ctx, sqlc.FindingsOpenParams{Before: q.before, Rows: stepsMost})
	case q.code != "":
		return tx.FindingsOfCode(ctx, sqlc.FindingsOfCodeParams{Code: q.code, Before: q.before, Rows: stepsMost})
	}
	rows := q.rows + 1
	if !q.reach.everything { // of which some lie beyond
		rows = stepsMost
	}
	return tx.Findings(ctx, sqlc.FindingsParams{Before: q.before, Rows: int32(rows)})
}

// beyond reports whether what the page is filtered by lies beyond reach: then no cursor tells how much there is.
func (q findingQuery) beyond(ctx context.Context, tx *store.Tx) (bool, error) {
	within, err := true, error(nil)
	if q.device != "" {
		within, err = q.reach.device(ctx, tx, q.device)
	}
	if q.person != "" && within && err == nil {
		within, err = q.reach.person(ctx, tx, q.person)
	}
	return !within, err
}

// staff is the ID of the member of staff with that username; of nobody's an ID that nobody has.
func staff(ctx context.Context, tx *store.Tx, username string) (string, error) {
	if username == "" {
		return "", nil
	}
	if identity.CheckOpaque(username) != nil {
		return "", Refuse(link.CodeBadRequest)
	}
	user, err := tx.UserByName(ctx, username)
	if store.Missing(err) {
		return "nobody:" + username, nil // no ID holds a colon
	}
	return user.ID, err
}
