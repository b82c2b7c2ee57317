package agent

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"handslag/sync/peer"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// What a colleague's modified program may make of working together: here Bo's, whose journal says what it likes.

// worksByHand opens a stream of working together with what d holds, as often as it likes, and tells whether it was
// taken up; it ends when until is closed, or with the stream.
func (b *byHand) worksByHand(ctx context.Context, d *tablet, until func(stop func())) (joined bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	as := &Handover{agent: d.Agent, session: d.session}
	err = b.verified.Together(ctx, peer.Workshop{
		Shelf:    as.shelf,
		Joined:   func(context.Context, peer.Joint) error { return nil },
		Received: func(context.Context, peer.Worked) error { return nil },
		Refused:  func(context.Context, peer.RefusedWork) error { return nil },
		Answered: func(journal.Hash, peer.Why) {},
		Joint: func(ids []journal.AssignmentID) {
			if ids != nil {
				joined = true
				until(cancel)
			}
		},
		Here: func(journal.AssignmentID) {}, At: func() journal.AssignmentID { return "" },
	})
	return joined, err
}

// refusedWork counts a device's refusals of work, by their codes.
func (d *tablet) refusedWork(t *testing.T) map[string]int {
	t.Helper()
	told := map[string]int{}
	for st, err := range d.session.journal.Entries(0, 0) {
		ok(t, err)
		if st.Entry.Kind == journal.AssignmentRefused {
			told[st.Entry.Code]++
		}
	}
	return told
}

// A stream that ends again and again is taken up so often, and then this person works alone.
func TestWorkingTogetherBreaksOffSoOften(t *testing.T) {
	_, anna, bo := pairOf(t)
	b := anna.meetsByHand(bo)
	b.told()
	_, err := b.Verified(t.Context())
	ok(t, err)
	for n := range maxTogether {
		if joined, err := b.worksByHand(t.Context(), bo, func(stop func()) { stop() }); !joined {
			t.Fatalf("stream %d is not taken up: %v", n, err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second) // nobody comes
	defer cancel()
	if joined, _ := b.worksByHand(ctx, bo, func(stop func()) { stop() }); joined {
		t.Errorf("stream %d is taken up", maxTogether)
	}
}

// A colleague fills three quarters of what an assignment has room for. What is beyond is refused by name, the rest is this
// person's own, and who goes on regardless is heard no more.
func TestAColleaguesWorkLeavesRoomForOnesOwn(t *testing.T) {
	_, anna, bo := pairOf(t)
	const beyond = 20
	for n := range receivedWork + beyond {
		_, err := bo.Note(t.Context(), "U-2400", fmt.Sprintf("anteckning %d", n))
		ok(t, err)
	}
	b := anna.meetsByHand(bo)
	b.told()
	_, err := b.Verified(t.Context())
	ok(t, err)
	if joined, err := b.worksByHand(t.Context(), bo, func(func()) {}); !joined || errors.Is(err, context.Canceled) {
		t.Fatalf("joined %v, %v", joined, err)
	}
	if got := len(anna.task("U-2400").Notes); got != receivedWork {
		t.Errorf("%d of Bo's are on the assignment, %d have room", got, receivedWork)
	}
	before := anna.refusedWork(t)
	if len(before) != 1 || before[string(peer.TooMuchWork)] == 0 || before[string(peer.TooMuchWork)] >= beyond {
		t.Errorf("refused %v", before)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second) // nobody comes
	defer cancel()
	if joined, _ := b.worksByHand(ctx, bo, func(func()) {}); joined {
		t.Error("who says too much may say as much again")
	}
	if after := anna.refusedWork(t); after[string(peer.TooMuchWork)] != before[string(peer.TooMuchWork)] {
		t.Errorf("refused %v, and then %v", before, after)
	}
	anna.edits(record.TopicStatus, record.StatusBegun)
	if got := anna.task("U-2400").Status.Value(); got != record.StatusBegun {
		t.Errorf("there is no room for Anna's own: %q", got)
	}
}
