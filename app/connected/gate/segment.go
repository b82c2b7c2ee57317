package gate

import (
	"crypto/cipher"
	"errors"
	"math"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/sync/link"
	"handslag/vault/journal"
)

// TakeSegment takes a sealed segment of any device, raw as its file holds it, from whoever
// carries it, and returns a signed receipt for its device. Its frames, which only that device
// and this system can read, are taken as a batch would be. It is refused where its header is
// not signed by a device that ever had a credential of ours, or is not sealed to us.
func (c *Call) TakeSegment(raw []byte) ([]byte, error) {
	claimed, _, err := journal.PeekSegment(raw)
	if err != nil {
		return nil, refuseSegment(err)
	}
	row, err := c.tx.NewestCredential(c.ctx, string(claimed.Device))
	if store.Missing(err) {
		return nil, Refuse(link.CodeSegUnknown)
	}
	if err != nil {
		return nil, err
	}
	credential, err := identity.OpenCredential(row.Body, c.g.org, c.g.keys().Parsed.Issuing)
	if err != nil || credential.Device() != claimed.Device {
		return nil, Refuse(link.CodeSegUnknown)
	}
	header, start, err := journal.OpenSegment(raw, claimed.Device, credential.Keys.Signing)
	if err != nil {
		return nil, refuseSegment(err)
	}
	if header.Generation > math.MaxInt64 || header.First > math.MaxInt64-journal.SegmentLimit {
		return nil, Refuse(link.CodeSegDamaged)
	}
	aead, payload, err := c.g.openWhole(header)
	if err != nil {
		return nil, Refuse(link.CodeSegSealed)
	}
	defer clear(payload)
	walked, err := journal.WalkFrames(raw, start, aead, header.ID)
	if err != nil {
		return nil, refuseSegment(err)
	}
	if len(walked.Frames) > journal.SegmentEntries {
		return nil, Refuse(link.CodeSegDamaged)
	}
	b := &readBatch{Batch: batchOf(header, walked, row.Body), credential: credential}
	c.g.readItems(b, map[uint64][]byte{0: payload}, c.Now, false)
	receipt, err := c.takes(c.taking(b))
	if err != nil {
		return nil, err
	}
	return receipt, c.findDamage(header, walked, credential)
}

// openWhole opens the segment's keys with whichever of our keys they were sealed to.
func (g *Gate) openWhole(header journal.SegmentHeader) (cipher.AEAD, []byte, error) {
	for _, key := range g.keys().Sealing {
		frames, payload, err := header.OpenWhole(key)
		if err != nil {
			continue
		}
		aead, err := identity.NewAEAD(frames)
		clear(frames)
		return aead, payload, err
	}
	return nil, nil, identity.ErrSealed
}

// batchOf is the segment's entries as their device would have sent them.
func batchOf(header journal.SegmentHeader, walked journal.Walked, credential []byte) journal.Batch {
	b := journal.Batch{Version: 1, Device: header.Device, Credential: credential,
		Segments: []journal.SegmentKey{{ID: header.ID, Sealed: header.Payload}}}
	for _, fr := range walked.Frames {
		b.Items = append(b.Items, journal.Item{Entry: fr.Entry, Box: fr.Box, Key: fr.Server})
	}
	return b
}

// findDamage notes that not all of a segment could be read. An unfinished write at its end is
// none: what was cut short there was never said.
func (c *Call) findDamage(header journal.SegmentHeader, walked journal.Walked, credential identity.Credential) error {
	if len(walked.Lost) == 0 && !walked.Spoilt {
		return nil
	}
	first := walked.Next
	if len(walked.Lost) > 0 {
		first = walked.Lost[0].From
	}
	return find(c.ctx, c.tx, sqlc.PutFindingParams{Code: foundSegment, DeviceID: string(header.Device), PersonID: string(credential.Person.ID),
		Generation: int64(header.Generation), Seq: int64(header.First) + int64(first), At: int64(c.Now)})
}

func refuseSegment(err error) error {
	if errors.Is(err, journal.ErrFileFormat) {
		return Refuse(link.CodeSegFormat)
	}
	return Refuse(link.CodeSegDamaged)
}
