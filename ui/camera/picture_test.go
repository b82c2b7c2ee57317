package camera

import (
	"bytes"
	"errors"
	"image"
	"image/jpeg"
	"testing"

	"handslag/identity/qr"
)

// still is a picture of a code in the middle of a grey wall.
func still(t testing.TB, text string, width, height int) *image.Gray {
	t.Helper()
	code, err := qr.Draw(text)
	if err != nil {
		t.Fatal(err)
	}
	wall := image.NewGray(image.Rect(0, 0, width, height))
	for i := range wall.Pix {
		wall.Pix[i] = 0x90
	}
	shown := code.Image(6)
	left, top := (width-shown.Bounds().Dx())/2, (height-shown.Bounds().Dy())/2
	for y := range shown.Bounds().Dy() {
		for x := range shown.Bounds().Dx() {
			wall.Set(left+x, top+y, shown.At(x, y))
		}
	}
	return wall
}

// packed is a grey picture as YUYV.
func packed(img *image.Gray) []byte {
	out := make([]byte, 0, 2*len(img.Pix))
	for _, v := range img.Pix {
		out = append(out, v, 0x80)
	}
	return out
}

const text = "HS1:ORG5AXZQ" // what it says matters to nobody here

func reads(t *testing.T, img image.Image) {
	t.Helper()
	if got, err := qr.Read(img); err != nil || got != text {
		t.Errorf("the picture says %q, %v", got, err)
	}
}

func TestPackedPicturesKeepTheirCode(t *testing.T) {
	img, err := unpackYUYV(packed(still(t, text, 640, 480)), 640, 480)
	if err != nil {
		t.Fatal(err)
	}
	reads(t, img)
	colours := []byte{10, 20, 30, 40, 11, 21, 31, 41}
	small, err := unpackYUYV(colours, 4, 1)
	if err != nil {
		t.Fatal(err)
	}
	for x, want := range [][3]byte{{10, 20, 40}, {30, 20, 40}, {11, 21, 41}, {31, 21, 41}} {
		got := small.(*image.YCbCr).YCbCrAt(x, 0)
		if [3]byte{got.Y, got.Cb, got.Cr} != want {
			t.Errorf("pixel %d is %v, want %v", x, got, want)
		}
	}
}

func TestJPEGWithoutItsTables(t *testing.T) {
	var whole bytes.Buffer
	if err := jpeg.Encode(&whole, still(t, text, 640, 480), nil); err != nil {
		t.Fatal(err)
	}
	img, err := decodeMJPEG(whole.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	reads(t, img)
	bare := withoutTables(t, whole.Bytes())
	if _, err := jpeg.Decode(bytes.NewReader(bare)); err == nil {
		t.Fatal("the library reads it as it is: the tables are not needed any more")
	}
	if img, err = decodeMJPEG(bare); err != nil {
		t.Fatal(err)
	}
	reads(t, img)
}

// withoutTables cuts the DHT segments out.
func withoutTables(t *testing.T, data []byte) []byte {
	t.Helper()
	out, cut := []byte{}, 0
	for at := 2; at < len(data); {
		size := int(data[at+2])<<8 | int(data[at+3])
		if data[at+1] == 0xda {
			if cut == 0 {
				t.Fatal("there were no tables")
			}
			return append(append(bytes.Clone(data[:2]), out...), data[at:]...)
		}
		if data[at+1] != 0xc4 {
			out = append(out, data[at:at+2+size]...)
		} else {
			cut++
		}
		at += 2 + size
	}
	t.Fatal("no scan in it")
	return nil
}

func TestDamagedPicturesAreNamed(t *testing.T) {
	for what, read := range map[string]func() (image.Image, error){
		"too few bytes":       func() (image.Image, error) { return unpackYUYV(make([]byte, 100), 640, 480) },
		"an odd width":        func() (image.Image, error) { return unpackYUYV(make([]byte, 100), 5, 5) },
		"no size":             func() (image.Image, error) { return unpackYUYV(nil, 0, 0) },
		"a size without end":  func() (image.Image, error) { return unpackYUYV(nil, 1<<31, 1<<31) },
		"no JPEG":             func() (image.Image, error) { return decodeMJPEG([]byte("hello")) },
		"nothing":             func() (image.Image, error) { return decodeMJPEG(nil) },
		"only the first byte": func() (image.Image, error) { return decodeMJPEG([]byte{0xff, 0xd8, 0xff}) },
	} {
		if _, err := read(); !errors.Is(err, errPicture) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func FuzzMJPEG(f *testing.F) {
	var whole bytes.Buffer
	if err := jpeg.Encode(&whole, image.NewGray(image.Rect(0, 0, 16, 16)), nil); err != nil {
		f.Fatal(err)
	}
	f.Add(whole.Bytes())
	f.Add([]byte{0xff, 0xd8, 0xff, 0xda})
	f.Fuzz(func(t *testing.T, data []byte) {
		if img, err := decodeMJPEG(data); err == nil && (img.Bounds().Dx() > maxSide || img.Bounds().Dy() > maxSide) {
			t.Fatalf("a picture of %v", img.Bounds())
		}
	})
}
