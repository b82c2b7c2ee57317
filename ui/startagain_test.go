package ui_test

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"handslag/app/agent"
	"handslag/ui"
	"handslag/ui/part"
)

// TestAForgottenPassphraseLeadsBackToWork: what waited is handed in, records come back, and the person is told.
func TestAForgottenPassphraseLeadsBackToWork(t *testing.T) {
	h := newHouse(t)
	a := h.enrolled("anna.lind", nil)
	old := a.Me().Device
	h.stop()
	_, err := a.Open(t.Context(), "r-maj", agent.Reason{Text: "Hon ringde om hissen"})
	ok(t, err)
	d := h.desk(newMainLoop(), a, ui.Preferences{})
	d.goes(ui.PlaceLock)
	d.sees("Hej Anna")
	d.taps("Har du glömt lösenfrasen?")
	d.sees("Börja om på den här enheten", "väntar ligger kvar", "går inte att ångra", "Inget som är mottaget går förlorat")
	d.picture("again")
	if b := d.button("Töm och börja om"); !b.Disabled() {
		t.Fatal("one tap empties the device")
	}
	d.writes("Skriv BÖRJA OM för att bekräfta", "börja")
	d.enter()
	d.sees("Börja om på den här enheten")
	d.taps("Tillbaka")
	d.sees("Hej Anna")
	d.taps("Har du glömt lösenfrasen?")
	d.writes("Skriv BÖRJA OM för att bekräfta", "börja  om")
	d.taps("Töm och börja om")
	d.sees("Enheten är tömd. Det som väntade ligger kvar i utkorgen.", "Anslut enheten")
	d.picture("again-done")

	h.back()
	d.writes("Organisations-id", h.statement.Org().Grouped())
	d.taps("Hitta organisationen")
	d.writes("Användarnamn", "anna.lind")
	d.writes("Lösenord", passwordOf("anna.lind"))
	d.taps("Fortsätt")
	d.writes("Lösenfras", passphrase)
	d.writes("Skriv lösenfrasen en gång till", passphrase)
	d.taps("Skapa nycklar och anslut")
	d.sees("[Synka nu]")
	d.taps("Synka nu")
	d.sees("Enheten är på plats igen. Akter: 2.", "Inget som är mottaget är förlorat")
	d.picture("again-back")
	if a.Me().Device == old {
		t.Error("the device has its old keys")
	}
	d.goes(ui.PlaceRecords)
	d.sees("> Maj Ripsele")
	d.goes(ui.PlaceLog)
	d.sees("> Anna Lind öppnade skyddad del: Maj Ripsele", old.Short())

	d.goes(ui.PlaceMe)
	d.closes("på plats igen")
	d.seesNot("på plats igen")
	d.goes(ui.PlaceSettings)
	d.goes(ui.PlaceMe)
	d.seesNot("på plats igen")
}

// TestTheDeviceIsEmptiedWithItsPassphrase: a slip empties nothing.
func TestTheDeviceIsEmptiedWithItsPassphrase(t *testing.T) {
	h := newHouse(t)
	a := h.enrolled("anna.lind", nil)
	d := h.desk(newMainLoop(), a, ui.Preferences{})
	d.goes(ui.PlaceSettings)
	d.taps("Töm enheten …")
	d.sees("Töm den här enheten", "lämnas in först", "går inte att ångra")
	d.picture("wipe")
	d.taps("Töm enheten")
	d.sees("Fyll i det här fältet.")
	d.writes("Lösenfras", "fel lösenfras")
	d.taps("Töm enheten")
	d.sees("Fel lösenfras. Inget är ändrat")
	if a.State() != agent.IsUnlocked {
		t.Fatal("a wrong passphrase locked the device")
	}
	d.writes("Lösenfras", passphrase)
	d.taps("Töm enheten")
	d.sees("Enheten är tömd.", "Anslut enheten", "Steg 1 av 3")
	if a.State() != agent.IsNew {
		t.Fatalf("the device is %s", a.State())
	}
	reviewer := h.desk(newMainLoop(), h.enrolled("anna.lind", nil), ui.Preferences{})
	reviewer.goes(ui.PlaceLog)
	reviewer.sees("> Anna Lind tömde enheten")
}

// closes taps the cross of the banner that says so.
func (d *desk) closes(words string) {
	d.t.Helper()
	for _, b := range all[*part.Banner](d) {
		if !strings.Contains(b.Problem().What, words) {
			continue
		}
		walk(b, func(o fyne.CanvasObject) bool {
			if button, is := o.(*part.Button); is && button.Text == "" {
				test.Tap(button)
				return false
			}
			return true
		})
		d.loop.run()
		return
	}
	d.t.Fatalf("no banner says %q in:\n%s", words, d.words())
}
