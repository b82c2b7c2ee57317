package vault

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"handslag/vault/record"
)

// TestTheShelfFindsWhatALookThroughAllCardsFinds puts, replaces and takes away cards at random, and
// compares each search with one that looks at every card.
func TestTheShelfFindsWhatALookThroughAllCardsFinds(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 5))
		words := []string{"a", "ab", "aba", "Åsa", "ÅSA", "b\x00", "\x00", "ek", "Ek", "berg", "  ", "a\nb", ""}
		word := func() string { return words[rng.IntN(len(words))] }
		l, model := newList(), map[rowKey]string{}
		for range rng.IntN(60) {
			key := rowKey{byte(rowCard), byte(rng.IntN(20))}
			if rng.IntN(3) == 0 {
				l.apply([]change{{key: key}})
				delete(model, key)
			} else {
				card := cardRow{Record: record.Record{Card: record.Card{Title: word() + word(), Street: word(), Tags: []string{word()}}}}
				l.apply([]change{{key, card}})
				model[key] = string(card.text())
			}
			if rng.IntN(4) > 0 {
				continue
			}
			query, from, limit := word()+" "+word(), rng.IntN(4), rng.IntN(5)
			want := slices.SortedFunc(maps.Keys(model), func(x, y rowKey) int {
				return cmp.Or(strings.Compare(model[x], model[y]), strings.Compare(string(x[:]), string(y[:])))
			})
			want = slices.DeleteFunc(want, func(key rowKey) bool {
				return slices.ContainsFunc(strings.Fields(strings.ToLower(query)), func(w string) bool { return !strings.Contains(model[key], w) })
			})
			want = want[min(from, len(want)):]
			if limit > 0 {
				want = want[:min(limit, len(want))]
			}
			got, err := l.pick(rowCard, func(l *list) []rowKey { return page(l.cards.matching(query), from, limit) })
			if err != nil || !slices.Equal(got, want) {
				t.Fatalf("seed %d: %q, from %d, at most %d: got %v, want %v (%v)", seed, query, from, limit, got, want, err)
			}
		}
	}
}

func TestWhatIsTakenAwayIsWipedAtOnce(t *testing.T) {
	l := newList()
	key := rowKey{byte(rowCard), 1}
	put := func() {
		l.apply([]change{{key, cardRow{Record: record.Record{Card: record.Card{Title: "Rita Planterad"}}}}})
	}
	put()
	fresh := l.fresh[key].text
	l.apply([]change{{key: key}})
	put()
	_, err := l.pick(rowCard, noRows)
	must(t, err)
	settled := l.cards.text
	l.apply([]change{{key: key}})
	for what, text := range map[string][]byte{"not yet in its place": fresh, "in its place": settled} {
		if len(text) == 0 || strings.Trim(string(text), "\x00") != "" {
			t.Errorf("a card that was %s: %q", what, text)
		}
	}
}

func TestPagesOfAListAreTheListInPieces(t *testing.T) {
	w := street(t, 120)
	for _, text := range []string{"", "a", "hiss", "karin e"} {
		want := titles(t, w.vault, RecordFilter{Text: text})
		var got []string
		for len(got) < len(want) {
			some := titles(t, w.vault, RecordFilter{Text: text, From: len(got), Limit: 7})
			if len(some) == 0 || len(some) > 7 {
				t.Fatalf("%q: a page of %d after %d of %d", text, len(some), len(got), len(want))
			}
			got = append(got, some...)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q in pages: %q, not %q", text, got, want)
		}
		if past := titles(t, w.vault, RecordFilter{Text: text, From: len(want)}); len(past) > 0 {
			t.Errorf("%q: %q behind the end", text, past)
		}
	}
	records, tasks, err := w.vault.Count()
	if err != nil || records != 120 || tasks != 3 {
		t.Errorf("%d records, %d assignments, %v", records, tasks, err)
	}
}
