// Package camera is the machine's own cameras as frames for identity/qr: Video4Linux2 today, and
// one small file for each other system that is to follow. It draws nothing, decodes no code, and
// needs neither Fyne nor C.
package camera

import (
	"errors"
	"fmt"

	"handslag/identity/qr"
)

// Errors of Open besides qr.ErrNoCamera; callers match them with errors.Is.
var (
	ErrBusy      = errors.New("another program holds the camera")
	ErrForbidden = errors.New("this user may not use the camera")
	ErrSilent    = errors.New("the camera gives no pictures")
)

// Device is a camera that can be opened.
type Device struct {
	Path string // what Open takes
	Name string // as its maker calls it
}

// Auto is the name of whichever camera comes first.
const Auto = "auto"

// Open opens the camera at path, or with Auto the first that opens. It returns qr.ErrNoCamera,
// ErrBusy, ErrForbidden; frames may later end with ErrSilent, or qr.ErrNoCamera where the camera
// was pulled out.
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
