//go:build cgo

package program

import (
	"image"

	"fyne.io/fyne/v2"
	"github.com/go-gl/glfw/v3.4/glfw"
)

// moveWindow puts a window that is on the screen at a place of it. Fyne has no word for that;
// where the system has none either, the window stays.
func moveWindow(w fyne.Window, at image.Point) {
	native, ok := w.(interface{ RunWithContext(func()) })
	if !ok || glfw.GetPlatform() == glfw.PlatformWayland {
		return
	}
	native.RunWithContext(func() {
		if view := glfw.GetCurrentContext(); view != nil {
			view.SetPos(at.X, at.Y)
		}
	})
}
