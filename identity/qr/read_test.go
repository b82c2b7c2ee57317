package qr

import (
	"errors"
	"image"
	"image/color"
	"image/draw"
	"math/rand/v2"
	"testing"
)

// spoilt modules beyond what error correction mends must end in no text or the right one.
func TestADamagedCodeNeverReadsAsAnother(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 8))
	const codes = 3 * eachKind
	lost := 0
	for i := range codes {
		text := payloadText(t, 20+i, byte(i))
		code := drawn(t, text)
		for range code.Size() * code.Size() * (10 + 150*i/codes) / 1000 {
			x, y := random.IntN(code.Size()), random.IntN(code.Size())
			code.modules[y][x] = !code.modules[y][x]
		}
		found, err := Read(code.Image(4))
		if err == nil && found != text {
			t.Fatalf("code %d: a wrong text", i)
		}
		if err != nil {
			lost++
		}
	}
	if lost == 0 || lost == codes {
		t.Errorf("%d of %d lost: the damage tries nothing", lost, codes)
	}
}

func TestOursIsReadBesideAForeignCode(t *testing.T) {
	ours := payloadText(t, 90, 5)
	for _, c := range []struct {
		name, left, right, want string
	}{
		{"ours on the right", "HTTPS://EXAMPLE.ORG", ours, ours},
		{"ours on the left", ours, "HTTPS://EXAMPLE.ORG", ours},
		{"one of a later version beside it", "HS2:7777777777777777", ours, ours},
		{"a foreign one alone", "", "HTTPS://EXAMPLE.ORG", "HTTPS://EXAMPLE.ORG"},
	} {
		table := image.NewGray(image.Rect(0, 0, 900, 460))
		draw.Draw(table, table.Rect, image.White, image.Point{}, draw.Src)
		for i, text := range []string{c.left, c.right} {
			if text != "" {
				img := drawn(t, text).Image(7)
				draw.Draw(table, img.Rect.Add(image.Pt(10+440*i, 20)), img, image.Point{}, draw.Src)
			}
		}
		if got, err := Read(table); err != nil || got != c.want {
			t.Errorf("%s: %.24q, %v", c.name, got, err)
		}
	}
}

// broken is a picture whose pixels cannot be had.
type broken struct{ image.Rectangle }

func (broken) ColorModel() color.Model   { return color.GrayModel }
func (b broken) Bounds() image.Rectangle { return b.Rectangle }
func (broken) At(int, int) color.Color   { panic("no pixel here") }

func TestPicturesThatAreNone(t *testing.T) {
	for _, c := range []struct {
		name string
		img  image.Image
		want error
	}{
		{"white", image.NewUniform(color.White), ErrOversized},
		{"empty", image.NewGray(image.Rectangle{}), ErrNoCode},
		{"one line", image.NewGray(image.Rect(0, 0, 5000, 1)), ErrNoCode},
		{"black", image.NewGray(image.Rect(0, 0, 640, 480)), ErrNoCode},
		{"too wide", broken{image.Rect(0, 0, MaxSide+1, 100)}, ErrOversized},
		{"too many pixels", broken{image.Rect(0, 0, MaxSide, MaxSide)}, ErrOversized},
		{"broken", broken{image.Rect(0, 0, 100, 100)}, ErrPicture},
		{"missing", nil, ErrPicture},
	} {
		if text, err := Read(c.img); !errors.Is(err, c.want) || text != "" {
			t.Errorf("%s: %q, %v", c.name, text, err)
		}
	}
}

func TestEveryKindOfPictureIsRead(t *testing.T) {
	text := payloadText(t, 50, 6)
	flat := drawn(t, text).Image(4)
	b := flat.Bounds().Add(image.Pt(30, 50)) // kinds whose corner is not at the origin must do too
	see := image.NewNRGBA(b)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if flat.ColorIndexAt(x-30, y-50) == 1 {
				see.Set(x, y, color.Black) // and white is left transparent
			}
		}
	}
	for _, img := range []draw.Image{image.NewGray(b), image.NewRGBA(b), image.NewNRGBA64(b), image.NewCMYK(b), see} {
		if img != draw.Image(see) {
			draw.Draw(img, b, flat, image.Point{}, draw.Src)
		}
		if got, err := Read(img); err != nil || got != text {
			t.Errorf("%T: %v", img, err)
		}
	}
	clear := image.NewRGBA(b)
	draw.Draw(clear, b, see, b.Min, draw.Src)
	if got, err := Read(clear); err != nil || got != text {
		t.Errorf("transparent: %v", err)
	}
}

func TestAFieldOfCornerSquaresDoesNotHoldTheDecoderUp(t *testing.T) {
	// Some 8,000 of them: gozxing by itself would compare 10^11 triples.
	img := image.NewGray(image.Rect(0, 0, 1600, 1200))
	for i := range img.Pix {
		x, y := i%1600%16, i/1600%16
		ring := max(abs(x-7), abs(y-7)) / 2 // 0 and 1 the stone, 2 white, 3 the ring
		if x > 14 || y > 14 || ring == 2 {
			img.Pix[i] = 255
		}
	}
	if texts := zxing(img); texts != nil {
		t.Errorf("it reads %q", texts)
	}
	if _, err := Read(img); !errors.Is(err, ErrNoCode) {
		t.Error(err)
	}
}

func abs(n int) int { return max(n, -n) }
