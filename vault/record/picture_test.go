package record_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
	"testing"

	"handslag/vault/record"
)

func aJPEG(t testing.TB, width, height int) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewYCbCr(image.Rect(0, 0, width, height), image.YCbCrSubsampleRatio420), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func aPNG(t testing.TB, img image.Image) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// claims is the picture with another size in its headers: what a bomb looks like.
func claims(picture []byte, width, height uint32) []byte {
	p := bytes.Clone(picture)
	if p[0] == 0x89 {
		binary.BigEndian.PutUint32(p[16:], width)
		binary.BigEndian.PutUint32(p[20:], height)
		return p
	}
	i := bytes.Index(p, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint16(p[i+5:], uint16(height))
	binary.BigEndian.PutUint16(p[i+7:], uint16(width))
	return p
}

func TestAPictureSaysHowLargeItIsBeforeItIsDecoded(t *testing.T) {
	small, deep := aPNG(t, image.NewGray(image.Rect(0, 0, 30, 20))), aPNG(t, image.NewNRGBA64(image.Rect(0, 0, 30, 20)))
	photo := aJPEG(t, 30, 20)
	exif := append([]byte{0xff, 0xd8, 0xff, 0xe1, 0xff, 0xff}, append(make([]byte, 0xffff-2), photo[2:]...)...)
	progressive := bytes.Clone(photo)
	progressive[bytes.Index(photo, []byte{0xff, 0xc0})+1] = 0xc2
	interlaced := bytes.Clone(small)
	interlaced[28] = 1
	for what, c := range map[string]struct {
		data   []byte
		memory int64 // 0: refused
	}{
		"a PNG":                     {small, 30 * 20 * 4},
		"a deep one":                {deep, 30 * 20 * 8},
		"one in passes":             {interlaced, 30 * 20 * 8},
		"a JPEG":                    {photo, 30 * 20 * 4},
		"one with a lot before it":  {exif, 30 * 20 * 4},
		"a progressive one":         {progressive, 30 * 20 * 20},
		"a telephone's photograph":  {claims(photo, 8000, 6000), 8000 * 6000 * 4},
		"a bomb":                    {claims(photo, 65535, 65535), 0},
		"a progressive bomb":        {claims(progressive, 30, 20)[:2], 0},
		"a bomb of a PNG":           {claims(small, 1<<31, 1<<31), 0},
		"one that just does not go": {claims(small, 8193, 8193), 0},
		"no pixels":                 {claims(small, 0, 20), 0},
		"a beginning":               {small[:20], 0},
		"nothing":                   {nil, 0},
		"a text":                    {[]byte("Hej på dig, du"), 0},
		"JPEG without a frame":      {append(bytes.Clone(photo[:2]), 0xff, 0xd9, 0, 0, 0, 0), 0},
		"a segment that is none":    {append(bytes.Clone(photo[:2]), 0xff, 0xe1, 0, 1, 0, 0), 0},
		"headers without end":       {append(bytes.Clone(photo[:2]), bytes.Repeat(append([]byte{0xff, 0xe1, 0xff, 0xff}, make([]byte, 0xfffd)...), 40)...), 0},
	} {
		p, err := record.PictureOf(bytes.NewReader(c.data))
		if c.memory == 0 && !errors.Is(err, record.ErrPicture) || c.memory > 0 && (err != nil || p.Memory != c.memory) {
			t.Errorf("%s: %+v %v", what, p, err)
		}
	}
	if label, err := record.LabelOf("x/bild.jpeg", bytes.NewReader(photo), int64(len(photo))); err != nil || label != (record.Label{Name: "bild.jpeg", Type: record.JPEG}) {
		t.Errorf("%+v %v", label, err)
	}
	for what, data := range map[string]string{"a bomb": string(claims(photo, 65535, 65535)), "a program": "MZ\x00", "nothing": ""} {
		if _, err := record.LabelOf("bild.jpeg", strings.NewReader(data), int64(len(data))); err == nil {
			t.Errorf("%s by the name of a picture is taken", what)
		}
	}
}

func TestAPictureSaysHowTheCameraWasHeld(t *testing.T) {
	photo := aJPEG(t, 30, 20)
	held := func(order string, tiff ...byte) []byte {
		segment := append([]byte("Exif\x00\x00"+order), tiff...)
		return append([]byte{0xff, 0xd8, 0xff, 0xe1, 0, byte(len(segment) + 2)}, append(segment, photo[2:]...)...)
	}
	for what, c := range map[string]struct {
		data []byte
		want int
	}{
		"nothing said":         {photo, 1},
		"upright":              {held("MM", 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 1, 0, 0), 1},
		"on its side":          {held("MM", 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0), 6},
		"little end first":     {held("II", 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 8, 0, 0, 0), 8},
		"another tag":          {held("MM", 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x13, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0), 1},
		"no such way":          {held("MM", 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 9, 0, 0), 1},
		"a directory outside":  {held("MM", 0, 42, 255, 255, 255, 255, 0, 1), 1},
		"a directory too long": {held("MM", 0, 42, 0, 0, 0, 8, 255, 255, 1, 0x13), 1},
	} {
		p, err := record.PictureOf(bytes.NewReader(c.data))
		if err != nil || p.Orientation != c.want || p.Width != 30 {
			t.Errorf("%s: %+v %v", what, p, err)
		}
	}
}

func FuzzPicture(f *testing.F) {
	f.Add(aJPEG(f, 3, 2))
	f.Add(append([]byte("\xff\xd8\xff\xe1\x00\x22Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00"), aJPEG(f, 3, 2)[2:]...))
	f.Add(aPNG(f, image.NewPaletted(image.Rect(0, 0, 3, 2), color.Palette{color.Black})))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := record.PictureOf(bytes.NewReader(data))
		if err != nil {
			return
		}
		if p.Orientation < 1 || p.Orientation > 8 || p.Memory <= 0 || p.Memory > record.PictureMemory {
			t.Fatalf("%+v", p)
		}
		if config, _, err := image.DecodeConfig(io.LimitReader(bytes.NewReader(data), 1<<20)); err == nil && (config.Width != p.Width || config.Height != p.Height) {
			t.Fatalf("it says %+v and is %d × %d", p, config.Width, config.Height)
		}
	})
}
