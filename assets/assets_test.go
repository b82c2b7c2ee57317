package assets

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"strings"
	"testing"

	"golang.org/x/image/font/sfnt"
)

func TestEveryIconIsWellFormedAndNamed(t *testing.T) {
	entries, err := iconFiles.ReadDir("icons")
	if err != nil {
		t.Fatal(err)
	}
	drawn := 0
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".svg")
		if !ok {
			continue
		}
		drawn++
		raw, err := Icon(name)
		if err != nil {
			t.Fatal(err)
		}
		dec := xml.NewDecoder(bytes.NewReader(raw))
		for {
			tok, err := dec.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			s, ok := tok.(xml.StartElement)
			if !ok {
				continue
			}
			// Fyne's renderer drops a rect's corners when it recolours, and keeps a stroke at one width on every scale.
			if s.Name.Local == "rect" || s.Name.Local == "line" || s.Name.Local == "polyline" {
				t.Errorf("%s uses <%s>: draw it as a filled path", name, s.Name.Local)
			}
			for _, a := range s.Attr {
				if a.Name.Local == "stroke" && a.Value != "none" {
					t.Errorf("%s has a stroke: draw it as a filled path", name)
				}
				if a.Name.Local == "fill" && name != IconApp && a.Value != "#000000" {
					t.Errorf("%s is %s: an icon's one colour is #000000, which the theme replaces", name, a.Value)
				}
			}
		}
	}
	if drawn < 20 {
		t.Fatalf("only %d icons", drawn)
	}
	if _, err := Icon("no-such-icon"); err == nil {
		t.Error("an unknown icon gives no error")
	}
}

func TestAppPicture(t *testing.T) {
	raw, err := AppPicture()
	if err != nil {
		t.Fatal(err)
	}
	c, err := png.DecodeConfig(bytes.NewReader(raw))
	if err != nil || c.Width != 512 || c.Height != 512 {
		t.Fatalf("%dx%d, %v", c.Width, c.Height, err)
	}
}

func TestFontsHoldEveryLetterOfEverySentence(t *testing.T) {
	letters := "åäöÅÄÖéÉüÜñçßšžłøæ0123456789–…·→✓"
	for _, l := range Languages() {
		for _, c := range l.Codes() {
			letters += books()[l][c]
		}
	}
	size := 0
	for name, raw := range map[string][]byte{"regular": FontRegular, "bold": FontBold, "mono": FontMono} {
		size += len(raw)
		f, err := sfnt.Parse(raw)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		missing, buf := map[rune]bool{}, &sfnt.Buffer{}
		for _, r := range letters {
			if i, err := f.GlyphIndex(buf, r); (err != nil || i == 0) && r != '\n' {
				missing[r] = true
			}
		}
		for r := range missing {
			t.Errorf("%s lacks %q", name, r)
		}
	}
	if size > 1<<20 {
		t.Errorf("fonts weigh %d bytes", size)
	}
}
