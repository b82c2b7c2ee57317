package peer_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"handslag/app/agent"
	"handslag/app/connected/organisation"
	"handslag/identity"
	"handslag/identity/access"
	"handslag/identity/qr"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/sync/peer"
	"handslag/testnet"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// The attacker meets real programs: handslagctl as a process, enrolled with a real connected system. It
// has the organisation's issuing key where a story needs a credential that was good once, or is
// somebody's whom the organisation should not have trusted. What stands in the journal of the attacked:
//
//	wrong key at the right address    verification.failed peer_unreachable (libp2p refuses it before a word)
//	man in the middle with own keys   verification.failed code_wrong
//	replayed code                     verification.disturbed stale_code, with a count
//	second claim                      verification.failed second_claim; after VERIFIED verification.disturbed
//	forged credential, wrong org      verification.failed wrong_org
//	expired, revoked                  verification.failed cred_expired, revoked
//	oversized manifest                share.malformed share_large, share_bad
//	chunk that does not match         share.refused signature_bad
//	endless stream                    verification.disturbed endless, garbled; share.malformed share_large
//	slow loris                        verification.disturbed slow; share.malformed share_slow

// target is a running organisation with Anna and Bo, and what the attacker knows of it.
type target struct {
	*testing.T
	*testnet.Net
	ctx      context.Context
	anna, bo *testnet.Person
	org      *organisation.Keys
}

var programs = sync.OnceValues(func() (testnet.Programs, error) {
	dir, err := os.MkdirTemp("", "handslag-bin-")
	if err != nil {
		return testnet.Programs{}, err
	}
	return testnet.BuildPrograms(context.Background(), dir)
})

func newTarget(t *testing.T) *target {
	t.Helper()
	w := &target{T: t, ctx: t.Context()}
	built, err := programs()
	w.must(err)
	w.Net, err = testnet.Start(w.ctx, testnet.Options{Dir: t.TempDir(), Programs: built})
	w.must(err)
	t.Cleanup(func() {
		if err := w.Net.Close(); err != nil {
			t.Error(err)
		}
	})
	w.org, err = organisation.Open(w.Folder())
	w.must(err)
	w.anna, w.bo = w.Person("anna", "anna.lind"), w.Person("bo", "bo.ek")
	for _, p := range []*testnet.Person{w.anna, w.bo} {
		w.must(w.SetPassword(w.ctx, p.Username, p.Password))
		w.must(p.Enrol(w.ctx))
		_, err := p.Do(w.ctx, "sync")
		w.must(err)
	}
	return w
}

func (w *target) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// mallory is a device that nobody should trust, with a credential as said.
type mallory struct {
	keys       *identity.KeySet
	credential []byte
	issuing    []signed.Key // whom she pretends to believe
	org        identity.OrgID
	now        func() signed.Time
}

// mallory makes one whose credential the organisation issued; change alters it before, and by signs it.
func (w *target) mallory(by *signed.PrivateKey, change func(*identity.Credential)) *mallory {
	w.Helper()
	keys, err := identity.NewKeySet()
	w.must(err)
	now := signed.At(time.Now())
	c := identity.Credential{
		Version: 1, Org: w.org.Org, Person: identity.Person{ID: "p-mallory", Username: "mallory.kvist", First: "Mallory", Last: "Kvist"},
		Machine: "m-mallory", Units: []identity.Unit{{ID: "norra", Name: "Norra"}},
		Grants: []identity.Grant{{Right: access.RecordRead, Scope: access.All}, {Right: access.RecordShare, Scope: access.All}, {Right: access.RecordReceive, Scope: access.All}},
		Keys:   keys.Public(), Epoch: 1, Issued: now.Add(-time.Hour), Expires: now.Add(time.Hour),
	}
	if change != nil {
		change(&c)
	}
	raw, err := signed.Sign(signed.DomainCredential, by, c)
	w.must(err)
	return &mallory{keys, raw, []signed.Key{by.Public(), w.org.Issuing.Public()}, c.Org, func() signed.Time { return c.Issued.Add(time.Minute) }}
}

// config is a session of hers, which believes what suits her.
func (m *mallory) config() peer.Config {
	return peer.Config{Org: m.org, Issuing: m.issuing, Keys: m.keys, Credential: m.credential, Loopback: true,
		Now: m.now, Append: func(context.Context, peer.Meeting) error { return nil }}.Unhurried()
}

// payload is what a shown code says.
func (w *target) payload(picture string) []byte {
	w.Helper()
	file, err := os.Open(picture)
	w.must(err)
	defer file.Close()
	text, err := qr.ReadPicture(file)
	w.must(err)
	content, err := qr.Parse(text)
	w.must(err)
	return content.Payload
}

// picture is a payload as a code in a file.
func (w *target) picture(payload []byte) string {
	w.Helper()
	text, err := qr.Encode(payload)
	w.must(err)
	code, err := qr.Draw(text)
	w.must(err)
	file := filepath.Join(w.TempDir(), "lure.png")
	w.must(qr.WritePicture(file, code))
	return file
}

func (w *target) refusedAs(err error, code agent.Code) {
	w.Helper()
	var refused *testnet.Refused
	if !errors.As(err, &refused) || refused.Code != code {
		w.Errorf("%v, want %s", err, code)
	}
}

// events are the newest events on a device.
func (w *target) events(p *testnet.Person) (all []agent.Event) {
	w.Helper()
	values, err := p.Do(w.ctx, "events", "-limit", "60")
	w.must(err)
	w.must(json.Unmarshal(values[0], &all))
	return all
}

// newest is the newest event of that kind on a device.
func (w *target) newest(p *testnet.Person, kind journal.Kind) agent.Event {
	w.Helper()
	var found agent.Event
	for _, e := range w.events(p) {
		if e.Kind == kind && e.Seq > found.Seq {
			found = e
		}
	}
	return found
}

// journalled checks that a device has an entry of a verification that failed so, newer than before.
func (w *target) journalled(p *testnet.Person, before uint64, why peer.Reason) uint64 {
	w.Helper()
	e := w.newest(p, journal.VerificationFailed)
	if e.Seq <= before || e.Code != string(why) {
		w.Errorf("the journal says %q (entry %d, before %d), want %q", e.Code, e.Seq, before, why)
	}
	return e.Seq
}

// Against the device that shows the code.
func TestAnAttackerAtAShownCode(t *testing.T) {
	w := newTarget(t)
	stranger, err := signed.PrivateKeyFromSeed(bytes.Repeat([]byte{9}, 32))
	w.must(err)
	insider := w.mallory(w.org.Issuing, nil)
	revoked := w.revoked()
	claims := func(m *mallory) func([]byte) {
		return func(payload []byte) {
			i, err := peer.Intrude(m.keys, payload)
			w.must(err)
			w.Cleanup(i.Close)
			w.claims(i, m.credential)
		}
	}
	var last uint64
	for _, attack := range []struct {
		name string
		act  func(payload []byte)
		why  peer.Reason
		code agent.Code
	}{
		{"a forged credential", claims(w.mallory(stranger, nil)), peer.WrongOrg, agent.VerWrongOrg},
		{"a credential of another organisation", claims(w.mallory(stranger, func(c *identity.Credential) { c.Org = identity.OrgIDOf(stranger.Public()) })), peer.WrongOrg, agent.VerWrongOrg},
		{"an expired credential", claims(w.mallory(w.org.Issuing, func(c *identity.Credential) {
			c.Issued, c.Expires = c.Issued.Add(-48*time.Hour), c.Issued.Add(-time.Hour)
		})), peer.CredExpired, agent.VerCredExpired},
		{"a revoked device", claims(revoked), peer.Revoked, agent.VerRevoked},
		{"somebody else's credential", func(payload []byte) {
			i, err := peer.Intrude(insider.keys, payload)
			w.must(err)
			w.Cleanup(i.Close)
			w.claims(i, revoked.credential)
		}, peer.KeyMismatch, agent.VerKeyMismatch},
		{"a second claim", func(payload []byte) {
			for _, m := range []*mallory{insider, w.mallory(w.org.Issuing, nil)} {
				s, err := peer.Scan(w.ctx, m.config(), payload)
				w.must(err)
				w.Cleanup(s.Close)
				w.until(s, func(ev peer.Event) bool { _, is := ev.(peer.ShowCode); _, over := ev.(peer.Failed); return is || over })
			}
		}, peer.SecondClaim, agent.VerSecondClaim},
	} {
		t.Run(attack.name, func(t *testing.T) {
			w := w.in(t)
			m, err := w.Show(w.ctx, w.bo)
			w.must(err)
			attack.act(w.payload(m.Picture()))
			w.refusedAs(m.Over(w.ctx), attack.code)
			last = w.journalled(w.bo, last, attack.why)
		})
	}
}

// What disturbs nothing: the colleague still gets through, and the device has given no room.
func TestAnAttackerWhoDisturbsNothing(t *testing.T) {
	w := newTarget(t)
	insider := w.mallory(w.org.Issuing, nil)
	old, err := w.Show(w.ctx, w.bo)
	w.must(err)
	stale := w.payload(old.Picture())
	w.bo.Kill()
	_, err = w.bo.Do(w.ctx, "me")
	w.must(err)

	m, err := w.Show(w.ctx, w.bo)
	w.must(err)
	payload := w.payload(m.Picture())
	idle := descriptors(t, w.bo.PID())

	t.Run("a code from before", func(t *testing.T) {
		now, err := peer.ParseOffer(payload)
		w.must(err)
		again, err := peer.ParseOffer(stale)
		w.must(err)
		again.Addrs = now.Addrs
		replayed, err := again.Encode()
		w.must(err)
		s, err := peer.Scan(w.ctx, insider.config(), replayed)
		w.must(err)
		defer s.Close()
		w.until(s, func(ev peer.Event) bool {
			f, is := ev.(peer.Failed)
			if is && f.Reason != peer.Unreachable {
				t.Errorf("the attacker is told %s", f.Reason)
			}
			return is
		})
	})
	// Those who have read the code and say something else, or nothing, or no end of it, in every protocol
	// there is and some there are not.
	t.Run("slow, endless and mad", func(t *testing.T) {
		var said sync.WaitGroup
		says := []func(io.Writer){
			func(out io.Writer) { out.Write([]byte{0}); wait(out) },           // slow loris: one byte, and no more
			func(out io.Writer) { out.Write([]byte{0, 0, 1, 0}); wait(out) },  // a length, and nothing
			func(out io.Writer) { out.Write([]byte{0xff, 0xff, 0xff, 0xff}) }, // four gigabytes
			func(out io.Writer) {
				for range 1 << 12 {
					if peer.Frame(out, make([]byte, 1<<10)) != nil {
						return
					}
				}
			}, // endless
			func(out io.Writer) { out.Write(bytes.Repeat([]byte{0, 0, 0, 0}, 1<<12)) }, // frames of nothing
		}
		for _, say := range says {
			i, err := peer.Intrude(insider.keys, payload)
			w.must(err)
			t.Cleanup(i.Close)
			for _, protocol := range []string{"/handslag/verify/1", "/handslag/share/1", "/handslag/news/1", "/handslag/verify/1/committed", "/handslag/no/1", strings.Repeat("x", 60)} {
				s, err := i.Stream(w.ctx, protocol)
				if err != nil {
					break // sent away already
				}
				said.Go(func() { say(s) })
			}
		}
		offer, err := peer.ParseOffer(payload)
		w.must(err)
		for range 3 { // at the door
			conn, err := net.Dial("tcp", offer.Addrs[0].String())
			w.must(err)
			said.Go(func() { conn.Write([]byte{0}); wait(conn); conn.Close() })
		}
		defer said.Wait() // until their time is up, at the device
		if n := descriptors(t, w.bo.PID()) - idle; n > 64 {
			t.Errorf("the device holds %d descriptors more than before", n)
		}
		if grown := resident(t, w.bo.PID()); grown > 256<<20 {
			t.Errorf("the device holds %d MiB", grown>>20)
		}
	})
	digits, err := m.Read(w.ctx, w.anna)
	w.must(err)
	w.must(m.Type(w.ctx, digits))
	for range 3 { // who had the code, and comes after the one who was verified
		i, err := peer.Intrude(w.mallory(w.org.Issuing, nil).keys, payload)
		w.must(err)
		if s, err := i.Stream(w.ctx, "/handslag/verify/1"); err == nil {
			wait(s)
		}
		i.Close()
	}
	w.must(m.End(w.ctx, w.anna))

	// All that stands in the journal, once of each kind, however often it was done.
	told := map[peer.Disturbance]uint64{}
	for _, e := range w.events(w.bo) {
		if e.Kind == journal.VerificationDisturbed {
			if _, twice := told[peer.Disturbance(e.Code)]; twice || e.Count == 0 {
				t.Errorf("told twice, or of nothing: %+v", e)
			}
			told[peer.Disturbance(e.Code)] = e.Count
		}
	}
	for _, want := range []struct {
		how   peer.Disturbance
		least uint64
	}{{peer.StaleCode, 1}, {peer.Slow, 4}, {peer.Endless, 1}, {peer.Garbled, 1}, {peer.LateClaim, 3}} {
		if told[want.how] < want.least {
			t.Errorf("%s is told %d times, at least %d were", want.how, told[want.how], want.least)
		}
	}
	if len(told) > 5 {
		t.Errorf("strangers wrote %d entries: %v", len(told), told)
	}
}

// wait waits until the device ends what is open to it.
func wait(at any) {
	if in, ok := at.(io.Reader); ok {
		_, _ = io.Copy(io.Discard, in)
	}
}

// Against the device that reads the code.
func TestAnAttackerBehindACode(t *testing.T) {
	w := newTarget(t)
	stranger, err := signed.PrivateKeyFromSeed(bytes.Repeat([]byte{9}, 32))
	w.must(err)
	insider, other, revoked := w.mallory(w.org.Issuing, nil), w.mallory(w.org.Issuing, nil), w.revoked()
	forged := w.mallory(stranger, nil)
	foreign := w.mallory(stranger, func(c *identity.Credential) { c.Org = identity.OrgIDOf(stranger.Public()) })
	expired := w.mallory(w.org.Issuing, func(c *identity.Credential) {
		c.Issued, c.Expires = c.Issued.Add(-48*time.Hour), c.Issued.Add(-time.Hour)
	})
	var last uint64
	for _, attack := range []struct {
		name       string
		who        *mallory
		named      *mallory // whose transport key stands in the code
		credential []byte
		why        peer.Reason
		code       agent.Code
	}{
		{"the wrong key at the right address", insider, other, insider.credential, peer.Unreachable, agent.PeerUnreachable},
		{"a forged credential", forged, forged, forged.credential, peer.WrongOrg, agent.VerWrongOrg},
		{"another organisation", foreign, foreign, foreign.credential, peer.WrongOrg, agent.VerWrongOrg},
		{"an expired credential", expired, expired, expired.credential, peer.CredExpired, agent.VerCredExpired},
		{"a revoked device", revoked, revoked, revoked.credential, peer.Revoked, agent.VerRevoked},
		{"somebody else's credential", insider, insider, other.credential, peer.KeyMismatch, agent.VerKeyMismatch},
	} {
		t.Run(attack.name, func(t *testing.T) {
			w := w.in(t)
			lure, err := peer.ShowAs(attack.who.config(), attack.named.keys.Public().Transport, attack.credential)
			w.must(err)
			defer lure.Close()
			_, err = w.bo.Do(w.ctx, "verify", "-scan", w.picture(lure.Payload))
			w.refusedAs(err, attack.code)
			last = w.journalled(w.bo, last, attack.why)
		})
	}
}

// A man in the middle with keys and a credential of his own, who carries Anna's digits to Bo: they are not
// those that Bo's device waits for, and both screens name the man and nobody else.
func TestAManInTheMiddle(t *testing.T) {
	w := newTarget(t)
	middle := w.mallory(w.org.Issuing, nil)
	m, err := w.Show(w.ctx, w.bo)
	w.must(err)
	towardsBo, err := peer.Scan(w.ctx, middle.config(), w.payload(m.Picture()))
	w.must(err)
	defer towardsBo.Close()
	w.until(towardsBo, func(ev peer.Event) bool { _, is := ev.(peer.ShowCode); return is })

	lure, err := peer.ShowAs(middle.config(), middle.keys.Public().Transport, middle.credential)
	w.must(err)
	defer lure.Close()
	digits, name, err := m.ReadFrom(w.ctx, w.anna, w.picture(lure.Payload))
	w.must(err)
	if name != "Mallory Kvist" {
		t.Errorf("Anna's screen names %q", name)
	}
	for range peer.Tries {
		err = m.TypeOnly(w.ctx, digits)
	}
	w.refusedAs(err, agent.VerCodeWrong)
	w.journalled(w.bo, 0, peer.CodeWrong)
}

// A colleague, verified in person, whose program sends as a share what is none: each is refused by name,
// stands in the journal, and nothing of it lands; the session goes on until there are too many.
func TestAVerifiedAttackerSharesWhatIsNone(t *testing.T) {
	w := newTarget(t)
	insider := w.mallory(w.org.Issuing, nil)
	verified, m, s := w.befriends(insider)
	idle := resident(t, w.bo.PID())
	sum := make([]byte, 32)
	line := peer.Line{Record: "r-loot", Number: 1, Until: signed.At(time.Now().Add(time.Hour)), Pair: sum, Entry: sum, Sum: sum}
	manifest := peer.Manifest{Version: 1, Org: w.org.Org, Sharer: insider.keys.Device(), Recipient: verified.Meeting().Peer.Device(),
		Transcript: verified.Meeting().Transcript, Items: []peer.Line{line}}
	var err error
	manifest.Key, err = identity.Seal(verified.Meeting().Peer.Keys.Sealing, record.ShareKeyInfo(manifest.Transcript), make([]byte, identity.AEADKeySize))
	w.must(err)
	changed := func(change func(*peer.Manifest)) []byte {
		other := manifest
		change(&other)
		message, err := verified.Manifested(other)
		w.must(err)
		return framed(message)
	}
	attacks := []struct {
		name string
		says [][]byte
		code string
	}{
		{"a manifest of four gigabytes", [][]byte{{0xff, 0xff, 0xff, 0xff}}, "share_large"},
		{"a manifest a little too large", [][]byte{framed(make([]byte, 1<<20))}, "share_large"},
		{"a manifest with too many records", [][]byte{changed(func(m *peer.Manifest) {
			m.Items = nil
			for i := range peer.MaxItems + 1 {
				one := line
				one.Record = journal.RecordID(fmt.Sprintf("r-loot%d", i))
				one.Pair = bytes.Repeat([]byte{byte(i), byte(i >> 8)}, 16)
				m.Items = append(m.Items, one)
			}
		})}, "share_bad"},
		{"a manifest for somebody else", [][]byte{changed(func(m *peer.Manifest) { m.Recipient = m.Sharer })}, "share_bad"},
		{"a manifest of another verification", [][]byte{changed(func(m *peer.Manifest) { m.Transcript = sum })}, "share_bad"},
		{"a manifest whose key does not open", [][]byte{changed(func(m *peer.Manifest) { m.Key = m.Key[1:] })}, "share_bad"},
		{"no manifest", [][]byte{framed([]byte("hej"))}, "share_bad"},
		{"a record of four gigabytes", [][]byte{changed(func(*peer.Manifest) {}), {0xff, 0xff, 0xff, 0xff}}, "share_large"},
		{"an item that is none", [][]byte{changed(func(*peer.Manifest) {}), framed(bytes.Repeat([]byte{1}, 1<<10))}, "share_bad"},
	}
	for _, attack := range attacks {
		_, _ = verified.Say(w.ctx, attack.says...) // until the device ends the stream
	}
	s.Close()
	w.must(m.Over(w.ctx))
	events := w.events(w.bo)
	slices.SortFunc(events, func(a, b agent.Event) int { return int(a.Seq) - int(b.Seq) })
	var told []string
	for _, e := range events {
		if e.Kind == journal.ShareMalformed {
			told = append(told, e.Code)
			if e.Peer != insider.keys.Device() {
				t.Errorf("the entry names %s", e.Peer)
			}
		}
	}
	for i, attack := range attacks {
		if i >= len(told) || told[i] != attack.code {
			t.Errorf("%s: the journal tells %v, want %s as number %d", attack.name, told, attack.code, i)
		}
	}
	if grown := resident(t, w.bo.PID()) - idle; grown > 64<<20 {
		t.Errorf("the device has grown by %d MiB", grown>>20)
	}
}

// A picture of a record that a colleague was rightly lent, with a chunk that is not the one which the
// organisation signed for: the record lands, nothing of the picture does.
func TestAVerifiedAttackerSendsAnotherChunk(t *testing.T) {
	w := newTarget(t)
	insider := w.mallory(w.org.Issuing, nil)
	verified, m, s := w.befriends(insider)
	const id = "r-loot"
	cipher, hash, key, err := record.SealProtected(w.org.Org, id, 1, record.Protected{Fields: []record.Field{{Name: "phone", Value: "070-174 06 41"}}})
	w.must(err)
	issued := signed.At(time.Now().Add(-time.Hour))
	rec, err := record.Record{Version: 1, Org: w.org.Org, ID: id, Number: 1, Subject: "s-loot", Kind: "person", Unit: "norra",
		Card: record.Card{Title: "Byte"}, Cipher: hash, Issued: issued}.WithKey(key).Sign(w.org.Issuing)
	w.must(err)
	loan, err := signed.Sign(signed.DomainLoan, w.org.Issuing, record.Loan{Version: 1, Org: w.org.Org, Record: id, Number: 1,
		To: insider.keys.Device(), Until: signed.At(time.Now().Add(30 * time.Minute))})
	w.must(err)
	picture, fileKey, err := record.SealAttachment(record.Attachment{Org: w.org.Org, ID: "f-loot", Record: id, Subject: "s-loot", Size: 3 << 20},
		record.Label{Name: "bild.jpg", Type: record.JPEG}, io.LimitReader(rand.Reader, 3<<20), func(record.ChunkHash, []byte) error { return nil })
	w.must(err)
	picture.Issued = issued
	file, err := picture.Sign(w.org.Issuing)
	w.must(err)
	shareKey := make([]byte, identity.AEADKeySize)
	aead, err := identity.NewAEAD(shareKey)
	w.must(err)
	wraps := func(key []byte) func(string) ([]byte, error) {
		return func(context string) ([]byte, error) { return aead.Seal(nil, nil, key, []byte(context)), nil }
	}
	sent, err := verified.Send(w.ctx, peer.Share{
		Records: []peer.Outgoing{{Record: rec, Cipher: cipher, Hands: []record.Hand{{Loan: loan}}, Reseal: wraps(key)}},
		Files: []peer.OutgoingFile{{Signed: file, Reseal: wraps(fileKey), Chunk: func(record.ChunkHash, []byte) ([]byte, error) {
			other := make([]byte, record.ChunkLimit) // as long as the right one
			rand.Read(other)
			return other, nil
		}}},
	}, peer.Sharer{
		Stays: func(context.Context, []*peer.Refusal) error { return nil },
		Before: func(_ context.Context, all []peer.Handing) ([]journal.Hash, error) {
			hashes := make([]journal.Hash, len(all))
			for i := range hashes {
				rand.Read(hashes[i][:])
			}
			return hashes, nil
		},
		Key: func(to identity.Credential, info string) ([]byte, error) {
			return identity.Seal(to.Keys.Sealing, info, shareKey)
		},
		Answered: func(context.Context, []peer.Sent) error { return nil },
	})
	if len(sent) != 2 || !sent[0].Arrived() || sent[1].Arrived() {
		t.Errorf("the attacker is told %+v, %v", sent, err)
	}
	s.Close()
	w.must(m.Over(w.ctx))
	if e := w.newest(w.bo, journal.ShareReceived); e.Peer != insider.keys.Device() {
		t.Errorf("the record did not land: %+v", e)
	}
	if e := w.newest(w.bo, journal.ShareRefused); e.Peer != insider.keys.Device() || e.Code != string(peer.BadRecord) {
		t.Errorf("the refused picture has no entry: %+v", e)
	}
}

// befriends verifies an attacker with Bo, in person.
func (w *target) befriends(who *mallory) (*peer.Verified, *testnet.Meeting, *peer.Session) {
	w.Helper()
	m, err := w.Show(w.ctx, w.bo)
	w.must(err)
	s, err := peer.Scan(w.ctx, who.config(), w.payload(m.Picture()))
	w.must(err)
	w.Cleanup(s.Close)
	var verified *peer.Verified
	w.until(s, func(ev peer.Event) bool {
		switch e := ev.(type) {
		case peer.ShowCode:
			w.must(m.TypeOnly(w.ctx, e.Digits))
		case peer.SessionVerified:
			verified = e.Verified
		}
		return verified != nil
	})
	if verified == nil {
		w.Fatal("the attacker was not verified: the test looks in the wrong place")
	}
	return verified, m, s
}

// framed is a message as a stream carries it.
func framed(message []byte) []byte {
	var out bytes.Buffer
	_ = peer.Frame(&out, message) // to a buffer
	return out.Bytes()
}

// claims says a claim and waits for what comes of it.
func (w *target) claims(i *peer.Intruder, credential []byte) {
	w.Helper()
	s, err := i.Stream(w.ctx, "/handslag/verify/1")
	w.must(err)
	claim, err := i.Claim(credential)
	w.must(err)
	w.must(peer.Frame(s, claim))
	_, _ = io.ReadAll(s) // until the device ends it
}

// until hears a session until it says what is looked for, or ends.
func (w *target) until(s *peer.Session, is func(peer.Event) bool) {
	w.Helper()
	for ev := range s.Events() {
		if is(ev) {
			go func() {
				for range s.Events() {
				}
			}()
			return
		}
	}
}

// revoked is a device that enrolled as everybody does and was revoked, which Anna and Bo have heard.
func (w *target) revoked() *mallory {
	w.Helper()
	keys, err := identity.NewKeySet()
	w.must(err)
	const username, password = "dora.falk", "lösenord för dora"
	w.must(w.Admin(w.ctx, nil, "user", "add", username, "-first", "Dora", "-last", "Falk", "-unit", "sodra", "-role", "caretaker", "-no-password"))
	w.must(w.SetPassword(w.ctx, username, password))
	client := link.NewClient(w.org.Statement, keys, link.ClientOptions{})
	defer client.Close()
	possession, err := keys.Sign(signed.DomainEnrolment, link.Enrolment{Version: 1, Org: w.org.Org, RequestID: "req-" + string(keys.Device()), Machine: "m-dora", Keys: keys.Public()})
	w.must(err)
	issued, err := client.Enrol(w.ctx, link.EnrolRequest{RequestID: "req-" + string(keys.Device()), Username: username, Password: password, Machine: "m-dora", Possession: possession})
	w.must(err)
	w.must(w.Admin(w.ctx, nil, "device", "revoke", string(keys.Device())))
	for _, p := range []*testnet.Person{w.anna, w.bo} {
		_, err := p.Do(w.ctx, "sync")
		w.must(err)
	}
	return &mallory{keys, issued.Credential, []signed.Key{w.org.Issuing.Public()}, w.org.Org, func() signed.Time { return signed.At(time.Now()) }}
}

// in is the same target in a part of its test.
func (w *target) in(t *testing.T) *target {
	part := *w
	part.T = t
	return &part
}

// descriptors are how many a process has open.
func descriptors(t *testing.T, pid int) int {
	t.Helper()
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		t.Skipf("this system does not show a process's descriptors: %v", err)
	}
	return len(open)
}

// resident is how many bytes of memory a process has.
func resident(t *testing.T, pid int) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		t.Skipf("this system does not show a process's memory: %v", err)
	}
	var all, pages int
	if _, err := fmt.Sscan(string(text), &all, &pages); err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}
