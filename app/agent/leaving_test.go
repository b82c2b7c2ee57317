package agent

import (
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"handslag/identity"
	"handslag/identity/qr"
	"handslag/sync/peer"
	"handslag/vault/journal"
)

// byHand is a device that is verified with d, step by step, whose news and carriage a test says when it
// likes.
type byHand struct {
	*Handover // d's
	verified  *peer.Verified
	session   *peer.Session
	told      func() // its news, without which d is not yet verified
}

// meetsByHand has other read d's code.
func (d *tablet) meetsByHand(other *tablet) *byHand {
	t := d.h.t
	t.Helper()
	mine, code, err := d.OfferVerification(t.Context(), false, Gift{})
	ok(t, err)
	picture, err := code.PNG(6)
	ok(t, err)
	text, err := other.ScanPicture(strings.NewReader(string(picture)))
	ok(t, err)
	b := &byHand{Handover: mine}
	_, config, err := other.meet(t.Context())
	ok(t, err)
	content, err := qr.Parse(text)
	ok(t, err)
	b.session, err = peer.Scan(t.Context(), config, content.Payload)
	ok(t, err)
	t.Cleanup(b.session.Close)
	for ev := range b.session.Events() {
		switch e := ev.(type) {
		case peer.ShowCode:
			await(t, mine, StageEnterCode)
			ok(t, mine.TypeCode(t.Context(), e.Digits))
		case peer.SessionVerified:
			b.verified = e.Verified
			go func() { // to its end
				for range b.session.Events() {
				}
			}()
			b.told = sync.OnceFunc(func() {
				_, err := b.verified.Exchange(t.Context(), peer.News{})
				ok(t, err)
			})
			return b
		}
	}
	t.Fatal("not verified")
	return nil
}

// offers is a segment of d, as somebody would have it carried.
func (d *tablet) offers() peer.Carrier {
	d.h.t.Helper()
	o, data := d.sealedOf()
	return peer.Carrier{
		Offers: []peer.Sealed{o}, Read: func(int) ([]byte, error) { return data, nil },
		Want: func([]peer.Sealed) []int { return nil }, Take: func(peer.Sealed, []byte) error { return nil },
	}
}

// What is carried keeps nobody from anything: it is verified, something is given, the person leaves, and only then are
// segments carried.
func TestCarriageHoldsNobodyUp(t *testing.T) {
	anna, bo := waitingFor(t, time.Hour)
	b := anna.meetsByHand(bo)
	b.told()
	_, err := b.Verified(t.Context())
	ok(t, err)
	took := make(chan error, 1)
	go func() {
		_, err := b.verified.Receive(t.Context(), takesAll())
		took <- err
	}()
	result, err := b.Give(t.Context(), Gift{Records: []journal.RecordID{"r-maja"}})
	ok(t, err)
	ok(t, <-took)
	if len(result.Given) != 1 {
		t.Fatalf("given %+v", result)
	}
	closed := make(chan struct{})
	go func() { b.Close(); close(closed) }()
	<-b.leaving.left
	_, err = b.Give(t.Context(), Gift{Records: []journal.RecordID{"r-maja"}})
	refused(t, err, NotVerified)
	given, _, err := b.verified.Carry(t.Context(), bo.offers())
	if given != 1 {
		t.Errorf("%d segments are carried for who leaves last: %v", given, err)
	}
	<-closed
	if all, _ := anna.carries(); len(all) != 1 {
		t.Errorf("Anna carries %+v", all)
	}
}

// takesAll is a receiver without a vault.
func takesAll() peer.Receiver {
	return peer.Receiver{
		Received: func(_ context.Context, all []peer.Incoming) ([]journal.Hash, error) {
			hashes := make([]journal.Hash, len(all))
			for i := range hashes {
				hashes[i][0] = 1
			}
			return hashes, nil
		},
		Refused: func(context.Context, []peer.Declined) error { return nil },
	}
}

// What a verified colleague's program sends and is none of what it should be has an entry with its name, and a meeting
// has few of them.
func TestNewsWithoutEndHaveAnEntry(t *testing.T) {
	anna, bo := waitingFor(t, time.Hour)
	b := anna.meetsByHand(bo)
	_, _ = b.verified.Exchange(t.Context(), peer.News{Revocations: make([]byte, identity.RevocationsLimit+1)})
	_, err := b.Verified(t.Context())
	ok(t, err)
	for range 3 * maxMalformed {
		b.malformed("share", peer.ErrShare)
	}
	b.malformed("share", io.EOF)
	b.end()
	told := map[string]int{}
	for st, err := range anna.session.journal.Entries(0, 0) {
		ok(t, err)
		switch st.Entry.Kind {
		case journal.ShareMalformed:
			told[st.Entry.Code]++
		case journal.VerificationDisturbed:
			t.Errorf("a colleague counts as a stranger: %+v", st.Entry)
		}
	}
	if told["news_large"] != 1 || told["share_bad"] != maxMalformed-1 {
		t.Errorf("the journal tells %v", told)
	}
}

// waitingFor are two devices, of which Anna's is held open for that long for what is carried.
func waitingFor(t *testing.T, after time.Duration) (anna, bo *tablet) {
	t.Helper()
	h := newHouse(t)
	anna, bo = h.tablet("anna.lind"), h.enrolled("bo.ek")
	anna.cfg.carriageAfter = after
	anna.begin()
	ok(t, anna.Enrol(t.Context(), Enrolment{Org: h.statement.Org(), Username: "anna.lind", Password: passwordOf("anna.lind"), Passphrase: passphrase}))
	anna.sync()
	bo.sync()
	return anna, bo
}

// A colleague whose program never carries anything is waited for, but not by who locks, gives up, goes on to the
// next, or has waited long enough.
func TestCarriageEndsWithItsMeeting(t *testing.T) {
	for how, leaves := range map[string]struct {
		after time.Duration
		do    func(t *testing.T, anna *tablet, b *byHand)
	}{
		"a lock":            {time.Hour, func(t *testing.T, anna *tablet, b *byHand) { ok(t, anna.Lock()) }},
		"an abort":          {time.Hour, func(_ *testing.T, _ *tablet, b *byHand) { b.Abort() }},
		"the next meeting":  {time.Hour, func(t *testing.T, anna *tablet, b *byHand) { next(t, anna) }},
		"the other's end":   {time.Hour, func(_ *testing.T, _ *tablet, b *byHand) { b.session.Close() }},
		"enough of waiting": {time.Nanosecond, func(_ *testing.T, _ *tablet, b *byHand) { b.Close() }},
		"a lock meanwhile": {time.Hour, func(t *testing.T, anna *tablet, b *byHand) {
			go b.Close()
			<-b.leaving.left
			ok(t, anna.Lock())
		}},
	} {
		t.Run(how, func(t *testing.T) {
			anna, bo := waitingFor(t, leaves.after)
			b := anna.meetsByHand(bo)
			b.told()
			_, err := b.Verified(t.Context())
			ok(t, err)
			leaves.do(t, anna, b)
			<-b.Done()
			<-b.leaving.carriage // which would go on in a vault that is shut
		})
	}
}

func next(t *testing.T, d *tablet) {
	t.Helper()
	h, _, err := d.OfferVerification(t.Context(), false, Gift{})
	ok(t, err)
	h.Abort()
}

// Who leaves while the news are told is not verified any more, and carries nothing.
func TestNothingBeginsAfterLeaving(t *testing.T) {
	anna, bo := waitingFor(t, time.Hour)
	b := anna.meetsByHand(bo)
	b.Close()
	if b.leaving.carriage != nil {
		t.Error("segments are carried by who has left")
	}
	for step := range b.Steps() {
		if step.Stage == StageVerified {
			t.Error("the screen says that it is verified")
		}
	}
	if _, err := b.Verified(t.Context()); CodeOf(err) != NotVerified && CodeOf(err) != Cancelled { // as far as it had come
		t.Errorf("it counts as verified: %v", err)
	}
	if ended, may := b.leaving.carrying(); may {
		ended()
		t.Error("a carriage begins after the end")
	}
}
