package program

import (
	"testing"

	"handslag/ui/part"

	"fyne.io/fyne/v2/test"
)

func TestSettlingTapsLeavesOtherDriversAlone(t *testing.T) {
	w := test.NewWindow(part.NewText(""))
	defer w.Close()
	stop := SettleTaps(w)
	stop()
	stop()
}
