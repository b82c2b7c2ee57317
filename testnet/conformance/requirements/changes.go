package requirements

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
	"handslag/vault/journal/audit"
	"handslag/vault/record"
)

// reading is what a device has taken from the change feed.
type reading struct {
	device      *device
	cursor      string
	before      string // cursor of the page before the last that told something
	had         link.Had
	records     map[journal.RecordID]record.Record
	assignments map[journal.AssignmentID]record.Assignment
	signed      map[journal.AssignmentID][]byte
	attachments map[journal.AttachmentID]record.Attachment
	gone        map[journal.RecordID]bool
	erased      map[journal.SubjectID]bool
	revoked     identity.Revocations
}

func (d *device) reads() *reading {
	return &reading{device: d, had: link.Had{Statement: d.s.statement.Number}, records: map[journal.RecordID]record.Record{},
		assignments: map[journal.AssignmentID]record.Assignment{}, signed: map[journal.AssignmentID][]byte{},
		attachments: map[journal.AttachmentID]record.Attachment{}, gone: map[journal.RecordID]bool{}, erased: map[journal.SubjectID]bool{}}
}

// page asks for the page after cursor, with more of a query.
func (r *reading) page(cursor string, more url.Values) (link.Page, error) {
	q := url.Values{"statement": {strconv.FormatUint(r.had.Statement, 10)}, "erasures": {strconv.FormatUint(r.had.Erasures, 10)},
		"revocations": {strconv.FormatUint(r.had.Revocations, 10)}}
	if cursor != "" {
		q.Set("after", cursor)
	}
	for name, values := range more {
		q[name] = values
	}
	var p link.Page
	_, err := r.device.s.must(call{method: http.MethodGet, path: link.PathChanges, query: q.Encode(), by: r.device}, &p)
	return p, err
}

// all takes pages until there is nothing to tell.
func (r *reading) all() error {
	for range 10_000 {
		p, err := r.page(r.cursor, nil)
		if err != nil {
			return err
		}
		if err := r.take(p); err != nil {
			return err
		}
		if p.Empty() {
			return nil
		}
	}
	return errors.New("there is no end of pages")
}

// take verifies all that stands on a page.
func (r *reading) take(p link.Page) error {
	d := r.device
	s := d.s
	unwrap, err := p.OpenKey(s.Org, d.keys)
	if err != nil {
		return err
	}
	if err := p.Verify(s.statement.Issuing, s.Org, d.keys.Device()); err != nil {
		return err
	}
	var lent []record.Lent
	for _, c := range p.Records {
		rec, err := record.OpenRecord(c.Record, c.Cipher, s.Org, s.statement.Issuing)
		if err != nil {
			return err
		}
		key, err := unwrap.Open(nil, nil, c.ContentKey, []byte(record.ContentKeyInfo(s.Org, rec.ID, rec.Number, d.keys.Device())))
		if err != nil {
			return fmt.Errorf("the content key of record %s: %w", rec.ID, err)
		}
		aead, err := identity.NewAEAD(key)
		if err != nil {
			return fmt.Errorf("the content key of record %s: %w", rec.ID, err)
		}
		if _, err := aead.Open(nil, nil, c.Cipher, record.PartContext(s.Org, rec.ID, rec.Number)); err != nil {
			return fmt.Errorf("the protected part of record %s: %w", rec.ID, err)
		}
		lent = append(lent, record.Lent{Record: rec.ID, Number: rec.Number})
		r.records[rec.ID] = rec
	}
	if len(lent) > 0 {
		until, _, err := record.OpenLoans(p.Loans, s.Org, s.statement.Issuing, d.keys.Device(), lent)
		if err != nil {
			return err
		}
		if until > d.credential.Expires || until <= s.newest() {
			return errors.New("the loans of a page are over, or longer than the credential")
		}
	}
	for _, c := range p.Assignments {
		a, err := record.OpenAssignment(c.Assignment, s.Org, s.statement.Issuing)
		if err != nil {
			return err
		}
		for _, said := range c.Work {
			if o, err := said.Read(); err != nil || o.Assignment != a.ID || o.Order == 0 {
				return fmt.Errorf("work on assignment %s: %w", a.ID, errors.Join(record.ErrOperation, err))
			}
		}
		r.assignments[a.ID], r.signed[a.ID] = a, c.Assignment
	}
	for _, c := range p.Attachments {
		a, err := record.OpenAttachment(c.Attachment, s.Org, s.statement.Issuing)
		if err != nil {
			return err
		}
		key, err := unwrap.Open(nil, nil, c.ContentKey, []byte(record.AttachmentKeyInfo(s.Org, a.ID, d.keys.Device())))
		if err != nil {
			return fmt.Errorf("the content key of attachment %s: %w", a.ID, err)
		}
		if err := a.CheckKey(key); err != nil {
			return err
		}
		r.attachments[a.ID] = a
	}
	for _, data := range p.Erasures {
		e, err := record.OpenErasure(data, s.Org, s.statement.Issuing)
		if err != nil {
			return err
		}
		if e.Number <= r.had.Erasures {
			return fmt.Errorf("erasure order %d follows %d", e.Number, r.had.Erasures)
		}
		r.had.Erasures, r.erased[e.Subject] = e.Number, true
	}
	if len(p.Revocations) > 0 {
		list, err := identity.OpenRevocations(p.Revocations, s.Org, s.statement.Issuing)
		if err != nil {
			return err
		}
		if list.Number <= r.had.Revocations {
			return errors.New("a revocation list that is no newer came")
		}
		r.had.Revocations, r.revoked = list.Number, list
	}
	for _, id := range p.GoneRecords {
		r.gone[id] = true
		delete(r.records, id)
	}
	if !p.Empty() {
		r.before = r.cursor
	}
	r.cursor = p.Cursor
	return nil
}

// read is what the staff's device has taken.
func (s *system) read() (*reading, error) {
	d, err := s.device(&s.staff, s.Staff)
	if err != nil {
		return nil, err
	}
	if s.reading == nil {
		s.reading = d.reads()
	}
	return s.reading, s.reading.all()
}

// changes are about the change feed.
var changes = []requirement{
	{"changes: what is sent is signed by the organisation, sealed to the device, lent to it, and opens", "design, A protected part; RFC 9052; RFC 9180", func(s *system) error {
		r, err := s.read()
		if err == nil && (len(r.records) == 0 || len(r.assignments) == 0) {
			err = inapplicable("the staff account has no record or no assignment")
		}
		return err
	}},
	{"changes: what arrived does not come again", "contract, GET /v1/changes: after", func(s *system) error {
		r, err := s.read()
		if err != nil {
			return err
		}
		p, err := r.page(r.cursor, nil)
		if err == nil && !p.Empty() {
			err = errors.New("it comes again")
		}
		return err
	}},
	{"changes: a page that was lost comes again", "contract, GET /v1/changes: after", func(s *system) error {
		r, err := s.read()
		if err != nil {
			return err
		}
		p, err := r.page(r.before, nil)
		if err != nil {
			return err
		}
		if len(r.records) > 0 && p.Empty() {
			return errors.New("nothing comes after the cursor of the page before")
		}
		return r.all()
	}},
	{"changes: a newer statement comes to who has an older one", "design, Trust starts at the organisation ID", func(s *system) error {
		r, err := s.read()
		if err != nil {
			return err
		}
		p, err := r.page(r.cursor, url.Values{"statement": {"0"}})
		if err != nil {
			return err
		}
		_, err = identity.OpenStatement(p.Statement, s.Org)
		return err
	}},
	{"changes: the log's checkpoint comes with a proof that it only grew", "RFC 6962 section 2.1.2; C2SP tlog-checkpoint", func(s *system) error {
		r, err := s.read()
		if err != nil {
			return err
		}
		first, _, err := s.growth(r, 0)
		if err != nil {
			return err
		}
		if err := r.device.goesOn(); err != nil {
			return err
		}
		next, proof, err := s.growth(r, uint64(first.Size))
		if err != nil {
			return err
		}
		if next.Size <= first.Size {
			return errors.New("an entry came, and the log has grown by none")
		}
		return audit.Consistent(first, next, proof)
	}},
	{"changes: a cursor, a number or a wait that is none is 400 bad_request", "contract, GET /v1/changes; RFC 9457", func(s *system) error {
		d, err := s.device(&s.staff, s.Staff)
		if err != nil {
			return err
		}
		for _, query := range []string{"after=x", "statement=x", "log=1%2Cx", "wait=long", "another=1"} {
			if err := s.refuses(call{method: http.MethodGet, path: link.PathChanges, query: query, by: d}, link.CodeBadRequest); err != nil {
				return fmt.Errorf("%s: %w", query, err)
			}
		}
		return nil
	}},
	{"changes: with nothing to tell the answer waits as long as it is asked to", "contract, GET /v1/changes: wait", func(s *system) error {
		r, err := s.read()
		if err != nil {
			return err
		}
		took, err := seconds(func() error {
			p, err := r.page(r.cursor, url.Values{"wait": {"3s"}})
			if err == nil && !p.Empty() {
				err = errors.New("something else changed meanwhile")
			}
			return err
		})
		if err == nil && (took < 2*time.Second || took > 10*time.Second) {
			err = fmt.Errorf("it is answered after %s, asked to wait 3s", took.Round(time.Millisecond))
		}
		return err
	}},
	{"changes: who waits is told of a change when it comes, not when the wait is over", "contract, GET /v1/changes: wait; design, The gate", func(s *system) error {
		r, err := s.read()
		if err != nil {
			return err
		}
		other, err := s.fresh()
		if err != nil {
			return err
		}
		note, err := r.note(other)
		if err != nil {
			return err
		}
		type told struct {
			took time.Duration
			page link.Page
			err  error
		}
		answer := make(chan told, 1)
		go func() {
			var t told
			t.took, t.err = seconds(func() (err error) { t.page, err = r.page(r.cursor, url.Values{"wait": {"25s"}}); return err })
			answer <- t
		}()
		time.Sleep(time.Second) // it waits by now
		if err := other.hands(other, other.batch(note), other.chain.Last); err != nil {
			return err
		}
		t := <-answer
		switch {
		case t.err != nil:
			return t.err
		case len(t.page.Assignments) == 0:
			return errors.New("what a colleague's device said of an assignment is not told")
		case t.took > 10*time.Second:
			return fmt.Errorf("it is told after %s", t.took.Round(time.Millisecond))
		}
		return r.take(t.page)
	}},
}

// growth is the newest checkpoint, and the proof from a size.
func (s *system) growth(r *reading, from uint64) (audit.Checkpoint, []audit.Hash, error) {
	p, err := r.page(r.cursor, url.Values{"log": {strconv.FormatUint(from, 10)}})
	if err != nil {
		return audit.Checkpoint{}, nil, err
	}
	if p.Growth == nil {
		return audit.Checkpoint{}, nil, errors.New("no checkpoint comes")
	}
	c, err := audit.OpenCheckpoint(p.Growth.Checkpoint, s.Org, s.statement.Log)
	if err != nil {
		return c, nil, err
	}
	proof, err := proofFrom(*p.Growth, from)
	return c, proof, err
}

func proofFrom(g link.Growth, from uint64) ([]audit.Hash, error) {
	for _, one := range g.Proofs {
		if one.From != from {
			continue
		}
		var hashes []audit.Hash
		for _, h := range one.Hashes {
			if len(h) != len(audit.Hash{}) {
				return nil, errors.New("a proof of what are no hashes")
			}
			hashes = append(hashes, audit.Hash(h))
		}
		return hashes, nil
	}
	if from == 0 {
		return nil, nil
	}
	return nil, fmt.Errorf("no proof from %d entries comes", from)
}

// note is an entry of device about one of the assignments.
func (r *reading) note(by *device) (journal.Item, error) {
	for id, a := range r.assignments {
		return by.says(journal.Entry{Kind: journal.AssignmentNoted, Assignment: id, AssignmentVersion: a.Number, Subject: a.Subject, Record: a.Record},
			&journal.Details{Note: "conformance " + string(signed.At(time.Now()).Time().Format(time.TimeOnly))}), nil
	}
	return journal.Item{}, inapplicable("the staff account has no assignment")
}
