package feed

import (
	"context"
	"errors"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"handslag/app/connected/feed/feedtest"
)

func delivery(n int) (all [][]byte) {
	for i := range n {
		e := bare("record.opened")
		e.Place = int64(i + 1)
		all = append(all, must(messages.Write(e)))
	}
	return all
}

func places(got []feedtest.Message) string {
	var all []string
	for _, m := range got {
		all = append(all, m.Data["place"])
	}
	return strings.Join(all, " ")
}

func receiver(l *feedtest.Listener) Receiver { return Receiver{Address: l.Address(), Roots: l.Roots()} }

func TestWhatIsDeliveredHasBeenRead(t *testing.T) {
	l := feedtest.Listen(t)
	if err := receiver(l).Deliver(t.Context(), delivery(5)); err != nil {
		t.Fatal(err)
	}
	if got := places(l.Received()); got != "1 2 3 4 5" {
		t.Errorf("it got %s", got)
	}
}

// A receiver that ends before it has read everything has got nothing, as far as we know.
func TestWhatWasCutIsNotDelivered(t *testing.T) {
	for name, conduct := range map[string]feedtest.Conduct{
		"cut in a message":     {ReadBytes: 700},
		"cut after one":        {ReadMessages: 1},
		"cut in the handshake": {NoHandshake: true},
		"never reads":          {Stall: true},
		"reads, never answers": {ReadMessages: 400, Stall: true},
	} {
		t.Run(name, func(t *testing.T) {
			l := feedtest.Listen(t, conduct)
			enough := 5 * time.Minute
			if conduct.Stall {
				enough = 2 * time.Second
			}
			ctx, cancel := context.WithTimeout(t.Context(), enough)
			defer cancel()
			err := receiver(l).Deliver(ctx, delivery(400))
			if err == nil {
				t.Error("it is said to be delivered")
			}
			if conduct.Stall != errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("it says %v", err)
			}
		})
	}
}

func TestOnlyTheReceiverThatWasMeantGetsAnything(t *testing.T) {
	l, other := feedtest.Listen(t), feedtest.Listen(t)
	client := other.Certificate()
	_, port, err := net.SplitHostPort(l.Address())
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]Receiver{
		"signed by nobody we know": {Address: l.Address(), Roots: other.Roots()},
		"not the machine's either": {Address: l.Address()},
		"another host's":           {Address: net.JoinHostPort("localhost", port), Roots: l.Roots()},
		"no address":               {Address: "127.0.0.1", Roots: l.Roots()},
	} {
		if err := r.Deliver(t.Context(), delivery(1)); err == nil {
			t.Errorf("%s: it is delivered", name)
		}
	}
	// One that wants to know who we are hears it, and one that does not know us gets nothing said as delivered.
	l.Asks(other.Roots())
	if err := receiver(l).Deliver(t.Context(), delivery(1)); err == nil {
		t.Error("it is delivered without our certificate")
	}
	r := receiver(l)
	r.Certificate = &client
	if err := r.Deliver(t.Context(), delivery(2)); err != nil {
		t.Error(err)
	}
	if got := places(l.Received()); got != "1 2" {
		t.Errorf("it got %q", got)
	}
}

// Frames are counted in octets, not in characters.
func TestFramesAreCountedInOctets(t *testing.T) {
	l := feedtest.Listen(t, feedtest.Conduct{Raw: true})
	message := []byte("<110>1 - - - - - - \uFEFFräksmörgås")
	if err := receiver(l).Deliver(t.Context(), [][]byte{message, message}); err != nil {
		t.Fatal(err)
	}
	frame := strconv.Itoa(len(message)) + " " + string(message)
	if got := string(l.Bytes()); got != frame+frame {
		t.Errorf("it got %q", got)
	}
}
