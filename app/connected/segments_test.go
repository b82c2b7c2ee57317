package connected_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"net/http"
	"strings"
	"testing"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
)

// seals are items of the device as a segment file holds them, which only the device and the
// connected system can read.
func (d *device) seals(items ...journal.Item) []byte {
	d.h.t.Helper()
	return d.sealsTo(d.h.statement.Sealing[0], items...)
}

func (d *device) sealsTo(system identity.SealKey, items ...journal.Item) []byte {
	d.h.t.Helper()
	key := make([]byte, identity.AEADKeySize)
	rand.Read(key)
	h := journal.SegmentHeader{Version: 1, ID: d.sealed.ID, Device: d.keys.Device(), Generation: d.chain.Generation, First: 1,
		Algorithm: journal.FrameAlgorithm, Root: []byte("only the device opens this"), Payload: d.sealed.Sealed}
	h.Whole = must[[]byte](d.h.t)(identity.Seal(system, journal.WholeInfo(h.Device, h.ID), append(bytes.Clone(key), d.segment...)))
	data := journal.WrapFile(journal.SegmentMagic, must[[]byte](d.h.t)(d.keys.Sign(signed.DomainSegment, h)))
	aead, err := identity.NewAEAD(key)
	ok(d.h.t, err)
	for i, item := range items {
		data = must[[]byte](d.h.t)(journal.AppendFrame(data, aead, h.ID, uint32(i), journal.Frame{Version: 1, Entry: item.Entry, Box: item.Box, Server: item.Key}))
	}
	return data
}

// carriesSealed hands in another device's segment and returns how far its receipt reaches.
func (d *device) carriesSealed(of *device, segment []byte) uint64 {
	d.h.t.Helper()
	return of.reach(must[[]byte](d.h.t)(d.client.Segment(context.Background(), segment)))
}

func TestASealedSegmentIsTakenAsItsBatchWouldBe(t *testing.T) {
	h := newHouse(t, live)
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	items := append(bo.items(2), bo.say(journal.Entry{Kind: journal.RecordOpened, Subject: "s-maj"}, &journal.Details{Reason: "läcka i köket"}))
	segment := bo.seals(items...)
	if bytes.Contains(segment, []byte("läcka")) {
		t.Fatal("it can be read on the way")
	}
	if to := anna.carriesSealed(bo, segment); to != 3 {
		t.Errorf("the receipt reaches entry %d", to)
	}
	page := anna.log(link.LogFilter{Person: "bo.ek"})
	if got := sentencesOf(page); !strings.Contains(got, "läcka i köket") || len(page.Found) != 0 {
		t.Errorf("the log says\n%s\n%s", got, codes(page.Found))
	}
	if row := page.Rows[0]; row.Carrier != anna.keys.Device() || row.Device != bo.keys.Device() {
		t.Errorf("carried by %s, written by %s", row.Carrier, row.Device)
	}
	before := h.sound()
	for range 2 {
		if to := anna.carriesSealed(bo, segment); to != 3 {
			t.Errorf("again, the receipt reaches entry %d", to)
		}
	}
	if to := bo.hands(bo.batch(items...)); to != 3 {
		t.Errorf("and by Bo himself: entry %d", to)
	}
	if after := h.sound(); after.Entries != before.Entries || after.Covered != before.Covered || after.Held != before.Held {
		t.Errorf("before %+v, after %+v", before, after)
	}
}

func TestASegmentThatIsNotItsDevicesOrNotOursIsRefusedByName(t *testing.T) {
	h := newHouse(t, live)
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	items := bo.items(3)
	segment := bo.seals(items...)
	stranger := h.newDevice("bo.ek")
	other, err := identity.NewSealPrivate()
	ok(t, err)
	header, start, err := journal.PeekSegment(segment)
	ok(t, err)
	forged := journal.WrapFile(journal.SegmentMagic, must[[]byte](t)(anna.keys.Sign(signed.DomainSegment, header)))
	version := bytes.Clone(segment)
	newer := header
	newer.Version = 2
	version = append(journal.WrapFile(journal.SegmentMagic, must[[]byte](t)(bo.keys.Sign(signed.DomainSegment, newer))), version[start:]...)
	flipped := bytes.Clone(segment)
	flipped[start/2] ^= 1
	before := h.sound()
	for _, c := range []struct {
		what    string
		segment []byte
		want    link.Code
	}{
		{"nothing", nil, link.CodeSegDamaged},
		{"no segment", []byte("HSJRNL, it says"), link.CodeSegDamaged},
		{"half a header", segment[:start/2], link.CodeSegDamaged},
		{"a flipped bit in the header", flipped, link.CodeSegDamaged},
		{"a header that another device signed", append(forged, segment[start:]...), link.CodeSegDamaged},
		{"another version", version, link.CodeSegFormat},
		{"a device that was never enrolled", stranger.seals(stranger.items(1)...), link.CodeSegUnknown},
		{"sealed to another system", bo.sealsTo(other.Public(), items...), link.CodeSegSealed},
		{"more than a segment may be", make([]byte, journal.SegmentLimit+1), link.CodeTooLarge},
	} {
		if _, err := anna.client.Segment(context.Background(), c.segment); code(t, err) != c.want {
			t.Errorf("%s: %v, want %s", c.what, err, c.want)
		}
	}
	if after := h.sound(); after.Journals != before.Journals || after.Findings != before.Findings || after.Held != before.Held {
		t.Errorf("before %+v, after %+v", before, after)
	}
	if to := anna.carriesSealed(bo, segment); to != 3 {
		t.Errorf("the whole segment reaches entry %d", to)
	}
}

// What accidents leave of a segment is taken, and the rest is a finding: nobody else may have it.
func TestWhatCanBeReadOfADamagedSegmentIsTaken(t *testing.T) {
	h := newHouse(t, live)
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	items := bo.items(4)
	whole := bo.seals(items...)
	_, start, err := journal.PeekSegment(whole)
	ok(t, err)
	if to := anna.carriesSealed(bo, whole[:len(whole)-9]); to != 3 {
		t.Errorf("cut short, the receipt reaches entry %d", to)
	}
	if got := bo.finds(anna); got != "" {
		t.Errorf("an unfinished write is no finding: %s", got)
	}
	dora := h.enrolled("dora.alm")
	items = dora.items(4)
	hurt := dora.seals(items...)
	hurt[start+(len(hurt)-start)/4+60] ^= 1 // in the second frame
	if to := anna.carriesSealed(dora, hurt); to != 1 {
		t.Errorf("damaged, the receipt reaches entry %d", to)
	}
	if got := dora.finds(anna); !strings.Contains(got, "segment open") || !strings.Contains(got, "gap open") {
		t.Errorf("findings: %s", got)
	}
	if v := h.sound(); v.Held != 2 {
		t.Errorf("held %d", v.Held)
	}
	if to := anna.carriesSealed(dora, dora.seals(items...)); to != 4 {
		t.Errorf("whole again, the receipt reaches entry %d", to)
	}
	if v := h.sound(); v.Held != 0 {
		t.Errorf("held %d", v.Held)
	}
}

func TestARevokedDevicesSegmentIsTakenFromAnybody(t *testing.T) {
	h := newHouse(t, live)
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	segment := bo.seals(bo.items(2)...)
	ok(t, h.gate.RevokeDevice(context.Background(), bo.keys.Device()))
	status, answer := h.post(t, link.PathSegments, segment)
	if status != http.StatusOK || bo.reach(answer) != 2 {
		t.Errorf("by a stranger: %d", status)
	}
	if got := bo.finds(anna); got != "revoked open" {
		t.Errorf("findings: %s", got)
	}
	for range 40 {
		status, _ = h.post(t, link.PathSegments, segment)
	}
	if status != http.StatusTooManyRequests {
		t.Errorf("by a stranger without end: %d", status)
	}
	if to := bo.carriesSealed(bo, segment); to != 2 {
		t.Errorf("by the revoked device itself: entry %d", to)
	}
}
