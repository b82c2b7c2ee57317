//go:build cgo

package program

import (
	"fmt"

	"github.com/go-gl/glfw/v3.4/glfw"
)

// TryDisplay finds out whether a window can be opened here at all: a display, and OpenGL on it. Fyne ends the program where
// not, with words for developers. It is called on the main thread before the first window, and leaves nothing behind.
func TryDisplay() error {
	if err := glfw.Init(); err != nil {
		return fmt.Errorf("reach display: %w", err)
	}
	defer glfw.Terminate()
	glfw.WindowHint(glfw.Visible, glfw.False)
	glfw.WindowHint(glfw.ContextVersionMajor, 2)
	glfw.WindowHint(glfw.ContextVersionMinor, 0)
	probe, err := glfw.CreateWindow(16, 16, "Handslag", nil, nil)
	if err != nil {
		return fmt.Errorf("open window: %w", err)
	}
	probe.Destroy()
	return nil
}

// HearInput calls heard, on the main thread, whenever a person moves the pointer, presses a key or touches the screen,
// whichever widget takes it: Fyne tells only the widget. It is called on the main thread once the window is on the screen.
func HearInput(w any, heard func()) {
	native, ok := w.(interface{ RunWithContext(func()) })
	if !ok {
		return
	}
	native.RunWithContext(func() {
		view := glfw.GetCurrentContext()
		if view == nil {
			return
		}
		if before := view.SetCursorPosCallback(nil); before != nil {
			view.SetCursorPosCallback(func(v *glfw.Window, x, y float64) { heard(); before(v, x, y) })
		}
		if before := view.SetKeyCallback(nil); before != nil {
			view.SetKeyCallback(func(v *glfw.Window, k glfw.Key, code int, a glfw.Action, m glfw.ModifierKey) {
				heard()
				before(v, k, code, a, m)
			})
		}
		if before := view.SetScrollCallback(nil); before != nil {
			view.SetScrollCallback(func(v *glfw.Window, x, y float64) { heard(); before(v, x, y) })
		}
		if before := view.SetMouseButtonCallback(nil); before != nil {
			view.SetMouseButtonCallback(func(v *glfw.Window, b glfw.MouseButton, a glfw.Action, m glfw.ModifierKey) {
				heard()
				before(v, b, a, m)
			})
		}
	})
}
