package console

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"handslag/identity"
)

// Print puts value out as one line of JSON, or as text.
func (c *Console) Print(value any, text func(io.Writer)) error {
	if !c.Settings.JSON {
		text(c.Out)
		return nil
	}
	line, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	if _, err := fmt.Fprintf(c.Raw, "%s\n", escaped(line)); err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	return nil
}

// Moment is a time as people read it.
func Moment(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.Local().Format("2006-01-02 15:04")
}

// Joined leaves out what is empty. It is one line: a line's end in somebody's words would
// make what follows look like an entry of its own.
func Joined(parts ...string) string {
	var said []string
	for _, p := range parts {
		if p != "" {
			said = append(said, strings.ReplaceAll(p, "\n", " ↵ "))
		}
	}
	return strings.Join(said, " · ")
}

// Units are their names.
func Units(units []identity.Unit) string {
	names := make([]string, len(units))
	for i, u := range units {
		names[i] = u.Name
	}
	return strings.Join(names, ", ")
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
