package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image"
	"image/color"
	"io"
	"slices"
	"strings"
	"testing"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/identity/qr"
	"handslag/sync/link"
	"handslag/vault/journal"
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

func TestADescriptorWithoutASecretIsAMistakeOnTheCommandLine(t *testing.T) {
	s := &session{env: Surroundings{Descriptor: func(int) (io.Reader, error) { return strings.NewReader(""), nil }}}
	if _, err := s.secret(3, "lock.passphrase"); !isUsage(err) {
		t.Error(err)
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

// JSON for a program may be shown by a terminal all the same; it stays the same JSON.
func TestNoJSONMovesTheCursor(t *testing.T) {
	var out bytes.Buffer
	words := "namn\x1b[2J\u009b2J\u202e\x7fslut å"
	s := &session{raw: &out, set: settings{json: true}}
	if err := s.print(words, nil); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsFunc(strings.TrimSuffix(out.String(), "\n"), moves) {
		t.Errorf("%q", out.String())
	}
	var back string
	if err := json.Unmarshal(out.Bytes(), &back); err != nil || back != words {
		t.Errorf("%q, %v", back, err)
	}
}

// A reason with a line's end in it is one entry on the screen, not two.
func TestNobodyWritesAnEntryOfTheirOwnIntoTheLogsList(t *testing.T) {
	var out bytes.Buffer
	s := &session{env: Surroundings{Out: &out}}
	s.set.lang = "sv"
	row := link.LogRow{Kind: journal.RecordOpened, Reason: "läcka\n  2026-11-23 09:00  record.opened  bo.ek", Findings: []string{"fork", "nytt"}}
	if err := s.writeRow(row, ""); err != nil {
		t.Fatal(err)
	}
	if strings.Count(out.String(), "\n") != 1 {
		t.Errorf("%q", out.String())
	}
	for _, code := range []string{"found.fork", "found.unknown"} {
		if !strings.Contains(out.String(), assets.Swedish.Say(code)) {
			t.Errorf("%q does not say %s", out.String(), code)
		}
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

// reel is a camera before which two pictures lie, one after the other, each time that it is opened.
type reel struct{ pictures []image.Image }

func (r *reel) Next(ctx context.Context) (image.Image, error) {
	if len(r.pictures) == 0 {
		return nil, io.EOF
	}
	next := r.pictures[0]
	r.pictures = r.pictures[1:]
	return next, nil
}

func (r *reel) Close() error { return nil }

// A wrong picture that lies on before the camera is one try, not three.
func TestAPictureThatWasTriedIsPassedOver(t *testing.T) {
	var texts []string
	var pictures []image.Image
	for i := range 2 {
		text, err := qr.Encode(bytes.Repeat([]byte{byte(i)}, 50))
		if err != nil {
			t.Fatal(err)
		}
		code, err := qr.Draw(text)
		if err != nil {
			t.Fatal(err)
		}
		texts, pictures = append(texts, text), append(pictures, code.Image(6))
	}
	a, err := agent.New(agent.Config{Vault: t.TempDir(), Outbox: t.TempDir(), Camera: func() (qr.Frames, error) { return &reel{slices.Clone(pictures)}, nil }})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	s := &session{agent: a}
	for except, want := range map[string]string{"": texts[0], texts[0]: texts[1], texts[1]: texts[0]} {
		if got, err := s.look(t.Context(), except); err != nil || got != want {
			t.Errorf("after %.12q: %.12q, %v", except, got, err)
		}
	}
}
