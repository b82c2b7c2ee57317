package evidence_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/identity/signed/signedtest"
	"handslag/vault/journal"
	"handslag/vault/journal/audit"
	"handslag/vault/journal/evidence"
)

const now = signed.Time(1_790_000_000_000_000)

func org(t testing.TB) identity.OrgID { return identity.OrgIDOf(signedtest.Key(t, 1).Public()) }

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// log is an audit log in memory, of which entries 1 to 9 are Bo's and the last the connected system's own.
type log struct {
	hashes []tlog.Hash
	raws   [][]byte
}

func (l *log) ReadHashes(at []int64) (out []tlog.Hash, err error) {
	for _, i := range at {
		out = append(out, l.hashes[i])
	}
	return out, nil
}

func (l *log) add(t testing.TB, raw []byte) {
	h := must[audit.Hash](t)(audit.NewLeaf(raw, now).Hash())
	l.hashes = append(l.hashes, must[[]tlog.Hash](t)(tlog.StoredHashesForRecordHash(int64(len(l.raws)), h, l))...)
	l.raws = append(l.raws, raw)
}

func (l *log) checkpoint(t testing.TB, n int64) audit.Checkpoint {
	return audit.Checkpoint{Org: org(t), Size: n, Root: must[tlog.Hash](t)(tlog.TreeHash(n, l))}
}

// device is key b's, with its transport and witness keys behind it.
func device(t testing.TB, b byte) identity.DeviceID {
	return identity.DeviceIDOf(signedtest.Key(t, b).Public())
}

func credential(t testing.TB, name string, b byte) []byte {
	sealing := must[*identity.SealPrivate](t)(identity.SealPrivateFromBytes(bytes.Repeat([]byte{5}, 32)))
	return must[[]byte](t)(signed.Sign(signed.DomainCredential, signedtest.Key(t, 2), identity.Credential{
		Version: 1, Org: org(t), Person: identity.Person{ID: identity.PersonID("p-" + name), Username: name, First: "F", Last: "L"}, Machine: "m-1",
		Keys:  identity.PublicKeys{Signing: signedtest.Key(t, b).Public(), Transport: signedtest.Key(t, b+1).Public(), Sealing: sealing.Public(), Witness: signedtest.Key(t, b+2).Public()},
		Epoch: 1, Issued: now, Expires: now.Add(time.Hour)}))
}

func entry(t testing.TB, b byte, chain *journal.Chain, kind journal.Kind) []byte {
	e := journal.Entry{Version: 1, Device: device(t, b), Generation: 1, Seq: chain.Last + 1, Prev: bytes.Clone(chain.Head[:]), Kind: kind, After: now, Epoch: 1}
	raw := must[[]byte](t)(e.Sign(func(c signed.Content) ([]byte, error) { return c.Sign(signedtest.Key(t, b)) }))
	*chain = chain.Extend(e, raw)
	return raw
}

func cosign(t testing.TB, c audit.Checkpoint, b byte) audit.Cosignature {
	key := signedtest.Key(t, b+2)
	return must[audit.Cosignature](t)(c.Cosign(device(t, b), key.Public(), now, func(m []byte) ([]byte, error) { return ed25519.Sign(key.Ed25519(), m), nil }))
}

// bundle is evidence about entries 3 and 10, which two devices vouch for, in two checkpoints.
func bundle(t testing.TB) evidence.Bundle {
	sealing := must[*identity.SealPrivate](t)(identity.SealPrivateFromBytes(bytes.Repeat([]byte{6}, 32)))
	statement := must[[]byte](t)(signed.Sign(signed.DomainStatement, signedtest.Key(t, 1), identity.Statement{
		Version: 1, Number: 1, Root: signedtest.Key(t, 1).Public(), Name: "Bostads AB Linden", URL: "https://linden.example:8443",
		TLS: []identity.Pin{bytes.Repeat([]byte{7}, 32)}, Issuing: []signed.Key{signedtest.Key(t, 2).Public()},
		Sealing: []identity.SealKey{sealing.Public()}, Log: []signed.Key{signedtest.Key(t, 8).Public()}, Issued: now}))
	l := &log{}
	bo, own := &journal.Chain{Generation: 1}, &journal.Chain{Generation: 1}
	var third journal.Hash
	for i := range 9 {
		l.add(t, entry(t, 10, bo, journal.RecordOpened))
		if i == 2 {
			third = bo.Head
		}
	}
	l.add(t, entry(t, 8, own, journal.LogRead))
	for range 5 {
		l.add(t, entry(t, 8, own, journal.Renewed))
	}
	first, second := l.checkpoint(t, 11), l.checkpoint(t, 15)
	note := func(c audit.Checkpoint) []byte { return must[[]byte](t)(c.Sign(signedtest.Key(t, 8))) }
	b := evidence.Bundle{Version: 1, Org: org(t), Statement: statement,
		Credentials: [][]byte{credential(t, "bo.ek", 10), credential(t, "anna.lind", 20)},
		Trail: []evidence.Seen{{Note: audit.Cosigned(note(first), cosign(t, first, 20), cosign(t, first, 10))},
			{Note: note(second), Growth: must[tlog.TreeProof](t)(tlog.ProveTree(15, 11, l))}},
		Receipts: [][]byte{must[[]byte](t)(journal.Receipt{Version: 1, Org: org(t), Device: device(t, 10), Time: now,
			Ranges: []journal.Range{{Generation: 1, From: 1, To: 3, Hash: third[:]}}}.Sign(signedtest.Key(t, 8)))},
	}
	for _, place := range []int64{3, 10} {
		b.Entries = append(b.Entries, evidence.Entry{Place: uint64(place), Signed: l.raws[place-1], Received: now,
			Proof: must[tlog.RecordProof](t)(tlog.ProveRecord(11, place-1, l))})
	}
	return b
}

func TestEvidenceHolds(t *testing.T) {
	data := must[[]byte](t)(bundle(t).Encode())
	signedtest.Golden(t, "bundle", data)
	signedtest.Rule(t, "evidence.cddl", "bundle", evidence.Bundle{})
	signedtest.Rule(t, "evidence.cddl", "seen", evidence.Seen{})
	signedtest.Rule(t, "evidence.cddl", "entry", evidence.Entry{})
	r := must[evidence.Report](t)(evidence.Verify(data, org(t)))
	if !r.Sound() || len(r.Entries) != 2 || len(r.Witnesses) != 2 || len(r.Checkpoints) != 2 || r.Organisation != "Bostads AB Linden" {
		t.Fatalf("%+v", r)
	}
	if e := r.Entries[0]; e.Place != 3 || e.Person.Username != "bo.ek" || e.Kind != journal.RecordOpened || !e.Receipt || e.System || e.Received != now {
		t.Errorf("%+v", e)
	}
	if e := r.Entries[1]; e.Place != 10 || !e.System || e.Receipt || e.Person.ID != "" {
		t.Errorf("%+v", e)
	}
	for _, w := range r.Witnesses {
		if w.Size != 11 || w.At != now {
			t.Errorf("%+v", w)
		}
	}
}

// Every part is needed: whoever changes one is found out, by what is said of it.
func TestEvidenceThatWasChangedIsSeen(t *testing.T) {
	bo := &journal.Chain{Generation: 1}
	forged := entry(t, 10, bo, journal.Locked)
	stranger := entry(t, 30, &journal.Chain{Generation: 1}, journal.RecordOpened)
	anotherLog := func(c audit.Checkpoint) []byte { return must[[]byte](t)(c.Sign(signedtest.Key(t, 9))) }
	truth := bundle(t)
	c := must[audit.Checkpoint](t)(audit.OpenCheckpoint(truth.Trail[0].Note, org(t), []signed.Key{signedtest.Key(t, 8).Public()}))
	entryHash := journal.HashOf(truth.Entries[0].Signed)
	third := journal.Range{Generation: 1, From: 1, To: 3, Hash: entryHash[:]}
	receipt := func(of byte, held []journal.Range, ranges ...journal.Range) func(*evidence.Bundle) {
		raw := must[[]byte](t)(journal.Receipt{Version: 1, Org: org(t), Device: device(t, of), Time: now, Ranges: ranges, Held: held}.Sign(signedtest.Key(t, 8)))
		return func(b *evidence.Bundle) { b.Receipts[0] = raw }
	}
	for what, row := range map[string]struct {
		change func(b *evidence.Bundle)
		want   string
	}{
		"a bit of an entry's signature":        {func(b *evidence.Bundle) { b.Entries[0].Signed[len(b.Entries[0].Signed)-1] ^= 1 }, "has signed it"},
		"an entry far behind any log":          {func(b *evidence.Bundle) { b.Entries[1].Place = 1<<63 + 10 }, "does not have it there"},
		"a byte of an entry":                   {func(b *evidence.Bundle) { b.Entries[0].Signed[100] ^= 1 }, "has signed it"},
		"another entry of the same device":     {func(b *evidence.Bundle) { b.Entries[0].Signed = forged }, "does not have it there"},
		"an entry that nobody enrolled":        {func(b *evidence.Bundle) { b.Entries[0].Signed = stranger }, "credential of its device is missing"},
		"an entry at another place":            {func(b *evidence.Bundle) { b.Entries[0].Place = 4 }, "does not have it there"},
		"an entry behind the log":              {func(b *evidence.Bundle) { b.Entries[1].Place = 12 }, "does not have it there"},
		"an entry of another time":             {func(b *evidence.Bundle) { b.Entries[0].Received-- }, "does not have it there"},
		"a proof":                              {func(b *evidence.Bundle) { b.Entries[0].Proof[0][0] ^= 1 }, "does not have it there"},
		"no proof":                             {func(b *evidence.Bundle) { b.Entries[0].Proof = nil }, "does not have it there"},
		"no credentials":                       {func(b *evidence.Bundle) { b.Credentials = nil }, "credential is missing"},
		"a credential that another key issued": {func(b *evidence.Bundle) { b.Credentials[0] = b.Statement }, "is not the organisation's"},
		"a checkpoint of another log key":      {func(b *evidence.Bundle) { b.Trail[0].Note = anotherLog(c) }, "is not the log's"},
		"a word of the checkpoint": {func(b *evidence.Bundle) {
			b.Trail[0].Note = bytes.Replace(b.Trail[0].Note, []byte("\n11\n"), []byte("\n12\n"), 1)
		}, "is not the log's"},
		"checkpoints in the wrong order": {func(b *evidence.Bundle) { b.Trail[0].Note, b.Trail[1].Note = b.Trail[1].Note, b.Trail[0].Note }, "after one over"},
		"the proof of growth":            {func(b *evidence.Bundle) { b.Trail[1].Growth[0][0] ^= 1 }, "was rewritten"},
		"no proof of growth":             {func(b *evidence.Bundle) { b.Trail[1].Growth = nil }, "was rewritten"},
		"another witness's word": {func(b *evidence.Bundle) {
			b.Trail[1].Note = append(b.Trail[1].Note, audit.Cosigned(nil, cosign(t, c, 20))...)
		}, "its signature does not hold"},
		"a witness whom nobody knows": {func(b *evidence.Bundle) {
			b.Trail[0].Note = append(b.Trail[0].Note, audit.Cosigned(nil, cosign(t, c, 30))...)
		}, "its credential is missing"},
		"a receipt of another key": {func(b *evidence.Bundle) {
			b.Receipts[0] = must[[]byte](t)(journal.Receipt{Version: 1, Org: org(t), Device: device(t, 10), Time: now}.Sign(signedtest.Key(t, 9)))
		}, "is not the organisation's"},
		"a receipt for something else":        {receipt(10, nil, journal.Range{Generation: 1, From: 1, To: 3, Hash: make([]byte, 32)}), "is not here"},
		"another device's receipt":            {receipt(20, nil, third), "is not here"},
		"a receipt for another generation":    {receipt(10, nil, journal.Range{Generation: 2, From: 1, To: 3, Hash: third.Hash}), "is not here"},
		"a receipt for another number":        {receipt(10, nil, journal.Range{Generation: 1, From: 1, To: 4, Hash: third.Hash}), "is not here"},
		"a receipt that holds something else": {receipt(10, []journal.Range{{Generation: 1, From: 9, To: 9, Hash: make([]byte, 32)}}, third), "is not here"},
	} {
		b := bundle(t)
		row.change(&b)
		r, err := evidence.Verify(must[[]byte](t)(b.Encode()), org(t))
		if err != nil || r.Sound() || !strings.Contains(strings.Join(r.Problems, "\n"), row.want) {
			t.Errorf("%s: %v, %v", what, r.Problems, err)
		}
	}
}

// Of a device's credentials the newest names the person, and a witness counts once, by the longest log that it has seen.
func TestWhoIsNamedIsNamedOnceAndAsNow(t *testing.T) {
	b := bundle(t)
	c := must[identity.Credential](t)(identity.OpenCredential(b.Credentials[0], org(t), []signed.Key{signedtest.Key(t, 2).Public()}))
	c.Epoch, c.Person.Last = 2, "Ekmark"
	b.Credentials = append([][]byte{must[[]byte](t)(signed.Sign(signed.DomainCredential, signedtest.Key(t, 2), c))}, b.Credentials...)
	longest := must[audit.Checkpoint](t)(audit.ReadCheckpoint(b.Trail[1].Note))
	b.Trail[1].Note = audit.Cosigned(b.Trail[1].Note, cosign(t, longest, 20))
	r := must[evidence.Report](t)(evidence.Verify(must[[]byte](t)(b.Encode()), org(t)))
	if !r.Sound() || len(r.Witnesses) != 2 || r.Entries[0].Person.Last != "Ekmark" {
		t.Fatalf("%+v", r)
	}
	for _, w := range r.Witnesses {
		if want := map[identity.DeviceID]int64{device(t, 10): 11, device(t, 20): 15}[w.Device]; w.Size != want {
			t.Errorf("%s vouches for %d entries, not %d", w.Person.Username, w.Size, want)
		}
	}
}

func TestWhatIsNoEvidenceIsRefused(t *testing.T) {
	whole := must[[]byte](t)(bundle(t).Encode())
	if _, err := evidence.Verify(whole, identity.OrgIDOf(signedtest.Key(t, 9).Public())); err == nil {
		t.Error("it counts for another organisation")
	}
	b := bundle(t)
	b.Org = identity.OrgIDOf(signedtest.Key(t, 9).Public())
	if _, err := evidence.Verify(must[[]byte](t)(b.Encode()), org(t)); !errors.Is(err, evidence.ErrBundle) {
		t.Errorf("it says that it is another organisation's: %v", err)
	}
	if _, err := evidence.Verify(must[[]byte](t)(b.Encode()), b.Org); !errors.Is(err, identity.ErrForeign) {
		t.Errorf("another organisation's statement: %v", err)
	}
	for what, change := range map[string]func(*evidence.Bundle){
		"another version":      func(b *evidence.Bundle) { b.Version = 2 },
		"no entries":           func(b *evidence.Bundle) { b.Entries = nil },
		"entries without end":  func(b *evidence.Bundle) { b.Entries = make([]evidence.Entry, evidence.MaxEntries+1) },
		"an entry twice":       func(b *evidence.Bundle) { b.Entries[1] = b.Entries[0] },
		"no place":             func(b *evidence.Bundle) { b.Entries[0].Place = 0 },
		"no checkpoint":        func(b *evidence.Bundle) { b.Trail = nil },
		"a trail without end":  func(b *evidence.Bundle) { b.Trail = make([]evidence.Seen, evidence.MaxCheckpoints+1) },
		"growth from nothing":  func(b *evidence.Bundle) { b.Trail[0].Growth = b.Trail[1].Growth },
		"a proof without end":  func(b *evidence.Bundle) { b.Entries[0].Proof = make([]audit.Hash, 65) },
		"receipts without end": func(b *evidence.Bundle) { b.Receipts = make([][]byte, evidence.MaxReceipts+1) },
	} {
		b := bundle(t)
		change(&b)
		if _, err := b.Encode(); !errors.Is(err, evidence.ErrBundle) {
			t.Errorf("%s is written: %v", what, err)
		}
		if _, err := evidence.Decode(must[[]byte](t)(signed.Encode(b))); !errors.Is(err, evidence.ErrBundle) {
			t.Errorf("%s is read: %v", what, err)
		}
	}
	for size := 0; size < len(whole); size += 7 {
		if _, err := evidence.Decode(whole[:size]); err == nil {
			t.Fatalf("cut to %d bytes it is read", size)
		}
	}
}

func FuzzVerify(f *testing.F) {
	f.Add(must[[]byte](f)(bundle(f).Encode()))
	b := bundle(f)
	b.Receipts, b.Credentials = nil, nil
	f.Add(must[[]byte](f)(b.Encode()))
	id := org(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := evidence.Verify(data, id)
		if err != nil {
			return
		}
		back, err := evidence.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		again, err := back.Encode()
		if err != nil || !bytes.Equal(again, data) {
			t.Fatalf("%x reads back as something else: %v", data, err)
		}
		if r.Sound() && len(r.Entries) != len(back.Entries) {
			t.Fatal("an entry is neither shown nor a problem")
		}
	})
}
