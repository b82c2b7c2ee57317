package ui

import (
	"os"
	"testing"

	"handslag/ui/part"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// TestMain gives every test our look: Fyne's test app starts with a bare one that lacks our colours.
func TestMain(m *testing.M) {
	test.NewApp().Settings().SetTheme(part.Theme{})
	os.Exit(m.Run())
}

// windowWith shows an object in our look, in a window of the test driver.
func windowWith(t *testing.T, o fyne.CanvasObject, width, height float32) fyne.Window {
	t.Helper()
	w := test.NewWindow(o)
	t.Cleanup(w.Close)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(width, height))
	return w
}
