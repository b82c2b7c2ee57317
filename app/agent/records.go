package agent

import (
	"context"
	"errors"

	"handslag/vault"
	"handslag/vault/journal"
)

// Place is where a row stood in its list when it was read; the zero value is before all.
type Place = vault.Place

// Page is a piece of a list.
type Page struct {
	After Place // of the last row that the reader has: of the piece before, its Last
	Limit int   // how many at most; 0: PageSize; PageLimit at most
}

// Sizes of pieces: what a screen reads at once, so that a keystroke costs what is seen, and the most.
const (
	PageSize  = 50
	PageLimit = 1000
)

// limit is how many rows are asked for: one more, to know whether there is one.
func (p Page) limit() int {
	if p.Limit <= 0 {
		p.Limit = PageSize
	}
	return min(p.Limit, PageLimit) + 1
}

// cut is a page of what was read, and whether there is more behind it.
func cut[R any](rows []R, limit int) ([]R, bool) {
	n := min(len(rows), limit-1)
	return rows[:n], n < len(rows)
}

// lastPlace is where the next piece begins behind.
func lastPlace[R interface{ Place() Place }](rows []R) (last Place) {
	if n := len(rows); n > 0 {
		last = rows[n-1].Place()
	}
	return last
}

// Records lists all cards on this device in which every word of query stands, by title: for who
// prints them. Screens use FindCards.
func (a *Agent) Records(ctx context.Context, query string) ([]Card, error) {
	s, rows, err := a.rows(vault.RecordFilter{Text: query})
	if err != nil {
		return nil, err
	}
	return a.cards(ctx, s, rows)
}

// FindCards is a page of Records, and whether there are more behind it.
func (a *Agent) FindCards(ctx context.Context, query string, page Page) (Found, error) {
	limit := page.limit()
	s, rows, err := a.rows(vault.RecordFilter{Text: query, After: page.After, Limit: limit})
	if err != nil {
		return Found{}, err
	}
	rows, more := cut(rows, limit)
	cards, err := a.cards(ctx, s, rows)
	return Found{Cards: cards, More: more, Last: lastPlace(rows)}, err
}

// rows are the records that filter selects, of those that open.
func (a *Agent) rows(filter vault.RecordFilter) (*session, []vault.RecordRow, error) {
	s, err := a.current()
	if err != nil {
		return nil, nil, err
	}
	if err := s.current(); err != nil {
		return nil, nil, translate(err)
	}
	rows, err := s.vault.Records(filter)
	if errors.Is(err, vault.ErrView) && len(rows) > 0 {
		a.log.Warn("some records do not open and are left out until the next sync")
		err = nil
	}
	return s, rows, translate(err)
}

func (a *Agent) cards(ctx context.Context, s *session, rows []vault.RecordRow) ([]Card, error) {
	var cards []Card
	for _, row := range rows {
		if err := ctx.Err(); err != nil {
			return nil, translate(err)
		}
		cards = append(cards, a.card(s, row))
	}
	return cards, nil
}

// Record is one card.
func (a *Agent) Record(ctx context.Context, id journal.RecordID) (Card, error) {
	s, row, err := a.ready(ctx, id)
	if err != nil {
		return Card{}, err
	}
	return a.card(s, row), nil
}
