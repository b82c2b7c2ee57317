package review

import (
	"bytes"
	"strings"
	"testing"

	"handslag/app/cli/console"
	"handslag/assets"
	"handslag/sync/link"
	"handslag/vault/journal"
)

// A reason with a line's end in it is one entry on the screen, not two.
func TestNobodyWritesAnEntryOfTheirOwnIntoTheLogsList(t *testing.T) {
	var out bytes.Buffer
	c := &console.Console{Out: &out}
	row := link.LogRow{Kind: journal.RecordOpened, Reason: "läcka\n  2026-11-23 09:00  record.opened  bo.ek", Findings: []string{"fork", "nytt"}}
	if err := writeRow(c, row, ""); err != nil {
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
