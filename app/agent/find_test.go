package agent

import (
	"strings"
	"testing"
	"time"

	"handslag/sync/link"
	"handslag/vault/journal"
)

func (d *tablet) finds(query string) string {
	d.h.t.Helper()
	found, err := d.FindProtected(d.h.t.Context(), query, Reason{Text: "ringde upp"})
	ok(d.h.t, err)
	if found.More {
		d.h.t.Error("more than there are")
	}
	var titles []string
	for _, c := range found.Cards {
		titles = append(titles, c.Title)
	}
	return strings.Join(titles, ", ")
}

func TestSomebodyIsFoundByAProtectedValueAndTheLogKnowsIt(t *testing.T) {
	h := newHouse(t)
	anna := h.enrolled("anna.lind")
	anna.sync()
	h.stop() // in the cellar
	for query, want := range map[string]string{
		"0701740641":       "U-2300",
		"+46 70-174 06 41": "U-2300",
		"Vintergrind":      "", // her identity is protected
		"ripsele":          "Maj Ripsele",
		"Maj Rip":          "Maj Ripsele",
		"Maj 0701740641":   "",
	} {
		if got := anna.finds(query); got != want {
			t.Errorf("%q finds %q, not %q", query, got, want)
		}
	}
	if got := anna.finds("0701740641"); got != "U-2300" || anna.kinds(2) != "records.searched record.found" {
		t.Errorf("found %q, said %s", got, anna.kinds(2))
	}
	events, err := anna.Events(t.Context(), 50)
	ok(t, err)
	for _, e := range events {
		if strings.Contains(e.Note+e.Reason, "0701740641") {
			t.Errorf("what was searched for stays on the device: %+v", e)
		}
	}
	h.back()
	anna.sync()
	page, err := anna.Log(t.Context(), link.LogFilter{Subject: "s-maja", Person: "anna.lind"})
	ok(t, err)
	hits := 0
	for _, row := range page.Rows {
		if row.Kind == journal.RecordFound {
			hits++
			if row.Reason != "ringde upp" || !strings.Contains(row.Note, "174") {
				t.Errorf("who asks who saw her reads %+v", row)
			}
		}
	}
	if hits != 3 {
		t.Errorf("%d hits in the log", hits)
	}
}

func TestASearchIsRefusedAsAnOpeningIs(t *testing.T) {
	h := newHouse(t)
	anna, carl := h.enrolled("anna.lind"), h.enrolled("carl.ask")
	_, err := anna.FindProtected(t.Context(), "0701740641", Reason{Text: "ringde"})
	refused(t, err, NotOnline) // nothing has ever come down
	if got := anna.kinds(1); got != "records.searched(not_online)" {
		t.Errorf("said %s", got)
	}
	anna.sync()
	carl.sync()
	_, err = carl.FindProtected(t.Context(), "0701740641", Reason{Text: "ringde"})
	refused(t, err, NoRight)
	if got := carl.kinds(1); got != "records.searched(no_right)" {
		t.Errorf("said %s", got)
	}
	before := anna.kinds(50)
	_, err = anna.FindProtected(t.Context(), "0701740641", Reason{Text: " "})
	refused(t, err, ReasonMissing)
	_, err = anna.FindProtected(t.Context(), "0701740641", Reason{Assignment: "U-0"})
	refused(t, err, NoAssignment)
	_, err = anna.FindProtected(t.Context(), " a 1 ", Reason{Text: "ringde"})
	refused(t, err, QueryShort)
	_, err = anna.FindProtected(t.Context(), strings.Repeat("a", 201), Reason{Text: "ringde"})
	refused(t, err, TextLong)
	if got := anna.kinds(50); got != before {
		t.Errorf("said %s", got)
	}
	bo := h.enrolled("bo.ek")
	bo.sync()
	found, err := bo.FindProtected(t.Context(), "ripsele", Reason{Assignment: "U-2002"})
	ok(t, err)
	if len(found.Cards) != 1 || found.Cards[0].ID != "r-maj" {
		t.Errorf("with an assignment for a reason: %+v", found)
	}

	// Her right ends, and with it the search, from the next sync on.
	ok(t, h.gate.TakeRole(t.Context(), "anna.lind", "case_officer"))
	anna.sync()
	_, err = anna.FindProtected(t.Context(), "0701740641", Reason{Text: "ringde"})
	refused(t, err, NoRight)
	s, err := anna.current()
	ok(t, err)
	if len(s.who().profile.Search) != 0 {
		t.Error("the key stays where nothing may be read")
	}
	ok(t, anna.Lock())
	_, err = anna.FindProtected(t.Context(), "0701740641", Reason{Text: "ringde"})
	refused(t, err, Locked)
}

// A search shows nothing that could not be opened.
func TestASearchShowsNobodyWhoseLoanHasEnded(t *testing.T) {
	h := newHouse(t)
	anna := h.enrolled("anna.lind")
	anna.sync()
	h.stop()
	h.pass(8 * 24 * time.Hour)
	if got := anna.finds("0701740641"); got != "" || anna.kinds(1) != "records.searched" {
		t.Errorf("found %q, said %s", got, anna.kinds(1))
	}
}

// What stands in the way of an entry stands in the way of the search.
func TestNothingIsComparedWithoutADurableEntry(t *testing.T) {
	h := newHouse(t)
	anna := h.enrolled("anna.lind")
	anna.sync()
	s, err := anna.current()
	ok(t, err)
	ok(t, s.journal.Close())
	if found, err := anna.FindProtected(t.Context(), "0701740641", Reason{Text: "ringde"}); err == nil || len(found.Cards) != 0 {
		t.Errorf("found %+v without an entry", found)
	}
	ok(t, s.vault.Close())
	anna.mu.Lock()
	close(s.quit)
	anna.session = nil
	anna.mu.Unlock()
}
