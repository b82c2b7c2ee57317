package qr

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"

	qrcode "github.com/skip2/go-qrcode"
)

const (
	// MaxVersion is the largest QR version drawn: 45 by 45 modules still give a phone or a poor webcam enough
	// pixels a module at arm's length.
	MaxVersion = 7

	// QuietZone is the white border in modules that ISO/IEC 18004 asks for on each side.
	QuietZone = 4

	maxModulePixels = 64
	maxDrawnText    = 178
	alphanumeric    = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
)

// Code is a drawn QR code: a square of black and white modules without its quiet zone. It keeps neither text nor
// payload, and prints as its version only, so that a log line cannot carry the secret in it.
type Code struct {
	version int
	modules [][]bool
}

// Draw makes the code for a text at error correction M. The text must consist of the 45 characters of QR's
// alphanumeric mode, because decoders mangle byte mode, and fit MaxVersion; what does not fit is ErrOversized.
func Draw(text string) (*Code, error) {
	if text == "" {
		return nil, errors.New("draw code: the text is empty")
	}
	if len(text) > maxDrawnText {
		return nil, fmt.Errorf("draw code of %d characters, at most %d: %w", len(text), maxDrawnText, ErrOversized)
	}
	for i := range len(text) {
		if strings.IndexByte(alphanumeric, text[i]) < 0 {
			return nil, fmt.Errorf("draw code: character %d is outside the alphanumeric set", i+1)
		}
	}
	drawn, err := qrcode.New(text, qrcode.Medium)
	if err != nil {
		return nil, fmt.Errorf("draw code: %w", err)
	}
	if drawn.VersionNumber > MaxVersion {
		return nil, fmt.Errorf("draw code: it needs version %d, at most %d: %w", drawn.VersionNumber, MaxVersion, ErrOversized)
	}
	drawn.DisableBorder = true
	modules := drawn.Bitmap() // once only: each call pads the data again
	if want := 17 + 4*drawn.VersionNumber; len(modules) != want {
		return nil, fmt.Errorf("draw code: %d modules a side where version %d has %d", len(modules), drawn.VersionNumber, want)
	}
	return &Code{version: drawn.VersionNumber, modules: modules}, nil
}

// Version is the QR version, 1 to MaxVersion.
func (c *Code) Version() int { return c.version }

// Size is the number of modules a side, without the quiet zone.
func (c *Code) Size() int { return len(c.modules) }

// At says whether the module in column x of row y, counted from the top left, is black; outside the code it is not.
func (c *Code) At(x, y int) bool {
	return y >= 0 && y < len(c.modules) && x >= 0 && x < len(c.modules[y]) && c.modules[y][x]
}

// String names the code without its content.
func (c *Code) String() string { return fmt.Sprintf("QR code, version %d", c.version) }

// GoString is String, for %#v.
func (c *Code) GoString() string { return c.String() }

// Image paints the code black on white with its quiet zone, modulePixels (1 to 64, the nearest is taken) a module.
func (c *Code) Image(modulePixels int) *image.Paletted {
	modulePixels = min(max(modulePixels, 1), maxModulePixels)
	side := (c.Size() + 2*QuietZone) * modulePixels
	img := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White, color.Black})
	for y := range side {
		for x := range side {
			if c.At(x/modulePixels-QuietZone, y/modulePixels-QuietZone) {
				img.Pix[y*img.Stride+x] = 1
			}
		}
	}
	return img
}

// PNG is Image as a PNG file.
func (c *Code) PNG(modulePixels int) ([]byte, error) {
	var file bytes.Buffer
	if err := png.Encode(&file, c.Image(modulePixels)); err != nil {
		return nil, fmt.Errorf("encode code as PNG: %w", err)
	}
	return file.Bytes(), nil
}
