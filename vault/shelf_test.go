package vault

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"handslag/vault/journal"
	"handslag/vault/record"
)

// TestTheShelfFindsWhatALookThroughAllCardsFinds puts, replaces and takes away cards at random, and
// compares each search with one that looks at every card.
func TestTheShelfFindsWhatALookThroughAllCardsFinds(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 5))
		words := []string{"a", "ab", "aba", "Åsa", "ÅSA", "b\x00", "\x00", "ek", "Ek", "berg", "  ", "a\nb", ""}
		if seed%2 == 0 {
			words = words[:1] // and many cards say the same
		}
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
			query, skip, limit := word()+" "+word(), rng.IntN(4), rng.IntN(5)
			var place shelved // of a card that is there, or is not
			var text []byte
			if place.key = (rowKey{byte(rowCard), byte(rng.IntN(20))}); rng.IntN(3) > 0 {
				if text = []byte(model[place.key]); len(text) == 0 {
					text = []byte(strings.ToLower(word()))
				}
			}
			want := slices.SortedFunc(maps.Keys(model), func(x, y rowKey) int {
				return cmp.Or(strings.Compare(model[x], model[y]), strings.Compare(string(x[:]), string(y[:])))
			})
			want = slices.DeleteFunc(want, func(key rowKey) bool {
				if cmp.Or(strings.Compare(model[key], string(text)), strings.Compare(string(key[:]), string(place.key[:]))) <= 0 {
					return true
				}
				return slices.ContainsFunc(strings.Fields(strings.ToLower(query)), func(w string) bool { return !strings.Contains(model[key], w) })
			})
			want = want[min(skip, len(want)):]
			if limit > 0 {
				want = want[:min(limit, len(want))]
			}
			got, err := l.pick(rowCard, func(l *list) []rowKey {
				return page(l.cards.matching(query, l.cards.behind(text, place.key)), skip, limit)
			})
			if err != nil || !slices.Equal(got, want) {
				t.Fatalf("seed %d: %q, behind %q without %d, at most %d: got %v, want %v (%v)", seed, query, text, skip, limit, got, want, err)
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
		var at Place
		for len(got) < len(want) {
			some, err := w.vault.Records(RecordFilter{Text: text, After: at, Limit: 7})
			must(t, err)
			if len(some) == 0 || len(some) > 7 {
				t.Fatalf("%q: a page of %d after %d of %d", text, len(some), len(got), len(want))
			}
			for _, row := range some {
				got, at = append(got, row.Card.Title), row.Place()
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q in pages: %q, not %q", text, got, want)
		}
		if past := titles(t, w.vault, RecordFilter{Text: text, After: at}); len(past) > 0 {
			t.Errorf("%q: %q behind the end", text, past)
		}
	}
	records, tasks, err := w.vault.Count()
	if err != nil || records != 120 || tasks != 3 {
		t.Errorf("%d records, %d assignments, %v", records, tasks, err)
	}
}

// What has not changed itself is seen once, whatever happens to the list while it is read.
func TestNoPageShowsARowTwiceOrLeavesOneOutWhileOthersChange(t *testing.T) {
	gone := func(id journal.RecordID) func(w *world) {
		return func(w *world) { must(t, w.vault.Update(func(tx *Tx) error { return tx.RemoveRecord(id) })) }
	}
	put := func(id journal.RecordID, number uint64, title string) func(w *world) {
		return func(w *world) { w.put(w.named(id, number, title)) }
	}
	for what, c := range map[string]struct {
		then func(w *world)
		want string // behind b
	}{
		"nothing":                             {func(*world) {}, "c d"},
		"one comes before":                    {put("rec-x", 1, "aa"), "c d"},
		"one comes behind":                    {put("rec-x", 1, "cc"), "c cc d"},
		"one that was seen goes":              {gone("rec-a"), "c d"},
		"the last that was seen goes":         {gone("rec-b"), "c d"},
		"the last that was seen moves back":   {put("rec-b", 2, "0"), "c d"},
		"one that was not seen goes":          {gone("rec-c"), "d"},
		"one behind moves to before":          {put("rec-d", 2, "0"), "c"},
		"the last that was seen moves behind": {put("rec-b", 2, "cc"), "c cc d"},
		"the device is locked and unlocked":   {func(w *world) { w.reopen() }, "c d"},
	} {
		w := newWorld(t)
		for _, title := range []string{"a", "b", "c", "d"} {
			w.put(w.named(journal.RecordID("rec-"+title), 1, title))
		}
		first, err := w.vault.Records(RecordFilter{Limit: 2})
		must(t, err)
		c.then(w)
		if got := strings.Join(titles(t, w.vault, RecordFilter{After: first[1].Place()}), " "); got != c.want {
			t.Errorf("%s: %q, not %q", what, got, c.want)
		}
	}
}
