package meeting

import (
	"bytes"
	"image"
	"image/color"
	"strings"
	"testing"

	"handslag/identity/qr"
)

// What is drawn in the terminal reads back as a picture.
func TestACodeInTheTerminalIsACode(t *testing.T) {
	text, err := qr.Encode([]byte("en kod i terminalen"))
	if err != nil {
		t.Fatal(err)
	}
	code, err := qr.Draw(text)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	drawCode(&out, code)
	rows := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	const pixels = 4
	side := code.Size() + 2*qr.QuietZone
	picture := image.NewGray(image.Rect(0, 0, side*pixels, 2*len(rows)*pixels))
	for y, row := range rows {
		for x, cell := range []rune(row) {
			for half, light := range []bool{cell == '█' || cell == '▀', cell == '█' || cell == '▄'} {
				for i := range pixels * pixels {
					if light {
						picture.SetGray(x*pixels+i%pixels, (2*y+half)*pixels+i/pixels, color.Gray{Y: 255})
					}
				}
			}
		}
	}
	if got, err := qr.Read(picture); err != nil || got != text {
		t.Errorf("%q, %v", got, err)
	}
}
