package vault

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"handslag/vault/journal"
	"handslag/vault/journalfile"
	"handslag/vault/record"
)

func searched() journal.Entry { return journal.Entry{Kind: journal.RecordsSearched, Count: 1000} }

// street is a vault with a few townspeople.
func street(t testing.TB, n int) *world {
	w := newWorld(t)
	w.build(n)
	return w
}

func TestNobodyIsFoundByAProtectedValueWithoutAnEntry(t *testing.T) {
	w := street(t, 20)
	phone := inhabitant(7).part.Fields[5].Value
	tokens := record.QueryTokens(townKey, phone)
	used := w.stamp(searched())
	found, more, err := w.vault.FindProtected(used, tokens, 20)
	if err != nil || more || len(found) != 1 || found[0].ID != inhabitant(7).id {
		t.Fatalf("with a stamp: %+v, %t, %v", found, more, err)
	}
	foreign := newWorld(t)
	closed := newWorld(t)
	late := closed.stamp(searched())
	must(t, closed.journal.Close())
	of := searched()
	of.Record, of.Subject, of.RecordVersion = inhabitant(7).id, inhabitant(7).subject, 1
	for what, stamp := range map[string]*journalfile.Stamp{
		"none":                                 nil,
		"one that nobody minted":               new(journalfile.Stamp),
		"a used one":                           used,
		"one for an opening":                   w.stamp(opened(inhabitant(7).id, inhabitant(7).subject, 1)),
		"one for a search of one record":       w.stamp(of),
		"another device's":                     foreign.stamp(searched()),
		"one for a search that was refused":    w.stamp(journal.Entry{Kind: journal.RecordsSearched, Code: "no_right"}),
		"one for fewer":                        w.stamp(journal.Entry{Kind: journal.RecordsSearched, Count: 19}),
		"one whose journal is closed":          late,
		"one for something else, about nobody": w.stamp(journal.Entry{Kind: journal.Unlocked}),
	} {
		if found, more, err := w.vault.FindProtected(stamp, tokens, 20); !errors.Is(err, ErrNoStamp) || found != nil || more {
			t.Errorf("with the stamp %s: %d found, %v", what, len(found), err)
		}
	}
	if _, err := w.open(w.stamp(searched()), inhabitant(7).id, morning); !errors.Is(err, ErrNoStamp) {
		t.Errorf("a stamp for a search opens a part: %v", err)
	}
	last := w.stamp(searched())
	must(t, w.vault.Close())
	if _, _, err := w.vault.FindProtected(last, tokens, 20); !errors.Is(err, ErrClosed) {
		t.Errorf("locked: %v", err)
	}
}

func TestWhoIsFoundByWhat(t *testing.T) {
	const people = 60
	w := street(t, people)
	find := func(query string, limit int) (ids []journal.RecordID, more bool) {
		t.Helper()
		rows, more, err := w.vault.FindProtected(w.stamp(searched()), record.QueryTokens(townKey, query), limit)
		must(t, err)
		for _, row := range rows {
			ids = append(ids, row.ID)
		}
		return ids, more
	}
	everybody := func(by func(townsman) bool) (ids []journal.RecordID) {
		for i := range people {
			if p := inhabitant(i); by(p) {
				ids = append(ids, p.id)
			}
		}
		return ids
	}
	same := func(x, y []journal.RecordID) bool {
		slices.Sort(x)
		slices.Sort(y)
		return slices.Equal(x, y)
	}
	town, more := find("Lindbrunna", people)
	if more || !same(town, everybody(func(townsman) bool { return true })) {
		t.Errorf("all of the town: %d, %t", len(town), more)
	}
	first, more := find("lindbr", 7)
	all, err := w.vault.Records(RecordFilter{Limit: 7})
	must(t, err)
	if !more || len(first) != 7 || !slices.EqualFunc(first, all, func(id journal.RecordID, row RecordRow) bool { return id == row.ID }) {
		t.Errorf("the first seven by title: %v, %t", first, more)
	}
	p := inhabitant(3)
	flat, birth := p.part.Fields[3].Value, p.part.Fields[1].Value
	got, _ := find(flat+" ", people)
	if !same(got, everybody(func(p townsman) bool { return p.part.Fields[3].Value == flat })) {
		t.Errorf("by flat: %v", got)
	}
	got, _ = find(p.card.Title+", "+birth, people)
	if !slices.Contains(got, p.id) || len(got) == people {
		t.Errorf("by name and year: %v", got)
	}
	for _, query := range []string{"ingenstans", "", "!"} {
		if got, more := find(query, people); len(got) != 0 || more {
			t.Errorf("by %q: %v", query, got)
		}
	}
	if rows, more, err := w.vault.FindProtected(w.stamp(searched()), record.QueryTokens([]byte("another key"), "Lindbrunna"), people); err != nil || more || len(rows) != 0 {
		t.Errorf("under another organisation's key: %d, %v", len(rows), err)
	}
}

func TestASearchServesWhatOpensAndSaysThatMoreDoesNot(t *testing.T) {
	w := street(t, 10)
	hurt, gone := inhabitant(4).id, inhabitant(5).id
	w.overwrite(rowPart, string(hurt), []byte("rubbish"))
	must(t, w.vault.Update(func(tx *Tx) error { return tx.RemoveRecord(gone) }))
	rows, _, err := w.vault.FindProtected(w.stamp(searched()), record.QueryTokens(townKey, "Lindbrunna"), 100)
	if !errors.Is(err, ErrView) || len(rows) != 8 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}

func TestASearchLeavesNothingInFiles(t *testing.T) {
	w := street(t, 10)
	p := inhabitant(4)
	query := p.part.Fields[5].Value
	tokens := record.QueryTokens(townKey, query)
	_, _, err := w.vault.FindProtected(w.stamp(searched()), tokens, 20)
	must(t, err)
	must(t, w.vault.Close())
	secrets := append(tokens, []byte(query), []byte("Lindbrunna"), townKey, record.Tokens(townKey, p.part)[:record.TokenSize])
	looked := 0
	must(t, filepath.WalkDir(w.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		looked++
		data, err := os.ReadFile(path)
		for _, secret := range secrets {
			if bytes.Contains(data, secret) {
				err = fmt.Errorf("%s shows %q", d.Name(), secret)
			}
		}
		return err
	}))
	if looked < 5 {
		t.Fatalf("%d files", looked)
	}
}
