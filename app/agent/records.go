package agent

import (
	"context"
	"errors"
	"strings"

	"handslag/vault"
	"handslag/vault/journal"
)

// MostListed is how many cards a search shows at once.
const MostListed = 200

// Records lists all cards on this device in which every word of query stands, by title.
func (a *Agent) Records(ctx context.Context, query string) ([]Card, error) {
	return a.cards(ctx, vault.RecordFilter{Text: query})
}

// FindCards is the first MostListed of Records, and whether there are more: for who types,
// and looks on.
func (a *Agent) FindCards(ctx context.Context, query string) (Found, error) {
	cards, err := a.cards(ctx, vault.RecordFilter{Text: query, Limit: MostListed + 1})
	n := min(len(cards), MostListed)
	return Found{Cards: cards[:n], More: n < len(cards)}, err
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
