package peer

import (
	"context"
	"errors"
	"fmt"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// Share is what is handed over at once.
type Share struct {
	Purpose string // why, in words
	Tasks   []OutgoingTask
	Records []Outgoing
	Files   []OutgoingFile
}

// Outgoing is a record to hand over, as this device holds it.
type Outgoing struct {
	Record []byte              // signed by the organisation
	Cipher []byte              // the protected part, as it came
	Hands  []record.Hand       // that end at this device
	Until  signed.Time         // 0: as long as this device has it
	People []identity.PersonID // further persons whose assignments name the record
	// Reseal wraps the content key under the share's key with context, once the entry is durable.
	Reseal func(context string) ([]byte, error)
}

// OutgoingTask is an assignment to hand over, signed by the organisation.
type OutgoingTask struct {
	Signed []byte
}

// OutgoingFile is an attachment to hand over with its record, which is in the same share.
type OutgoingFile struct {
	Signed []byte
	Reseal func(context string) ([]byte, error)
	// Chunk is the ciphertext of a chunk, in buffer where it has room. It is called from one other goroutine.
	Chunk func(hash record.ChunkHash, buffer []byte) ([]byte, error)
}

// Sharer is what the sharer's journal and vault do, in order. Each returns once its entries are
// durable; an error ends the share.
type Sharer struct {
	// Stays writes what this device itself does not hand over.
	Stays func(ctx context.Context, all []*Refusal) error
	// Before writes one entry for each handing, share.sent, and returns their hashes. No byte
	// has left when it is called.
	Before func(ctx context.Context, all []Handing) ([]journal.Hash, error)
	// Key makes the share's key and seals it to the other device with info.
	Key func(to identity.Credential, info string) ([]byte, error)
	// Answered writes what the receiver says became of some: share.confirmed, or share.refused with its code.
	Answered func(ctx context.Context, all []Sent) error
	// Moved is told how far it has come. Optional.
	Moved Moved
}

// Sent is what became of one thing.
type Sent struct {
	Handing
	Had     bool         // the receiver held that version already; only the loan is new
	Ref     journal.Hash // the receiver's entry; zero where none came
	Refused Why          // "" where it was not
	Stays   *Refusal     // this device does not hand it over
}

// Arrived reports whether the receiver said so.
func (s Sent) Arrived() bool { return s.Ref != journal.Hash{} }

// Send hands things over. What the other device may not receive or this one may not share
// stays, which is written before anything else is, and so do attachments of such a record; the rest goes. Ending ctx
// stops it at a good place, and what is left is refused as Stopped. The result names assignments first,
// then records, then attachments; after an error in the middle it says what is known to have arrived.
func (v *Verified) Send(ctx context.Context, share Share, sharer Sharer) ([]Sent, error) {
	if err := v.live(); err != nil {
		return nil, err
	}
	if n := len(share.Records) + len(share.Tasks); n == 0 || len(share.Records) > MaxItems || len(share.Tasks) > MaxTasks ||
		len(share.Files) > MaxFiles || len(share.Purpose) > maxPurpose {
		return nil, fmt.Errorf("share: nothing, or too much: %w", ErrShare)
	}
	if sharer.Before == nil || sharer.Answered == nil || sharer.Stays == nil || sharer.Key == nil {
		return nil, fmt.Errorf("share: no journal: %w", ErrShare)
	}
	v.session.sending.Lock()
	defer v.session.sending.Unlock()
	whole, cancel := v.within(context.WithoutCancel(ctx))
	defer cancel()
	p := &parcel{v: v, share: share, sharer: sharer}
	if err := p.judge(whole); err != nil {
		return p.sent, err
	}
	if len(p.going) == 0 {
		return p.sent, nil
	}
	if err := ctx.Err(); err != nil {
		return p.sent, fmt.Errorf("share: %w", err)
	}
	if err := p.enter(whole); err != nil {
		return p.sent, err
	}
	if err := p.pack(); err != nil {
		return p.sent, errors.Join(err, p.keep(whole))
	}
	return p.sent, p.deliver(whole, ctx.Done())
}
