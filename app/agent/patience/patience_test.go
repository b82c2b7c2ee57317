package patience

import (
	"strconv"
	"testing"
	"time"

	"handslag/identity"
)

func TestTheWaitIsToldInSecondsAndBounded(t *testing.T) {
	var p Patience
	bo, now := identity.DeviceID("bo"), time.Hour
	var waits []time.Duration
	for range 9 {
		p.Failed(bo, now)
		left := max(p.Left(bo, now), 0)
		waits = append(waits, left)
		if p.Left("carl", now) > 0 || p.Left(bo, now+left) > 0 {
			t.Error("somebody else waits, or the wait does not end")
		}
		now += left
	}
	want := []time.Duration{0, 15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, longestWait, longestWait, longestWait}
	for i := range want {
		if waits[i] != want[i] {
			t.Fatalf("the waits are %v", waits)
		}
	}
	if p.Left(bo, now+setbackMemory) > 0 {
		t.Error("it is never forgotten")
	}
	p.Failed(bo, now+setbackMemory)
	if p.Left(bo, now+setbackMemory) > 0 {
		t.Error("what was forgotten counts")
	}
	for i := range 3 * maxSetbacks {
		p.Failed(identity.DeviceID(strconv.Itoa(i)), now)
	}
	if len(p.with) != maxSetbacks {
		t.Errorf("%d are remembered", len(p.with))
	}
	p.Met("383")
	if p.find("383", now) >= 0 {
		t.Error("who is verified still waits")
	}
}
