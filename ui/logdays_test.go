package ui_test

import (
	"strings"
	"testing"
	"time"

	"handslag/sync/link"
	"handslag/ui"
)

func FuzzReadDays(f *testing.F) {
	for _, seed := range []string{"2026-06-01", "2026-06-01..2026-06-07", "2026-06-07 – 2026-06-01", " 2026-06-01 till 2026-06-02", "2026-01-01..2026-12-31", "..", "2026-02-30", "i går"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, wrong := ui.ReadDays(text)
		if wrong != "" {
			return
		}
		again, wrong := ui.ReadDays(id)
		if again != id || wrong != "" {
			t.Fatalf("%q is %q and then %q %s", text, id, again, wrong)
		}
		from, to, several := strings.Cut(id, "..")
		first, err := time.Parse(time.DateOnly, from)
		ok(t, err)
		if !several {
			return
		}
		last, err := time.Parse(time.DateOnly, to)
		ok(t, err)
		if n := last.Sub(first).Hours()/24 + 1; n < 2 || n > link.LogDays {
			t.Fatalf("%q is %v days", text, n)
		}
	})
}
