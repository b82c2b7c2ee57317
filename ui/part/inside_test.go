package part

import (
	"testing"

	"fyne.io/fyne/v2"
)

// TestTheKeyboardAndTheWheelMoveThePage: what the keyboard comes to is in sight, and a field under the pointer keeps no wheel.
func TestTheKeyboardAndTheWheelMoveThePage(t *testing.T) {
	above, field := NewTextField("Anteckning", "", 3), NewField("Längst ner", "")
	s := NewTouchScroll(Stack(above, AtLeast(fyne.NewSize(0, 900)), field))
	w := windowWith(t, s, 400, 300)
	w.Canvas().Focus(field.Focusable())
	if end := s.Content.MinSize().Height - s.Size().Height; s.Offset.Y < end-Gap {
		t.Errorf("the field has the keyboard out of sight: %v of %v", s.Offset.Y, end)
	}
	w.Canvas().Focus(above.Focusable())
	if s.Offset.Y != 0 {
		t.Errorf("the first field has the keyboard out of sight: %v", s.Offset.Y)
	}
	newWheelVeil(above).Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, -50)})
	if s.Offset.Y != 50 {
		t.Errorf("the wheel over a field moved the page by %v", s.Offset.Y)
	}
}
