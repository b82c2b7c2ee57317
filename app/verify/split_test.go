package verify

import (
	"bytes"
	"testing"
)

// Checkpoints that stand one behind the other in a file come apart where they were put together, and nothing of the file
// is lost.
func FuzzSplit(f *testing.F) {
	one := "handslag.log/x\n1\nAA==\n\n— x AAAA\n"
	for _, seed := range []string{"", one, one + "\n" + one, one + "\n\n" + one, "\n\nhandslag.log/", "\n\nhandslag.log/\n\nhandslag.log/", "x"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		notes := split(data)
		if got := bytes.Join(notes, []byte("\n")); !bytes.Equal(got, data) {
			t.Fatalf("%q comes apart as %q", data, notes)
		}
		for _, note := range notes[min(1, len(notes)):] {
			if !bytes.HasPrefix(note, []byte("handslag.log/")) {
				t.Fatalf("%q comes apart as %q", data, notes)
			}
		}
	})
}
