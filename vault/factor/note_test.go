package factor

import (
	"bytes"
	"encoding/hex"
	"errors"
	"os"
	"strings"
	"testing"
)

func golden(t testing.TB) []byte {
	t.Helper()
	text, err := os.ReadFile("testdata/sealed.hex")
	if err != nil {
		t.Fatal(err)
	}
	data, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// The note that a software TPM gave once.
func TestANoteOfYesterdayIsRead(t *testing.T) {
	n, err := parseSealed(golden(t))
	if err != nil || len(n.parent) != 34 || len(n.public) == 0 || len(n.private) == 0 {
		t.Fatalf("%d, %d, %d bytes: %v", len(n.parent), len(n.public), len(n.private), err)
	}
}

func FuzzSealedNote(f *testing.F) {
	f.Add(golden(f))
	f.Add([]byte{})
	f.Add([]byte{0, 1, 2, 0, 1, 2, 0, 1, 2})
	f.Fuzz(func(t *testing.T, data []byte) {
		n, err := parseSealed(data)
		if err != nil {
			if !errors.Is(err, ErrMissing) {
				t.Fatalf("an error without a name: %v", err)
			}
			return
		}
		if !bytes.Equal(n.encode(), data) {
			t.Fatal("written again it differs")
		}
	})
}

func FuzzIndexNote(f *testing.F) {
	f.Add([]byte{0x01, 0x80, 0, 0})
	f.Add([]byte{0x01, 0xc0, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		handle, err := parseIndex(data)
		if err == nil && (handle < firstIndex || handle > lastIndex) {
			t.Fatalf("index %x is another's", handle)
		}
		if err != nil && !errors.Is(err, ErrMissing) {
			t.Fatalf("an error without a name: %v", err)
		}
	})
}
