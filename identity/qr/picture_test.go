package qr

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/gif"
	"image/jpeg"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func pngOf(t testing.TB, text string) []byte {
	t.Helper()
	file, err := drawn(t, text).PNG(3)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func jpegOf(t testing.TB, text string) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := jpeg.Encode(&file, drawn(t, text).Image(4), nil); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func gifOf(t testing.TB, texts ...string) []byte {
	t.Helper()
	var all gif.GIF
	for _, text := range texts {
		all.Image, all.Delay = append(all.Image, drawn(t, text).Image(4)), append(all.Delay, 10)
	}
	var file bytes.Buffer
	if err := gif.EncodeAll(&file, &all); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// hugePNG is a header that claims a size, and nothing behind it.
func hugePNG(width, height uint32) []byte {
	chunk := []byte("IHDR")
	chunk = binary.BigEndian.AppendUint32(chunk, width)
	chunk = binary.BigEndian.AppendUint32(chunk, height)
	chunk = append(chunk, 16, 6, 0, 0, 0) // 8 bytes a pixel
	file := append([]byte("\x89PNG\r\n\x1a\n"), 0, 0, 0, 13)
	file = append(file, chunk...)
	return binary.BigEndian.AppendUint32(file, crc32.ChecksumIEEE(chunk))
}

// endlessJPEG repeats a picture's last scan. The decoder takes a repeated scan of a sequential picture for granted.
func endlessJPEG(t testing.TB, scans int) []byte {
	file := jpegOf(t, payloadText(t, 20, 1))
	start := bytes.LastIndex(file, []byte("\xff\xda"))
	scan := file[start : len(file)-2]
	out := bytes.Clone(file[:start])
	return append(append(out, bytes.Repeat(scan, scans)...), 0xff, 0xd9)
}

func TestPictureFiles(t *testing.T) {
	text, later := payloadText(t, 80, 9), payloadText(t, 80, 10)
	whole := pngOf(t, text)
	film := append(jpegOf(t, text), bytes.Repeat(append([]byte("\xff\xda"), make([]byte, 254)...), 4096)...)
	for _, c := range []struct {
		name string
		file []byte
		want error
	}{
		{"a PNG", whole, nil},
		{"a JPEG", jpegOf(t, text), nil},
		{"a GIF whose later frame is another code", gifOf(t, text, later), nil},
		{"a JPEG with a film behind it", film, nil},
		{"nothing", nil, ErrPicture},
		{"a letter", []byte("Hej Bo,\nhär är koden"), ErrPicture},
		{"a magic and no more", whole[:8], ErrPicture},
		{"a PNG cut off", whole[:len(whole)/2], ErrPicture},
		{"a JPEG cut off", jpegOf(t, text)[:900], ErrPicture},
		{"a GIF cut off", gifOf(t, text)[:300], ErrPicture},
		{"a PNG that claims more than there is", hugePNG(1<<31-1, 1<<31-1), ErrPicture},
		{"a PNG that claims a million pixels a side", hugePNG(1<<20, 1<<20), ErrOversized},
		{"a PNG that claims a wide line", hugePNG(MaxSide+1, 100), ErrOversized},
		{"a PNG that claims too many pixels", hugePNG(MaxSide, MaxSide), ErrOversized},
		{"a PNG that claims one pixel", hugePNG(1, 1), ErrNoCode},
		{"a JPEG of a thousand scans", endlessJPEG(t, 1000), ErrOversized},
		{"a file over the limit", append(bytes.Clone(whole), make([]byte, MaxPictureBytes)...), ErrOversized},
	} {
		got, err := ReadPicture(bytes.NewReader(c.file))
		if !errors.Is(err, c.want) || (c.want == nil && (err != nil || got != text)) {
			t.Errorf("%s: got %.12q, %v, want %v", c.name, got, err, c.want)
		}
	}
	if _, err := ReadPicture(io.MultiReader(bytes.NewReader(whole[:50]), failing{})); !errors.Is(err, errDisk) {
		t.Errorf("a failing disk: %v", err)
	}
}

var errDisk = errors.New("disk on fire")

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errDisk }

func TestWrittenPicturesAreWholeAndPrivate(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "code.png")
	for seed := range byte(3) { // the second time over the first
		text := payloadText(t, MaxPayload, seed)
		if err := WritePicture(path, drawn(t, text)); err != nil {
			t.Fatal(err)
		}
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if got, err := ReadPicture(file); err != nil || got != text {
			t.Errorf("writing %d: %v", seed, err)
		}
		info, err := file.Stat()
		if err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v", info.Mode())
		}
	}
	if names := namesIn(t, dir); names != "code.png" {
		t.Errorf("the folder holds %s", names)
	}
}

func TestAPictureThatCannotBeWrittenLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	taken := filepath.Join(dir, "taken.png")
	if err := os.MkdirAll(filepath.Join(taken, "inside"), 0o700); err != nil {
		t.Fatal(err)
	}
	code := drawn(t, "HS1:74")
	if err := WritePicture(taken, code); err == nil {
		t.Error("a folder was replaced")
	}
	if err := WritePicture(filepath.Join(dir, "nowhere", "code.png"), code); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder that is not there: %v", err)
	}
	if names := namesIn(t, dir); names != "taken.png" {
		t.Errorf("the folder holds %s", names)
	}
}

func namesIn(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return strings.Join(names, " ")
}

func FuzzReadPicture(f *testing.F) {
	text := payloadText(f, 30, 11)
	f.Add(pngOf(f, text))
	f.Add(jpegOf(f, text))
	f.Add(gifOf(f, text, "HS2:74"))
	f.Add(hugePNG(1<<20, 1<<20))
	f.Add(endlessJPEG(f, 3))
	f.Fuzz(func(t *testing.T, file []byte) {
		if config, _, err := image.DecodeConfig(bytes.NewReader(file)); err == nil && config.Width*config.Height > 1<<20 {
			return // large ones are tried above; here they only eat the time
		}
		got, err := ReadPicture(bytes.NewReader(file))
		if err == nil {
			return
		}
		if got != "" {
			t.Fatal("a text beside an error")
		}
		for _, known := range []error{ErrPicture, ErrNoCode, ErrOversized} {
			if errors.Is(err, known) {
				return
			}
		}
		t.Fatalf("an error without a name: %v", err)
	})
}

// FuzzRead feeds the decoders what no file format stands before: pictures of blocks.
func FuzzRead(f *testing.F) {
	code := drawn(f, "HS1:74")
	var bits []byte
	for y := range code.Size() {
		for x := range code.Size() {
			bits = append(bits, map[bool]byte{true: 1}[code.At(x, y)])
		}
	}
	f.Add(uint8(code.Size()), bits)
	f.Add(uint8(40), bytes.Repeat([]byte{0, 1, 1, 0, 200}, 300))
	f.Fuzz(func(t *testing.T, side uint8, bits []byte) {
		side = min(side, 80)
		img := image.NewGray(image.Rect(0, 0, 5*int(side)+40, 5*int(side)+40))
		for i := range img.Pix {
			x, y := (i%img.Stride-20)/5, (i/img.Stride-20)/5
			img.Pix[i] = 255
			if at := y*int(side) + x; x >= 0 && y >= 0 && x < int(side) && at < len(bits) {
				img.Pix[i] = 255 - min(bits[at], 1)*255
			}
		}
		if _, err := Read(img); err != nil && !errors.Is(err, ErrNoCode) {
			t.Fatal(err)
		}
	})
}

func TestAFormatThatSomebodyRegistersIsNotRead(t *testing.T) {
	any := func(io.Reader) (image.Image, error) { return drawn(t, "HS1:74").Image(4), nil }
	image.RegisterFormat("any", "HEJ", any, func(io.Reader) (image.Config, error) {
		return image.Config{Width: 100, Height: 100}, nil
	})
	if _, err := ReadPicture(strings.NewReader("HEJ")); !errors.Is(err, ErrPicture) {
		t.Error(err)
	}
}
