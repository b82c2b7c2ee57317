//go:build cgo

package program

import (
	"sync"

	"fyne.io/fyne/v2"
	"github.com/go-gl/glfw/v3.4/glfw"
)

// tapQueue bounds the button events that may wait for the next turn of the loop; a person makes a handful a second.
const tapQueue = 256

// SettleTaps makes a finger's tap land where the finger is. Fyne 2.8 moves its pointer once a frame but handles a press at
// once, so a touch screen, which moves and presses in one go, taps what lay under the finger before: the wrong record, or
// nothing. Presses and releases are therefore handed on one turn of the loop later, in their order, after the move.
//
// It is called on the main thread once the window is on the screen. Drivers without GLFW are left as they are. The returned
// function ends it.
func SettleTaps(w fyne.Window) (stop func()) {
	native, ok := w.(interface{ RunWithContext(func()) })
	if !ok {
		return func() {}
	}
	events := make(chan func(), tapQueue)
	hooked := false
	native.RunWithContext(func() {
		view := glfw.GetCurrentContext()
		if view == nil {
			return
		}
		handle := view.SetMouseButtonCallback(nil)
		if handle == nil {
			return
		}
		hooked = true
		view.SetMouseButtonCallback(func(v *glfw.Window, b glfw.MouseButton, a glfw.Action, m glfw.ModifierKey) {
			select {
			case events <- func() { handle(v, b, a, m) }:
			default: // never lose a release, even when the loop stands still
				handle(v, b, a, m)
			}
		})
	})
	done := make(chan struct{})
	if hooked {
		go func() {
			for {
				select {
				case e := <-events:
					fyne.Do(e)
				case <-done:
					return
				}
			}
		}()
	}
	return sync.OnceFunc(func() { close(done) })
}
