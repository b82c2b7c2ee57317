package agent

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"handslag/vault/journal"
)

func TestWhoTypesSeesTheFirstCardsAndWhetherThereAreMore(t *testing.T) {
	f := newFar(t)
	p := f.phone()
	p.enrolled()
	for i := range PageSize {
		f.addRecord(journal.RecordID(fmt.Sprintf("many-%d", i)), journal.SubjectID(fmt.Sprintf("subject-%d", i)), fmt.Sprintf("Åkerlund, Nr %03d", PageSize-i), "0701740600")
	}
	_, err := p.Sync(t.Context())
	ok(t, err)
	for query, want := range map[string]struct {
		cards int
		more  bool
	}{
		"":               {PageSize, true},
		"LINDÄ":          {PageSize, true},
		"åkerlund":       {PageSize, false}, // as many as are shown at once
		"nr 017":         {1, false},
		"karin":          {1, false},
		"karin åkerlund": {0, false},
	} {
		found, err := p.FindCards(t.Context(), query, Page{})
		ok(t, err)
		if len(found.Cards) != want.cards || found.More != want.more {
			t.Errorf("%q: %d cards, more %t", query, len(found.Cards), found.More)
		}
		if !slices.IsSortedFunc(found.Cards, func(x, y Card) int { return strings.Compare(x.Title, y.Title) }) {
			t.Errorf("%q: not by title", query)
		}
		all, err := p.Records(t.Context(), query)
		if err != nil || len(all) < len(found.Cards) || want.more && len(all) != PageSize+1 {
			t.Errorf("%q: %d in all, %v", query, len(all), err)
		}
	}
	first, err := p.FindCards(t.Context(), "", Page{Limit: 30})
	ok(t, err)
	rest, err := p.FindCards(t.Context(), "", Page{After: first.Last, Limit: 30})
	ok(t, err)
	all, err := p.Records(t.Context(), "")
	ok(t, err)
	if pages := append(first.Cards, rest.Cards...); !first.More || rest.More || !slices.EqualFunc(pages, all, func(x, y Card) bool { return x.ID == y.ID }) {
		t.Errorf("two pages of %d and %d cards (more: %t, %t), %d in all", len(first.Cards), len(rest.Cards), first.More, rest.More, len(all))
	}
	for _, page := range []Page{{Limit: -1}, {Limit: 1 << 40}, {After: rest.Last}} {
		if found, err := p.FindCards(t.Context(), "", page); err != nil || len(found.Cards) > PageLimit || found.More != (page.Limit < 0) {
			t.Errorf("%+v: %d cards, more %t, %v", page, len(found.Cards), found.More, err)
		}
	}
	ok(t, p.Lock())
	_, err = p.FindCards(t.Context(), "karin", Page{})
	refused(t, err, Locked)
}
