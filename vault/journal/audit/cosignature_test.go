package audit_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/identity/signed/signedtest"
	"handslag/vault/journal/audit"
)

const noon = signed.Time(1_790_000_000_000_000)

// witness cosigns c with key number b, for the device whose signing key is number b-1.
func witness(t testing.TB, c audit.Checkpoint, b byte) audit.Cosignature {
	t.Helper()
	key := signedtest.Key(t, b)
	s, err := c.Cosign(deviceOf(t, b), key.Public(), noon, func(m []byte) ([]byte, error) { return ed25519.Sign(key.Ed25519(), m), nil })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func deviceOf(t testing.TB, b byte) identity.DeviceID {
	return identity.DeviceIDOf(signedtest.Key(t, b-1).Public())
}

func signedNote(t testing.TB, c audit.Checkpoint) []byte {
	t.Helper()
	note, err := c.Sign(signedtest.Key(t, 8))
	if err != nil {
		t.Fatal(err)
	}
	return note
}

// What a witness signs is put together here by the letter of C2SP tlog-cosignature, without the package's help.
func TestACosignatureIsWhatC2SPSaysItIs(t *testing.T) {
	c := (&log{t: t}).add(words(3)...).checkpoint()
	c.Generation = 2
	note := audit.Cosigned(signedNote(t, c), witness(t, c, 11))
	signedtest.Golden(t, "cosigned", note)
	text, signatures, _ := strings.Cut(string(note), "\n\n")
	last := strings.Split(strings.TrimSuffix(signatures, "\n"), "\n")[1]
	name, encoded, _ := strings.Cut(strings.TrimPrefix(last, "— "), " ")
	if name != "handslag.witness/"+string(deviceOf(t, 11)) {
		t.Errorf("it is %s's", name)
	}
	data, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(data) != 76 {
		t.Fatal(len(data), err)
	}
	public := signedtest.Key(t, 11).Public().Bytes
	id := sha256.Sum256(append([]byte(name+"\n\x04"), public...))
	if !bytes.Equal(data[:4], id[:4]) || binary.BigEndian.Uint64(data[4:]) != uint64(noon)/1_000_000 {
		t.Errorf("key ID or time: %x", data[:12])
	}
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s\n", uint64(noon)/1_000_000, text)
	if !ed25519.Verify(public, []byte(message), data[12:]) {
		t.Error("the signature is of something else")
	}
}

func TestACosignatureIsOfOneCheckpointByOneWitness(t *testing.T) {
	l := (&log{t: t}).add(words(3)...)
	c := l.checkpoint()
	s := witness(t, c, 11)
	key := signedtest.Key(t, 11).Public()
	if err := s.Check(c, key); err != nil {
		t.Error(err)
	}
	other := func(change func(*audit.Checkpoint)) audit.Checkpoint { o := c; change(&o); return o }
	later, another, foreign := s, s, s
	later.At++
	another.Device = deviceOf(t, 13)
	foreign.Signature[0] ^= 1
	for what, err := range map[string]error{
		"a longer log's":          s.Check(l.add("one more").checkpoint(), key),
		"another root's":          s.Check(other(func(o *audit.Checkpoint) { o.Root[0] ^= 1 }), key),
		"another organisation's":  s.Check(other(func(o *audit.Checkpoint) { o.Org = identity.OrgIDOf(key) }), key),
		"another generation's":    s.Check(other(func(o *audit.Checkpoint) { o.Generation = 2 }), key),
		"another witness key's":   s.Check(c, signedtest.Key(t, 12).Public()),
		"no key's":                s.Check(c, signed.Key{}),
		"of another time":         later.Check(c, key),
		"another device's":        another.Check(c, key),
		"with a bit turned":       foreign.Check(c, key),
		"of who signs in its own": func() error { _, err := c.Cosign(deviceOf(t, 11), key, noon, signWith(t, 12)); return err }(),
		"of no time":              func() error { _, err := c.Cosign(deviceOf(t, 11), key, 0, signWith(t, 11)); return err }(),
	} {
		if !errors.Is(err, audit.ErrCosignature) {
			t.Errorf("it counts as %s: %v", what, err)
		}
	}
}

func signWith(t testing.TB, b byte) func([]byte) ([]byte, error) {
	return func(m []byte) ([]byte, error) { return ed25519.Sign(signedtest.Key(t, b).Ed25519(), m), nil }
}

func TestWitnessesStandBehindTheLogsSignatures(t *testing.T) {
	c := (&log{t: t}).add(words(3)...).checkpoint()
	note := signedNote(t, c)
	first, second := witness(t, c, 11), witness(t, c, 13)
	cosigned := audit.Cosigned(note, first, second)
	back, all, err := audit.SplitCosigned(cosigned)
	if err != nil || !bytes.Equal(back, note) || len(all) != 2 || all[0] != first || all[1] != second {
		t.Fatalf("%q, %v, %v", back, all, err)
	}
	if got, err := audit.OpenCheckpoint(cosigned, c.Org, []signed.Key{signedtest.Key(t, 8).Public()}); err != nil || got != c {
		t.Errorf("%+v, %v", got, err)
	}
	if back, all, err = audit.SplitCosigned(note); err != nil || len(all) != 0 || !bytes.Equal(back, note) {
		t.Errorf("without witnesses: %q, %v, %v", back, all, err)
	}
	line := audit.Cosigned(nil, first)
	crowd := make([]audit.Cosignature, audit.MaxCosignatures+1)
	for i := range crowd {
		crowd[i] = first
		crowd[i].Device = deviceOf(t, byte(20+i))
	}
	if _, all, err := audit.SplitCosigned(audit.Cosigned(note, crowd[1:]...)); err != nil || len(all) != audit.MaxCosignatures {
		t.Errorf("%d witnesses, %v", len(all), err)
	}
	never := first
	never.At = math.MaxInt64/1_000_000 + 1 // in microseconds it would be before the beginning
	for what, bad := range map[string][]byte{
		"a witness too many":        audit.Cosigned(note, crowd...),
		"a time that nobody counts": audit.Cosigned(note, never),
		"a witness twice":           audit.Cosigned(note, first, first),
		"no end of line":            cosigned[:len(cosigned)-1],
		"no signature":              append(bytes.Clone(note), "— handslag.witness/"+string(first.Device)+" AAAA\n"...),
		"no device":                 append(bytes.Clone(note), "— handslag.witness/anna AAAA\n"...),
		"a device in capitals":      append(bytes.Clone(note), bytes.Replace(line, []byte(first.Device), bytes.ToUpper([]byte(first.Device)), 1)...),
		"the log behind the device": append(bytes.Clone(cosigned), note[bytes.Index(note, []byte("\n\n"))+2:]...),
		"witnesses without end":     append(bytes.Clone(note), bytes.Repeat(line, audit.CosignedLimit/len(line)+1)...),
	} {
		if _, _, err := audit.SplitCosigned(bad); err == nil {
			t.Errorf("%s: it is read", what)
		}
	}
}

func FuzzSplitCosigned(f *testing.F) {
	c := (&log{t: f}).add(words(3)...).checkpoint()
	f.Add(audit.Cosigned(signedNote(f, c), witness(f, c, 11), witness(f, c, 13)))
	f.Add(signedNote(f, c))
	f.Add([]byte("\n— handslag.witness/x AAAA\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		note, all, err := audit.SplitCosigned(data)
		if err == nil && !bytes.Equal(audit.Cosigned(note, all...), data) {
			t.Fatalf("%q is read as something else", data)
		}
	})
}
