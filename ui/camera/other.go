//go:build !linux

package camera

import (
	"fmt"

	"handslag/identity/qr"
)

// List is empty: a picture file or the other device's camera is the way on this system.
func List() []Device { return nil }

func open(string) (qr.Frames, error) {
	return nil, fmt.Errorf("open camera: %w", qr.ErrNoCamera)
}
