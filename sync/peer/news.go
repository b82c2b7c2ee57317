package peer

import (
	"context"
	"fmt"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/protocol"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/peer/internal/road"
	"handslag/vault/journal"
)

// News is what two devices tell each other at every meeting without being asked, each as the
// organisation or a device signed it: whom to meet no more, whose data to destroy, what its audit log
// held, how far journals go, and what has come home of them. The receiver believes a
// signature and not the colleague.
type News struct {
	_           struct{} `cbor:",toarray"`
	Revocations []byte   // identity.Revocations, signed; empty before the first list
	Erasures    [][]byte // record.Erasure, signed; the newest, at most NewsErasures
	Checkpoint  []byte   // of the audit log, a signed note; empty before the first
	Head        []byte   // of the teller's own journal, a signed journal.Head
	Seen        []byte   // the newest head that the teller was shown by the other; empty before the first
	Receipts    [][]byte // for the other's journal, which the teller was given when it handed segments in
}

// Bounds of news.
const (
	NewsErasures = 200
	newsErasure  = 1 << 10 // bytes of one order
	newsNote     = 2 << 10 // bytes of a checkpoint
	NewsReceipts = 4
	newsLimit    = identity.RevocationsLimit + NewsErasures*(newsErasure+8) + newsNote + 2*journal.HeadLimit +
		NewsReceipts*(journal.ReceiptLimit+8) + 1<<10
)

// Exchange tells the other device this one's news and returns the other's, unverified. It is called
// once at both ends; S opens the stream. Errors: ErrNotVerified, ErrShare, and the network's, none
// of which says anything about the verification.
func (v *Verified) Exchange(ctx context.Context, own News) (News, error) {
	if err := v.live(); err != nil {
		return News{}, err
	}
	ctx, cancel := v.within(ctx)
	defer cancel()
	stream, err := v.arranged(ctx, road.News, v.session.news)
	if err != nil {
		return News{}, fmt.Errorf("exchange news: %w", err)
	}
	t := newTalk(ctx, stream, v.session.timing)
	defer t.fail()
	var theirs News
	if v.meeting.Role == Scanner {
		err = t.say(own)
	}
	if err == nil {
		err = t.hear(newsLimit, t.timing.item, &theirs)
	}
	if err == nil && v.meeting.Role == Displayer {
		err = t.say(own)
	}
	if err == nil {
		err = theirs.check()
	}
	if err != nil {
		return News{}, fmt.Errorf("exchange news: %w", err)
	}
	t.end()
	return theirs, nil
}

// arranged is a stream of which both ends know that it is to come: S opens it, D finds it in queue.
func (v *Verified) arranged(ctx context.Context, p protocol.ID, queue <-chan network.Stream) (network.Stream, error) {
	if v.meeting.Role == Scanner {
		return v.open(ctx, p)
	}
	select {
	case stream := <-queue:
		return stream, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (n News) check() error {
	if len(n.Revocations) > identity.RevocationsLimit || len(n.Erasures) > NewsErasures || len(n.Checkpoint) > newsNote ||
		len(n.Head) > journal.HeadLimit || len(n.Seen) > journal.HeadLimit || len(n.Receipts) > NewsReceipts {
		return signed.ErrTooLarge
	}
	for _, receipt := range n.Receipts {
		if len(receipt) > journal.ReceiptLimit {
			return signed.ErrTooLarge
		}
	}
	for _, order := range n.Erasures {
		if len(order) > newsErasure {
			return signed.ErrTooLarge
		}
	}
	return nil
}
