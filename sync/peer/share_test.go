package peer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"handslag/identity"
	"handslag/identity/access"
	"handslag/identity/signed"
	"handslag/sync/peer/internal/message"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// holds is a record that d holds until until, as it lies on the device, with its key.
func (d *device) holds(t tester, name string, until signed.Time, more ...string) (Outgoing, []byte) {
	t.Helper()
	id := journal.RecordID(name)
	cipher, hash, key, err := record.SealProtected(d.org.id, id, 1, record.Protected{Fields: []record.Field{{Name: "phone", Value: "070-174 06 05 " + name + strings.Join(more, "")}}})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := record.Record{Version: 1, Org: d.org.id, ID: id, Number: 1, Subject: journal.SubjectID("s-" + name), Kind: "person", Unit: "u-1",
		Card: record.Card{Title: name}, Cipher: hash, Issued: noon.Add(-time.Hour)}.WithKey(key).Sign(d.org.key)
	if err != nil {
		t.Fatal(err)
	}
	loan, err := signed.Sign(signed.DomainLoan, d.org.key, record.Loan{Version: 1, Org: d.org.id, Record: id, Number: 1, To: d.credential.Device(), Until: until})
	if err != nil {
		t.Fatal(err)
	}
	return Outgoing{Record: raw, Cipher: cipher, Hands: []record.Hand{{Loan: loan}},
		Reseal: wraps(t, key)}, key
}

// passes is what d holds, lent on to another device.
func (d *device) passes(t tester, held Outgoing, to *device) Outgoing {
	t.Helper()
	var loan record.Loan
	if err := signed.Unverified(held.Hands[len(held.Hands)-1].Loan, record.LoanLimit, &loan); err != nil {
		t.Fatal(err)
	}
	loan.From, loan.To = d.credential.Device(), to.credential.Device()
	data, err := d.keys.Sign(signed.DomainLoan, loan)
	if err != nil {
		t.Fatal(err)
	}
	held.Hands = append(slices.Clone(held.Hands), record.Hand{Loan: data, Credential: d.raw})
	return held
}

func (v *Verified) device(t tester) *device {
	return &device{org: organisation{t, v.self.org, nil}, keys: v.session.config.Keys, credential: v.self.credential, raw: v.self.raw}
}

// books are both journals of a share, and the order in which all was written.
type books struct {
	mu        sync.Mutex
	order     []string
	stayed    []*Refusal
	before    []Handing
	confirmed map[Thing]journal.Hash
	refused   map[Thing]Why // at the sharer
	received  map[Thing]Incoming
	declined  map[Thing]Why // at the receiver
	groups    int           // in which things were received
}

func newBooks() *books {
	return &books{confirmed: map[Thing]journal.Hash{}, refused: map[Thing]Why{}, received: map[Thing]Incoming{}, declined: map[Thing]Why{}}
}

// rec is a record as a thing.
func rec(id journal.RecordID) Thing { return Thing{Record: id} }

func (b *books) sharer() Sharer {
	return Sharer{
		Stays: func(_ context.Context, all []*Refusal) error { b.stayed = append(b.stayed, all...); return nil },
		Before: func(_ context.Context, all []Handing) ([]journal.Hash, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.before = all
			b.order = append(b.order, "sent")
			hashes := make([]journal.Hash, len(all))
			for i, h := range all {
				hashes[i] = journal.Hash(h.Pair)
			}
			return hashes, nil
		},
		Key: func(to identity.Credential, info string) ([]byte, error) {
			return identity.Seal(to.Keys.Sealing, info, testShareKey)
		},
		Answered: func(_ context.Context, all []Sent) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			for _, one := range all {
				if one.Arrived() {
					b.confirmed[one.Thing] = one.Ref
				} else {
					b.refused[one.Thing] = one.Refused
				}
			}
			return nil
		},
	}
}

// testShareKey is every test's share key, so that what a sharer wraps can be made without it.
var testShareKey = bytes.Repeat([]byte{7}, identity.AEADKeySize)

// wraps puts a content key under the share's.
func wraps(t tester, key []byte) func(context string) ([]byte, error) {
	aead, err := identity.NewAEAD(testShareKey)
	if err != nil {
		t.Fatal(err)
	}
	return func(context string) ([]byte, error) { return aead.Seal(nil, nil, key, []byte(context)), nil }
}

func (b *books) receiver() Receiver {
	return Receiver{
		Received: func(_ context.Context, all []Incoming) ([]journal.Hash, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.groups++
			var hashes []journal.Hash
			for _, one := range all {
				b.order = append(b.order, "received")
				b.received[one.Thing] = one
				hashes = append(hashes, digest("test-entry", one.Signed))
			}
			return hashes, nil
		},
		Refused: func(_ context.Context, all []Declined) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			for _, one := range all {
				b.declined[one.Thing] = one.Refusal.Why
			}
			return nil
		},
	}
}

// packs makes what is sent of a share, as a modified sharer may who asks nothing before.
func (v *Verified) packs(t tester, b *books, share Share, handings ...Handing) *parcel {
	t.Helper()
	p := &parcel{v: v, share: share, sharer: b.sharer(), files: make([]record.Attachment, len(share.Files))}
	for i, h := range handings {
		p.sent, p.going = append(p.sent, Sent{Handing: h}), append(p.going, i)
	}
	for i, file := range share.Files {
		if err := signed.Unverified(file.Signed, record.AttachmentLimit, &p.files[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(p.enter(context.Background()), p.pack()); err != nil {
		t.Fatal(err)
	}
	return p
}

// resign changes the manifest and signs it again.
func (p *parcel) resign(t tester, change func(*Manifest)) {
	t.Helper()
	change(&p.manifest)
	var err error
	if p.signed, err = p.v.self.signWith(signed.DomainManifest, p.manifest); err != nil {
		t.Fatal(err)
	}
}

// sends is a share of records.
func sends(items ...Outgoing) Share { return Share{Records: items} }

type arrival struct {
	got []Got
	err error
}

func receive(v *Verified, r Receiver) <-chan arrival {
	out := make(chan arrival, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		got, err := v.Receive(ctx, r)
		out <- arrival{got, err}
	}()
	return out
}

// share hands n records over and checks all that both ends say of it.
func share(t *testing.T, from, to *Verified, n int) {
	t.Helper()
	giver := from.device(t)
	org := newOrganisation(t, 1)
	giver.org = org
	var items []Outgoing
	keys := map[journal.RecordID][]byte{}
	for i := range n {
		name := fmt.Sprintf("r-%d", i)
		item, key := giver.holds(t, name, noon.Add(2*time.Hour))
		items, keys[journal.RecordID(name)] = append(items, item), key
	}
	b := newBooks()
	result := receive(to, b.receiver())
	sent, err := from.Send(t.Context(), Share{Purpose: "Byter lås", Records: items}, b.sharer())
	if err != nil {
		t.Fatal(err)
	}
	arrived := await(t, "the receiver", result)
	if arrived.err != nil || len(arrived.got) != n || len(sent) != n {
		t.Fatalf("%d of %d arrived: %v", len(arrived.got), n, arrived.err)
	}
	if b.order[0] != "sent" || len(b.order) != n+1 {
		t.Errorf("written in the order %v", b.order)
	}
	for _, s := range sent {
		in, ok := b.received[s.Thing]
		if !ok || !s.Arrived() || s.Ref != digest("test-entry", in.Signed) || b.confirmed[s.Thing] != s.Ref {
			t.Fatalf("record %s: sharer and receiver do not agree", s.Record)
		}
		if !bytes.Equal(in.Pair, s.Pair) || in.Theirs != journal.Hash(s.Pair) || in.Until != noon.Add(2*time.Hour) || in.Purpose != "Byter lås" {
			t.Errorf("record %s: the halves do not pair", s.Record)
		}
		key, err := in.Unwrap.Open(nil, nil, in.Key, []byte(in.Context))
		if err != nil || !bytes.Equal(key, keys[s.Record]) {
			t.Errorf("record %s: its key does not open: %v", s.Record, err)
		}
		if loan, err := record.OpenHands(in.Hands, org.id, org.issuing(), to.self.credential.Device()); err != nil || loan.From != from.self.credential.Device() {
			t.Errorf("record %s: hands %v", s.Record, err)
		}
	}
}

func TestThreeRecordsEitherWay(t *testing.T) {
	org := newOrganisation(t, 1)
	_, _, sv, dv := meet(t, org.enrol("anna").config(), org.enrol("bo").config())
	share(t, sv, dv, 3)
	share(t, dv, sv, 3)
}

func TestAShareAsLargeAsItMayBe(t *testing.T) {
	org := newOrganisation(t, 1)
	anna := org.enrol("anna")
	_, _, sv, dv := meet(t, anna.config(), org.enrol("bo").config())
	share(t, dv, sv, MaxItems)
	item, _ := anna.holds(t, "r-"+strings.Repeat("0", 60), noon.Add(time.Hour), strings.Repeat("x", record.CipherLimit-256))
	b := newBooks()
	result := receive(dv, b.receiver())
	if _, err := sv.Send(t.Context(), Share{Purpose: strings.Repeat("å", maxPurpose/2), Records: []Outgoing{item}}, b.sharer()); err != nil {
		t.Fatal(err)
	}
	if got := await(t, "the receiver", result); got.err != nil || len(b.received) != 1 {
		t.Errorf("landed %d: %v", len(b.received), got.err)
	}
	if _, err := sv.Send(t.Context(), sends(make([]Outgoing, MaxItems+1)...), newBooks().sharer()); !errors.Is(err, ErrShare) {
		t.Errorf("one record too many: %v", err)
	}
}

func TestWhatTheReceiverHasIsNotSentAgain(t *testing.T) {
	org := newOrganisation(t, 1)
	anna := org.enrol("anna")
	_, _, sv, dv := meet(t, anna.config(), org.enrol("bo").config())
	has, _ := anna.holds(t, "r-1", noon.Add(time.Hour))
	new, _ := anna.holds(t, "r-2", noon.Add(time.Hour))
	b := newBooks()
	r := b.receiver()
	r.Has = func(id journal.RecordID, number uint64) bool { return id == "r-1" && number == 1 }
	r.Ciphertext = func(journal.RecordID, uint64) []byte { return has.Cipher }
	result := receive(dv, r)
	sent, err := sv.Send(t.Context(), sends(has, new), b.sharer())
	if err != nil {
		t.Fatal(err)
	}
	if got := await(t, "the receiver", result); got.err != nil {
		t.Fatal(got.err)
	}
	if in := b.received[rec("r-1")]; !sent[0].Had || !sent[0].Arrived() || !in.Had || !bytes.Equal(in.Cipher, has.Cipher) || len(in.Key) == 0 {
		t.Errorf("r-1: %+v", sent[0])
	}
	if in := b.received[rec("r-2")]; sent[1].Had || in.Had || !bytes.Equal(in.Cipher, new.Cipher) {
		t.Errorf("r-2: %+v", sent[1])
	}
}

// TestTheSharerRefuses is the table of what does not leave a device: no entry, no byte.
func TestTheSharerRefuses(t *testing.T) {
	org := newOrganisation(t, 1)
	anna := org.enrol("anna")
	soon := noon.Add(10 * time.Minute)
	sentences := []struct {
		name   string
		giver  *device
		taker  *device
		change func(o *Outgoing)
		now    signed.Time // of the sharer, once verified
		why    Why
	}{
		{name: "to a colleague without the right to receive", taker: org.enrol("bo", func(c *identity.Credential) { c.Grants = c.Grants[:2] }), why: NoRightToReceive},
		{name: "to a colleague of another unit", taker: org.enrol("bo", func(c *identity.Credential) { c.Units = []identity.Unit{{ID: "u-2", Name: "Södra"}} }), why: NoRightToReceive},
		{name: "by one without the right to share", giver: org.enrol("carl", func(c *identity.Credential) { c.Grants = c.Grants[2:] }), why: NoRightToShare},
		{name: "for longer than the sharer has it", change: func(o *Outgoing) { o.Until = soon + 1 }, why: LoanTooLong},
		{name: "once the sharer's loan is over", now: soon, why: LoanEnded},
		{name: "for a time that has passed", change: func(o *Outgoing) { o.Until = noon }, why: LoanEnded},
		{name: "once its own credential is over", giver: org.enrol("eva", func(c *identity.Credential) { c.Expires = noon.Add(5 * time.Minute) }),
			now: noon.Add(6 * time.Minute), why: CredentialEnded},
		{name: "once the other's credential is over", taker: org.enrol("bo", func(c *identity.Credential) { c.Expires = noon.Add(5 * time.Minute) }),
			now: noon.Add(6 * time.Minute), why: CredentialEnded},
		{name: "a ciphertext that is not the record's", change: func(o *Outgoing) { o.Cipher = bytes.Clone(o.Cipher); o.Cipher[0] ^= 1 }, why: BadRecord},
		{name: "a record lent to somebody else", change: func(o *Outgoing) { other, _ := org.enrol("dora").holds(t, "r-1", soon); o.Hands = other.Hands }, why: BadRecord},
		{name: "a loan of another record", change: func(o *Outgoing) { other, _ := anna.holds(t, "r-9", soon); o.Hands = other.Hands }, why: BadRecord},
		{name: "a record without its key", change: func(o *Outgoing) { o.Reseal = nil }, why: BadRecord},
	}
	for _, s := range sentences {
		t.Run(s.name, func(t *testing.T) {
			giver, taker := s.giver, s.taker
			if giver == nil {
				giver = anna
			}
			if taker == nil {
				taker = org.enrol("bo")
			}
			_, _, sv, _ := meet(t, giver.config(), taker.config())
			item, _ := giver.holds(t, "r-1", soon)
			if s.change != nil {
				s.change(&item)
			}
			if s.now != 0 {
				sv.self.now = func() signed.Time { return s.now }
			}
			b := newBooks()
			sent, err := sv.Send(t.Context(), sends(item), b.sharer())
			if err != nil || len(sent) != 1 || sent[0].Stays == nil || sent[0].Stays.Why != s.why || len(b.stayed) != 1 {
				t.Errorf("got %+v %v, want %s", sent, err, s.why)
			}
			if b.before != nil {
				t.Error("an entry was written")
			}
		})
	}
}

// TestTheReceiverRefuses is the table of what a modified sharer sends and what does not land.
func TestTheReceiverRefuses(t *testing.T) {
	org := newOrganisation(t, 1)
	anna, bo := org.enrol("anna"), org.enrol("bo")
	soon := noon.Add(time.Hour)
	sentences := []struct {
		name   string
		taker  *device
		until  signed.Time // of the loan; soon
		change func(v *Verified, m *itemMessage)
		repack bool // the modified sharer signs a manifest that fits
		why    Why
		later  time.Duration // after the verification
		held   bool          // the receiver says that it has the ciphertext
	}{
		{name: "a record after its loan", later: 10 * time.Minute, change: func(_ *Verified, m *itemMessage) {}, until: noon.Add(10 * time.Minute), why: LoanEnded},
		{name: "anything after its own credential has ended", later: 10 * time.Minute, taker: org.enrol("eva", func(c *identity.Credential) {
			c.Expires = noon.Add(5 * time.Minute)
		}), why: CredentialEnded},
		{name: "another ciphertext than the one that it has", held: true, why: BadRecord},
		{name: "a ciphertext with a flipped bit", change: func(_ *Verified, m *itemMessage) { m.Cipher = bytes.Clone(m.Cipher); m.Cipher[20] ^= 1 }, why: BadRecord},
		{name: "no ciphertext", change: func(_ *Verified, m *itemMessage) { m.Cipher = nil }, why: BadRecord},
		{name: "a key other than the manifest's", change: func(_ *Verified, m *itemMessage) { m.Key = bytes.Clone(m.Key); m.Key[20] ^= 1 }, why: BadRecord},
		{name: "a key that opens, but is not the manifest's", change: func(v *Verified, m *itemMessage) {
			m.Key, _ = wraps(t, make([]byte, 32))(record.SharedKeyInfo(v.meeting.Transcript, "r-1", 1))
		}, why: BadRecord},
		{name: "a key that does not open", repack: true, change: func(_ *Verified, m *itemMessage) { m.Key = bytes.Clone(m.Key); m.Key[20] ^= 1 }, why: BadRecord},
		{name: "a key sealed in another verification", repack: true, change: func(v *Verified, m *itemMessage) {
			m.Key, _ = wraps(t, make([]byte, 32))(record.SharedKeyInfo(make([]byte, 32), "r-1", 1))
		}, why: BadRecord},
		{name: "a key that opens, and is not the organisation's", repack: true, change: func(v *Verified, m *itemMessage) {
			m.Key, _ = wraps(t, make([]byte, 32))(record.SharedKeyInfo(v.meeting.Transcript, "r-1", 1))
		}, why: WrongKey},
		{name: "another record", repack: true, change: func(_ *Verified, m *itemMessage) {
			other, _ := anna.holds(t, "r-2", soon)
			m.Record, m.Cipher = other.Record, other.Cipher
		}, why: BadRecord},
		{name: "a loan that outlives the sharer's", repack: true, change: func(v *Verified, m *itemMessage) {
			m.Hands[1].Loan, _ = anna.keys.Sign(signed.DomainLoan, record.Loan{Version: 1, Org: org.id, Record: "r-1", Number: 1,
				From: anna.credential.Device(), To: bo.credential.Device(), Until: soon + 1})
		}, why: BadRecord},
		{name: "a loan other than the manifest's", repack: true, change: func(v *Verified, m *itemMessage) {
			m.Hands[1].Loan, _ = anna.keys.Sign(signed.DomainLoan, record.Loan{Version: 1, Org: org.id, Record: "r-1", Number: 1,
				From: anna.credential.Device(), To: bo.credential.Device(), Until: soon - 1})
		}, why: BadRecord},
		{name: "a loan of somebody else's", repack: true, change: func(_ *Verified, m *itemMessage) {
			dora := org.enrol("dora")
			held, _ := dora.holds(t, "r-1", soon)
			loan, _ := dora.keys.Sign(signed.DomainLoan, record.Loan{Version: 1, Org: org.id, Record: "r-1", Number: 1,
				From: dora.credential.Device(), To: bo.credential.Device(), Until: soon})
			m.Hands = []record.Hand{held.Hands[0], {Loan: loan, Credential: dora.raw}}
		}, why: BadRecord},
		{name: "no loan of the sharer's", repack: true, change: func(_ *Verified, m *itemMessage) { m.Hands = m.Hands[:1] }, why: BadRecord},
		{name: "a record of another organisation", repack: true, change: func(_ *Verified, m *itemMessage) {
			other, _ := newOrganisation(t, 9).enrol("x").holds(t, "r-1", soon)
			m.Record, m.Cipher = other.Record, other.Cipher
		}, why: BadRecord},
		{name: "a record that the receiver may not receive", taker: org.enrol("carl", func(c *identity.Credential) { c.Grants = c.Grants[:2] }), why: NoRightToReceive},
	}
	for _, s := range sentences {
		t.Run(s.name, func(t *testing.T) {
			taker := s.taker
			if taker == nil {
				taker = bo
			}
			var clock atomic.Int64
			clock.Store(int64(noon))
			config := taker.config()
			config.Now = func() signed.Time { return signed.Time(clock.Load()) }
			_, _, sv, dv := meet(t, anna.config(), config)
			until := soon
			if s.until != 0 {
				until = s.until
			}
			item, _ := anna.holds(t, "r-1", until)
			h := Handing{Thing: rec("r-1"), Number: 1, Peer: taker.credential.Device(), Until: until, Pair: random(32)}
			b := newBooks()
			p := sv.packs(t, b, Share{Records: []Outgoing{item}}, h)
			if s.change != nil {
				m := p.messages[0].(itemMessage)
				s.change(sv, &m)
				p.messages[0] = m
			}
			if s.repack {
				p.resign(t, func(m *Manifest) { m.Items[0].Sum, _ = p.messages[0].(itemMessage).sum() })
			}
			clock.Store(int64(noon.Add(s.later)))
			receiver := b.receiver()
			if s.held {
				receiver.Has = func(journal.RecordID, uint64) bool { return true }
				receiver.Ciphertext = func(journal.RecordID, uint64) []byte { return []byte("another") }
			}
			result := receive(dv, receiver)
			if err := p.deliver(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			sent := p.sent
			got := await(t, "the receiver", result)
			if got.err != nil || len(got.got) != 1 || got.got[0].Refused == nil || got.got[0].Refused.Why != s.why {
				t.Errorf("the receiver says %+v %v, want %s", got.got, got.err, s.why)
			}
			if len(b.received) != 0 || b.declined[rec("r-1")] != s.why || b.refused[rec("r-1")] != s.why || sent[0].Arrived() {
				t.Errorf("landed %d, declined %v, told %v", len(b.received), b.declined, b.refused)
			}
		})
	}
}

// What this device has entered and can not send after all is entered as refused, so that no half is left alone: its key
// was destroyed between the two, say.
func TestWhatCanNotBePackedIsEnteredAsRefused(t *testing.T) {
	org := newOrganisation(t, 1)
	anna, bo := org.enrol("anna"), org.enrol("bo")
	_, _, sv, dv := meet(t, anna.config(), bo.config())
	one, _ := anna.holds(t, "r-1", noon.Add(time.Hour))
	two, _ := anna.holds(t, "r-2", noon.Add(time.Hour))
	gone := errors.New("the key is gone")
	two.Reseal = func(string) ([]byte, error) { return nil, gone }
	b := newBooks()
	sent, err := sv.Send(t.Context(), sends(one, two), b.sharer())
	if !errors.Is(err, gone) || len(b.before) != 2 {
		t.Fatalf("%d entries, %v", len(b.before), err)
	}
	for i, id := range []journal.RecordID{"r-1", "r-2"} {
		if sent[i].Refused != BrokenOff || b.refused[rec(id)] != BrokenOff {
			t.Errorf("%s: told %q, written %q", id, sent[i].Refused, b.refused[rec(id)])
		}
	}
	if len(dv.session.shares) != 0 {
		t.Error("something left")
	}
}

func TestAManifestIsForOneDeviceInOneVerification(t *testing.T) {
	org := newOrganisation(t, 1)
	anna, bo := org.enrol("anna"), org.enrol("bo")
	_, _, sv, dv := meet(t, anna.config(), bo.config())
	good := Manifest{Version: 1, Org: org.id, Sharer: anna.credential.Device(), Recipient: bo.credential.Device(), Transcript: sv.meeting.Transcript,
		Items: []Line{{Record: "r-1", Number: 1, Until: noon, Pair: random(32), Entry: random(32), Sum: random(32)}}}
	sentences := []struct {
		name   string
		change func(m *Manifest)
		signer *device
		ok     bool
	}{
		{name: "as it should be", ok: true},
		{name: "of another version", change: func(m *Manifest) { m.Version = 2 }},
		{name: "for another recipient", change: func(m *Manifest) { m.Recipient = org.enrol("carl").credential.Device() }},
		{name: "by another sharer", change: func(m *Manifest) { m.Sharer = bo.credential.Device() }},
		{name: "signed by somebody else", signer: bo},
		{name: "of an earlier verification", change: func(m *Manifest) { m.Transcript = random(32) }},
		{name: "of another organisation", change: func(m *Manifest) { m.Org = newOrganisation(t, 9).id }},
		{name: "without records", change: func(m *Manifest) { m.Items = nil }},
		{name: "with too many", change: func(m *Manifest) {
			for i := range MaxItems {
				line := m.Items[0]
				line.Record, line.Pair, line.Entry = journal.RecordID(fmt.Sprint("x", i)), random(32), random(32)
				m.Items = append(m.Items, line)
			}
		}},
		{name: "with a record twice", change: func(m *Manifest) {
			line := m.Items[0]
			line.Pair, line.Entry = random(32), random(32)
			m.Items = append(m.Items, line)
		}},
		{name: "with a pair twice", change: func(m *Manifest) {
			line := m.Items[0]
			line.Record, line.Entry = "r-2", random(32)
			m.Items = append(m.Items, line)
		}},
		{name: "with an entry twice", change: func(m *Manifest) {
			line := m.Items[0]
			line.Record, line.Pair = "r-2", random(32)
			m.Items = append(m.Items, line)
		}},
		{name: "with a short pair", change: func(m *Manifest) { m.Items[0].Pair = random(31) }},
	}
	for _, s := range sentences {
		m, signer := good, s.signer
		m.Items = slices.Clone(good.Items)
		if s.change != nil {
			s.change(&m)
		}
		if signer == nil {
			signer = anna
		}
		data, err := signer.keys.Sign(signed.DomainManifest, m)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := dv.openManifest(data); (err == nil) != s.ok {
			t.Errorf("a manifest %s: %v", s.name, err)
		} else if err != nil && !errors.Is(err, ErrShare) {
			t.Errorf("a manifest %s: %v is no ErrShare", s.name, err)
		}
	}
}

func TestAShareThatBreaksLandsNothingHalf(t *testing.T) {
	org := newOrganisation(t, 1)
	anna, bo := org.enrol("anna"), org.enrol("bo")
	soon := noon.Add(time.Hour)
	brief := *unhurried()
	brief.answer, brief.item = 300*time.Millisecond, 300*time.Millisecond

	t.Run("the sharer's journal is full: no byte leaves", func(t *testing.T) {
		_, dw, sv, _ := meet(t, anna.config(), bo.config())
		item, _ := anna.holds(t, "r-1", soon)
		b := newBooks()
		s := b.sharer()
		s.Before = func(context.Context, []Handing) ([]journal.Hash, error) { return nil, errors.New("disk full") }
		if _, err := sv.Send(t.Context(), sends(item), s); err == nil {
			t.Error("sent without an entry")
		}
		if len(dw.session.shares) != 0 {
			t.Error("a share was begun")
		}
	})
	t.Run("the receiver's journal is full: the sharer learns it", func(t *testing.T) {
		_, _, sv, dv := meet(t, anna.config(), bo.config())
		one, _ := anna.holds(t, "r-1", soon)
		two, _ := anna.holds(t, "r-2", soon)
		b := newBooks()
		r := b.receiver()
		r.Received = func(context.Context, []Incoming) ([]journal.Hash, error) { return nil, errors.New("disk full") }
		result := receive(dv, r)
		sent, err := sv.Send(t.Context(), sends(one, two), b.sharer())
		if sent[0].Refused != NotStored || sent[1].Arrived() || b.refused[rec("r-1")] != NotStored {
			t.Errorf("the sharer says %+v %v", sent, err)
		}
		if got := await(t, "the receiver", result); got.err == nil {
			t.Error("the receiver does not say that its journal is full")
		}
	})
	t.Run("the receiver never answers", func(t *testing.T) {
		c := anna.config()
		c.timing = &brief
		_, _, sv, _ := meet(t, c, bo.config())
		item, _ := anna.holds(t, "r-1", soon)
		sent, err := sv.Send(t.Context(), sends(item), newBooks().sharer())
		if err == nil || sent[0].Arrived() {
			t.Errorf("sent %+v to nobody", sent)
		}
	})
	t.Run("the sharer stops in the middle of a record", func(t *testing.T) {
		c := bo.config()
		c.timing = &brief
		_, _, sv, dv := meet(t, anna.config(), c)
		b := newBooks()
		result := receive(dv, b.receiver())
		stream, err := sv.stream(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		item, _ := anna.holds(t, "r-1", soon)
		h := Handing{Thing: rec("r-1"), Number: 1, Until: soon, Pair: random(32)}
		p := sv.packs(t, newBooks(), sends(item), h)
		talk := newTalk(t.Context(), stream, *unhurried())
		_ = talk.say(manifestMessage{Manifest: p.signed}) // too late perhaps already, and then nothing landed either
		data, _ := message.Encode(p.messages[0])
		stream.Write([]byte{0, 0, byte(len(data) >> 8), byte(len(data))})
		stream.Write(data[:len(data)/2])
		if got := await(t, "the receiver", result); got.err == nil || len(b.received) != 0 {
			t.Errorf("landed %d: %v", len(b.received), got.err)
		}
	})
	t.Run("a message is larger than any may be", func(t *testing.T) {
		_, _, sv, dv := meet(t, anna.config(), bo.config())
		result := receive(dv, newBooks().receiver())
		stream, err := sv.stream(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		stream.Write([]byte{0x7f, 0xff, 0xff, 0xff})
		if got := await(t, "the receiver", result); !errors.Is(got.err, signed.ErrTooLarge) || Malformed("share", got.err) != "share_large" {
			t.Errorf("got %v", got.err)
		}
	})
	t.Run("a manifest never ends", func(t *testing.T) {
		c := bo.config()
		c.timing = &brief
		_, _, sv, dv := meet(t, anna.config(), c)
		result := receive(dv, newBooks().receiver())
		stream, err := sv.stream(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		stream.Write([]byte{0, 0, 1, 0, 7})
		if got := await(t, "the receiver", result); Malformed("share", got.err) != "share_slow" {
			t.Errorf("got %v", got.err)
		}
	})
	t.Run("a sharer goes", func(t *testing.T) {
		_, _, sv, dv := meet(t, anna.config(), bo.config())
		result := receive(dv, newBooks().receiver())
		stream, err := sv.stream(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		stream.Write([]byte{0, 0, 1, 0, 7})
		stream.CloseWrite()
		if got := await(t, "the receiver", result); got.err == nil || Malformed("share", got.err) != "" {
			t.Errorf("who only goes is accused: %v", got.err)
		}
	})
	t.Run("the person cancels", func(t *testing.T) {
		_, _, sv, dv := meet(t, anna.config(), bo.config())
		item, _ := anna.holds(t, "r-1", soon)
		ctx, cancel := context.WithCancel(t.Context())
		r := newBooks().receiver()
		r.Has, r.Ciphertext = func(journal.RecordID, uint64) bool { cancel(); return false }, func(journal.RecordID, uint64) []byte { return nil }
		result := receive(dv, r)
		sent, err := sv.Send(ctx, sends(item), newBooks().sharer())
		got := await(t, "the receiver", result)
		if err != nil || got.err != nil {
			t.Fatalf("both ends know of it: %v, %v", err, got.err)
		}
		// What was on its way already may land, and then whole.
		if arrived := got.got[0].Refused == nil; arrived != sent[0].Arrived() || !arrived && (sent[0].Refused != Stopped || got.got[0].Refused.Why != Stopped) {
			t.Errorf("the ends do not agree: %+v, %+v", sent[0], got.got[0])
		}
	})
	t.Run("nothing is shared without a verification, or after it", func(t *testing.T) {
		var none Verified
		if _, err := none.Send(t.Context(), Share{}, Sharer{}); !errors.Is(err, ErrNotVerified) {
			t.Errorf("a zero value sends: %v", err)
		}
		if _, err := none.Receive(t.Context(), Receiver{}); !errors.Is(err, ErrNotVerified) {
			t.Errorf("a zero value receives: %v", err)
		}
		sw, _, sv, dv := meet(t, anna.config(), bo.config())
		waiting := receive(dv, newBooks().receiver())
		sw.session.Close()
		item, _ := anna.holds(t, "r-1", soon)
		if _, err := sv.Send(t.Context(), sends(item), newBooks().sharer()); !errors.Is(err, ErrNotVerified) {
			t.Errorf("a closed session sends: %v", err)
		}
		if got := await(t, "the receiver", waiting); !errors.Is(got.err, ErrNotVerified) {
			t.Errorf("a receiver waits on in a closed session: %v", got.err)
		}
	})
}

func TestAccessOfAssignmentsReachesFurther(t *testing.T) {
	org := newOrganisation(t, 1)
	far := func(c *identity.Credential) {
		c.Units = nil
		c.Grants = []identity.Grant{{Right: access.RecordReceive, Scope: access.Own}}
	}
	anna, bo := org.enrol("anna"), org.enrol("bo", far)
	_, _, sv, dv := meet(t, anna.config(), bo.config())
	item, _ := anna.holds(t, "r-1", noon.Add(time.Hour))
	item.People = []identity.PersonID{"p-bo"}
	b := newBooks()
	r := b.receiver()
	r.People = func(journal.RecordID) []identity.PersonID { return []identity.PersonID{"p-bo"} }
	result := receive(dv, r)
	if _, err := sv.Send(t.Context(), sends(item), b.sharer()); err != nil {
		t.Fatal(err)
	}
	if got := await(t, "the receiver", result); got.err != nil || len(b.received) != 1 {
		t.Errorf("landed %d: %v", len(b.received), got.err)
	}
}

// A record came from Dora through Anna to Bo, and Dora's device is revoked. Who has heard of it neither
// hands such a record on nor takes it, whenever Dora lent it; who has not can not know.
func TestARecordThatCameThroughARevokedDevice(t *testing.T) {
	org := newOrganisation(t, 1)
	dora, anna, bo := org.enrol("dora"), org.enrol("anna"), org.enrol("bo")
	heard := func(d *device) Config {
		c := d.config()
		c.Revoked = func(id identity.DeviceID, _ uint64) bool { return id == dora.credential.Device() }
		return c
	}
	for _, s := range []struct {
		name           string
		sharer, taker  Config
		leaves, arrive bool
	}{
		{"nobody has heard", anna.config(), bo.config(), true, true},
		{"the sharer has heard", heard(anna), bo.config(), false, false},
		{"the receiver has heard", anna.config(), heard(bo), true, false},
	} {
		held, _ := dora.holds(t, "r-1", noon.Add(time.Hour))
		held = dora.passes(t, held, anna)
		_, _, sv, dv := meet(t, s.sharer, s.taker)
		b := newBooks()
		result := receive(dv, b.receiver())
		sent, err := sv.Send(t.Context(), sends(held), b.sharer())
		if !s.leaves {
			if err != nil || sent[0].Stays == nil || sent[0].Stays.Why != HandRevoked || b.before != nil {
				t.Errorf("%s: it left, or for another reason not: %v", s.name, err)
			}
			continue
		}
		await(t, "the receiver", result)
		if err != nil || sent[0].Arrived() != s.arrive || (b.declined[rec("r-1")] == HandRevoked) == s.arrive {
			t.Errorf("%s: %+v %v, declined %v", s.name, sent, err, b.declined)
		}
	}
}
