package agent

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"handslag/vault"
	"handslag/vault/journal"
)

// Records lists the cards on this device in which every word of query stands, by title.
func (a *Agent) Records(ctx context.Context, query string) ([]Card, error) {
	s, err := a.current()
	if err != nil {
		return nil, err
	}
	if err := s.current(); err != nil {
		return nil, translate(err)
	}
	rows, err := s.vault.Records(vault.RecordFilter{})
	if errors.Is(err, vault.ErrView) && len(rows) > 0 {
		a.log.Warn("some records do not open and are left out until the next sync")
	} else if err != nil {
		return nil, translate(err)
	}
	tasks, err := s.vault.Assignments(vault.AssignmentFilter{})
	if err != nil && !errors.Is(err, vault.ErrView) {
		return nil, translate(err)
	}
	needs := map[journal.RecordID][]journal.AssignmentID{}
	for _, task := range tasks {
		if task.Record != "" {
			needs[task.Record] = append(needs[task.Record], task.ID)
		}
	}
	var cards []Card
	for _, row := range rows {
		if err := ctx.Err(); err != nil {
			return nil, translate(err)
		}
		if !matches(query, row.Card.Title, row.Card.Street, row.Card.Area, strings.Join(row.Card.Tags, " ")) {
			continue
		}
		row.Assignments = needs[row.ID]
		cards = append(cards, a.card(s, row))
	}
	slices.SortFunc(cards, func(x, y Card) int {
		return cmp.Or(strings.Compare(strings.ToLower(x.Title), strings.ToLower(y.Title)), cmp.Compare(x.ID, y.ID))
	})
	return cards, nil
}

// Record is one card.
func (a *Agent) Record(ctx context.Context, id journal.RecordID) (Card, error) {
	s, row, err := a.ready(ctx, id)
	if err != nil {
		return Card{}, err
	}
	tasks, err := s.vault.Assignments(vault.AssignmentFilter{Record: id})
	if err != nil && !errors.Is(err, vault.ErrView) {
		return Card{}, translate(err)
	}
	row.Assignments = nil
	for _, task := range tasks {
		row.Assignments = append(row.Assignments, task.ID)
	}
	return a.card(s, row), nil
}

// matches says whether each word of query stands in one of texts, in any case.
func matches(query string, texts ...string) bool {
	all := strings.ToLower(strings.Join(texts, "\n"))
	for word := range strings.FieldsSeq(strings.ToLower(query)) {
		if !strings.Contains(all, word) {
			return false
		}
	}
	return true
}
