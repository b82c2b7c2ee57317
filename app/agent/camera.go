package agent

import (
	"errors"
	"io"

	"handslag/identity/qr"
)

// ScanPicture is the text of the code in a picture file, for ScanVerification.
func (a *Agent) ScanPicture(r io.Reader) (string, error) {
	text, err := qr.ReadPicture(r)
	return text, translate(err)
}

// HasCamera reports whether there is one to open, as far as can be told without opening it.
func (a *Agent) HasCamera() bool {
	return a.cfg.Camera != nil && (a.cfg.CameraThere == nil || a.cfg.CameraThere())
}

// CameraProblem is why a camera stopped giving frames.
func CameraProblem(err error) *Problem {
	if p := asProblem(err); p.Code != Internal {
		return p
	}
	return problem(NoCamera, err)
}

// Camera opens the source of frames; the caller closes it.
func (a *Agent) Camera() (qr.Frames, error) {
	if a.cfg.Camera == nil {
		return nil, problem(NoCamera, nil)
	}
	frames, err := a.cfg.Camera()
	if err != nil {
		var named *Problem
		if errors.As(translate(err), &named) && named.Code != Internal {
			return nil, named
		}
		return nil, problem(NoCamera, err)
	}
	return frames, nil
}
