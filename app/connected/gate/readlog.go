package gate

import (
	"strconv"
	"time"

	"handslag/app/connected/gate/internal/store"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
)

// findingsShown bounds the findings on a page of the log.
const findingsShown = 200

// Log is a page of the audit log, newest first. Looking is an entry of its own, which stands
// before the page is read and is not on it.
func (c *Call) Log(f link.LogFilter) (link.LogPage, error) {
	q, err := c.logQuery(f)
	if err != nil {
		return link.LogPage{}, err
	}
	if f.Person != "" {
		user, err := c.tx.UserByName(c.ctx, f.Person)
		switch {
		case store.Missing(err):
			user.ID = "nobody:" + f.Person // no ID holds a colon
		case err != nil:
			return link.LogPage{}, err
		}
		q.person = user.ID
	}
	return c.logPage(q, f)
}

// logPage enters the look and reads the page.
func (c *Call) logPage(q *logQuery, f link.LogFilter) (link.LogPage, error) {
	looked := journal.Entry{Kind: journal.LogRead, Person: c.Person.ID, Peer: identity.DeviceID(c.device.ID), Subject: f.Subject, Record: f.Record, Route: c.route.Path}
	place, err := c.g.say(c.ctx, c.tx, looked, &journal.Details{Note: clip(f.Query().Encode())})
	if err != nil {
		return link.LogPage{}, err
	}
	q.place = place
	if err := c.g.findLoneHalves(c.ctx, c.tx, c.Now); err != nil {
		return link.LogPage{}, err
	}
	wanted := int(q.rows)
	q.rows++
	entries, err := q.read(c.ctx, c.tx)
	if err != nil {
		return link.LogPage{}, err
	}
	var page link.LogPage
	if len(entries) > wanted {
		entries = entries[:wanted]
		page.Cursor = strconv.FormatInt(entries[wanted-1].ID, 10)
	}
	r := newRowReader(c)
	if page.Rows, err = r.rows(entries); err != nil {
		return link.LogPage{}, err
	}
	page.Found, err = r.findings(q.device, q.person)
	return page, err
}

// logQuery checks the filter: nothing in it is taken for what it is not.
func (c *Call) logQuery(f link.LogFilter) (*logQuery, error) {
	bad := Refuse(link.CodeBadRequest)
	q := &logQuery{subject: string(f.Subject), record: string(f.Record), device: string(f.Device), rows: link.LogPageRows}
	q.everything()
	for _, id := range []string{q.subject, q.record, f.Person} {
		if id != "" && identity.CheckOpaque(id) != nil {
			return nil, bad
		}
	}
	if f.Device != "" {
		id, err := identity.ParseDeviceID(string(f.Device))
		if err != nil {
			return nil, bad
		}
		q.device = string(id)
	}
	if f.Limit > 0 && f.Limit < link.LogPageRows {
		q.rows = int32(f.Limit)
	}
	if f.Day != "" {
		day, err := time.ParseInLocation(time.DateOnly, f.Day, c.g.config.Zone)
		if err != nil {
			return nil, bad
		}
		q.day(int64(signed.At(day)), int64(signed.At(day.AddDate(0, 0, 1))))
	}
	if f.After == "" {
		return q, nil
	}
	n, err := strconv.ParseInt(f.After, 10, 64)
	if err != nil || n <= 0 {
		return nil, bad
	}
	if err := q.after(c.ctx, c.tx, n); store.Missing(err) {
		return nil, bad
	} else if err != nil {
		return nil, err
	}
	return q, nil
}
