package part

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"strings"
	"testing"

	"handslag/vault/record"
)

// A picture of two by three pixels whose upper left is a, turned back: its letters stand in rows.
func TestAPictureStandsUpright(t *testing.T) {
	letters := func(img *image.RGBA) (text string) {
		for y := range img.Bounds().Dy() {
			for x := range img.Bounds().Dx() {
				text += string(rune(img.RGBAAt(x, y).R))
			}
			text += " "
		}
		return text
	}
	for orientation, want := range []string{1: "ab cd ef ", 2: "ba dc fe ", 3: "fe dc ba ", 4: "ef cd ab ", 5: "ace bdf ", 6: "eca fdb ", 7: "fdb eca ", 8: "bdf ace "} {
		if want == "" {
			continue
		}
		img := image.NewRGBA(image.Rect(0, 0, 2, 3))
		for i, r := range "abcdef" {
			img.SetRGBA(i%2, i/2, color.RGBA{R: uint8(r), A: 255})
		}
		if got := letters(upright(img, orientation)); got != want {
			t.Errorf("held %d: %s, want %s", orientation, got, want)
		}
	}
}

func TestAPictureIsNoLargerThanTheScreenNeedsAndABombIsNotDecoded(t *testing.T) {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 4000, 1000))); err != nil {
		t.Fatal(err)
	}
	img, err := ReadPicture(t.Context(), bytes.NewReader(b.Bytes()))
	if err != nil || img.Bounds().Size() != image.Pt(1600, 400) {
		t.Errorf("%v %v", img.Bounds(), err)
	}
	bomb := bytes.Clone(b.Bytes())
	copy(bomb[16:], []byte{0, 0, 0x80, 0, 0, 0, 0x80, 0})
	for what, data := range map[string][]byte{"a bomb": bomb, "half of one": b.Bytes()[:200], "a text": []byte("Hej på dig, du där")} {
		if _, err := ReadPicture(t.Context(), bytes.NewReader(data)); !errors.Is(err, record.ErrPicture) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestAPictureThatNeverEndsIsLeft: a JPEG of more scans than anybody makes, and one whose page was left.
func TestAPictureThatNeverEndsIsLeft(t *testing.T) {
	endless := io.MultiReader(strings.NewReader("\xff\xd8"), strings.NewReader(strings.Repeat("\xff\xda\x00", mostScans+1)))
	if n, err := io.Copy(io.Discard, &bounded{ctx: t.Context(), r: endless, scans: mostScans}); !errors.Is(err, record.ErrPicture) {
		t.Errorf("%d bytes were read: %v", n, err)
	}
	usual := strings.NewReader(strings.Repeat("\xff\xda\x00", mostScans))
	if _, err := io.Copy(io.Discard, &bounded{ctx: t.Context(), r: usual, scans: mostScans}); err != nil {
		t.Errorf("a picture of %d scans: %v", mostScans, err)
	}
	ctx, leave := context.WithCancel(t.Context())
	leave()
	if _, err := io.ReadAll(&bounded{ctx: ctx, r: rand.Reader, scans: mostScans}); !errors.Is(err, context.Canceled) {
		t.Errorf("the page was left: %v", err)
	}
}

// A PNG's pixels may spell a JPEG's markers.
func TestAPNGIsNotCountedAsAJPEG(t *testing.T) {
	noise := image.NewRGBA(image.Rect(0, 0, 2400, 1600))
	rand.Read(noise.Pix)
	for i := 3; i < len(noise.Pix); i += 4 {
		noise.Pix[i] = 255
	}
	var file bytes.Buffer
	if err := png.Encode(&file, noise); err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(file.Bytes(), []byte{0xff, 0xda}); n <= mostScans {
		t.Fatalf("only %d times: nothing is shown by this", n)
	}
	if _, err := ReadPicture(t.Context(), bytes.NewReader(file.Bytes())); err != nil {
		t.Error(err)
	}
}
