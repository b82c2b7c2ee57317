package ui_test

import (
	"testing"

	"handslag/ui"
	"handslag/ui/part"
)

// TestASearchOfProtectedDataLeavesAnEntry: no reason, no search; what is found are cards, and the log says that she searched.
func TestASearchOfProtectedDataLeavesAnEntry(t *testing.T) {
	h := newHouse(t)
	a := h.enrolled("anna.lind", nil)
	d := h.desk(newMainLoop(), a, ui.Preferences{})
	d.goes(ui.PlaceRecords)
	d.picture("records-find")
	d.taps("Sök i skyddade uppgifter …")
	d.sees("skrivs i loggen först")
	d.taps("Sök")
	d.sees("Skriv minst 3 tecken.")
	d.writes("Namn, telefon, gata eller nummer", "070-174 06 41")
	d.taps("Sök")
	d.sees("Ange ett skäl.")
	d.seesNot("> ")
	d.writes("Beskriv skälet", "Ringer om vattnet, säger bara sitt nummer")
	d.picture("find")
	d.enter()
	d.sees("> U-2300")
	d.seesNot("Vintergrind", "> Maj Ripsele", "Fler passar", "070-174")
	d.picture("find-found")
	d.opensRow("U-2300")
	d.sees("Skyddade uppgifter")
	d.seesNot("Vintergrind")
	d.taps("Tillbaka")
	d.sees("> U-2300")

	d.taps("Ny sökning")
	d.writes("Namn, telefon, gata eller nummer", "vintergrind") // whoever lives hidden is not found by name
	d.taps("Sök")
	d.sees("Ingen akt på enheten passar")
	d.picture("find-none")
	d.taps("Ny sökning")
	d.writes("Namn, telefon, gata eller nummer", "ripse")
	d.enter()
	d.sees("> Maj Ripsele")
	d.taps("Ny sökning")
	if got := all[*part.Field](d)[0].Text(); got != "" {
		t.Errorf("%q, which may be what is protected, is left standing", got)
	}
	d.writes("Namn, telefon, gata eller nummer", "a b c")
	d.enter()
	d.sees("Skriv minst 3 tecken.")
	d.goes(ui.PlaceMe)
	d.taps("Synka nu")
	d.goes(ui.PlaceLog)
	d.sees("> Anna Lind sökte i skyddade uppgifter", "Ringer om vattnet")
}
