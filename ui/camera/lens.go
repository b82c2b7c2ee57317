package camera

import (
	"strings"
	"sync"
	"time"

	"handslag/identity/qr"
)

// period is how often a camera is looked at: a hand holds still for longer.
const period = 200 * time.Millisecond

// Lens is the camera that a window looks through: one of the machine's, or what the command line
// names instead.
type Lens struct {
	source string // as -camera says

	mu     sync.Mutex
	chosen string // path of the one that the person chose; empty: the first that opens

	opening sync.Mutex
	last    qr.Frames // opened last, perhaps not closed yet
}

// NewLens takes what -camera says: none, auto, a device's path or frames:DIR.
func NewLens(source string) *Lens { return &Lens{source: source} }

// Devices are the cameras to choose from; none where the command line has chosen.
func (l *Lens) Devices() []Device {
	if l == nil || l.source != Auto {
		return nil
	}
	return List()
}

// Chosen is the path of the camera that Choose named, empty before.
func (l *Lens) Chosen() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.chosen
}

// Choose takes another camera from the next Open on.
func (l *Lens) Choose(path string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.chosen = path
}

// There reports whether there is a camera to open.
func (l *Lens) There() bool { return l.source != Auto || len(List()) > 0 }

// Open opens it; errors as Open's. What was open before is closed first, and waited for: a driver says busy for
// as long as the last picture is on its way.
func (l *Lens) Open() (qr.Frames, error) {
	l.opening.Lock()
	defer l.opening.Unlock()
	if l.last != nil {
		_ = l.last.Close() // nothing was written
		l.last = nil
	}
	frames, err := l.open()
	if err == nil {
		l.last = frames
	}
	return frames, err
}

func (l *Lens) open() (qr.Frames, error) {
	switch path := l.Chosen(); {
	case l.source == Auto && path != "":
		return Open(path)
	case l.source == Auto, strings.HasPrefix(l.source, "/dev/"):
		return Open(l.source)
	}
	return qr.OpenCamera(l.source, qr.Every(period))
}
