package peer

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"handslag/identity"
	"handslag/sync/peer/internal/road"
	"handslag/vault/journal"
)

// Sealed is a journal segment that a device offers to have carried home: as the file shows it, and no more
// of it can anybody read on the way.
type Sealed struct {
	_          struct{} `cbor:",toarray"`
	Device     identity.DeviceID
	Generation uint64
	First      uint64
	Entries    uint64
	Size       uint64 // bytes
	Sum        []byte // SHA-256 of them
}

// Carrier is what this device does to carry and to have carried.
type Carrier struct {
	Offers []Sealed                       // at most MaxSealed; what is too much is left for another meeting
	Read   func(i int) ([]byte, error)    // the bytes of Offers[i], as they were when it was offered
	Want   func(offers []Sealed) []int    // which of the other's to take, rising
	Take   func(o Sealed, b []byte) error // keeps one, whose sum is right; durable when it returns
}

// Bounds of what is carried from one meeting, either way.
const (
	MaxSealed      = 64
	SealedBytes    = 16 << 20
	offersLimit    = MaxSealed*256 + 1<<10
	sealedMsgLimit = journal.SegmentLimit + 1<<10
	takenLimit     = 1 << 10
)

// offersMessage is what one device would have carried.
type offersMessage struct {
	_      struct{} `cbor:",toarray"`
	Offers []Sealed
}

// sealedMessage is one segment.
type sealedMessage struct {
	_     struct{} `cbor:",toarray"`
	Line  uint64
	Bytes []byte
}

// taken says how many are kept: those are durable at the other end.
type taken struct {
	_     struct{} `cbor:",toarray"`
	Count uint64
}

// Carry offers what this device would have carried home and takes what it can carry of the
// other's. It is called once at both ends; S opens the stream and offers first. It returns how many the
// other has kept, and how many this end has, also with an error, which says nothing about
// the verification. Errors: ErrNotVerified, ErrShare, and the network's.
func (v *Verified) Carry(ctx context.Context, c Carrier) (given, kept int, err error) {
	if err := v.live(); err != nil {
		return 0, 0, err
	}
	ctx, cancel := v.within(ctx)
	defer cancel()
	stream, err := v.arranged(ctx, road.Carry, v.session.carries)
	if err != nil {
		return 0, 0, fmt.Errorf("carry segments: %w", err)
	}
	t := newTalk(ctx, stream, v.session.timing)
	defer t.fail()
	give := func() (err error) { given, err = t.give(c); return err }
	take := func() (err error) { kept, err = t.take(c); return err }
	order := []func() error{give, take}
	if v.meeting.Role == Displayer {
		order = []func() error{take, give}
	}
	for _, half := range order {
		if err := half(); err != nil {
			return given, kept, fmt.Errorf("carry segments: %w", err)
		}
	}
	t.end()
	return given, kept, nil
}

// give offers, and sends what is wanted of it.
func (t *talk) give(c Carrier) (int, error) {
	offers := within(c.Offers)
	if err := t.say(offersMessage{Offers: offers}); err != nil {
		return 0, err
	}
	var wanted want
	if err := t.hear(wantLimit, t.timing.item, &wanted); err != nil {
		return 0, err
	}
	if err := wanted.check(len(offers)); err != nil {
		return 0, err
	}
	for _, line := range wanted.Lines {
		data, err := c.Read(int(line))
		if err != nil {
			return 0, err
		}
		if err := t.say(sealedMessage{Line: line, Bytes: data}); err != nil {
			return 0, err
		}
	}
	var got taken
	if err := t.hear(takenLimit, t.timing.answer, &got); err != nil {
		return 0, err
	}
	if got.Count > uint64(len(wanted.Lines)) {
		return 0, ErrShare
	}
	return int(got.Count), nil
}

// take asks for what this end can carry, and keeps it.
func (t *talk) take(c Carrier) (int, error) {
	var theirs offersMessage
	if err := t.hear(offersLimit, t.timing.item, &theirs); err != nil {
		return 0, err
	}
	if err := theirs.check(); err != nil {
		return 0, err
	}
	wanted := want{Lines: []uint64{}}
	for _, i := range c.Want(theirs.Offers) {
		wanted.Lines = append(wanted.Lines, uint64(i))
	}
	if err := wanted.check(len(theirs.Offers)); err != nil {
		return 0, err
	}
	if err := t.say(wanted); err != nil {
		return 0, err
	}
	kept := 0
	for _, line := range wanted.Lines {
		var m sealedMessage
		if err := t.hear(sealedMsgLimit, t.timing.item, &m); err != nil {
			return kept, err
		}
		o := theirs.Offers[line]
		if sum := sha256.Sum256(m.Bytes); m.Line != line || uint64(len(m.Bytes)) != o.Size || string(sum[:]) != string(o.Sum) {
			return kept, fmt.Errorf("not the segment that was offered: %w", ErrShare)
		}
		if err := c.Take(o, m.Bytes); errors.Is(err, ErrShare) {
			continue // what it is not is no reason to leave the others
		} else if err != nil {
			return kept, err
		}
		kept++
	}
	return kept, t.say(taken{Count: uint64(kept)})
}

// within are the first offers that one meeting has room for.
func within(offers []Sealed) []Sealed {
	total := uint64(0)
	for i, o := range offers {
		if total += o.Size; i == MaxSealed || total > SealedBytes {
			return offers[:i]
		}
	}
	return offers
}

func (m offersMessage) check() error {
	if len(within(m.Offers)) != len(m.Offers) {
		return fmt.Errorf("more than one meeting has room for: %w", ErrShare)
	}
	for _, o := range m.Offers {
		id, err := identity.ParseDeviceID(string(o.Device))
		if err != nil || id != o.Device || o.Generation == 0 || o.First == 0 || o.Size == 0 || o.Size > journal.SegmentLimit || len(o.Sum) != sha256.Size {
			return fmt.Errorf("malformed offer: %w", ErrShare)
		}
	}
	return nil
}
