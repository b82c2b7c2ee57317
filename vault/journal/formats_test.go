package journal_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"reflect"
	"slices"
	"testing"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/identity/signed/signedtest"
	"handslag/vault/journal"
)

func signWith(key *signed.PrivateKey) func(signed.Content) ([]byte, error) {
	return func(c signed.Content) ([]byte, error) { return c.Sign(key) }
}

func payload() journal.Payload {
	return journal.Payload{Version: 1, Salt: bytes.Repeat([]byte{9}, 32), Details: journal.Details{Reason: "Vattenläcka"}}
}

func first(t testing.TB) journal.Entry {
	t.Helper()
	commit, err := payload().Commit()
	if err != nil {
		t.Fatal(err)
	}
	return journal.Entry{Version: 1, Device: identity.DeviceIDOf(signedtest.Key(t, 3).Public()), Generation: 1, Seq: 1,
		Prev: make([]byte, 32), Kind: journal.RecordOpened, After: 1_700_000_000_000_000, Record: "r-1", RecordVersion: 2,
		Subject: "s-1", Payload: commit}
}

func raw(t testing.TB, e journal.Entry) []byte {
	t.Helper()
	data, err := e.Sign(signWith(signedtest.Key(t, 3)))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func batch(t testing.TB) journal.Batch {
	return journal.Batch{Version: 1, Device: first(t).Device, Credential: []byte{1}, Segments: []journal.SegmentKey{{ID: make([]byte, 16), Sealed: []byte{1}}},
		Items: []journal.Item{{Entry: raw(t, first(t)), Box: []byte{1}, Key: []byte{2}}}}
}

func TestFormatsStandStill(t *testing.T) {
	signedtest.Golden(t, "entry", raw(t, first(t)))
	hash := journal.HashOf(raw(t, first(t)))
	signedtest.Golden(t, "entry-hash", hash[:])
	data, err := batch(t).Encode()
	if err != nil {
		t.Fatal(err)
	}
	signedtest.Golden(t, "batch", data)
	receipt := journal.Receipt{Version: 1, Org: identity.OrgIDOf(signedtest.Key(t, 1).Public()), Device: first(t).Device,
		Ranges: []journal.Range{{Generation: 1, From: 1, To: 1, Hash: make([]byte, 32)}}, Time: 1_700_000_000_000_000,
		Held: []journal.Range{{Generation: 1, From: 3, To: 4, Hash: make([]byte, 32)}}}
	if data, err = receipt.Sign(signedtest.Key(t, 8)); err != nil {
		t.Fatal(err)
	}
	signedtest.Golden(t, "receipt", data)
	signedtest.Golden(t, "head", head(t))
	for rule, v := range map[string]any{"entry": journal.Entry{}, "details": journal.Details{}, "payload": journal.Payload{}, "batch": journal.Batch{},
		"segment-key": journal.SegmentKey{}, "item": journal.Item{}, "receipt": journal.Receipt{}, "range": journal.Range{}, "head": journal.Head{}} {
		signedtest.Rule(t, "journal.cddl", rule, v)
	}
}

func head(t testing.TB) []byte {
	t.Helper()
	e := first(t)
	data, err := journal.HeadOf(identity.OrgIDOf(signedtest.Key(t, 1).Public()), e.Device, journal.Chain{Generation: 1}.Extend(e, raw(t, e))).Sign(func(domain signed.Domain, v any) ([]byte, error) { return signed.Sign(domain, signedtest.Key(t, 3), v) })
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestAHeadIsItsDevicesOrNobodys(t *testing.T) {
	org, key := identity.OrgIDOf(signedtest.Key(t, 1).Public()), signedtest.Key(t, 3)
	good := journal.Head{Version: 1, Org: org, Device: identity.DeviceIDOf(key.Public()), Generation: 1, Seq: 4, Hash: make([]byte, 32)}
	for name, spoil := range map[string]func(*journal.Head){
		"as it should be":      func(*journal.Head) {},
		"of another version":   func(h *journal.Head) { h.Version = 2 },
		"of another device":    func(h *journal.Head) { h.Device = identity.DeviceIDOf(signedtest.Key(t, 4).Public()) },
		"of another house":     func(h *journal.Head) { h.Org = "other" },
		"of nothing said":      func(h *journal.Head) { h.Seq = 0 },
		"of no generation":     func(h *journal.Head) { h.Generation = 0 },
		"with half a hash":     func(h *journal.Head) { h.Hash = h.Hash[:16] },
		"with a hash too long": func(h *journal.Head) { h.Hash = make([]byte, 33) },
	} {
		h := good
		spoil(&h)
		data, err := signed.Sign(signed.DomainHead, key, h)
		if err != nil {
			t.Fatal(err)
		}
		_, err = journal.OpenHead(data, org, key.Public())
		if (err == nil) != (name == "as it should be") {
			t.Errorf("a head %s: %v", name, err)
		}
	}
	entry, err := signed.Sign(signed.DomainEntry, key, good)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := journal.OpenHead(entry, org, key.Public()); !errors.Is(err, signed.ErrSignature) {
		t.Errorf("signed for something else: %v", err)
	}
	later, next := good, good
	later.Seq, next.Generation, next.Seq = 5, 2, 1
	if !good.Before(later) || !later.Before(next) || next.Before(good) || good.Before(good) {
		t.Error("heads stand in another order")
	}
}

func FuzzOpenHead(f *testing.F) {
	f.Add(signedtest.Load(f, "head"))
	f.Add(signedtest.Load(f, "receipt"))
	org, key := identity.OrgIDOf(signedtest.Key(f, 1).Public()), signedtest.Key(f, 3).Public()
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := journal.OpenHead(data, org, key)
		if err == nil && (h.Org != org || h.Seq == 0 || h.Generation == 0 || len(h.Hash) != 32) {
			t.Fatal("an ill-formed head opens")
		}
	})
}

func TestAnEntryIsItsDevicesOrNobodys(t *testing.T) {
	good := raw(t, first(t))
	if _, err := journal.OpenEntry(good, signedtest.Key(t, 3).Public()); err != nil {
		t.Fatal(err)
	}
	if _, err := journal.OpenEntry(good, signedtest.Key(t, 4).Public()); !errors.Is(err, signed.ErrSignature) {
		t.Errorf("another's key: %v", err)
	}
	for name, spoil := range map[string]func(*journal.Entry){
		"an unknown version":             func(e *journal.Entry) { e.Version = 2 },
		"no number":                      func(e *journal.Entry) { e.Seq = 0 },
		"a first entry after something":  func(e *journal.Entry) { e.Prev = bytes.Repeat([]byte{1}, 32) },
		"a later entry after nothing":    func(e *journal.Entry) { e.Seq = 2 },
		"no device":                      func(e *journal.Entry) { e.Device = "" },
		"a device ID with a slip":        func(e *journal.Entry) { e.Device = "q" + e.Device[1:] },
		"a kind with a space":            func(e *journal.Entry) { e.Kind = "record opened" },
		"a record ID that is a sentence": func(e *journal.Entry) { e.Record = "Anna Lind" },
		"a short commitment":             func(e *journal.Entry) { e.Payload = []byte{1} },
		"a code that is a novel":         func(e *journal.Entry) { e.Code = string(bytes.Repeat([]byte{'a'}, 65)) },
	} {
		e := first(t)
		spoil(&e)
		if _, err := e.Sign(signWith(signedtest.Key(t, 3))); !errors.Is(err, journal.ErrEntry) {
			t.Errorf("%s is signed: %v", name, err)
		}
		forged, err := signed.Sign(signed.DomainEntry, signedtest.Key(t, 3), e)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := journal.OpenEntry(forged, signedtest.Key(t, 3).Public()); !errors.Is(err, journal.ErrEntry) {
			t.Errorf("%s is read: %v", name, err)
		}
	}
}

// The chain is over what was said, so that entries can be chained before they are signed.
func TestAHashLeavesTheSignatureOut(t *testing.T) {
	key, one := signedtest.Key(t, 3), first(t)
	said := raw(t, one)
	again := signedtest.SignedAgain(t, signed.DomainEntry, key, said)
	if _, err := journal.OpenEntry(again, key.Public()); err != nil || bytes.Equal(said, again) {
		t.Fatalf("the second signature: %v", err)
	}
	content, err := one.Unsigned()
	if err != nil || journal.HashOfContent(content) != journal.HashOf(said) || journal.HashOf(said) != journal.HashOf(again) {
		t.Errorf("the hash knows the signature, %v", err)
	}
	changed := one
	changed.RecordVersion++
	if journal.HashOf(raw(t, changed)) == journal.HashOf(said) {
		t.Error("another entry has the same hash")
	}
	elsewhere, err := signed.Sign(signed.DomainWork, key, one)
	if err != nil || journal.HashOf(elsewhere) != journal.HashOf(said) {
		t.Errorf("the domain is the entry's, whatever bytes are shown: %v", err)
	}
	if none := []byte("no entry"); journal.HashOf(none) == journal.HashOf(nil) || journal.HashOf(said[1:]) == journal.HashOf(said) {
		t.Error("what is no entry has no hash of its own")
	}
}

func TestAChainKnowsWhatFollows(t *testing.T) {
	one := first(t)
	start := journal.Chain{Generation: 1}
	if v := start.Judge(one); v != journal.Follows {
		t.Fatalf("the first entry: %v", v)
	}
	after := start.Extend(one, raw(t, one))
	two := one
	two.Seq, two.Prev = 2, slices.Clone(after.Head[:])
	fork, gap, elsewhere := two, two, two
	fork.Prev = bytes.Repeat([]byte{1}, 32)
	gap.Seq = 4
	elsewhere.Generation = 2
	for name, c := range map[string]struct {
		entry journal.Entry
		want  journal.Verdict
	}{
		"the next":           {two, journal.Follows},
		"one already there":  {one, journal.Known},
		"one that skips":     {gap, journal.Gap},
		"another branch":     {fork, journal.Fork},
		"another generation": {elsewhere, journal.Elsewhere},
	} {
		if got := after.Judge(c.entry); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestAPayloadOpensForItsEntryOnly(t *testing.T) {
	key := make([]byte, identity.AEADKeySize)
	rand.Read(key)
	p, err := journal.NewPayload(journal.Details{Reason: "Vattenläcka", Note: "Stängt av"})
	if err != nil {
		t.Fatal(err)
	}
	box, commit, err := p.Seal(key)
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := p.Commit(); !bytes.Equal(again, commit) {
		t.Error("it is sealed for another commitment than its own")
	}
	if bytes.Contains(box, []byte("Vatten")) {
		t.Fatal("readable")
	}
	got, err := journal.OpenPayload(box, key, commit)
	if err != nil || !reflect.DeepEqual(got.Details, p.Details) {
		t.Fatalf("open: %v", err)
	}
	again, _ := journal.NewPayload(p.Details)
	other, _ := again.Commit()
	if bytes.Equal(other, commit) {
		t.Error("the same words commit alike: the salt is missing")
	}
	if _, err := journal.OpenPayload(box, key, other); !errors.Is(err, journal.ErrPayload) {
		t.Errorf("for another entry: %v", err)
	}
	wrapped, err := journal.WrapPayloadKey(key, key, commit)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := journal.UnwrapPayloadKey(key, wrapped, other); !errors.Is(err, journal.ErrPayload) {
		t.Errorf("key for another entry: %v", err)
	}
}

func TestABatchIsBounded(t *testing.T) {
	for name, spoil := range map[string]func(*journal.Batch){
		"an unknown version":        func(b *journal.Batch) { b.Version = 2 },
		"no entries":                func(b *journal.Batch) { b.Items = nil },
		"too many entries":          func(b *journal.Batch) { b.Items = slices.Repeat(b.Items, 501) },
		"no credential":             func(b *journal.Batch) { b.Credential = nil },
		"a credential without end":  func(b *journal.Batch) { b.Credential = make([]byte, identity.CredentialLimit+1) },
		"a segment without an ID":   func(b *journal.Batch) { b.Segments[0].ID = nil },
		"a segment without a key":   func(b *journal.Batch) { b.Segments[0].Sealed = nil },
		"too many segments":         func(b *journal.Batch) { b.Segments = slices.Repeat(b.Segments, 65) },
		"a payload without its key": func(b *journal.Batch) { b.Items[0].Key = nil },
		"a key of no segment":       func(b *journal.Batch) { b.Items[0].Segment = 1 },
		"an entry too large":        func(b *journal.Batch) { b.Items[0].Entry = make([]byte, journal.EntryLimit+1) },
	} {
		b := batch(t)
		spoil(&b)
		if _, err := b.Encode(); !errors.Is(err, journal.ErrBatch) {
			t.Errorf("%s goes up: %v", name, err)
		}
		data, err := signed.Encode(b)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := journal.DecodeBatch(data); !errors.Is(err, journal.ErrBatch) {
			t.Errorf("%s comes in: %v", name, err)
		}
	}
	if _, err := journal.DecodeBatch(make([]byte, journal.BatchLimit+1)); !errors.Is(err, signed.ErrTooLarge) {
		t.Errorf("over its limit: %v", err)
	}
}

func TestAReceiptIsForOneDeviceOfOneOrganisation(t *testing.T) {
	org := identity.OrgIDOf(signedtest.Key(t, 1).Public())
	device := first(t).Device
	keys := []signed.Key{signedtest.Key(t, 8).Public()}
	good := journal.Receipt{Version: 1, Org: org, Device: device, Time: 1, Ranges: []journal.Range{{Generation: 1, From: 1, To: 2, Hash: make([]byte, 32)}}}
	data, _ := good.Sign(signedtest.Key(t, 8))
	if _, err := journal.OpenReceipt(data, org, device, keys); err != nil {
		t.Fatal(err)
	}
	other := identity.DeviceIDOf(signedtest.Key(t, 5).Public())
	if _, err := journal.OpenReceipt(data, org, other, keys); !errors.Is(err, journal.ErrReceipt) {
		t.Errorf("another device's: %v", err)
	}
	if _, err := journal.OpenReceipt(data, org, device, []signed.Key{signedtest.Key(t, 9).Public()}); !errors.Is(err, signed.ErrSignature) {
		t.Errorf("forged: %v", err)
	}
	for what, spoil := range map[string]func(*journal.Receipt){
		"a range that ends before it begins": func(r *journal.Receipt) { r.Ranges[0].To = 0 },
		"a range that begins at nothing":     func(r *journal.Receipt) { r.Ranges[0].From = 0 },
		"a range of no generation":           func(r *journal.Receipt) { r.Ranges[0].Generation = 0 },
		"half a hash":                        func(r *journal.Receipt) { r.Ranges[0].Hash = make([]byte, 16) },
		"a held range that ends too early": func(r *journal.Receipt) {
			r.Held = []journal.Range{{Generation: 1, From: 2, To: 1, Hash: make([]byte, 32)}}
		},
		"more ranges than fit": func(r *journal.Receipt) { r.Held = slices.Repeat(r.Ranges, journal.ReceiptRanges+1) },
		"no time":              func(r *journal.Receipt) { r.Time = 0 },
		"an unknown version":   func(r *journal.Receipt) { r.Version = 2 },
		"another organisation": func(r *journal.Receipt) { r.Org = identity.OrgIDOf(signedtest.Key(t, 9).Public()) },
	} {
		r := good
		r.Ranges = slices.Clone(good.Ranges)
		spoil(&r)
		data, _ := r.Sign(signedtest.Key(t, 8))
		if _, err := journal.OpenReceipt(data, org, device, keys); !errors.Is(err, journal.ErrReceipt) {
			t.Errorf("a receipt with %s: %v", what, err)
		}
	}
}

func FuzzOpenEntry(f *testing.F) {
	f.Add(signedtest.Load(f, "entry"))
	f.Add([]byte{0x84})
	key := signedtest.Key(f, 3).Public()
	f.Fuzz(func(t *testing.T, data []byte) {
		if e, err := journal.OpenEntry(data, key); err == nil && e.Check() != nil {
			t.Fatal("an ill-formed entry opens")
		}
		if e, hash, err := journal.ReadEntry(data, key); err == nil && (e.Check() != nil || hash != journal.HashOf(data)) {
			t.Fatal("an ill-formed entry is read, or under another hash")
		}
	})
}

func FuzzDecodeBatch(f *testing.F) {
	f.Add(signedtest.Load(f, "batch"))
	f.Add([]byte{0xa1})
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := journal.DecodeBatch(data)
		if err != nil {
			return
		}
		again, err := b.Encode()
		if err != nil || !bytes.Equal(again, data) {
			t.Fatalf("does not come out as it went in: %v", err)
		}
	})
}

func FuzzOpenReceipt(f *testing.F) {
	f.Add(signedtest.Load(f, "receipt"))
	f.Add([]byte{0x84})
	org, device := identity.OrgIDOf(signedtest.Key(f, 1).Public()), first(f).Device
	f.Fuzz(func(t *testing.T, data []byte) {
		if r, err := journal.OpenReceipt(data, org, device, []signed.Key{signedtest.Key(t, 8).Public()}); err == nil && r.Version != 1 {
			t.Fatal("an unknown version opens")
		}
	})
}

func FuzzOpenPayload(f *testing.F) {
	key := make([]byte, identity.AEADKeySize)
	box, commit, err := payload().Seal(key)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(box)
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, data []byte) {
		if p, err := journal.OpenPayload(data, key, commit); err == nil && !reflect.DeepEqual(p.Details, payload().Details) {
			t.Fatal("another payload opens")
		}
	})
}
