package verify

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"handslag/identity"
	"handslag/identity/signed"
)

// tell writes the result for people.
func (r Result) tell(out io.Writer) error {
	var b strings.Builder
	if r.Name != "" {
		fmt.Fprintf(&b, "%s, by its statement number %d\n", r.Name, r.Statement)
	}
	for _, in := range r.Inputs {
		fmt.Fprintf(&b, "\n%s: %s\n", in.Path, in.Kind)
		for _, e := range in.Entries {
			fmt.Fprintf(&b, "  entry %d  %s  %s\n", e.Place, e.Kind, e.by())
			fmt.Fprintf(&b, "    between %s and %s%s\n", when(e.NotBefore), when(e.NotAfter), e.about())
			fmt.Fprintf(&b, "    signed, and in the log%s\n", map[bool]string{true: "; its device has a receipt for it"}[e.Receipt])
		}
		for _, c := range in.Checkpoints {
			fmt.Fprintf(&b, "  checkpoint over %d entries: %s\n", c.Size, c.Root)
		}
		if in.Kind == kindTiles {
			fmt.Fprintf(&b, "  all tiles%s are the checkpoint's\n", map[bool]string{true: " and leaves"}[in.Leaves])
		}
		for _, w := range in.Witnesses {
			fmt.Fprintf(&b, "  %s vouches for the first %d entries, at %s by that device's clock\n", person(w.Person, w.Device), w.Size, when(w.At))
		}
		if in.Kind == kindEvidence && len(in.Witnesses) == 0 {
			b.WriteString("  no device vouches for the log that these entries are in yet\n")
		}
	}
	b.WriteString("\n")
	for _, line := range r.NotCompared {
		fmt.Fprintf(&b, "NOT COMPARED %s\n", line)
	}
	for _, line := range r.Problems {
		fmt.Fprintf(&b, "PROBLEM %s\n", line)
	}
	if len(r.Problems) == 0 {
		b.WriteString("Everything that is here holds.\n")
	}
	for line := range strings.Lines(b.String()) {
		if _, err := io.WriteString(out, clean(strings.TrimSuffix(line, "\n"))+"\n"); err != nil {
			return fmt.Errorf("write answer: %w", err)
		}
	}
	return nil
}

func (e Entry) by() string {
	if e.System {
		return "by the connected system, key " + e.Device.Grouped()
	}
	return "by " + person(e.Person, e.Device)
}

func (e Entry) about() string {
	var b strings.Builder
	for _, part := range []struct{ name, value string }{
		{"about", e.Subject}, {"record", e.Record}, {"assignment", e.Work}, {"with device", e.Peer.Grouped()}, {"code", e.Code},
	} {
		if part.value != "" {
			b.WriteString(", " + part.name + " " + part.value)
		}
	}
	return b.String()
}

func person(p identity.Person, d identity.DeviceID) string {
	return fmt.Sprintf("%s (%s) on device %s", p.Name(), p.Username, d.Grouped())
}

func when(t signed.Time) string {
	if t.IsZero() {
		return "an unknown time"
	}
	return t.Time().Format(time.DateTime) + " UTC"
}

// clean keeps what others wrote from moving the reader's cursor.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return '\uFFFD'
		}
		return r
	}, text)
}
