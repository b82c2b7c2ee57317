package ui_test

import (
	"testing"

	"fyne.io/fyne/v2"

	"handslag/app/agent"
	"handslag/ui"
	"handslag/ui/part"
	"handslag/vault/factor/factortest"
)

// tabs walks with the keyboard alone until a button with that text has the focus, and presses it.
func (d *desk) tabs(text string) {
	d.t.Helper()
	c := d.window.Canvas()
	for range 60 {
		if b, is := c.Focused().(*part.Button); is && b.Text == text && !b.Disabled() {
			b.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
			d.loop.run()
			return
		}
		c.FocusNext()
	}
	d.t.Fatalf("the keyboard never comes to %q in:\n%s", text, d.words())
}

// TestTheVaultsPagesServeTheKeyboardAlone, at twice the size, in the dark, in English: all that is asked for can be reached and
// pressed without a pointer.
func TestTheVaultsPagesServeTheKeyboardAlone(t *testing.T) {
	h, ring := newHouse(t), &factortest.Keyring{}
	a := h.enrolled("anna.lind", func(c *agent.Config) { c.VaultOptions.Keyring = ring })
	loop := newMainLoop()
	t.Cleanup(func() { fyne.CurrentApp().Settings().SetTheme(part.Theme{}) })
	d := h.desk(loop, a, ui.Preferences{Language: "en", Appearance: part.Dusk, TextScale: 2})

	d.goes(ui.PlaceSettings)
	d.tabs("Change protection …")
	d.sees("Passphrase and this computer's keyring")
	d.picture("protection-dusk-200")
	d.chooses("keyring")
	d.writes("Passphrase", passphrase)
	d.tabs("Change protection")
	d.sees("The protection is changed.")
	d.tabs("Back")
	d.tabs("Empty the device …")
	d.sees("It cannot be undone.")
	d.picture("wipe-dusk-200")
	d.tabs("Back")

	d.goes(ui.PlaceRecords)
	d.tabs("Search protected data …")
	d.writes("Name, phone, street or number", "0701740641")
	d.writes("Describe the reason", "A neighbour called")
	d.picture("find-dusk-200")
	d.tabs("Search")
	d.sees("> U-2300")
	d.picture("find-found-dusk-200")
	d.tabs("Another search")
	d.sees("Reason to search")

	d.goes(ui.PlaceMe)
	d.tabs("Outbox …")
	d.folder = t.TempDir()
	d.tabs("Copy to a stick …")
	d.sees("Copied: ")

	d.goes(ui.PlaceLock)
	d.tabs("Forgotten the passphrase?")
	d.picture("again-dusk-200")
	d.writes("Type START AGAIN to confirm", "start again")
	d.enter()
	d.sees("The device is empty.")
	d.picture("again-done-dusk-200")
}
