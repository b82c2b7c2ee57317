package qr

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"image"
	"strings"
)

// What a source of frames answers when it has none to give.
var (
	ErrNoCamera = errors.New("no camera")
	ErrClosed   = errors.New("the camera is closed")

	// A camera that is there and of no use now.
	ErrCameraBusy      = errors.New("another program holds the camera")
	ErrCameraForbidden = errors.New("this user may not use the camera")
	ErrCameraSilent    = errors.New("the camera gives no pictures")
)

// Frames is where pictures come from: a camera, or what stands in for one. Next waits for a frame newer than the one
// before it, until ctx ends. After Close, which may come from another goroutine, Next answers ErrClosed.
type Frames interface {
	Next(ctx context.Context) (image.Image, error)
	Close() error
}

const framesPrefix = "frames:"

// IsFolder says whether the -camera flag names a folder of pictures, and so no camera but the demo's.
func IsFolder(name string) bool { return strings.HasPrefix(name, framesPrefix) }

// OpenCamera opens the source that the -camera flag names: "none" (ErrNoCamera) or "frames:DIR", a folder looked at
// on every tick.
func OpenCamera(name string, ticker Ticker) (Frames, error) {
	if name == "none" {
		return nil, fmt.Errorf("open camera: %w", ErrNoCamera)
	}
	if dir, ok := strings.CutPrefix(name, framesPrefix); ok && dir != "" {
		return FramesFromDir(dir, ticker)
	}
	return nil, fmt.Errorf("open camera %q: it is neither none nor frames:DIR", name)
}

// Sight is a code that a frame shows.
type Sight struct {
	Text    string
	Frame   image.Image
	Outline Outline // of the code in Frame
}

// Scan reads frames until accept takes the text of one, and returns that text. A frame equal to the one before it is
// not decoded again, and one without a code is passed over. accept sees foreign and damaged texts too, so that a screen
// can say so; it runs on Scan's goroutine. Scan ends with ctx or with the source; it closes nothing.
func Scan(ctx context.Context, frames Frames, accept func(text string) bool) (string, error) {
	seen, err := ScanSights(ctx, frames, func(seen Sight) bool { return accept(seen.Text) })
	return seen.Text, err
}

// ScanSights is Scan for who wants to show where the code was, too.
func ScanSights(ctx context.Context, frames Frames, accept func(Sight) bool) (Sight, error) {
	seed := maphash.MakeSeed()
	var last uint64
	for first := true; ; {
		if err := ctx.Err(); err != nil {
			return Sight{}, fmt.Errorf("scan: %w", err)
		}
		img, err := frames.Next(ctx)
		if err != nil {
			return Sight{}, fmt.Errorf("scan: %w", err)
		}
		gray, err := luminanceOf(img)
		if err != nil {
			continue
		}
		sum := fingerprint(seed, gray)
		if !first && sum == last {
			continue
		}
		first, last = false, sum
		text, at, err := readGray(gray)
		if err != nil {
			continue // no code in it: the next one may do
		}
		if seen := (Sight{text, img, at.in(img.Bounds(), gray)}); accept(seen) {
			return seen, nil
		}
	}
}

// fingerprint is equal for equal frames; it only saves work, so 64 bits do.
func fingerprint(seed maphash.Seed, gray *image.Gray) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	maphash.WriteComparable(&h, gray.Rect.Dx())
	h.Write(gray.Pix)
	return h.Sum64()
}
