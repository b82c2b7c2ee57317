package qr

import (
	"bytes"
	"errors"
	"fmt"
	"image/color"
	"math/rand/v2"
	"strings"
	"testing"
)

// payloadText is the text of a payload of that size, the same for the same seed.
func payloadText(t testing.TB, size int, seed byte) string {
	t.Helper()
	payload := make([]byte, size)
	rand.NewChaCha8([32]byte{seed}).Read(payload)
	text, err := Encode(payload)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func drawn(t testing.TB, text string) *Code {
	t.Helper()
	code, err := Draw(text)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func TestDrawnCodesOfAllSizesAreRead(t *testing.T) {
	for size := MaxPayload; size > 0; size -= 20 / eachKind { // under the race detector not all
		text := payloadText(t, size, 2)
		code := drawn(t, text)
		if code.Version() > MaxVersion || code.Size() != 17+4*code.Version() {
			t.Fatalf("%d bytes: version %d, %d modules", size, code.Version(), code.Size())
		}
		file, err := code.PNG(1 + size%6)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := ReadPicture(bytes.NewReader(file)); err != nil || got != text {
			t.Errorf("%d bytes at %d pixels a module: %v", size, 1+size%6, err)
		}
	}
}

func TestLongRunsOfDigitsAreRead(t *testing.T) {
	// go-qrcode puts runs of digits in segments of their own; decoders must put them together again.
	for _, run := range []int{8, 40, 160} {
		text := "HS1:" + strings.Repeat("2", run) // 8 characters are 5 bytes
		if got, err := Read(drawn(t, text).Image(4)); err != nil || got != text {
			t.Errorf("a run of %d digits: %v", run, err)
		}
	}
}

func TestTheLargestPayloadIsVersionSeven(t *testing.T) {
	if v := drawn(t, payloadText(t, MaxPayload, 3)).Version(); v != MaxVersion {
		t.Errorf("version %d", v)
	}
}

func TestWhatCannotBeDrawnIsRefused(t *testing.T) {
	for _, text := range []string{"", "hs1:74", "HS1:74\n", "HS1:Å", "HS1:\x00", "HS1;74"} {
		if _, err := Draw(text); err == nil {
			t.Errorf("%q was drawn", text)
		}
	}
	if _, err := Draw(strings.Repeat("A", maxDrawnText)); err != nil {
		t.Errorf("178 characters: %v", err)
	}
	for _, n := range []int{maxDrawnText + 1, 1 << 20} {
		if _, err := Draw(strings.Repeat("A", n)); !errors.Is(err, ErrOversized) {
			t.Errorf("%d characters: %v", n, err)
		}
	}
}

func TestThePictureHasItsQuietZone(t *testing.T) {
	code := drawn(t, "HS1:74")
	img := code.Image(3)
	side := (code.Size() + 8) * 3
	if b := img.Bounds(); b.Dx() != side || b.Dy() != side {
		t.Fatalf("%v, want %d a side", b, side)
	}
	for y := range side {
		for x := range side {
			want := color.Gray16{Y: 0xffff}
			if code.At(x/3-4, y/3-4) {
				want.Y = 0
			}
			if got := color.Gray16Model.Convert(img.At(x, y)); got != want {
				t.Fatalf("pixel %d,%d is %v", x, y, got)
			}
		}
	}
	if !code.At(0, 0) || code.At(-1, 0) || code.At(0, code.Size()) || code.At(7, 7) {
		t.Error("the corner square is not where it belongs")
	}
}

func TestACodeDoesNotPrintItsContent(t *testing.T) {
	code := drawn(t, payloadText(t, 60, 4))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(verb, code); got != code.String() {
			t.Errorf("%s prints %.60s", verb, got)
		}
	}
}
