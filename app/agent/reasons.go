package agent

import (
	"context"
	"errors"
	"slices"
	"strings"

	"handslag/vault"
	"handslag/vault/journal"
)

// Reasons are why this person might open the record: their assignments there, today's first
// and preselected, then those of their units.
func (a *Agent) Reasons(ctx context.Context, id journal.RecordID) ([]Reason, error) {
	s, err := a.current()
	if err != nil {
		return nil, err
	}
	if err := s.current(); err != nil {
		return nil, translate(err)
	}
	_, _ = s.vault.Prepare(id) // it is opened next, perhaps: what is wrong with it that will say
	rows, err := s.vault.Assignments(vault.AssignmentFilter{Record: id})
	if err != nil && !errors.Is(err, vault.ErrView) {
		return nil, translate(err)
	}
	me, today := s.who().credential.Person.ID, a.today()
	rank := func(row vault.AssignmentRow) int {
		mine := slices.Contains(row.People, me)
		switch {
		case mine && row.Due == today:
			return 0
		case mine:
			return 1
		case row.Due == today:
			return 2
		}
		return 3
	}
	rows = slices.DeleteFunc(rows, func(row vault.AssignmentRow) bool { return row.Done() && row.Due != today })
	slices.SortStableFunc(rows, func(x, y vault.AssignmentRow) int {
		if d := rank(x) - rank(y); d != 0 {
			return d
		}
		return strings.Compare(x.Due+string(x.ID), y.Due+string(y.ID))
	})
	var reasons []Reason
	for i, row := range rows {
		reasons = append(reasons, Reason{Text: row.Title, Assignment: row.ID, Preselected: i == 0 && rank(row) == 0})
	}
	return reasons, nil
}
