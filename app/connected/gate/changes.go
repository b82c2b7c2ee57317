package gate

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// Kinds of thing that a device is sent.
const (
	sentRecord     = "record"
	sentAssignment = "assignment"
)

// relendAfter is how much longer a new loan must last before the copy is sent again for it.
const relendAfter = 12 * time.Hour

// pageBytes bounds the ciphertexts on one page, so that with base64 it stays under
// link.PageLimit.
const pageBytes = link.PageLimit / 2

// Changes is the next page of what concerns the calling person: what they may see now and
// have not been sent in this state, and what they were sent and may see no longer. cursor is
// that of the page that arrived last; what was sent on later pages is taken as lost.
func (c *Call) Changes(cursor string, statement uint64) (link.Page, error) {
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
	if c.g.config.Keys.Parsed.Number > statement {
		p.page.Statement = c.g.config.Keys.Statement
	}
	if err := p.fill(); err != nil {
		return link.Page{}, err
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
	things int
	bytes  int
}

// full marks that there is more where the page is full.
func (p *paging) full() bool {
	if p.things >= link.PageRecords || p.bytes >= pageBytes {
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
	if err := p.goneThings(still); err != nil {
		return err
	}
	for _, row := range assignments {
		if err := p.assignment(row); err != nil || p.page.More {
			return err
		}
	}
	for _, row := range records {
		if err := p.record(row); err != nil || p.page.More {
			return err
		}
	}
	return nil
}

// mayRecords are the records that concern the person and that the decision allows, each
// judged by itself.
func (p *paging) mayRecords() ([]sqlc.Record, error) {
	rows, err := p.tx.RecordsForUser(p.ctx, p.user.ID)
	if err != nil {
		return nil, fmt.Errorf("read records: %w", err)
	}
	var may []sqlc.Record
	for _, row := range rows {
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
		case row.Gone == 1 && row.Page <= p.after:
			if err := p.tx.ForgetSent(p.ctx, sqlc.ForgetSentParams{DeviceID: p.device.ID, Kind: row.Kind, ThingID: row.ThingID}); err != nil {
				return err
			}
			continue
		}
		if p.full() {
			return nil
		}
		if row.Kind == sentRecord {
			p.page.GoneRecords = append(p.page.GoneRecords, journal.RecordID(row.ThingID))
		} else {
			p.page.GoneWork = append(p.page.GoneWork, journal.AssignmentID(row.ThingID))
		}
		if err := p.put(row.Kind, row.ThingID, row.Mark, 0, true); err != nil {
			return err
		}
	}
	return nil
}

func (p *paging) assignment(row sqlc.Assignment) error {
	mark := fmt.Sprintf("%d/%d", row.Number, row.DoneAt)
	if p.has(sentAssignment, row.ID, mark) || p.full() {
		return nil
	}
	_, raw, err := p.g.assignment(p.ctx, p.tx, row, row.Number)
	if err != nil {
		return err
	}
	item := link.AssignmentCopy{Assignment: raw}
	if row.DonePerson != "" {
		if item.Done, err = p.done(row); err != nil {
			return err
		}
	}
	p.page.Assignments = append(p.page.Assignments, item)
	p.bytes += len(raw)
	return p.put(sentAssignment, row.ID, mark, 0, false)
}

func (p *paging) done(row sqlc.Assignment) (*link.Done, error) {
	d := &link.Done{Person: identity.Person{ID: identity.PersonID(row.DonePerson)}, Device: identity.DeviceID(row.DoneDevice),
		Number: uint64(row.DoneNumber), At: signed.Time(row.DoneAt)}
	user, err := p.tx.User(p.ctx, row.DonePerson)
	switch {
	case err == nil:
		d.Person = personOf(user)
	case !store.Missing(err):
		return nil, err
	}
	if len(row.DoneNote) > 0 {
		note, err := p.tx.Open(p.ctx, row.Subject, "assignments:done_note", row.ID, row.DoneNote)
		if err != nil {
			return nil, err
		}
		d.Note = string(note)
	}
	return d, nil
}

// record sends one record: signed version, ciphertext as it is, content key sealed to the
// device, a loan; and says so in the log.
func (p *paging) record(row sqlc.Record) error {
	mark := strconv.FormatInt(row.Number, 10)
	until := min(p.Now.Add(p.g.config.Loan), signed.Time(p.device.ExpiresAt))
	lent := p.sent[[2]string{sentRecord, row.ID}].LoanUntil
	if p.has(sentRecord, row.ID, mark) && until < signed.Time(lent).Add(relendAfter) || p.full() {
		return nil
	}
	id, number, device := journal.RecordID(row.ID), uint64(row.Number), identity.DeviceID(p.device.ID)
	body, err := p.tx.Open(p.ctx, row.Subject, "records:body", versionRow(row.ID, row.Number), row.Body)
	if err != nil {
		return err
	}
	key, err := p.tx.Open(p.ctx, row.Subject, "records:content_key", versionRow(row.ID, row.Number), row.ContentKey)
	if err != nil {
		return err
	}
	sealed, err := identity.Seal(p.keys.Sealing, record.ContentKeyInfo(p.g.org, id, number, device), key)
	clear(key)
	if err != nil {
		return err
	}
	loan, err := signed.Sign(signed.DomainLoan, p.g.config.Keys.Issuing, record.Loan{Version: 1, Org: p.g.org, Record: id, Number: number, To: device, Until: until})
	if err != nil {
		return err
	}
	_, err = p.g.say(p.ctx, p.tx, journal.Entry{Kind: journal.RecordSent, Person: p.Person.ID, Peer: device, Subject: journal.SubjectID(row.Subject),
		Record: id, RecordVersion: number, Until: until, Route: p.route.Path}, nil)
	if err != nil {
		return err
	}
	p.page.Records = append(p.page.Records, link.RecordCopy{Record: body, Cipher: row.Cipher, ContentKey: sealed, Loan: loan})
	p.bytes += len(body) + len(row.Cipher) + len(sealed)
	return p.put(sentRecord, row.ID, mark, until, false)
}

// assignment reads one version of an assignment.
func (g *Gate) assignment(ctx context.Context, tx *store.Tx, row sqlc.Assignment, number int64) (record.Assignment, []byte, error) {
	version, err := tx.AssignmentVersion(ctx, sqlc.AssignmentVersionParams{AssignmentID: row.ID, Number: number})
	if err != nil {
		return record.Assignment{}, nil, fmt.Errorf("read assignment: %w", err)
	}
	raw, err := tx.Open(ctx, row.Subject, "assignment_versions:body", versionRow(row.ID, number), version.Body)
	if err != nil {
		return record.Assignment{}, nil, err
	}
	a, err := record.OpenAssignment(raw, g.org, g.config.Keys.Parsed.Issuing)
	return a, raw, err
}
