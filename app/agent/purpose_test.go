package agent

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"handslag/sync/link"
	"handslag/vault/journal"
)

// Both halves of a share say in words why: for whom the assignment is, and what it is.
func TestAShareSaysWhyInWords(t *testing.T) {
	h := newHouse(t)
	anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
	anna.sync()
	bo.sync()
	const assigned, spoken = "Vattenläcka under diskbänken", "Bo tar över efter mig i dag"
	for _, c := range []struct{ says, sent, received string }{
		{"", "", assigned}, // Anna's device does not know of Bo's assignment, and she says nothing
		{spoken, spoken, spoken},
	} {
		mine, theirs := anna.meets(bo)
		mine.Because(c.says)
		if _, err := mine.Give(t.Context(), Gift{Records: []journal.RecordID{"r-maja"}}); err != nil {
			t.Fatal(err)
		}
		mine.Close()
		theirs.Close()
		mustNotRead(t, bo.cfg.Outbox, assigned, spoken)
		anna.sync()
		bo.sync()
		page, err := anna.Log(t.Context(), link.LogFilter{Record: "r-maja"})
		ok(t, err)
		said := map[journal.Kind]string{}
		for _, row := range slices.Backward(page.Rows) {
			said[row.Kind] = row.Reason
		}
		if said[journal.ShareSent] != c.sent || said[journal.ShareReceived] != c.received {
			t.Errorf("%q: the log says %q", c.says, said)
		}
	}
}

func TestAReasonIsCutBetweenLetters(t *testing.T) {
	for _, text := range []string{"", "kort", strings.Repeat("å", reasonLimit), "x" + strings.Repeat("å", reasonLimit)} {
		got := shortened(text)
		if len(got) > reasonLimit || !utf8.ValidString(got) || !strings.HasPrefix(text, got) || len(text) <= reasonLimit && got != text {
			t.Errorf("%d bytes became %d", len(text), len(got))
		}
	}
}
