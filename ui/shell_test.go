package ui

import (
	"testing"

	"handslag/assets"
	"handslag/ui/part"
)

func TestALockedProgramShowsNoPlaces(t *testing.T) {
	s := NewShell(assets.English)
	windowWith(t, s.Content(), 900, 700)
	s.Show(part.NewText("here"), true)
	if !s.Rail.Visible() {
		t.Error("an unlocked program shows no places")
	}
	s.Show(part.NewText("locked"), false)
	if s.Rail.Visible() {
		t.Error("a locked program shows its places")
	}
}
