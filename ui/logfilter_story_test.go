package ui_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"handslag/app/agent"
	"handslag/app/connected/gate"
	"handslag/identity"
	"handslag/identity/access"
	"handslag/sync/link"
	"handslag/ui"
	"handslag/ui/part"
	"handslag/vault/journal"
)

// field is the log's filter that has this hint.
func (d *desk) field(hint string) fyne.Focusable {
	d.t.Helper()
	for _, s := range all[*part.Suggest](d) {
		if s.Hint() == hint {
			return s.Focusable()
		}
	}
	d.t.Fatalf("no filter %q", hint)
	return nil
}

// search types into a filter, and presses Enter.
func (d *desk) search(hint, text string) {
	d.t.Helper()
	e := d.field(hint)
	d.window.Canvas().Focus(e)
	test.Type(e, text)
	d.enter()
}

// chip is the one that says it.
func (d *desk) chip(text string) *part.Chip {
	for _, c := range all[*part.Chip](d) {
		if c.Text() == text {
			return c
		}
	}
	return nil
}

// narrowed is Anna's window before a log with this and that in it.
func narrowed(t *testing.T) (*house, *desk) {
	h := newHouse(t)
	h.takes(`{"type":"assignment","id":"U-2301","record":"r-maja","unit":"norra","people":["anna.lind"],"title":"Brandvarnaren piper","area":"Sparvhagen","due":"2026-06-01","text":"Byt batteriet."}
`)
	a := h.enrolled("anna.lind", nil)
	for _, one := range []struct {
		record journal.RecordID
		why    agent.Reason
	}{{"r-maj", agent.Reason{Text: "Hon ringde om hissen"}}, {"r-maja", agent.Reason{Text: "Brandvarnaren", Assignment: "U-2301"}}} {
		_, err := a.Open(t.Context(), one.record, one.why)
		ok(t, err)
		ok(t, a.CloseRecord(t.Context(), one.record))
	}
	h.syncs(a)
	h.enrolled("bo.ek", nil)
	d := h.desk(newMainLoop(), a, ui.Preferences{})
	d.goes(ui.PlaceLog)
	d.sees("> Anna Lind öppnade skyddad del: Maj Ripsele", "Hon ringde om hissen", "> Bo Ek anslöt enheten")
	return h, d
}

// TestTheLogIsNarrowedDown by each thing that a reviewer asks for; a chip says by which, and one tap takes it away.
func TestTheLogIsNarrowedDown(t *testing.T) {
	_, d := narrowed(t)
	device := d.agent.Me().Device
	const who, staff, kind, day, of, task, unit = "Namn eller id", "Användarnamn", "Vad som hänt", "Dag, dagar", "Enhets-id", "Nummer", "Namn"
	d.taps("Fler filter")
	d.picture("log-filters")
	for _, c := range []struct {
		name, field, text string
		chip              string // "": what was typed is wrong, and stays
		sees, lack        string
	}{
		{"part of the person's name", who, "ripsele", "Berörd person: Maj Ripsele", "> Anna Lind öppnade skyddad del: Maj Ripsele", "anslöt enheten"},
		{"the record's ID", who, "r-maj", "Berörd person: r-maj", "> Anna Lind öppnade skyddad del: Maj Ripsele", "anslöt enheten"},
		{"the person's opaque ID", who, "s-maj", "Berörd person: Maj Ripsele", "> Anna Lind öppnade skyddad del: Maj Ripsele", "anslöt enheten"},
		{"a member of staff", staff, "bo.ek", "Medarbetare: bo.ek", "> Bo Ek anslöt enheten", "Anna Lind"},
		{"what was done", kind, "öppnade skyddad", "Händelse: Öppnade skyddad del", "> Anna Lind öppnade skyddad del: Maj Ripsele", "anslöt enheten"},
		{"what was done, as entries name it", kind, "record.opened", "Händelse: Öppnade skyddad del", "> Anna Lind öppnade skyddad del: U-2300", "anslöt enheten"},
		{"what nobody can do", kind, "flög till månen", "", "Välj en händelse i listan.", "nothing"},
		{"a day", day, "2026-06-01", "Dag: 2026-06-01", "> Anna Lind anslöt enheten", "nothing"},
		{"a day in a word", day, "i dag", "Dag: 2026-06-01", "> Anna Lind anslöt enheten", "nothing"},
		{"some days", day, "2026-05-30 – 2026-06-02", "Dag: 2026-05-30 – 2026-06-02", "> Anna Lind anslöt enheten", "nothing"},
		{"some days, the last first", day, "2026-06-02..2026-05-30", "Dag: 2026-05-30 – 2026-06-02", "> Anna Lind anslöt enheten", "nothing"},
		{"a day without entries", day, "2026-05-01", "Dag: 2026-05-01", "Ingen händelse passar filtret", "> "},
		{"no day", day, "någon gång", "", "Skriv dagen som ÅÅÅÅ-MM-DD", "nothing"},
		{"too many days", day, "2026-01-01..2026-06-01", "", "Högst 31 dagar åt gången.", "nothing"},
		{"a device", of, device.Grouped(), "Enhets-id: " + device.Short(), "> Anna Lind anslöt enheten", "Bo Ek anslöt"},
		{"half a device ID", of, "ABCD EF", "", "Enhets-id:t är inte helt, eller har ett tecken fel.", "nothing"},
		{"a device ID with a slip", of, slipped(device.Grouped()), "", "Enhets-id:t är inte helt, eller har ett tecken fel.", "nothing"},
		{"an assignment by its title", task, "brandvarnaren", "Uppdrag: U-2301 · Brandvarnaren piper", "> Anna Lind öppnade skyddad del: U-2300", "Maj Ripsele"},
		{"an assignment by its number", task, "u-2301", "Uppdrag: U-2301 · Brandvarnaren piper", "> Anna Lind öppnade skyddad del: U-2300", "Maj Ripsele"},
		{"a unit", unit, "norra", "Avdelning: Norra", "> Anna Lind öppnade skyddad del: Maj Ripsele", "nothing"},
		{"a unit of none", unit, "sodra", "Avdelning: sodra", "Ingen händelse passar filtret", "> "},
		{"a look at the log by its filter", staff, "anna.lind", "Medarbetare: anna.lind", "Medarbetare: bo.ek", "Bo Ek"},
	} {
		passed := t.Run(c.name, func(t *testing.T) {
			whole := d.t
			d.t = t
			defer func() { d.t = whole }()
			d.search(c.field, c.text)
			d.sees(c.sees)
			for _, line := range strings.Split(d.words(), "\n") {
				if strings.HasPrefix(line, "> ") && strings.Contains(line, c.lack) {
					t.Errorf("%q is still there", line)
				}
			}
			entry := d.field(c.field).(interface{ SetText(string) })
			if c.chip == "" {
				if d.chip(c.text) != nil || len(all[*part.Chip](d)) > 0 {
					t.Error("what is wrong is filtered by")
				}
				entry.SetText("")
				return
			}
			chip := d.chip(c.chip)
			if chip == nil {
				t.Fatalf("no chip %q in:\n%s", c.chip, d.words())
			}
			test.Tap(chip)
			d.sees("> Bo Ek anslöt enheten", "> Anna Lind öppnade skyddad del: U-2300")
			if len(all[*part.Chip](d)) > 0 {
				t.Error("the chip is still there")
			}
		})
		if !passed {
			return // the filter is not cleared: every one after it would wait in vain
		}
	}
}

// TestFiltersTogether hold all at once, and are cleared by one tap; by the keyboard alone, too.
func TestFiltersTogether(t *testing.T) {
	_, d := narrowed(t)
	canvas := d.window.Canvas()
	staff := d.field("Användarnamn")
	canvas.Focus(staff)
	test.Type(staff, ".") // part of both names: the list asks
	d.enter()
	if canvas.Overlays().Top() == nil {
		t.Fatal("no list shows")
	}
	focused := canvas.Focused()
	for _, key := range []fyne.KeyName{fyne.KeyDown, fyne.KeyReturn} { // the first of them
		focused.TypedKey(&fyne.KeyEvent{Name: key})
	}
	d.loop.run()
	d.until("she is chosen", func() bool { return d.chip("Medarbetare: anna.lind") != nil })
	if canvas.Focused() != staff {
		t.Error("the keyboard is somewhere else now")
	}
	d.taps("Fler filter")
	d.search("Vad som hänt", "record.opened")
	d.until("both hold", func() bool { return len(all[*part.Chip](d)) == 2 })
	d.sees("> Anna Lind öppnade skyddad del: Maj Ripsele")
	d.seesNot("anslöt enheten")
	d.picture("log-filter")
	chip := d.chip("Händelse: Öppnade skyddad del")
	canvas.Focus(chip)
	chip.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDelete})
	d.sees("> Anna Lind anslöt enheten")
	d.seesNot("Bo Ek anslöt")
	d.search("Vad som hänt", "record.opened")
	d.taps("Rensa")
	d.sees("> Bo Ek anslöt enheten")
	if len(all[*part.Chip](d)) > 0 {
		t.Error("something is left")
	}
}

// TestALongLogComesInPieces: what follows is read when the last row comes into sight, and a filter that changes meanwhile ends it.
func TestALongLogComesInPieces(t *testing.T) {
	h := newHouse(t)
	a := h.enrolled("anna.lind", nil)
	for i := range 130 {
		_, err := a.Open(t.Context(), "r-maj", agent.Reason{Text: fmt.Sprint("Skäl ", i)})
		ok(t, err)
		ok(t, a.CloseRecord(t.Context(), "r-maj"))
	}
	h.syncs(a)
	h.enrolled("bo.ek", nil)
	d := h.desk(newMainLoop(), a, ui.Preferences{})
	var asked []string
	h.meet(func(r *http.Request) {
		if strings.HasPrefix(r.URL.Path, link.PathLog) {
			asked = append(asked, r.URL.RawQuery)
		}
	})
	d.goes(ui.PlaceLog)
	d.sees("50 händelser visas, fler finns")
	list := all[*part.RowList](d)[0]
	list.OnEnd()
	d.sees("100 händelser visas, fler finns")
	if len(slices.Compact(slices.Sorted(slices.Values(asked)))) != len(asked) {
		t.Errorf("something was asked for twice: %q", asked)
	}
	d.search("Användarnamn", "bo.ek")
	d.sees("> Bo Ek anslöt enheten")
	d.seesNot("fler finns", "Skäl")
}

// Whoever reviews a unit is told that there is more than they see.
func TestAUnitsReviewerIsToldHowFarTheLogGoes(t *testing.T) {
	h := newHouse(t)
	ok(t, h.gate.PutRole(t.Context(), gate.Role{ID: "unit_reviewer", Name: "Granskare på enheten", Grants: []identity.Grant{{Right: access.LogRead, Scope: access.Unit}}}))
	ok(t, h.gate.GrantRole(t.Context(), "bo.ek", "unit_reviewer"))
	a := h.enrolled("bo.ek", nil)
	d := h.desk(newMainLoop(), a, ui.Preferences{})
	d.goes(ui.PlaceLog)
	d.sees("Du ser det som har gjorts på Norra.", "> Bo Ek anslöt enheten")
	d.picture("log-unit")
	ok(t, h.gate.PutRole(t.Context(), gate.Role{ID: "unit_reviewer", Name: "Granskare", Grants: []identity.Grant{{Right: access.LogRead, Scope: access.All}}}))
	d.taps("Uppdatera")
	d.seesNot("Du ser det som har gjorts på")
}
