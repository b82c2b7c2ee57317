package anchor

import (
	"bytes"
	"testing"
	"time"

	"handslag/app/agent/clock"
	"handslag/identity/signed"
)

func FuzzReadAnchor(f *testing.F) {
	good, err := signed.Encode(Anchor{Version: 1, Generation: 2, Seq: 3, Hash: make([]byte, 32), Time: 4, Elapsed: 5})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add([]byte{0xa0})
	f.Fuzz(func(t *testing.T, data []byte) {
		n, err := read(data)
		if err != nil {
			return
		}
		if again, err := signed.Encode(n); err != nil || !bytes.Equal(again, data) {
			t.Fatalf("%x is read and written as %x", data, again)
		}
		c := clock.New(func() time.Time { return time.Date(2026, 6, 1, 7, 0, 0, 0, time.UTC) }, func() (string, time.Duration) { return "b", time.Hour })
		c.Recall(n.Time, n.Elapsed)
		if r := c.Read(); r.Floor < 0 {
			t.Fatalf("the floor is %d", r.Floor)
		}
	})
}
