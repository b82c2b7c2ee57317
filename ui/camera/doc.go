// Package camera is the machine's own cameras as frames for identity/qr: Video4Linux2 today, and
// one small file for each other system that is to follow. It draws nothing, decodes no code, and
// needs neither Fyne nor C.
package camera

import (
	"fmt"

	"handslag/identity/qr"
)

// Device is a camera that can be opened.
type Device struct {
	Path string // what Open takes
	Name string // as its maker calls it
}

// Auto is the name of whichever camera comes first.
const Auto = "auto"

// Open opens the camera at path, or with Auto the first that opens. It returns qr.ErrNoCamera,
// qr.ErrCameraBusy, qr.ErrCameraForbidden; frames may later end with qr.ErrCameraSilent, or
// qr.ErrNoCamera where the camera was pulled out.
func Open(path string) (qr.Frames, error) {
	if path != Auto {
		return open(path)
	}
	var first error
	for _, d := range List() {
		frames, err := open(d.Path)
		if err == nil {
			return frames, nil
		}
		if first == nil {
			first = err
		}
	}
	if first == nil {
		first = fmt.Errorf("open camera: %w", qr.ErrNoCamera)
	}
	return nil, first
}
