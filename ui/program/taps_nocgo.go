//go:build !cgo

package program

import (
	"image"

	"fyne.io/fyne/v2"
)

// SettleTaps has nothing to settle: without cgo there is no window but the tests'.
func SettleTaps(fyne.Window) (stop func()) { return func() {} }

// moveWindow moves nothing, for the same reason.
func moveWindow(fyne.Window, image.Point) {}
