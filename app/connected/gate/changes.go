package gate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"handslag/app/connected/gate/internal/store"
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
// that of the page that arrived last; what was sent on later pages is taken as lost. It says too how far
// the way through all that concerns them has come: each page goes on from there, so that none
// costs more for all that was sent before.
func (c *Call) Changes(cursor string, had link.Had) (link.Page, error) {
	after, at, err := parseCursor(cursor)
	if err != nil {
		return link.Page{}, Refuse(link.CodeBadRequest)
	}
	if after > c.device.Page { // of a server that this one was restored from
		after, at = 0, place{}
	}
	keys, err := deviceKeys(*c.device)
	if err != nil {
		return link.Page{}, err
	}
	key, err := link.NewPageKey()
	if err != nil {
		return link.Page{}, err
	}
	c.g.busy.Add(1) // what can wait does
	defer c.g.busy.Add(-1)
	p := &paging{Call: c, key: key, number: c.device.Page + 1, after: after, at: at, keys: keys, sent: map[[2]string]sqlc.Sent{}}
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
	arrived := after
	if p.things > 0 {
		arrived = p.number
	}
	p.page.Cursor = p.at.cursor(arrived)
	return p.page, p.send()
}

// place is how far a device's way through all that concerns its person has come: behind a thing of a station.
// The zero value is the beginning.
type place struct {
	station int
	kind    string // of the last thing, where the station has several
	id      string
	left    int // things still to come, as far as was counted at the beginning
}

// cursor is the newest page that has arrived and, on the way, the place.
func (p place) cursor(page int64) string {
	text := strconv.FormatInt(page, 10)
	if p == (place{}) {
		return text
	}
	return strings.Join([]string{text, strconv.Itoa(p.station), p.kind, p.id, strconv.Itoa(p.left)}, "/")
}

func parseCursor(cursor string) (page int64, at place, err error) {
	if cursor == "" {
		return 0, place{}, nil
	}
	bad := fmt.Errorf("read cursor: %w", ErrInput)
	parts := strings.Split(cursor, "/")
	if len(parts) != 1 && len(parts) != 5 {
		return 0, place{}, bad
	}
	if page, err = strconv.ParseInt(parts[0], 10, 64); err != nil || page < 0 {
		return 0, place{}, bad
	}
	if len(parts) == 1 {
		return page, place{}, nil
	}
	station, err := strconv.ParseUint(parts[1], 10, 8)
	left, errLeft := strconv.ParseUint(parts[4], 10, 31)
	if err != nil || errLeft != nil || station >= uint64(len(stations)) {
		return 0, place{}, bad
	}
	for _, id := range parts[2:4] {
		if id != "" && identity.CheckOpaque(id) != nil {
			return 0, place{}, bad
		}
	}
	return page, place{int(station), parts[2], parts[3], int(left)}, nil
}

// paging is one page being filled.
type paging struct {
	*Call
	page   link.Page
	number int64 // of this page
	after  int64 // the newest page that arrived
	at     place
	keys   identity.PublicKeys
	sent   map[[2]string]sqlc.Sent // of the things that are looked at
	things int
	bytes  int

	key     *link.PageKey
	due     []store.RecordHead   // records that the page is to hold
	entries []journal.Entry      // that say what it holds
	marks   []sqlc.PutSentParams // what the device has with it
}

// stations are the ways that a page goes, one after the other: what is gone, work, and records with what is
// attached to them. Each looks at the next things behind the place; none are left where it says so.
var stations = []func(*paging) (end bool, err error){(*paging).gone, (*paging).work, (*paging).records}

const (
	lookedOnce = 256 // things that are looked at at once
	looksMost  = 64  // and how often for one page
)

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

func (p *paging) put(kind, id, mark string, until signed.Time, gone bool) {
	p.things++
	p.marks = append(p.marks, sqlc.PutSentParams{DeviceID: p.device.ID, Kind: kind, ThingID: id, Mark: mark,
		LoanUntil: int64(until), Page: p.number, Gone: bit(gone)})
}

// fill goes on until the page is full, nothing is left, or it has looked at so much that others should have
// their turn.
func (p *paging) fill() error {
	if p.page.More { // orders come first
		return nil
	}
	if p.at == (place{}) {
		left, err := p.tx.CountToSend(p.ctx, sqlc.CountToSendParams{UserID: p.user.ID, DeviceID: p.device.ID, Page: p.after,
			Ends: int64(p.loanUntil().Add(-relendAfter)), Most: int64(p.Now.Add(p.g.config.Loan + futureness))})
		if err != nil {
			return fmt.Errorf("count what is to be sent: %w", err)
		}
		p.at.left = max(0, int(left))
	}
	for looks := 0; p.at.station < len(stations); looks++ {
		if looks == looksMost {
			p.page.More = true
			break
		}
		end, err := stations[p.at.station](p)
		if err != nil {
			return err
		}
		if p.page.More {
			break
		}
		if end {
			p.at.station, p.at.kind, p.at.id = p.at.station+1, "", ""
		}
	}
	p.at.left = max(0, p.at.left-p.things)
	if p.page.More {
		p.at.left = max(1, p.at.left)
		p.page.Left = p.at.left
	} else {
		p.at = place{}
	}
	return nil
}

// gone tells what the device has and may have no longer, until a later page shows that it knows.
func (p *paging) gone() (end bool, err error) {
	rows, err := p.tx.SentBehind(p.ctx, sqlc.SentBehindParams{DeviceID: p.device.ID, Kind: p.at.kind, ThingID: p.at.id, Rows: lookedOnce})
	if err != nil {
		return false, err
	}
	still, err := p.stillMay(rows)
	if err != nil {
		return false, err
	}
	for _, row := range rows {
		switch {
		case still[[2]string{row.Kind, row.ThingID}]:
		case row.Gone == 1 && row.Page <= p.after && p.looks:
		case row.Gone == 1 && row.Page <= p.after:
			if err := p.tx.ForgetSent(p.ctx, sqlc.ForgetSentParams{DeviceID: p.device.ID, Kind: row.Kind, ThingID: row.ThingID}); err != nil {
				return false, err
			}
		case p.full():
			return false, nil
		default:
			p.tellGone(row)
		}
		p.at.kind, p.at.id = row.Kind, row.ThingID
	}
	return len(rows) < lookedOnce, nil
}

// stillMay are those of what was sent that the person may have still.
func (p *paging) stillMay(rows []sqlc.Sent) (map[[2]string]bool, error) {
	var records, assignments, files []string
	for _, row := range rows {
		switch row.Kind {
		case sentRecord:
			records = append(records, row.ThingID)
		case sentAttachment:
			files = append(files, row.ThingID)
		default:
			assignments = append(assignments, row.ThingID)
		}
	}
	of, err := p.tx.RecordsOfAttachments(p.ctx, files)
	if err != nil {
		return nil, err
	}
	for _, id := range of {
		records = append(records, id)
	}
	ties, err := p.tx.TiesTo(p.ctx, p.user.ID, records)
	if err != nil {
		return nil, fmt.Errorf("read records: %w", err)
	}
	mayRecords, err := p.mayRecords(records, ties)
	if err != nil {
		return nil, err
	}
	mayWork, err := p.mayAssignments(assignments)
	if err != nil {
		return nil, err
	}
	still := map[[2]string]bool{}
	for id := range mayRecords {
		still[[2]string{sentRecord, id}] = true
	}
	for id := range mayWork {
		still[[2]string{sentAssignment, id}] = true
	}
	for id, record := range of {
		if _, may := mayRecords[record]; may {
			still[[2]string{sentAttachment, id}] = true
		}
	}
	return still, nil
}

func (p *paging) tellGone(row sqlc.Sent) {
	switch row.Kind {
	case sentRecord:
		p.page.GoneRecords = append(p.page.GoneRecords, journal.RecordID(row.ThingID))
	case sentAttachment:
		p.page.GoneFiles = append(p.page.GoneFiles, journal.AttachmentID(row.ThingID))
	default:
		p.page.GoneWork = append(p.page.GoneWork, journal.AssignmentID(row.ThingID))
	}
	p.put(row.Kind, row.ThingID, row.Mark, 0, true)
}

// work sends assignments.
func (p *paging) work() (end bool, err error) {
	ids, err := p.tx.AssignmentsBehind(p.ctx, sqlc.AssignmentsBehindParams{UserID: p.user.ID, After: p.at.id, Rows: lookedOnce})
	if err != nil {
		return false, fmt.Errorf("read assignments: %w", err)
	}
	may, err := p.mayAssignments(ids)
	if err != nil {
		return false, err
	}
	if err := p.look(sentAssignment, ids); err != nil {
		return false, err
	}
	for _, id := range ids {
		row, allowed := may[id]
		if allowed && !p.hasAssignment(row) {
			if p.full() {
				return false, nil
			}
			if err := p.assignment(row); err != nil {
				return false, err
			}
		}
		p.at.id = id
	}
	return len(ids) < lookedOnce, nil
}

// records sends records, each with what is attached to it.
func (p *paging) records() (end bool, err error) {
	ids, ties, err := p.tx.RecordsBehind(p.ctx, p.user.ID, p.at.id, lookedOnce)
	if err != nil {
		return false, fmt.Errorf("read records: %w", err)
	}
	may, err := p.mayRecords(ids, ties)
	if err != nil {
		return false, err
	}
	files, err := p.tx.AttachmentsOf(p.ctx, ids)
	if err != nil {
		return false, err
	}
	var fileIDs []string
	for _, some := range files {
		fileIDs = append(fileIDs, some...)
	}
	if err := p.look(sentRecord, ids); err != nil {
		return false, err
	}
	if err := p.look(sentAttachment, fileIDs); err != nil {
		return false, err
	}
	for _, id := range ids {
		if row, allowed := may[id]; allowed {
			if done, err := p.recordWhole(row, files[id]); err != nil || !done {
				return false, err
			}
		}
		p.at.id = id
	}
	return len(ids) < lookedOnce, nil
}

// recordWhole sends what the device lacks of a record and its attachments; not done where the page is full.
func (p *paging) recordWhole(row store.RecordHead, files []string) (done bool, err error) {
	if !p.hasRecord(row) {
		if p.full() {
			return false, nil
		}
		p.record(row)
	}
	slices.Sort(files)
	for _, id := range files {
		if p.hasAttachment(id) {
			continue
		}
		if p.full() {
			return false, nil
		}
		if err := p.attachment(id); err != nil {
			return false, err
		}
	}
	return true, nil
}

// look learns what the device was sent of things.
func (p *paging) look(kind string, ids []string) error {
	rows, err := p.tx.SentOfThings(p.ctx, p.device.ID, kind, ids)
	for _, row := range rows {
		p.sent[[2]string{kind, row.ThingID}] = row
	}
	return err
}
