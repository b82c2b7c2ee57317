package audit_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/identity/signed/signedtest"
	"handslag/vault/journal/audit"
)

// log is one kept in memory.
type log struct {
	t      testing.TB
	leaves []audit.Leaf
	hashes []tlog.Hash
}

func (l *log) ReadHashes(at []int64) ([]tlog.Hash, error) {
	var out []tlog.Hash
	for _, i := range at {
		out = append(out, l.hashes[i])
	}
	return out, nil
}

func (l *log) add(words ...string) *log {
	for _, word := range words {
		leaf := audit.NewLeaf([]byte(word), 1_000)
		h, err := leaf.Hash()
		if err != nil {
			l.t.Fatal(err)
		}
		more, err := tlog.StoredHashesForRecordHash(int64(len(l.leaves)), h, l)
		if err != nil {
			l.t.Fatal(err)
		}
		l.leaves, l.hashes = append(l.leaves, leaf), append(l.hashes, more...)
	}
	return l
}

func (l *log) checkpoint() audit.Checkpoint {
	root, err := tlog.TreeHash(int64(len(l.leaves)), l)
	if err != nil {
		l.t.Fatal(err)
	}
	return audit.Checkpoint{Org: org(l.t), Size: int64(len(l.leaves)), Root: root}
}

func org(t testing.TB) identity.OrgID { return identity.OrgIDOf(signedtest.Key(t, 1).Public()) }

func words(n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprint("entry ", i))
	}
	return out
}

func TestALogThatGrowsIsConsistent(t *testing.T) {
	for _, older := range []int{0, 1, 2, 3, 7, 8, 100, 255} {
		for _, more := range []int{0, 1, 5, 64} {
			l := (&log{t: t}).add(words(older)...)
			before := l.checkpoint()
			l.add(words(more)...)
			after := l.checkpoint()
			var proof tlog.TreeProof
			if older > 0 {
				var err error
				if proof, err = tlog.ProveTree(after.Size, before.Size, l); err != nil {
					t.Fatal(err)
				}
			}
			if err := audit.Consistent(before, after, proof); err != nil {
				t.Errorf("%d and %d more: %v", older, more, err)
			}
		}
	}
}

func TestALogThatWasRewrittenIsSeen(t *testing.T) {
	truth := (&log{t: t}).add(words(10)...)
	before := truth.checkpoint()
	lie := func(change func(w []string) []string) audit.Checkpoint {
		return (&log{t: t}).add(change(words(10))...).add("later", "later still").checkpoint()
	}
	for what, after := range map[string]audit.Checkpoint{
		"one entry is another": lie(func(w []string) []string { w[3] = "nothing happened"; return w }),
		"one is left out":      lie(func(w []string) []string { return append(w[:3], w[4:]...) }),
		"two change places":    lie(func(w []string) []string { w[3], w[4] = w[4], w[3]; return w }),
		"one is put between":   lie(func(w []string) []string { return append(w[:4], append([]string{"new"}, w[4:]...)...) }),
		"the end is cut":       (&log{t: t}).add(words(9)...).checkpoint(),
		"another, as long":     (&log{t: t}).add(words(9)...).add("other").checkpoint(),
	} {
		if after.Size == before.Size+2 {
			l := (&log{t: t}).add(words(12)...)
			proof, err := tlog.ProveTree(after.Size, before.Size, l)
			if err != nil {
				t.Fatal(err)
			}
			if err := audit.Consistent(before, after, proof); !errors.Is(err, audit.ErrInconsistent) {
				t.Errorf("%s, with the proof of the truth: %v", what, err)
			}
		}
		if err := audit.Consistent(before, after, nil); !errors.Is(err, audit.ErrInconsistent) {
			t.Errorf("%s: %v", what, err)
		}
	}
	foreign := before
	foreign.Org = identity.OrgIDOf(signedtest.Key(t, 9).Public())
	if err := audit.Consistent(before, foreign, nil); !errors.Is(err, audit.ErrCheckpoint) {
		t.Errorf("another organisation's: %v", err)
	}
	if err := audit.Consistent(before, audit.Checkpoint{Org: before.Org, Size: 11}, make([]audit.Hash, 1000)); !errors.Is(err, audit.ErrInconsistent) {
		t.Errorf("a proof without end: %v", err)
	}
}

func TestAnEntryIsInTheLogOrIsNot(t *testing.T) {
	l := (&log{t: t}).add(words(20)...)
	c := l.checkpoint()
	for i, leaf := range l.leaves {
		proof, err := tlog.ProveRecord(c.Size, int64(i), l)
		if err != nil {
			t.Fatal(err)
		}
		if err := audit.Included(c, leaf, int64(i), proof); err != nil {
			t.Errorf("leaf %d: %v", i, err)
		}
		for what, no := range map[string]error{
			"at another place":     audit.Included(c, leaf, int64(i+1)%20, proof),
			"of another time":      audit.Included(c, audit.Leaf{Entry: leaf.Entry, Received: 2_000}, int64(i), proof),
			"of another entry":     audit.Included(c, l.leaves[(i+1)%20], int64(i), proof),
			"without a proof":      audit.Included(c, leaf, int64(i), nil),
			"behind the end":       audit.Included(c, leaf, 20, proof),
			"before the beginning": audit.Included(c, leaf, -1, proof),
		} {
			if !errors.Is(no, audit.ErrNotIncluded) {
				t.Errorf("leaf %d %s: %v", i, what, no)
			}
		}
	}
}

func TestACheckpointIsItsLogs(t *testing.T) {
	key := signedtest.Key(t, 8)
	c := (&log{t: t}).add(words(3)...).checkpoint()
	data, err := c.Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	signedtest.Golden(t, "checkpoint", data)
	if !bytes.HasPrefix(data, []byte("handslag.log/"+string(c.Org)+"\n3\n")) {
		t.Errorf("it reads:\n%s", data)
	}
	keys := []signed.Key{signedtest.Key(t, 5).Public(), key.Public()}
	if back, err := audit.OpenCheckpoint(data, c.Org, keys); err != nil || back != c {
		t.Errorf("%+v, %v", back, err)
	}
	witness := append(bytes.Clone(data), []byte("— witness.example AAAAAAAAAAAAAAAA\n")...)
	if back, err := audit.OpenCheckpoint(witness, c.Org, keys); err != nil || back != c {
		t.Errorf("with a witness: %v", err)
	}
	edit := func(from, to string) []byte { return []byte(strings.Replace(string(data), from, to, 1)) }
	for what, bad := range map[string][]byte{
		"of another size":    edit("\n3\n", "\n4\n"),
		"of a size padded":   edit("\n3\n", "\n03\n"),
		"of another log":     edit("handslag.log/", "handslag.lag/"),
		"without signature":  data[:bytes.Index(data, []byte("\n\n"))+2],
		"of nothing":         nil,
		"of an endless text": bytes.Repeat([]byte("a"), audit.CheckpointLimit+1),
	} {
		if _, err := audit.OpenCheckpoint(bad, c.Org, keys); err == nil {
			t.Errorf("a checkpoint %s is believed", what)
		}
	}
	if _, err := audit.OpenCheckpoint(data, c.Org, keys[:1]); !errors.Is(err, audit.ErrCheckpoint) {
		t.Errorf("under another key: %v", err)
	}
	if _, err := audit.OpenCheckpoint(data, identity.OrgIDOf(signedtest.Key(t, 9).Public()), keys); !errors.Is(err, audit.ErrCheckpoint) {
		t.Errorf("for another organisation: %v", err)
	}
}

func TestTheLeafStandsStill(t *testing.T) {
	signedtest.Rule(t, "audit.cddl", "leaf", audit.Leaf{})
	h, err := audit.NewLeaf([]byte("an entry"), 1_700_000_000_000_000).Hash()
	if err != nil {
		t.Fatal(err)
	}
	signedtest.Golden(t, "leaf", h[:])
}

// The chain's hash leaves the signature out, so the leaf must not.
func TestALeafKnowsEveryByte(t *testing.T) {
	raw := []byte("an entry and its signature")
	for i := range raw {
		other := bytes.Clone(raw)
		other[i] ^= 1
		if bytes.Equal(audit.NewLeaf(raw, 1).Entry, audit.NewLeaf(other, 1).Entry) {
			t.Errorf("byte %d is not under the leaf", i)
		}
	}
}

func FuzzOpenCheckpoint(f *testing.F) {
	key := signedtest.Key(f, 8)
	c := (&log{t: f}).add(words(3)...).checkpoint()
	data, err := c.Sign(key)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte("handslag.log/x\n1\nAA==\n\n— x AAAA\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		read, unread := audit.ReadCheckpoint(in)
		got, err := audit.OpenCheckpoint(in, c.Org, []signed.Key{key.Public()})
		if err != nil {
			return
		}
		again, err := got.Sign(key)
		if err != nil || !bytes.HasPrefix(in, again[:bytes.Index(again, []byte("\n\n"))+2]) {
			t.Fatalf("%q reads back as %q", in, again)
		}
		if unread != nil || read != got {
			t.Fatalf("%q opens as %+v and is read as %+v, %v", in, got, read, unread)
		}
	})
}

// signer signs any text as the log, whatever it says.
type signer struct {
	key  *signed.PrivateKey
	name string
}

func (s signer) Name() string                     { return s.name }
func (s signer) Sign(text []byte) ([]byte, error) { return ed25519.Sign(s.key.Ed25519(), text), nil }
func (s signer) KeyHash() uint32 {
	sum := sha256.Sum256(append([]byte(s.name+"\n\x01"), s.key.Public().Bytes...))
	return binary.BigEndian.Uint32(sum[:])
}

// What the log's own key has signed is a checkpoint in one spelling, of this log, or none.
func TestASignedTextIsACheckpointOrNone(t *testing.T) {
	key, c := signedtest.Key(t, 8), (&log{t: t}).add("a", "b").checkpoint()
	name, root := "handslag.log/"+string(c.Org), base64.StdEncoding.EncodeToString(c.Root[:])
	other := "handslag.log/" + string(identity.OrgIDOf(signedtest.Key(t, 9).Public()))
	for what, row := range map[string]struct {
		lines []string
		holds bool
	}{
		"as it is written":      {[]string{name, "2", root}, true},
		"of another log":        {[]string{other, "2", root}, false},
		"a size padded":         {[]string{name, "02", root}, false},
		"a size with a sign":    {[]string{name, "+2", root}, false},
		"less than nothing":     {[]string{name, "-2", root}, false},
		"a generation padded":   {[]string{name, "2", root, "generation 02"}, false},
		"a generation too many": {[]string{name, "2", root, "generation 1"}, false},
		"a line too many":       {[]string{name, "2", root, "generation 2", "x"}, false},
		"half a root":           {[]string{name, "2", root[:20]}, false},
	} {
		data, err := note.Sign(&note.Note{Text: strings.Join(row.lines, "\n") + "\n"}, signer{key, name})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := audit.OpenCheckpoint(data, c.Org, []signed.Key{key.Public()}); row.holds != (err == nil) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// A statement may name a key twice; the checkpoint is no less the organisation's.
func TestAKeyThatIsNamedTwiceStillVerifies(t *testing.T) {
	l := (&log{t: t}).add("a", "b")
	key := signedtest.Key(t, 2)
	note, err := l.checkpoint().Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := audit.OpenCheckpoint(note, org(t), []signed.Key{key.Public(), key.Public()}); err != nil {
		t.Error(err)
	}
}

// While a log key is replaced, both sign: who has heard of one of them believes it, whichever it is.
func TestACheckpointBridgesTwoKeys(t *testing.T) {
	former, key, other := signedtest.Key(t, 2), signedtest.Key(t, 3), signedtest.Key(t, 4)
	c := (&log{t: t}).add("a", "b").checkpoint()
	c.Generation = 2
	data, err := c.Sign(key, former, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range []*signed.PrivateKey{former, key} {
		if back, err := audit.OpenCheckpoint(data, c.Org, []signed.Key{one.Public()}); err != nil || back != c {
			t.Errorf("%+v, %v", back, err)
		}
	}
	if _, err := audit.OpenCheckpoint(data, c.Org, []signed.Key{other.Public()}); err == nil {
		t.Error("anybody's key will do")
	}
	for _, line := range []string{"generation 1\n", "generation 02\n", "generation x\n", "2\n", "generation 2\ngeneration 3\n"} {
		bad := strings.Replace(string(data), "generation 2\n", line, 1)
		if _, err := audit.OpenCheckpoint([]byte(bad), c.Org, []signed.Key{key.Public()}); err == nil {
			t.Errorf("with %q it is believed", line)
		}
	}
}
