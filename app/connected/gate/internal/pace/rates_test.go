package pace

import (
	"testing"
	"time"

	"handslag/identity/signed"
)

func TestRatesStartAgainEachMinute(t *testing.T) {
	l, now := New(), signed.At(time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC))
	for i := range 3 {
		if got := l.Take("x", 2, now); got != (i < 2) {
			t.Errorf("number %d: %v", i+1, got)
		}
	}
	if !l.Take("y", 2, now) || !l.Take("x", 2, now.Add(time.Minute)) || !l.Take("x", 2, now.Add(-time.Hour)) {
		t.Error("another name, the next minute or a clock turned back is refused")
	}
}
