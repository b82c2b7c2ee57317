package ui_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"handslag/app/agent"
	"handslag/ui"
	"handslag/ui/part"
)

// pastes puts text on the clipboard and takes it from there. (The test driver knows no Ctrl+V.)
func (d *desk) pastes(text string) {
	d.t.Helper()
	fyne.CurrentApp().Clipboard().SetContent(text)
	d.taps("Klistra in koden")
}

// TestTheCodeIsPasted as text, and as a picture file that was copied: each goes the road of a picture file, where both type.
func TestTheCodeIsPasted(t *testing.T) {
	anna, bo, _ := meetingWith(t, ui.Preferences{}, func(_ *house, _ string, c *agent.Config) { c.Camera = nil })
	board := fyne.CurrentApp().Clipboard()
	shows := func() string {
		anna.goes(ui.PlaceHandOver)
		anna.taps("Visa min QR-kod")
		anna.taps("Kopiera koden som text")
		anna.sees("Koden är kopierad.")
		code := board.Content()
		if !strings.HasPrefix(code, "HS1:") {
			t.Fatalf("%q lies on the clipboard", code)
		}
		return code
	}
	met := func(how string) {
		t.Helper()
		for _, d := range []*desk{anna, bo} {
			d.until("digits to read out and digits to type, "+how, func() bool { return len(all[*part.CodeEntry](d)) == 2 })
		}
	}
	reads := func() {
		bo.goes(ui.PlaceHandOver)
		bo.taps("Läs kollegans QR-kod")
		bo.sees("Klistra in koden")
	}
	leave := func() {
		bo.goes(ui.PlaceMe)
		anna.goes(ui.PlaceMe)
	}

	code := shows()
	reads()
	bo.picture("handover-paste")
	for _, c := range []struct{ pasted, said string }{
		{"", "På urklipp finns varken en kod eller en bildfil."},
		{"mötet är flyttat", "På urklipp finns varken en kod eller en bildfil."},
		{strings.Repeat("HS1:A ", 5000), "På urklipp finns varken en kod eller en bildfil."},
		{code[:61], "QR-koden är inte hel."},
		{"HS9:" + code[4:], "nyare version"},
		{filepath.Join(t.TempDir(), "borta.png"), "Bilden innehåller ingen läsbar QR-kod."},
	} {
		bo.pastes(c.pasted)
		bo.sees(c.said)
	}
	bo.pastes(code)
	met("from text")
	if board.Content() != "" {
		t.Error("a code that was used lies on the clipboard")
	}

	leave()
	code = shows()
	reads()
	bo.pastes("Hej, här är koden:\n  " + strings.ToLower(code) + "\nSkynda!")
	met("from a letter")
	if board.Content() == "" {
		t.Error("what somebody else put on the clipboard is gone")
	}

	leave()
	shows()
	reads()
	dir := filepath.Join(t.TempDir(), "bilder från Anna")
	ok(t, os.Mkdir(dir, 0o700))
	file := filepath.Join(dir, "kod.png")
	ok(t, os.WriteFile(file, anna.picture(""), 0o600))
	bo.pastes("copy\n" + (&url.URL{Scheme: "file", Path: file}).String() + "\n")
	met("from a copied file")

	leave()
	shows()
	anna.goes(ui.PlaceMe)
	if board.Content() != "" {
		t.Error("the code of a screen that was left lies on the clipboard")
	}
}
