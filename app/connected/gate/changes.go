package gate

import (
	"fmt"
	"strconv"
	"time"

	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
)

// Kinds of thing that a device is sent.
const (
	sentRecord     = "record"
	sentAssignment = "assignment"
	sentAttachment = "attachment"
)

// relendAfter is how much longer a new loan must last before the copy is sent again for it.
const relendAfter = 12 * time.Hour

// pageBytes bounds the ciphertexts on one page, so that with base64 it stays under
// link.PageLimit.
const pageBytes = link.PageLimit / 2

// Changes is the next page of what concerns the calling person: what they may see now and
// have not been sent in this state, and what they were sent and may see no longer. cursor is
// that of the page that arrived last; what was sent on later pages is taken as lost.
func (c *Call) Changes(cursor string, had link.Had) (link.Page, error) {
	after, err := parseCursor(cursor)
	if err != nil {
		return link.Page{}, Refuse(link.CodeBadRequest)
	}
	if after > c.device.Page { // of a server that this one was restored from
		after = 0
	}
	rows, err := c.tx.Sent(c.ctx, c.device.ID)
	if err != nil {
		return link.Page{}, err
	}
	keys, err := deviceKeys(*c.device)
	if err != nil {
		return link.Page{}, err
	}
	p := &paging{Call: c, number: c.device.Page + 1, after: after, keys: keys, sent: map[[2]string]sqlc.Sent{}}
	for _, row := range rows {
		p.sent[[2]string{row.Kind, row.ThingID}] = row
	}
	if c.g.keys().Parsed.Number > had.Statement {
		p.page.Statement = c.g.keys().Statement
	}
	if err := p.orders(had.Erasures); err != nil {
		return link.Page{}, err
	}
	if err := p.revocations(had.Revocations); err != nil {
		return link.Page{}, err
	}
	if err := p.fill(); err != nil {
		return link.Page{}, err
	}
	if len(had.Log) > 0 {
		if p.page.Growth, err = c.growth(had.Log); err != nil {
			return link.Page{}, err
		}
	}
	p.page.Cursor = strconv.FormatInt(after, 10)
	if p.things > 0 {
		p.page.Cursor = strconv.FormatInt(p.number, 10)
		if err := c.tx.SetPage(c.ctx, sqlc.SetPageParams{ID: c.device.ID, Page: p.number}); err != nil {
			return link.Page{}, err
		}
	}
	return p.page, nil
}

func parseCursor(cursor string) (int64, error) {
	if cursor == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(cursor, 10, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("read cursor: %w", ErrInput)
	}
	return n, nil
}

// paging is one page being filled.
type paging struct {
	*Call
	page   link.Page
	number int64 // of this page
	after  int64 // the newest page that arrived
	keys   identity.PublicKeys
	sent   map[[2]string]sqlc.Sent
	files  []string // attachments that the device lacks
	things int
	bytes  int
	wanted int // things that the device lacks, those on this page too
}

// full marks that there is more where the page is full, or where nobody looks at what is on it.
func (p *paging) full() bool {
	if p.looks || p.things >= link.PageRecords || p.bytes >= pageBytes {
		p.page.More = true
	}
	return p.page.More
}

// has reports whether the device has the thing as mark says, on a page that arrived.
func (p *paging) has(kind, id, mark string) bool {
	row, ok := p.sent[[2]string{kind, id}]
	return ok && row.Gone == 0 && row.Mark == mark && row.Page <= p.after
}

func (p *paging) put(kind, id, mark string, until signed.Time, gone bool) error {
	p.things++
	return p.tx.PutSent(p.ctx, sqlc.PutSentParams{DeviceID: p.device.ID, Kind: kind, ThingID: id, Mark: mark,
		LoanUntil: int64(until), Page: p.number, Gone: bit(gone)})
}

func (p *paging) fill() error {
	records, err := p.mayRecords()
	if err != nil {
		return err
	}
	assignments, err := p.mayAssignments()
	if err != nil {
		return err
	}
	still := map[[2]string]bool{}
	for _, row := range records {
		still[[2]string{sentRecord, row.ID}] = true
	}
	for _, row := range assignments {
		still[[2]string{sentAssignment, row.ID}] = true
	}
	if err := p.attachments(records, still); err != nil {
		return err
	}
	if err := p.goneThings(still); err != nil {
		return err
	}
	for _, row := range assignments {
		if p.hasAssignment(row) {
			continue
		}
		if p.wanted++; !p.full() {
			if err := p.assignment(row); err != nil {
				return err
			}
		}
	}
	for _, row := range records {
		if p.hasRecord(row) {
			continue
		}
		if p.wanted++; !p.full() {
			if err := p.record(row); err != nil {
				return err
			}
		}
	}
	for _, id := range p.files {
		if p.wanted++; !p.full() {
			if err := p.attachment(id); err != nil {
				return err
			}
		}
	}
	p.page.Left = p.wanted - p.things
	return nil
}

// mayRecords are the records that concern the person and that the decision allows, each
// judged by itself, without what they hold: that is read of those on the page alone.
func (p *paging) mayRecords() ([]sqlc.Record, error) {
	rows, err := p.tx.RecordsForUser(p.ctx, p.user.ID)
	if err != nil {
		return nil, fmt.Errorf("read records: %w", err)
	}
	var may []sqlc.Record
	for _, r := range rows {
		row := sqlc.Record{ID: r.ID, Number: r.Number, Subject: r.Subject, UnitID: r.UnitID, Restricted: r.Restricted, Held: r.Held}
		thing, err := recordThing(p.ctx, p.tx, row)
		if err != nil {
			return nil, err
		}
		if p.g.config.Decide(p.who, rightRead, thing).Allowed {
			may = append(may, row)
		}
	}
	return may, nil
}

// mayAssignments are the assignments that name the person and that the decision allows.
func (p *paging) mayAssignments() ([]sqlc.Assignment, error) {
	rows, err := p.tx.AssignmentsForUser(p.ctx, p.user.ID)
	if err != nil {
		return nil, fmt.Errorf("read assignments: %w", err)
	}
	var may []sqlc.Assignment
	for _, row := range rows {
		thing, err := assignmentThing(p.ctx, p.tx, row)
		if err != nil {
			return nil, err
		}
		if p.g.config.Decide(p.who, rightWork, thing).Allowed {
			may = append(may, row)
		}
	}
	return may, nil
}

// goneThings tells what the device has and may have no longer, until a later page shows
// that it knows.
func (p *paging) goneThings(still map[[2]string]bool) error {
	for key, row := range p.sent {
		switch {
		case still[key]:
			continue
		case row.Gone == 1 && row.Page <= p.after && p.looks:
			continue
		case row.Gone == 1 && row.Page <= p.after:
			if err := p.tx.ForgetSent(p.ctx, sqlc.ForgetSentParams{DeviceID: p.device.ID, Kind: row.Kind, ThingID: row.ThingID}); err != nil {
				return err
			}
			continue
		}
		if p.wanted++; p.full() {
			continue
		}
		switch row.Kind {
		case sentRecord:
			p.page.GoneRecords = append(p.page.GoneRecords, journal.RecordID(row.ThingID))
		case sentAttachment:
			p.page.GoneFiles = append(p.page.GoneFiles, journal.AttachmentID(row.ThingID))
		default:
			p.page.GoneWork = append(p.page.GoneWork, journal.AssignmentID(row.ThingID))
		}
		if err := p.put(row.Kind, row.ThingID, row.Mark, 0, true); err != nil {
			return err
		}
	}
	return nil
}
