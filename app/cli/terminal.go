package cli

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode"

	"handslag/identity/qr"
)

// drawCode draws a QR code with half blocks, two modules a character cell, light modules as
// ink: right on the dark background that terminals mostly have, and most readers take it
// either way.
func drawCode(w io.Writer, code *qr.Code) {
	var out bytes.Buffer
	defer func() { _, _ = w.Write(out.Bytes()) }()
	from, to := -qr.QuietZone, code.Size()+qr.QuietZone
	for y := from; y < to; y += 2 {
		for x := from; x < to; x++ {
			upper, lower := !code.At(x, y), !code.At(x, y+1) && y+1 < to
			switch {
			case upper && lower:
				out.WriteString("█")
			case upper:
				out.WriteString("▀")
			case lower:
				out.WriteString("▄")
			default:
				out.WriteByte(' ')
			}
		}
		out.WriteByte('\n')
	}
}

// escaped is JSON with what moves a terminal's cursor written as \u0000: encoding/json does
// so below a blank only.
func escaped(line []byte) string {
	var b strings.Builder
	for _, r := range string(line) {
		if moves(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// moves reports whether r makes a terminal do something else than show a character.
func moves(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }

// cleaner keeps what others wrote (a title, a note) from moving the reader's cursor or
// turning the text around. Each Write holds whole characters.
type cleaner struct{ io.Writer }

func (c cleaner) Write(p []byte) (int, error) {
	text := strings.Map(func(r rune) rune {
		if r != '\n' && moves(r) {
			return '\uFFFD'
		}
		return r
	}, string(p))
	if _, err := io.WriteString(c.Writer, text); err != nil {
		return 0, err
	}
	return len(p), nil
}
