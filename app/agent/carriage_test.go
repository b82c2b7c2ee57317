package agent

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/peer"
	"handslag/vault/journal"
	"handslag/vault/journalfile"
)

// parts is a meeting in which nothing is handed over.
func (d *tablet) parts(other *tablet) {
	d.h.t.Helper()
	mine, theirs := d.meets(other)
	mine.Close()
	theirs.Close()
}

// carries are the segments that d carries since a meeting, and how many of them were handed in.
func (d *tablet) carries() (all []SealedSegment, handed int) {
	d.h.t.Helper()
	for _, s := range d.list() {
		if s.Carried {
			all = append(all, s)
			if s.Handed {
				handed++
			}
		}
	}
	return all, handed
}

// Bo works in the cellar and meets Anna there. Anna comes up first and hands in what Bo said; the receipt reaches
// Bo at their next meeting, and he never had coverage.
func TestWhatWasSaidIsCarriedHomeAndTheReceiptComesBack(t *testing.T) {
	h := newHouse(t)
	reviewer, anna, bo := h.enrolled("anna.lind"), h.enrolled("carl.ask"), h.enrolled("bo.ek")
	anna.sync()
	bo.sync()
	address := h.address
	h.stop()
	reason := "ringde om läckan i köket"
	bo.works(reason)
	anna.parts(bo)
	all, _ := anna.carries()
	if len(all) != 1 || all[0].Device != bo.Me().Device || all[0].For != "Bo Ek" {
		t.Fatalf("Anna carries %+v", all)
	}
	mustNotRead(t, anna.cfg.Outbox, reason, "Bo Ek")
	anna.die() // between taking and handing in
	ok(t, anna.Unlock(t.Context(), passphrase))
	waiting := bo.Me().Waiting

	h.address = address
	h.back()
	if r := anna.sync(); r.Carried != 1 {
		t.Fatalf("handed in: %+v", r)
	}
	rows, text, found := h.said(reviewer, bo)
	if !strings.Contains(text, reason) || found != "" || rows[0].Carrier != anna.Me().Device {
		t.Fatalf("the log holds\n%s%s", text, found)
	}
	if _, handed := anna.carries(); handed != 1 {
		t.Error("it is not marked as handed in")
	}
	if got := bo.Me().Waiting; got != waiting {
		t.Fatalf("%d wait at Bo's, %d did", got, waiting)
	}
	h.stop()
	anna.parts(bo)
	if got := bo.Me().Waiting; got >= waiting {
		t.Errorf("%d still wait at Bo's, of %d", got, waiting)
	}
	// What he has said since is carried too, and what she had is not sent again.
	if all, handed := anna.carries(); len(all) != 1 || handed != 0 || all[0].Entries <= waiting {
		t.Errorf("after the second meeting Anna carries %+v", all)
	}
	h.address = address
	h.back()
	anna.sync()
	bo.sync()
	if _, _, found := h.said(reviewer, bo); found != "" || bo.Me().Waiting != 0 {
		t.Errorf("found %s, %d wait", found, bo.Me().Waiting)
	}
}

// Bo meets Carl, Carl meets Anna, and Anna goes up.
func TestSegmentsGoFromHandToHand(t *testing.T) {
	h := newHouse(t)
	reviewer, anna, bo, carl := h.enrolled("anna.lind"), h.enrolled("anna.lind"), h.enrolled("bo.ek"), h.enrolled("carl.ask")
	for _, d := range []*tablet{anna, bo, carl} {
		d.sync()
	}
	address := h.address
	h.stop()
	bo.works("frågade efter nyckeln")
	carl.parts(bo)
	anna.parts(carl)
	h.address = address
	h.back()
	if r := anna.sync(); r.Carried != 2 {
		t.Fatalf("handed in: %+v", r)
	}
	if rows, text, _ := h.said(reviewer, bo); !strings.Contains(text, "frågade efter nyckeln") || rows[0].Carrier != anna.Me().Device {
		t.Errorf("the log holds\n%s", text)
	}
}

// carriageWith is what d would do in a meeting with other.
func (d *tablet) carriageWith(other *tablet) *carriage {
	c := &carriage{agent: d.Agent, session: d.session, other: other.session.who().credential}
	ok(d.h.t, c.tidy())
	return c
}

// sealedOf is the segment that d would offer.
func (d *tablet) sealedOf() (peer.Sealed, []byte) {
	d.h.t.Helper()
	paths := d.session.journal.Unreceived()
	s, data, err := journalfile.ReadSealed(paths[len(paths)-1])
	ok(d.h.t, err)
	return offerOf(s), data
}

func offerOf(s journalfile.Sealed) peer.Sealed {
	return peer.Sealed{Device: s.Device, Generation: s.Generation, First: s.First, Entries: uint64(s.Entries), Size: uint64(s.Size), Sum: s.Sum[:]}
}

// What a modified colleague gives to carry is no segment, or not that device's.
func TestWhatIsNoSegmentIsNotCarried(t *testing.T) {
	h := newHouse(t)
	anna, bo, carl := h.enrolled("anna.lind"), h.enrolled("bo.ek"), h.enrolled("carl.ask")
	offer, data := bo.sealedOf()
	foreign, foreignData := carl.sealedOf()
	for what, lie := range map[string]func() (peer.Sealed, []byte){
		"garbage":            func() (peer.Sealed, []byte) { return offer, bytes.Repeat([]byte{7}, len(data)) },
		"a flipped header":   func() (peer.Sealed, []byte) { b := bytes.Clone(data); b[40] ^= 1; return offer, b },
		"another device's":   func() (peer.Sealed, []byte) { return offer, foreignData },
		"another place":      func() (peer.Sealed, []byte) { o := offer; o.First++; return o, data },
		"nothing said in it": func() (peer.Sealed, []byte) { return offer, data[:len(data)-len(data)/2] },
		"zeroes behind it":   func() (peer.Sealed, []byte) { return offer, append(bytes.Clone(data), make([]byte, 4096)...) },
		"a forged header": func() (peer.Sealed, []byte) {
			return forgedSegment(t, carl, bo, 1)
		},
	} {
		o, b := lie()
		c := anna.carriageWith(bo)
		err := c.take(o, b)
		if what == "nothing said in it" && err == nil { // half a journal is one that was cut short
			continue
		}
		if err == nil {
			t.Errorf("%s is kept", what)
		}
	}
	ok(t, anna.carriageWith(bo).take(offer, data))
	ok(t, anna.carriageWith(bo).take(foreign, foreignData))
	if all, _ := anna.carries(); len(all) > 3 {
		t.Errorf("%d are carried", len(all))
	}
}

// forgedSegment is signed by one device in another's name.
func forgedSegment(t *testing.T, by, named *tablet, first uint64) (peer.Sealed, []byte) {
	t.Helper()
	_, data := named.sealedOf()
	h, _, err := journal.PeekSegment(data)
	ok(t, err)
	_, end, err := journal.UnwrapFile(journal.SegmentMagic, data)
	ok(t, err)
	h.First = first
	body, err := by.session.keys.Sign(signed.DomainSegment, h)
	ok(t, err)
	out := append(journal.WrapFile(journal.SegmentMagic, body), data[end:]...)
	s, out, err := journalfile.PeekSealed(out)
	ok(t, err)
	return offerOf(s), out
}

// What a colleague claims to carry for others nobody here can judge: so it is bounded, leaves room for others'
// own, and goes when the connected system does not want it.
func TestALiarFillsNothing(t *testing.T) {
	h := newHouse(t)
	anna, bo, carl := h.enrolled("anna.lind"), h.enrolled("bo.ek"), h.enrolled("carl.ask")
	carl.sync()
	_, sample := carl.sealedOfAnything()
	var devices []identity.DeviceID
	for i := range 8 {
		devices = append(devices, identity.DeviceIDOf(seeded(t, byte(i+1)).Public()))
	}
	for round := range 40 { // meetings
		c := anna.carriageWith(bo)
		var offers []peer.Sealed
		var bodies [][]byte
		for i := range peer.MaxSealed {
			device := devices[i%len(devices)]
			o, b := renamed(t, sample, device, uint64(round*peer.MaxSealed+i+1))
			offers, bodies = append(offers, o), append(bodies, b)
		}
		for _, i := range c.want(offers) {
			if err := c.take(offers[i], bodies[i]); err != nil {
				t.Fatal(err)
			}
		}
	}
	all, _ := anna.carries()
	if len(all) == 0 || len(all) > maxHeld/2 {
		t.Fatalf("%d lies are carried", len(all))
	}
	// Bo's own still finds room, and what is Anna's own, or here already, is not taken.
	own, data := bo.sealedOf()
	c := anna.carriageWith(bo)
	if got := c.want([]peer.Sealed{own}); len(got) != 1 {
		t.Error("an honest colleague's finds no room")
	}
	ok(t, c.take(own, data))
	mine, _ := anna.sealedOf()
	if got := anna.carriageWith(bo).want([]peer.Sealed{own, mine}); len(got) != 0 {
		t.Errorf("taken again: %v", got)
	}
	for range 4 {
		anna.sync()
	}
	left, handed := anna.carries()
	if len(left) != 1 || handed != 1 || left[0].Device != bo.Me().Device {
		t.Errorf("after syncs %d are left", len(left))
	}
}

// sealedOfAnything is a segment of d with entries, also one that is received.
func (d *tablet) sealedOfAnything() (peer.Sealed, []byte) {
	d.h.t.Helper()
	files, err := journalfile.SealedFiles(d.place.Journal(d.Me().Device))
	ok(d.h.t, err)
	s, data, err := journalfile.ReadSealed(files[0])
	ok(d.h.t, err)
	return offerOf(s), data
}

// renamed is a segment as a liar makes it: of a device that nobody here knows.
func renamed(t *testing.T, sample []byte, device identity.DeviceID, first uint64) (peer.Sealed, []byte) {
	t.Helper()
	h, _, err := journal.PeekSegment(sample)
	ok(t, err)
	_, end, err := journal.UnwrapFile(journal.SegmentMagic, sample)
	ok(t, err)
	h.Device, h.First = device, first
	body, err := signed.Sign(signed.DomainSegment, seeded(t, 99), h)
	ok(t, err)
	s, out, err := journalfile.PeekSealed(append(journal.WrapFile(journal.SegmentMagic, body), sample[end:]...))
	ok(t, err)
	return offerOf(s), out
}

func seeded(t *testing.T, b byte) *signed.PrivateKey {
	t.Helper()
	key, err := signed.PrivateKeyFromSeed(bytes.Repeat([]byte{b}, 32))
	ok(t, err)
	return key
}

// A favour ends: what could not be handed in for a month is dropped, and its owner has it still.
func TestCarriedSegmentsAreNotKeptForEver(t *testing.T) {
	h := newHouse(t)
	anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
	o, data := bo.sealedOf()
	ok(t, anna.carriageWith(bo).take(o, data))
	files, err := journalfile.SealedFiles(anna.place.Carried())
	ok(t, err)
	at := h.clock()
	for _, day := range []int{29, 31} {
		ok(t, os.Chtimes(files[0], at, at.AddDate(0, 0, -day)))
		c := anna.carriageWith(bo)
		if got := len(c.held); (got == 1) != (day == 29) {
			t.Errorf("after %d days %d are held", day, got)
		}
	}
	ok(t, os.WriteFile(filepath.Join(anna.place.Carried(), "x"+journal.SegmentSuffix), []byte("no segment"), 0o600))
	anna.carriageWith(bo)
	if files, _ := journalfile.SealedFiles(anna.place.Carried()); len(files) != 0 {
		t.Errorf("%v stay", files)
	}
}

// A receipt that is not the organisation's, another device's, or of a branch that never was covers nothing.
func TestAFalseReceiptCoversNothing(t *testing.T) {
	h := newHouse(t)
	anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
	anna.sync()
	bo.sync()
	h.stop()
	bo.works("en sak")
	waiting, generation := bo.Me().Waiting, bo.session.journal.Chain().Generation
	chain := bo.session.journal.Chain()
	forged := journal.Receipt{Version: 1, Org: bo.session.who().profile.Org, Device: bo.Me().Device, Time: signed.At(h.clock()),
		Ranges: []journal.Range{{Generation: chain.Generation, From: 1, To: chain.Last, Hash: chain.Head[:]}}}
	bad, err := forged.Sign(seeded(t, 5))
	ok(t, err)
	bo.takeReceipts(bo.session, [][]byte{bad, nil, []byte("receipt"), make([]byte, journal.ReceiptLimit)})
	if got := bo.Me().Waiting; got != waiting || bo.session.journal.Chain().Generation != generation {
		t.Errorf("%d wait, %d did", got, waiting)
	}
}
