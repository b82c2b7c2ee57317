// Package complaint is how a program that is run from a command line says that it failed: a sentence and what to do for people,
// one JSON object on one line for programs. It knows no errors; who has them says which code stands for each.
package complaint

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
)

// The codes that every program has beside its own.
const (
	Usage  = "usage"  // the command line is malformed; the exit code is 2
	Failed = "failed" // something that has no code of its own; the sentence says what
)

// Complaint is a failure in words. Code names it for programs and does not change with the words.
type Complaint struct {
	Code string `json:"code"`
	What string `json:"what"`         // a sentence: what happened
	Do   string `json:"do,omitempty"` // what to do about it, where that is known
}

// InJSON reports whether a command line asks for JSON, wherever it says so and whatever else is wrong with it.
func InJSON(args []string) bool {
	if i := slices.Index(args, "--"); i >= 0 {
		args = args[:i]
	}
	return slices.ContainsFunc(args, func(arg string) bool {
		switch strings.TrimPrefix(arg, "-") {
		case "-json", "json", "-json=true", "json=true":
			return strings.HasPrefix(arg, "-")
		}
		return false
	})
}

// Tell writes the complaint of a program to w, which is its standard error: what others wrote moves nobody's cursor.
func (c Complaint) Tell(w io.Writer, program string, inJSON bool) {
	c.What, c.Do = clean(c.What), clean(c.Do)
	if inJSON {
		line := json.NewEncoder(w)
		line.SetEscapeHTML(false)
		_ = line.Encode(c)
		return
	}
	fmt.Fprintf(w, "%s: %s\n", program, c.What)
	if c.Do != "" {
		fmt.Fprintf(w, "  %s\n", c.Do)
	}
}

func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}
