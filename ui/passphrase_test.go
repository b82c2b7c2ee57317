package ui_test

import (
	"testing"

	"handslag/ui"
	"handslag/ui/part"
)

// TestAnnaChangesHerPassphraseInTheWindow: each slip is told where it is mended, and afterwards the new one alone unlocks.
func TestAnnaChangesHerPassphraseInTheWindow(t *testing.T) {
	const another = "fyra stora anna i snö"
	h := newHouse(t)
	a := h.enrolled("anna.lind", nil)
	d := h.desk(newMainLoop(), a, ui.Preferences{})
	d.goes(ui.PlaceSettings)
	d.taps("Byt lösenfras")
	d.sees("Nuvarande lösenfras", "Ny lösenfras", "En kopia av mappen")
	d.picture("passphrase")
	d.taps("Byt lösenfras")
	d.sees("Fyll i det här fältet.")
	d.writes("Nuvarande lösenfras", "inte min lösenfras")
	d.writes("Lösenfras", "kort")
	d.taps("Byt lösenfras")
	d.sees("Lösenfrasen är för kort")
	d.writes("Lösenfras", another)
	d.writes("Skriv lösenfrasen en gång till", another+"x")
	d.taps("Byt lösenfras")
	d.sees("Lösenfraserna är inte lika.")
	d.writes("Skriv lösenfrasen en gång till", another)
	d.taps("Byt lösenfras")
	d.sees("Fel lösenfras. Inget är ändrat, och försöket räknas.")
	d.seesNot("Lösenfrasen är bytt.")
	d.writes("Nuvarande lösenfras", passphrase)
	d.taps("Byt lösenfras")
	d.sees("Lösenfrasen är bytt.")
	for _, f := range all[*part.Field](d) {
		if f.Text() != "" {
			t.Error("a passphrase is left standing in a field")
		}
	}
	ok(t, a.Lock())
	d.sees("Hej Anna")
	d.writes("Lösenfras", passphrase)
	d.enter()
	d.sees("Fel lösenfras.")
	d.writes("Lösenfras", another)
	d.enter()
	d.sees("[Synka nu]")
}
