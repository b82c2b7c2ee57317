package ui_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"handslag/ui"
)

// TestALogThatWasTakenBackIsToldAndItsProofSaved: somebody puts yesterday's database back. Anna's device says what it means,
// and hands her both signed checkpoints.
func TestALogThatWasTakenBackIsToldAndItsProofSaved(t *testing.T) {
	h := newHouse(t)
	anna := h.enrolled("anna.lind", nil)
	h.syncs(anna)
	h.stop()
	yesterday, err := os.ReadFile(h.config.Path)
	ok(t, err)
	h.back()
	for _, name := range []string{"bo.ek", "bo.ek"} {
		h.enrolled(name, nil)
	}
	h.syncs(anna)
	h.stop()
	for _, suffix := range []string{"-wal", "-shm"} {
		_ = os.Remove(h.config.Path + suffix)
	}
	ok(t, os.WriteFile(h.config.Path, yesterday, 0o600))
	h.back()
	hers := h.desk(newMainLoop(), anna, ui.Preferences{})
	hers.goes(ui.PlaceMe)
	hers.taps("Synka nu")
	hers.sees("Loggen i det anslutna systemet är inte vad den var.", "Spara beviset")
	hers.picture("log-alarm")
	hers.taps("Spara beviset …")
	if saved := hers.saved.Bytes(); bytes.Count(saved, []byte("handslag.log/")) != 4 { // origin and signature, twice
		t.Errorf("saved is:\n%s", saved)
	}
	hers.sees("Loggen i det anslutna systemet är inte vad den var.") // it stays until she closes it
	for _, n := range anna.Notices() {
		ok(t, anna.DismissNotice(n.ID))
	}
	hers.sees("Loggen i det anslutna systemet har motsagt sig själv.", "Enheten går inte längre i god för den.", "Spara beviset")
	hers.until("what she closed is gone", func() bool { return !strings.Contains(hers.words(), "är inte vad den var") })
	hers.seesNot("Loggen har bara vuxit")
}
