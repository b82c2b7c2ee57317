package ui

import (
	"testing"
	"time"

	"handslag/app/agent"
	"handslag/assets"
)

// TestAListThatIsCutShortSaysSo: whoever scrolls to its end must not think that there is nothing more.
func TestAListThatIsCutShortSaysSo(t *testing.T) {
	s := newRecordsScreen(&Window{lang: assets.Swedish, now: time.Now})
	windowWith(t, s.Content(), 1000, 700)
	for _, more := range []bool{false, true, false} {
		s.show(agent.Found{Cards: []agent.Card{{ID: "r1", Title: "Karin"}}, More: more}, "kar")
		if s.more.Visible() != more {
			t.Errorf("more %t, and the screen says %t", more, s.more.Visible())
		}
	}
}
