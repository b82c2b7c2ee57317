package agent

import (
	"context"
	"errors"

	"handslag/vault"
	"handslag/vault/journal"
)

// Page is a piece of a list.
type Page struct {
	From  int // how many are passed over, for who has them already
	Limit int // how many at most; 0: PageSize; PageLimit at most
}

// Sizes of pieces: what a screen reads at once, so that a keystroke costs what is seen, and the most.
const (
	PageSize  = 50
	PageLimit = 1000
)

// read is the page as the vault is asked for it: one more, to know whether there is one.
func (p Page) read() (from, limit int) {
	if p.Limit <= 0 {
		p.Limit = PageSize
	}
	return max(p.From, 0), min(p.Limit, PageLimit) + 1
}

// cut is a page of what was read, and whether there is more behind it.
func cut[T any](rows []T, limit int) ([]T, bool) {
	n := min(len(rows), limit-1)
	return rows[:n], n < len(rows)
}

// Records lists all cards on this device in which every word of query stands, by title: for who
// prints them. Screens use FindCards.
func (a *Agent) Records(ctx context.Context, query string) ([]Card, error) {
	return a.cards(ctx, vault.RecordFilter{Text: query})
}

// FindCards is a page of Records, and whether there are more behind it.
func (a *Agent) FindCards(ctx context.Context, query string, page Page) (Found, error) {
	from, limit := page.read()
	cards, err := a.cards(ctx, vault.RecordFilter{Text: query, From: from, Limit: limit})
	cards, more := cut(cards, limit)
	return Found{Cards: cards, More: more}, err
}

func (a *Agent) cards(ctx context.Context, filter vault.RecordFilter) ([]Card, error) {
	s, err := a.current()
	if err != nil {
		return nil, err
	}
	if err := s.current(); err != nil {
		return nil, translate(err)
	}
	rows, err := s.vault.Records(filter)
	if errors.Is(err, vault.ErrView) && len(rows) > 0 {
		a.log.Warn("some records do not open and are left out until the next sync")
	} else if err != nil {
		return nil, translate(err)
	}
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
