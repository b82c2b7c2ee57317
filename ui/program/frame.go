package program

import (
	"image"
	"regexp"
	"strconv"

	"fyne.io/fyne/v2"
)

// Frame is how large a window is at first, and where on the screen, where the system lets a
// program say so: X11 and Windows do, Wayland does not.
type Frame struct {
	Size fyne.Size
	At   *image.Point // pixels from the upper left corner; nil leaves it to the system
}

var frameText = regexp.MustCompile(`^(\d{1,5})x(\d{1,5})(?:\+(\d{1,5})\+(\d{1,5}))?$`)

// parseFrame reads WIDTHxHEIGHT[+X+Y], as X11's programs take it.
func parseFrame(text string) (Frame, bool) {
	m := frameText.FindStringSubmatch(text)
	if m == nil {
		return Frame{}, false
	}
	var n [4]int
	for i, digits := range m[1:] {
		n[i], _ = strconv.Atoi(digits) // empty or digits
	}
	const most = 1<<16 - 1
	if n[0] == 0 || n[1] == 0 || max(n[0], n[1], n[2], n[3]) > most {
		return Frame{}, false
	}
	f := Frame{Size: fyne.NewSize(float32(n[0]), float32(n[1]))}
	if m[3] != "" {
		f.At = &image.Point{X: n[2], Y: n[3]}
	}
	return f, true
}
