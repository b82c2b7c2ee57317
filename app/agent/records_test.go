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
	for i := range MostListed {
		f.addRecord(journal.RecordID(fmt.Sprintf("many-%d", i)), journal.SubjectID(fmt.Sprintf("subject-%d", i)), fmt.Sprintf("Åkerlund, Nr %03d", MostListed-i), "0701740600")
	}
	_, err := p.Sync(t.Context())
	ok(t, err)
	for query, want := range map[string]struct {
		cards int
		more  bool
	}{
		"":               {MostListed, true},
		"LINDÄ":          {MostListed, true},
		"åkerlund":       {MostListed, false}, // as many as are shown at once
		"nr 017":         {1, false},
		"karin":          {1, false},
		"karin åkerlund": {0, false},
	} {
		found, err := p.FindCards(t.Context(), query)
		ok(t, err)
		if len(found.Cards) != want.cards || found.More != want.more {
			t.Errorf("%q: %d cards, more %t", query, len(found.Cards), found.More)
		}
		if !slices.IsSortedFunc(found.Cards, func(x, y Card) int { return strings.Compare(x.Title, y.Title) }) {
			t.Errorf("%q: not by title", query)
		}
		all, err := p.Records(t.Context(), query)
		if err != nil || len(all) < len(found.Cards) || want.more && len(all) != MostListed+1 {
			t.Errorf("%q: %d in all, %v", query, len(all), err)
		}
	}
	ok(t, p.Lock())
	_, err = p.FindCards(t.Context(), "karin")
	refused(t, err, Locked)
}
