package agent

import (
	"context"
	"errors"
	"slices"

	"handslag/vault"
	"handslag/vault/journal"
)

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
	Last  Place  `json:"-"` // of the last one, for the next page
}

// Assignments lists the work on this device in which every word of query stands: today's, later and
// done, this person's first, by day and title: for who prints it. Screens use FindTasks.
func (a *Agent) Assignments(ctx context.Context, query string) ([]Task, error) {
	s, rows, err := a.taskRows(vault.AssignmentFilter{Text: query})
	if err != nil {
		return nil, err
	}
	return a.tasks(ctx, s, rows)
}

// FindTasks is a page of Assignments, and whether there are more behind it.
func (a *Agent) FindTasks(ctx context.Context, what Sought, page Page) (Tasks, error) {
	limit := page.limit()
	s, rows, err := a.taskRows(vault.AssignmentFilter{Text: what.Text, When: what.When, After: page.After, Limit: limit})
	if err != nil {
		return Tasks{}, err
	}
	rows, more := cut(rows, limit)
	tasks, err := a.tasks(ctx, s, rows)
	return Tasks{Tasks: tasks, More: more, Last: lastPlace(rows)}, err
}

// taskRows are the assignments that filter selects, of those that open.
func (a *Agent) taskRows(filter vault.AssignmentFilter) (*session, []vault.AssignmentRow, error) {
	s, err := a.current()
	if err != nil {
		return nil, nil, err
	}
	if err := s.current(); err != nil {
		return nil, nil, translate(err)
	}
	filter.Today, filter.First = a.today(), s.who().credential.Person.ID
	rows, err := s.vault.Assignments(filter)
	if errors.Is(err, vault.ErrView) {
		err = nil
	}
	return s, rows, translate(err)
}

func (a *Agent) tasks(ctx context.Context, s *session, rows []vault.AssignmentRow) ([]Task, error) {
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
		Today: row.Due == a.today(), Mine: slices.Contains(row.People, me.ID),
	}
	if row.Record != "" {
		if held, err := s.vault.Record(row.Record); err == nil {
			t.HoldRecord, t.RecordTitle = true, held.Card.Title
		}
	}
	t.work(s, row)
	t.With, t.Here = a.together(row.ID)
	return t
}
