package peer

import (
	"context"
	"crypto/cipher"
	"errors"
	"fmt"

	"handslag/identity"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// Incoming is a thing that arrived and verified, still sealed: a record, an assignment, or an
// attachment, as its Thing says.
type Incoming struct {
	Handing              // Peer is the sharer
	Purpose string       // why, in the sharer's words
	Theirs  journal.Hash // the sharer's entry
	Signed  []byte       // as the organisation signed it
	Had     bool         // this device holds the ciphertext of that version; key and loan are new

	Value  record.Record // of a record
	Cipher []byte        // of a record, wherever it comes from
	Hands  []record.Hand

	Task record.Assignment // of an assignment
	File record.Attachment // of an attachment

	Key     []byte // content key, wrapped
	Context string // what it is unwrapped with: AAD
	Unwrap  cipher.AEAD
}

// Declined is a thing that was not taken.
type Declined struct {
	Handing
	Refusal *Refusal
}

// Receiver is what the receiver's journal and vault do.
type Receiver struct {
	// Has reports whether this device holds that version of a record, whose ciphertext is then not sent
	// again but taken from Ciphertext. Both are optional.
	Has        func(id journal.RecordID, number uint64) bool
	Ciphertext func(id journal.RecordID, number uint64) []byte
	// HasTask reports whether this device holds that version of an assignment, or a newer. Optional.
	HasTask func(id journal.AssignmentID, number uint64) bool
	// People are persons whose assignments on this device name the record. Optional.
	People func(id journal.RecordID) []identity.PersonID
	// Erased says of whom this device has carried out an erasure order. Optional.
	Erased func(id journal.SubjectID) bool
	// Received writes the entries, share.received, waits until they are durable, stores what came
	// and returns the entries' hashes. An attachment comes when its chunks are kept. An error says that
	// nothing of them is stored: the sharer is told, and the share ends.
	Received func(ctx context.Context, all []Incoming) ([]journal.Hash, error)
	// Refused writes share.refused, each with its code.
	Refused func(ctx context.Context, all []Declined) error

	// Begin remembers an attachment, which opens nothing yet, and returns which of its chunks are not here: those
	// that are have been read. Without Begin no attachment is taken.
	Begin func(ctx context.Context, file Incoming) (missing []int, err error)
	// Keep keeps a chunk, if it has that hash: record.ErrAttachment otherwise. It is called from several
	// goroutines, and what it kept is durable after the next Flush.
	Keep  func(hash record.ChunkHash, cipher []byte) error
	Flush func() error

	// Moved is told how far it has come. Optional.
	Moved Moved
}

// Got is what became of one thing of a share.
type Got struct {
	Handing
	Refused *Refusal // nil where it is stored
}

// Receive waits for one share of the verified device and takes it: what it returns with an error
// has landed whole. Ending ctx while a share is under way ends that one at a good place: what is
// left is refused as Stopped. Call it again for the next.
func (v *Verified) Receive(ctx context.Context, receiver Receiver) ([]Got, error) {
	if err := v.live(); err != nil {
		return nil, err
	}
	if receiver.Received == nil || receiver.Refused == nil || receiver.Begin != nil && (receiver.Keep == nil || receiver.Flush == nil) {
		return nil, fmt.Errorf("receive share: no journal or no vault: %w", ErrShare)
	}
	whole, cancel := v.within(context.WithoutCancel(ctx))
	defer cancel()
	select {
	case stream := <-v.session.shares:
		r := &reception{v: v, receiver: receiver, talk: newTalk(whole, stream, v.session.timing), halt: make(chan struct{}), room: make(chan struct{}, 1)}
		err := r.take(whole, ctx.Done())
		if err != nil {
			r.talk.fail()
			err = fmt.Errorf("receive share: %w", errors.Join(err, r.breakOff(context.WithoutCancel(whole))))
		}
		r.talk.end()
		return r.got, err
	case <-ctx.Done():
	case <-whole.Done():
	}
	if err := v.live(); err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("receive share: %w", ctx.Err())
}
