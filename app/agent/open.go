package agent

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"handslag/identity"
	"handslag/identity/access"
	"handslag/vault"
	"handslag/vault/journal"
)

// OpenFor is how long a protected part is shown, and what each extension adds.
const OpenFor = 2 * time.Minute

// maxReason bounds words of a person's own, in bytes.
const maxReason = 2000

// Open shows a protected part. The entry that says so is durable first, or nothing is shown:
// only its stamp opens the vault's door. A refusal is an entry too.
func (a *Agent) Open(ctx context.Context, id journal.RecordID, why Reason) (Opening, error) {
	s, part, err := a.prepared(ctx, id)
	if err != nil {
		return Opening{}, err
	}
	row := part.Row()
	entry := journal.Entry{Kind: journal.RecordOpened, Subject: row.Subject, Record: row.ID, RecordVersion: row.Number}
	words, err := s.reason(why, &entry)
	if err != nil {
		return Opening{}, translate(err)
	}
	if err := a.mayOpen(s, row); err != nil {
		return Opening{}, a.refuse(s, entry, words, err)
	}
	return a.show(s, part, entry, words, why, a.clock.Uptime()+OpenFor)
}

// Extend shows it for OpenFor more: another entry, another stamp.
func (a *Agent) Extend(ctx context.Context, id journal.RecordID) (Opening, error) {
	s, part, err := a.prepared(ctx, id)
	if err != nil {
		return Opening{}, err
	}
	row := part.Row()
	s.mu.Lock()
	o := s.openings[onScreen{record: id}]
	s.mu.Unlock()
	if o == nil || o.until <= a.clock.Uptime() {
		return Opening{}, problem(ReasonMissing, errors.New("it is not open"))
	}
	entry := o.draft
	entry.Kind, entry.RecordVersion, entry.Ref = journal.RecordExtended, row.Number, o.entry[:]
	words := &journal.Details{Reason: o.reason.Text}
	if err := a.mayOpen(s, row); err != nil {
		return Opening{}, a.refuse(s, entry, words, err)
	}
	return a.show(s, part, entry, words, o.reason, o.until+OpenFor)
}

// settled is the session, once its rows may be judged.
func (a *Agent) settled(ctx context.Context) (*session, error) {
	s, err := a.current()
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, translate(err)
	}
	return s, translate(s.current())
}

// ready is the session and a record whose row may be judged.
func (a *Agent) ready(ctx context.Context, id journal.RecordID) (*session, vault.RecordRow, error) {
	s, err := a.settled(ctx)
	if err != nil {
		return nil, vault.RecordRow{}, err
	}
	row, err := s.vault.Record(id)
	return s, row, translate(s.damage(err))
}

// prepared is ready for a record that is to be opened.
func (a *Agent) prepared(ctx context.Context, id journal.RecordID) (*session, *vault.Prepared, error) {
	s, err := a.settled(ctx)
	if err != nil {
		return nil, nil, err
	}
	part, err := s.vault.Prepare(id)
	return s, part, translate(s.damage(err))
}

// mayOpen asks everything that can be known before the entry: right, credential, loan, clock.
func (a *Agent) mayOpen(s *session, row vault.RecordRow) error {
	me := s.who()
	if me.barred != "" {
		return problem(me.barred, nil)
	}
	if p := decided(access.May(access.SubjectOf(me.credential), access.RecordRead, row.Thing(s.people(row.ID)...))); p != nil {
		return p
	}
	now := a.clock.Read()
	switch {
	case now.Spent:
		return problem(ClockSuspect, nil)
	case now.Time > row.Until && now.Floor <= row.Until && now.Suspect:
		return problem(ClockSuspect, nil) // only a wall clock far ahead says that it ended
	case now.Time > row.Until:
		return problem(LoanEnded, nil)
	case me.credential.ValidAt(now.Floor) != nil:
		return problem(CredentialExpired, nil)
	}
	return nil
}

// people are those whose assignments on this device name the record.
func (s *session) people(id journal.RecordID) []identity.PersonID {
	people, err := s.vault.AssignedTo(id)
	if err != nil {
		return nil // and so no right by an assignment
	}
	return people
}

// show is entry, stamp, text: in this order and no other.
func (a *Agent) show(s *session, prepared *vault.Prepared, entry journal.Entry, words *journal.Details, why Reason, until time.Duration) (Opening, error) {
	row := prepared.Row()
	now, up := a.clock.Read().Time, a.clock.Uptime()
	until = min(until, up+row.Until.Time().Sub(now.Time())) // not beyond the loan
	left := until - up
	entry.Until = now.Add(left)
	stamps, err := s.say(line{entry: entry, words: words})
	if err != nil {
		return Opening{}, a.refuse(s, entry, words, err)
	}
	part, err := prepared.OpenPart(stamps[0], a.clock.Read().Time) // the sync may have taken long, or the machine slept
	if err != nil {
		return Opening{}, a.refuse(s, entry, words, err)
	}
	hash := stamps[0].Hash()
	if err := a.stands(s, onScreen{record: row.ID}, &opened{until: until, reason: why, entry: hash, draft: entry}); err != nil {
		return Opening{}, err
	}
	return Opening{Card: a.card(s, row), Fields: part.Fields, Labels: part.Labels, Until: a.wallUntil(left), Entry: fingerprint(hash[:])}, nil
}

// stands notes what is open now. Where a lock or an erasure came between it is not.
func (a *Agent) stands(s *session, what onScreen, o *opened) error {
	o.draft.Ref = nil
	s.mu.Lock()
	ended, gone := s.ended, s.gone[o.draft.Subject]
	if !ended && !gone {
		s.openings[what] = o
	}
	s.full = 0
	s.mu.Unlock()
	switch {
	case ended:
		return problem(Locked, nil)
	case gone:
		return problem(NoRecord, nil)
	}
	a.changed(RecordsChanged, EventsChanged, SyncChanged)
	a.nudge()
	return nil
}

// refuse writes that an opening was refused, where the journal still takes entries, and
// returns why.
func (a *Agent) refuse(s *session, entry journal.Entry, words *journal.Details, why error) error {
	p := translate(why)
	if !s.maySayRefused(CodeOf(p)) {
		return p
	}
	entry.Kind, entry.Code, entry.Until, entry.Ref = journal.RecordRefused, string(CodeOf(p)), 0, nil
	if entry.Attachment != "" {
		entry.Kind = journal.AttachmentRefused
	}
	if _, err := s.say(line{entry: entry, words: words}); err != nil {
		a.log.Warn("a refusal has no entry", "code", CodeOf(p), "error", CodeOf(translate(err)))
	} else {
		a.changed(EventsChanged, SyncChanged)
		a.nudge()
	}
	return p
}

// fullRefusals is how many openings that a full disk refused have an entry until the disk takes
// others again: entries of more would use up what is kept for the lock.
const fullRefusals = 16

func (s *session) maySayRefused(code Code) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if code != DiskFull {
		return true
	}
	s.full++
	return s.full <= fullRefusals
}

// reason puts why a record is opened into the entry and its words: an assignment, or text.
func (s *session) reason(why Reason, entry *journal.Entry) (*journal.Details, error) {
	text := strings.TrimSpace(why.Text)
	if len(text) > maxReason {
		return nil, problem(TextLong, nil, "max", strconv.Itoa(maxReason))
	}
	if why.Assignment != "" {
		row, err := s.vault.Assignment(why.Assignment)
		if errors.Is(err, vault.ErrNotFound) || err == nil && row.Record != entry.Record {
			return nil, problem(NoAssignment, err)
		}
		if err != nil {
			return nil, err
		}
		entry.Assignment, entry.AssignmentVersion = row.ID, row.Number
		if text == "" {
			text = row.Title
		}
	}
	if text == "" {
		return nil, problem(ReasonMissing, nil)
	}
	return &journal.Details{Reason: text}, nil
}

// sayAtOnce is how many entries go into one sync of the disk.
const sayAtOnce = 32

// soon is when a loan's end is near enough to say so.
const soon = 24 * time.Hour

// card is a record as lists show it.
func (a *Agent) card(s *session, row vault.RecordRow) Card {
	c := Card{
		ID: row.ID, Number: row.Number, Subject: row.Subject, Title: row.Card.Title, Street: row.Card.Street, Area: row.Card.Area,
		Tags: slices.Clone(row.Card.Tags), Kind: row.Kind, Protected: row.ProtectedIdentity, Restricted: row.Restricted,
		LoanUntil: row.Until.Time(), LoanSoon: row.Until < a.now().Add(soon), Assignments: slices.Clone(row.Assignments),
	}
	if row.Source.IsPeer() {
		c.From = &Giver{Name: row.Source.Name, Device: row.Source.Device, At: row.Source.At.Time()}
	}
	if seen := s.lastOpened(row.ID); seen > 0 {
		c.Newer = seen != row.Number
	}
	return c
}
