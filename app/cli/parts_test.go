package cli

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"io"
	"slices"
	"strings"
	"testing"

	"handslag/identity/qr"
)

func TestWordsOfALine(t *testing.T) {
	for line, want := range map[string][]string{
		`open r-1 -reason 'Läcka i köket'`: {"open", "r-1", "-reason", "Läcka i köket"},
		`done U-1 -note "sa 'hej'"`:        {"done", "U-1", "-note", "sa 'hej'"},
		`  me	-json  `:                     {"me", "-json"},
		`open r-1 -reason ''`:              {"open", "r-1", "-reason", ""},
		`a"b c"d`:                          {"ab cd"},
		``:                                 nil,
	} {
		got, err := words(line)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v", line, got, err)
		}
	}
	if _, err := words(`open 'r-1`); !errors.Is(err, errQuote) {
		t.Error(err)
	}
}

func FuzzWords(f *testing.F) {
	f.Add(`open r-1 -reason 'Läcka i köket'`)
	f.Add(`"`)
	f.Fuzz(func(t *testing.T, line string) {
		all, err := words(line)
		if err != nil {
			return
		}
		for i, word := range all {
			if strings.Contains(word, `"`) {
				return // can not be quoted back in one way
			}
			all[i] = `"` + word + `"`
		}
		again, err := words(strings.Join(all, " "))
		if err != nil || len(again) != len(all) {
			t.Fatalf("%q: %q, %v", line, again, err)
		}
	})
}

func TestASecretIsOneLineAndLeavesTheRest(t *testing.T) {
	in := strings.NewReader("lösen\r\nnästa rad\n")
	if got, err := readSecret(in); err != nil || got != "lösen" {
		t.Fatal(got, err)
	}
	if rest, _ := io.ReadAll(in); string(rest) != "nästa rad\n" {
		t.Errorf("it took too much: %q is left", rest)
	}
	if got, err := readSecret(strings.NewReader("utan slut")); err != nil || got != "utan slut" {
		t.Error(got, err)
	}
	for _, bad := range []string{"", strings.Repeat("x", secretLimit+2)} {
		if _, err := readSecret(strings.NewReader(bad)); err == nil {
			t.Errorf("%d bytes without an end are a secret", len(bad))
		}
	}
}

func TestOthersWordsDoNotMoveTheCursor(t *testing.T) {
	var out bytes.Buffer
	if _, err := io.WriteString(cleaner{&out}, "namn\x1b[2J\u202eslut\nå"); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); got != "namn\uFFFD[2J\uFFFDslut\nå" {
		t.Errorf("%q", got)
	}
}

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
