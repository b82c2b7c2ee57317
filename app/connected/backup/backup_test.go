package backup

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/identity/signed/signedtest"
)

// house is an organisation that makes backups.
type house struct {
	t         testing.TB
	root, log *signed.PrivateKey
	sealing   *identity.SealPrivate
	org       identity.OrgID
	statement []byte
}

var now = signed.At(time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC))

func newHouse(t testing.TB, root byte) *house {
	t.Helper()
	h := &house{t: t, root: signedtest.Key(t, root), log: signedtest.Key(t, 2)}
	h.org = identity.OrgIDOf(h.root.Public())
	h.sealing = must(identity.NewSealPrivate())(t)
	h.statement = must(signed.Sign(signed.DomainStatement, h.root, identity.Statement{
		Version: 1, Number: 1, Root: h.root.Public(), Name: "Linden", URL: "https://localhost", TLS: []identity.Pin{make([]byte, 32)},
		Issuing: []signed.Key{signedtest.Key(t, 3).Public()}, Sealing: []identity.SealKey{h.sealing.Public()},
		Log: []signed.Key{h.log.Public()}, Issued: now,
	}))(t)
	return h
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (h *house) write(part Part, key *signed.PrivateKey, lines ...[]byte) []byte {
	h.t.Helper()
	var out bytes.Buffer
	w := must(NewWriter(&out, h.org, h.statement, bytes.Repeat([]byte{9}, idSize), part, now))(h.t)
	for _, line := range lines {
		if err := w.Line(line); err != nil {
			h.t.Fatal(err)
		}
	}
	if err := w.Close(key, Manifest{Schema: 3, Size: 12, Root: make([]byte, 32)}); err != nil {
		h.t.Fatal(err)
	}
	return out.Bytes()
}

func (h *house) read(data []byte) (lines [][]byte, err error) {
	f, err := Check(bytes.NewReader(data), h.org)
	if err != nil {
		return nil, err
	}
	err = f.Lines(bytes.NewReader(data), []*identity.SealPrivate{h.sealing}, func(line []byte) error {
		lines = append(lines, bytes.Clone(line))
		return nil
	})
	return lines, err
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	h := newHouse(t, 1)
	for name, lines := range map[string][][]byte{
		"nothing":          nil,
		"an empty line":    {{}},
		"a few":            {[]byte("one"), {}, []byte("three")},
		"a chunk and more": {bytes.Repeat([]byte{1}, ChunkSize-4), []byte("x"), bytes.Repeat([]byte{2}, 3*ChunkSize+17)},
	} {
		data := h.write(Data, h.log, lines...)
		if got, err := h.read(data); err != nil || !slices.EqualFunc(got, lines, bytes.Equal) {
			t.Errorf("%s: %d lines, %v", name, len(got), err)
		}
	}
	if secret := []byte("Eva Ekmark, Lindgatan 1"); bytes.Contains(h.write(Data, h.log, secret), secret) {
		t.Error("a line stands in the clear")
	}
}

// Every bit is under the signature: none can be another, and nothing can be left out or put behind.
func TestAChangedFileIsRefused(t *testing.T) {
	h := newHouse(t, 1)
	data := h.write(Data, h.log, []byte("one"), []byte("two"))
	for i := range data {
		bad := bytes.Clone(data)
		bad[i] ^= 1
		if _, err := Check(bytes.NewReader(bad), h.org); err == nil {
			t.Fatalf("byte %d is nobody's", i)
		}
		if _, err := Check(bytes.NewReader(data[:i]), h.org); err == nil {
			t.Fatalf("%d bytes of %d are a file", i, len(data))
		}
	}
	if _, err := Check(bytes.NewReader(append(bytes.Clone(data), 0)), h.org); !errors.Is(err, ErrFile) {
		t.Errorf("with something behind: %v", err)
	}
}

func TestWhoseBackupItIs(t *testing.T) {
	h, other := newHouse(t, 1), newHouse(t, 7)
	data := h.write(Data, h.log, []byte("one"))
	if _, err := Check(bytes.NewReader(data), other.org); !errors.Is(err, ErrForeign) {
		t.Errorf("for another organisation: %v", err)
	}
	if _, err := h.read(h.write(Data, signedtest.Key(t, 5), []byte("one"))); !errors.Is(err, ErrForeign) {
		t.Errorf("whoever has the statement can make one: %v", err)
	}
	f := must(Check(bytes.NewReader(data), h.org))(t)
	if err := f.Lines(bytes.NewReader(data), []*identity.SealPrivate{other.sealing}, nil); !errors.Is(err, ErrSealedFor) {
		t.Errorf("another key opens it: %v", err)
	}
	// What is exchanged between the check and the reading.
	again := h.write(Data, h.log, []byte("two"))
	if err := f.Lines(bytes.NewReader(again), []*identity.SealPrivate{h.sealing}, func([]byte) error { return nil }); !errors.Is(err, ErrFile) {
		t.Errorf("another file after the check: %v", err)
	}
}

func TestTheCDDLFileDescribesTheStructs(t *testing.T) {
	for name, v := range map[string]any{"header": Header{}, "manifest": Manifest{}} {
		signedtest.Rule(t, "backup.cddl", name, v)
	}
}

// A file that was made once is read for ever.
func TestAFileOfTodayStaysReadable(t *testing.T) {
	h := newHouse(t, 1)
	h.sealing = must(identity.SealPrivateFromBytes(bytes.Repeat([]byte{2}, 32)))(t)
	data := signedtest.Kept(t, "backup", func() []byte {
		made := newHouse(t, 1)
		made.sealing = h.sealing
		made.statement = must(signed.Sign(signed.DomainStatement, made.root, identity.Statement{
			Version: 1, Number: 1, Root: made.root.Public(), Name: "Linden", URL: "https://localhost", TLS: []identity.Pin{make([]byte, 32)},
			Issuing: []signed.Key{signedtest.Key(t, 3).Public()}, Sealing: []identity.SealKey{made.sealing.Public()},
			Log: []signed.Key{made.log.Public()}, Issued: now,
		}))(t)
		return made.write(Keys, made.log, []byte("one"), []byte("two"))
	})
	if lines, err := h.read(data); err != nil || len(lines) != 2 || string(lines[1]) != "two" {
		t.Errorf("%q, %v", lines, err)
	}
}

func FuzzCheck(f *testing.F) {
	h := newHouse(f, 1)
	f.Add(signedtest.Load(f, "backup"))
	f.Add(h.write(Data, h.log, []byte("one")))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Check(bytes.NewReader(data), h.org)
		if err != nil {
			return
		}
		if file.Manifest.Org != h.org || !bytes.Equal(file.Manifest.ID, file.Header.ID) {
			t.Error("it is believed, and another's")
		}
	})
}
