package requirements

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
)

// seal is a segment as a device's outbox holds it: items that the device itself and the owner of the sealing key can
// read, and nobody on the way.
func (d *device) seal(to identity.SealKey, items ...journal.Item) []byte {
	key := random(identity.AEADKeySize)
	h := journal.SegmentHeader{Version: 1, ID: d.sealed.ID, Device: d.keys.Device(), Generation: d.chain.Generation, First: 1, Created: d.s.newest(),
		Algorithm: journal.FrameAlgorithm, Root: random(60), Payload: d.sealed.Sealed}
	var err error
	h.Whole, err = identity.Seal(to, journal.WholeInfo(h.Device, h.ID), append(bytes.Clone(key), d.key...))
	check(err)
	head, err := d.keys.Sign(signed.DomainSegment, h)
	check(err)
	data := journal.WrapFile(journal.SegmentMagic, head)
	aead, err := identity.NewAEAD(key)
	check(err)
	for i, item := range items {
		data, err = journal.AppendFrame(data, aead, h.ID, uint32(i), journal.Frame{Version: 1, Entry: item.Entry, Box: item.Box, Server: item.Key})
		check(err)
	}
	return data
}

// carries hands in a segment of another device, and wants a receipt for that device that reaches entry to.
func (d *device) carries(by *device, segment []byte, to uint64) error {
	a, err := d.s.must(call{method: http.MethodPost, path: link.PathSegments, body: segment, by: by}, nil)
	if err != nil {
		return err
	}
	return d.received(a, to)
}

// segments are about sealed segments, which colleagues carry for each other.
var segments = []requirement{
	{"segments: what is no sealed segment is refused as one", "design, Segments are the outbox; vault/journal/testdata/journal.cddl, segment-header", func(s *system) error {
		d, err := s.device(&s.staff, s.Staff)
		if err != nil {
			return err
		}
		return s.refuses(call{method: http.MethodPost, path: link.PathSegments, body: []byte("no segment"), by: d}, link.CodeSegDamaged, link.CodeSegFormat)
	}},
	{"segments: one that another device carries is taken as its batch would be, words and all, and its receipt is the device's own", "design, promise 3 and Segments are the outbox", func(s *system) error {
		by, err := s.device(&s.staff, s.Staff)
		if err != nil {
			return err
		}
		d, err := s.fresh()
		if err != nil {
			return err
		}
		items := append(d.unlocks(2), d.says(journal.Entry{Kind: journal.RecordsSearched, Count: 1}, &journal.Details{Note: "Vintergrind"}))
		segment := d.seal(s.statement.Sealing[0], items...)
		for range 2 { // again it is the same
			if err := d.carries(by, segment, 3); err != nil {
				return err
			}
		}
		return d.hands(d, d.batch(items...), 3)
	}},
	{"segments: who proves nothing may carry one", "design, promise 3: whoever carries it", func(s *system) error {
		d, err := s.fresh()
		if err != nil {
			return err
		}
		return d.carries(nil, d.seal(s.statement.Sealing[0], d.unlocks(1)...), 1)
	}},
	{"segments: one that was cut short says what came before, and what is beyond the cut comes later", "design, Segments are the outbox", func(s *system) error {
		d, err := s.fresh()
		if err != nil {
			return err
		}
		segment := d.seal(s.statement.Sealing[0], d.unlocks(3)...)
		if err := d.carries(nil, segment[:len(segment)-7], 2); err != nil {
			return err
		}
		return d.carries(nil, segment, 3)
	}},
	{"segments: one of a device that nobody enrolled, sealed to another system, or changed is 400, each by its name", "RFC 9457; RFC 9180 (sealed to one key); RFC 9052 (its header is signed)", func(s *system) error {
		by, err := s.device(&s.staff, s.Staff)
		if err != nil {
			return err
		}
		d, err := s.fresh()
		if err != nil {
			return err
		}
		stranger, err := s.newDevice(s.Staff)
		if err != nil {
			return err
		}
		other, err := identity.NewSealPrivate()
		if err != nil {
			return err
		}
		own := s.statement.Sealing[0]
		changed := d.seal(own, d.unlocks(1)...)
		changed[len(journal.SegmentMagic)+40] ^= 1
		for _, c := range []struct {
			segment []byte
			code    link.Code
		}{{stranger.seal(own, stranger.unlocks(1)...), link.CodeSegUnknown}, {d.seal(other.Public()), link.CodeSegSealed}, {changed, link.CodeSegDamaged}} {
			if err := s.refuses(call{method: http.MethodPost, path: link.PathSegments, body: c.segment, by: by}, c.code); err != nil {
				return err
			}
		}
		return nil
	}},
}

// received checks a receipt for the device: that it reaches entry to, with the device's own hash.
func (d *device) received(a answer, to uint64) error {
	r, err := journal.OpenReceipt(a.body, d.s.Org, d.keys.Device(), d.s.statement.Log)
	if err != nil {
		return err
	}
	reach, ours := uint64(0), false
	for _, g := range r.Ranges {
		if g.Generation != d.chain.Generation || g.To < reach {
			continue
		}
		reach, ours = g.To, bytes.Equal(g.Hash, d.hashes[g.To])
	}
	switch {
	case reach != to:
		return fmt.Errorf("the receipt reaches entry %d, not %d", reach, to)
	case reach > 0 && !ours:
		return errors.New("the receipt has another hash of its last entry")
	}
	return nil
}
