package peer

import (
	"context"
	"handslag/sync/peer/internal/road"
	"slices"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
)

// TestEachFormOverLoopback is each form between two real hosts, the persons doing what their
// screens ask for, and the entries saying how it went.
func TestEachFormOverLoopback(t *testing.T) {
	for _, form := range forms {
		t.Run(form.Code(), func(t *testing.T) {
			org := newOrganisation(t, 1)
			a, b := org.enrol("anna").config(), org.enrol("bo").config()
			a.File, b.Camera = form == NoCamera, form == TwoCameras
			wrote := make(chan Meeting, 2)
			keep := func(_ context.Context, m Meeting) error { wrote <- m; return nil }
			a.Append, b.Append = keep, keep
			sw, dw := begin(t, a, b)
			if form == TwoCameras {
				payload := await(t, "the second code", sw.evidence)
				await(t, "the question for it", dw.asked)
				if dw.session.ScanEvidence(dw.session.Payload()) == nil {
					t.Error("the first code is taken for the second")
				}
				if err := dw.session.ScanEvidence(payload); err != nil {
					t.Fatal(err)
				}
			} else {
				await(t, "the question", dw.asked)
				if err := dw.session.TypeCode(await(t, "the digits", sw.digits)); err != nil {
					t.Fatal(err)
				}
			}
			if form == NoCamera {
				await(t, "S's question", sw.asked)
				if err := sw.session.TypeCode(await(t, "D's digits", dw.digits)); err != nil {
					t.Fatal(err)
				}
			}
			sv, dv := await(t, "S verified", sw.verified), await(t, "D verified", dw.verified)
			if !slices.Equal(sv.Meeting().Transcript, dv.Meeting().Transcript) {
				t.Error("two transcripts")
			}
			for range 2 {
				if m := <-wrote; m.Form != form {
					t.Errorf("an entry says %s", m.Form.Code())
				}
			}
			if sw.session.Form() != form || dw.session.Form() != form {
				t.Errorf("S says %v, D says %v", sw.session.Form(), dw.session.Form())
			}
		})
	}
}

// deaf is the stream of a stranger who grants no room to write, as a QUIC peer can.
type deaf struct {
	network.Stream
	gone chan struct{}
}

func (deaf) SetWriteDeadline(time.Time) error { return nil }

func (d deaf) Write([]byte) (int, error) {
	<-d.gone
	return 0, network.ErrReset
}

func (deaf) Reset() error { return nil }

func TestAStrangerWhoReadsNothingHoldsNobodyUp(t *testing.T) {
	s := &Session{streams: road.NewStreams(), timing: designTiming()}
	stranger := deaf{gone: make(chan struct{})}
	defer close(stranger.gone)
	id := s.streams.Add(stranger)
	greeted := make(chan struct{})
	go func() {
		s.perform(t.Context(), []effect{greet{id, []byte("hej")}})
		close(greeted)
	}()
	select {
	case <-greeted:
	case <-time.After(patience):
		t.Error("the verification waits for a stranger")
	}
}
