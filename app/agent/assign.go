package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"handslag/identity"
	"handslag/identity/access"
	"handslag/identity/signed"
	"handslag/vault"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// maxNote bounds the note on finished work, in bytes.
const maxNote = 2000

// When says where an assignment stands in the day.
type When = vault.When

// Where assignments stand, in the order in which they are listed.
const (
	WhenToday = vault.WhenToday // and what should have been done before
	WhenLater = vault.WhenLater
	WhenDone  = vault.WhenDone
)

// Sought says which assignments; empty fields: all.
type Sought struct {
	Text string // each word of it stands in the assignment, in any case
	When When
}

// Tasks is a page of assignments, and whether there are more behind it.
type Tasks struct {
	Tasks []Task `json:"tasks"`
	More  bool   `json:"more,omitempty"`
}

// Assignments lists the work on this device in which every word of query stands: today's, later and
// done, this person's first, by day and title: for who prints it. Screens use FindTasks.
func (a *Agent) Assignments(ctx context.Context, query string) ([]Task, error) {
	return a.tasks(ctx, vault.AssignmentFilter{Text: query})
}

// FindTasks is a page of Assignments, and whether there are more behind it.
func (a *Agent) FindTasks(ctx context.Context, what Sought, page Page) (Tasks, error) {
	from, limit := page.read()
	tasks, err := a.tasks(ctx, vault.AssignmentFilter{Text: what.Text, When: what.When, From: from, Limit: limit})
	tasks, more := cut(tasks, limit)
	return Tasks{Tasks: tasks, More: more}, err
}

func (a *Agent) tasks(ctx context.Context, filter vault.AssignmentFilter) ([]Task, error) {
	s, err := a.current()
	if err != nil {
		return nil, err
	}
	if err := s.current(); err != nil {
		return nil, translate(err)
	}
	filter.Today, filter.First = a.today(), s.who().credential.Person.ID
	rows, err := s.vault.Assignments(filter)
	if err != nil && !errors.Is(err, vault.ErrView) {
		return nil, translate(err)
	}
	var tasks []Task
	for _, row := range rows {
		if err := ctx.Err(); err != nil {
			return nil, translate(err)
		}
		tasks = append(tasks, a.task(s, row))
	}
	return tasks, nil
}

// Assignment is one of them.
func (a *Agent) Assignment(ctx context.Context, id journal.AssignmentID) (Task, error) {
	s, row, err := a.assignment(ctx, id)
	if err != nil {
		return Task{}, err
	}
	return a.task(s, row), nil
}

func (a *Agent) assignment(ctx context.Context, id journal.AssignmentID) (*session, vault.AssignmentRow, error) {
	s, err := a.current()
	if err != nil {
		return nil, vault.AssignmentRow{}, err
	}
	if err := ctx.Err(); err != nil {
		return nil, vault.AssignmentRow{}, translate(err)
	}
	if err := s.current(); err != nil {
		return nil, vault.AssignmentRow{}, translate(err)
	}
	row, err := s.vault.Assignment(id)
	if errors.Is(err, vault.ErrNotFound) {
		return nil, vault.AssignmentRow{}, problem(NoAssignment, err)
	}
	return s, row, translate(err)
}

func (a *Agent) task(s *session, row vault.AssignmentRow) Task {
	me := s.who().credential.Person
	t := Task{
		ID: row.ID, Number: row.Number, Record: row.Record, Title: row.Title, Area: row.Area, Text: row.Text, Due: row.Due,
		Today: row.Due == a.today(), Mine: slices.Contains(row.People, me.ID), Done: doneState(row, me),
	}
	if row.Record != "" {
		if held, err := s.vault.Record(row.Record); err == nil {
			t.HoldRecord, t.RecordTitle = true, held.Card.Title
		}
	}
	return t
}

// doneState prefers this device's own word, which it can show the signature of.
func doneState(row vault.AssignmentRow, me identity.Person) *DoneState {
	for i := len(row.Work) - 1; i >= 0; i-- {
		if w := row.Work[i]; w.Done {
			return &DoneState{
				By: me.Name(), At: w.At.Time(), Note: w.Note, Number: w.Number, Mine: true, Waiting: !w.Confirmed,
				OlderVersion: w.Number < row.Number, Fingerprint: fingerprint(w.Entry),
			}
		}
	}
	if st := row.State; st.Done {
		return &DoneState{By: st.Name, At: st.At.Time(), Note: st.Note, Number: st.Number, OlderVersion: st.Number < row.Number, Fingerprint: fingerprint(st.Entry)}
	}
	return nil
}

// Finish marks an assignment done: a note, and a signature over what the person saw and what
// they say, in one entry. Who signed an older version may sign the new one.
func (a *Agent) Finish(ctx context.Context, id journal.AssignmentID, note string) (Task, error) {
	s, row, err := a.assignment(ctx, id)
	if err != nil {
		return Task{}, err
	}
	note = strings.TrimSpace(note)
	if len(note) > maxNote {
		return Task{}, problem(TextLong, nil, "max", strconv.Itoa(maxNote))
	}
	me := s.who()
	if p := decided(access.May(access.SubjectOf(me.credential), access.AssignmentWork, row.Thing())); p != nil {
		return Task{}, p
	}
	if me.credential.ValidAt(a.clock.read().Floor) != nil {
		return Task{}, problem(CredentialExpired, nil)
	}
	if done := doneState(row, me.credential.Person); done != nil && !done.OlderVersion {
		return Task{}, problem(AlreadyDone, nil)
	}
	if err := a.sign(s, me, row, note); err != nil {
		return Task{}, translate(err)
	}
	a.changed(AssignmentsChanged, EventsChanged, SyncChanged)
	a.nudge()
	return a.Assignment(ctx, id)
}

func (a *Agent) sign(s *session, me who, row vault.AssignmentRow, note string) error {
	payload, err := journal.NewPayload(journal.Details{Note: note})
	if err != nil {
		return err
	}
	commit, err := payload.Commit()
	if err != nil {
		return err
	}
	work, err := s.keys.Sign(signed.DomainWork, record.Work{
		Version: 1, Org: me.profile.Org, Assignment: row.ID, Number: row.Number,
		Content: record.WorkContent(commit, row.Signed), Device: s.device,
	})
	if err != nil {
		return err
	}
	evidence, err := signed.Encode(record.Evidence{
		Version: 1, Statement: me.profile.Statement, Credential: me.profile.Credential,
		Assignment: row.Signed, Payload: payload, Work: work,
	})
	if err != nil {
		return err
	}
	seal, err := s.vault.SubjectKey(subjectOf(row.Subject))
	if err != nil {
		return err
	}
	name := evidenceName(row.ID)
	box := seal.Seal(nil, nil, evidence, []byte(name))
	_, err = s.say(line{
		entry: journal.Entry{
			Kind: journal.AssignmentDone, Subject: row.Subject, Record: row.Record,
			Assignment: row.ID, AssignmentVersion: row.Number, Signature: work,
		},
		payload: &payload,
		effect:  func(tx *vault.Tx) error { return tx.SetSetting(name, box) },
	})
	return err
}

func evidenceName(id journal.AssignmentID) string { return "evidence/" + string(id) }

// ExportSignature writes this device's newest signature on an assignment with everything that
// is needed to check it outside the program.
func (a *Agent) ExportSignature(ctx context.Context, id journal.AssignmentID, w io.Writer) error {
	s, row, err := a.assignment(ctx, id)
	if err != nil {
		return err
	}
	data, err := s.evidence(row)
	if err != nil {
		return translate(err)
	}
	if _, err := record.OpenEvidence(data, s.who().profile.Org); err != nil {
		return problem(SignatureBad, err)
	}
	if _, err := w.Write(data); err != nil {
		return translate(fmt.Errorf("write signature: %w", err))
	}
	return nil
}

// evidence is what sign kept; where that is gone (a crash between entry and view, a rebuilt
// view) it is made again from the entry, if the assignment is still the version that was
// signed.
func (s *session) evidence(row vault.AssignmentRow) ([]byte, error) {
	name := evidenceName(row.ID)
	box, err := s.vault.Setting(name)
	if err != nil && !errors.Is(err, vault.ErrView) {
		return nil, err
	}
	if len(box) > 0 {
		key, err := s.vault.SubjectKey(subjectOf(row.Subject))
		if err != nil {
			return nil, err
		}
		if data, err := key.Open(nil, nil, box, []byte(name)); err == nil {
			return data, nil
		}
	}
	for i := len(row.Work) - 1; i >= 0; i-- {
		work := row.Work[i]
		if !work.Done || work.Number != row.Number {
			continue
		}
		for st, err := range s.journal.Entries(0, 0) {
			if err != nil || !sameHash(work.Entry, st.Hash) {
				continue
			}
			if p := s.payload(st); p != nil {
				me := s.who().profile
				return signed.Encode(record.Evidence{
					Version: 1, Statement: me.Statement, Credential: me.Credential,
					Assignment: row.Signed, Payload: *p, Work: work.Signature,
				})
			}
		}
	}
	return nil, problem(NotDone, nil)
}

// VerifySignature checks an exported signature, trusting nothing but org.
func VerifySignature(r io.Reader, org identity.OrgID) (record.Finding, error) {
	data, err := io.ReadAll(io.LimitReader(r, record.EvidenceLimit+1))
	if err != nil {
		return record.Finding{}, translate(err)
	}
	f, err := record.OpenEvidence(data, org)
	if err != nil {
		return record.Finding{}, problem(SignatureBad, err)
	}
	return f, nil
}
