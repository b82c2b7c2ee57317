package factor

import (
	"errors"
	"net"
	"path/filepath"
	"testing"
	"time"
)

func TestWhatNeverAnswersIsLeftBehindAndHoldsNobodyUp(t *testing.T) {
	g := newGate()
	g.patience = time.Millisecond
	release, ended := make(chan struct{}), make(chan struct{})
	if _, err := through(g, func() (int, error) { defer close(ended); <-release; return 1, nil }); !errors.Is(err, ErrAway) {
		t.Fatalf("no answer: %v", err)
	}
	if _, err := through(g, func() (int, error) { t.Error("overtakes the one before"); return 2, nil }); !errors.Is(err, ErrAway) {
		t.Fatalf("behind it: %v", err)
	}
	close(release)
	<-ended
	g.patience = time.Minute
	if n, err := through(g, func() (int, error) { return 3, nil }); n != 3 || err != nil {
		t.Fatalf("after it: %d, %v", n, err)
	}
}

func TestNonsenseFromOutsideIsAnError(t *testing.T) {
	g := newGate()
	for range 2 {
		if _, err := through(g, func() (int, error) { panic("interface conversion") }); !errors.Is(err, ErrAway) {
			t.Fatal(err)
		}
	}
}

// A bus that takes the call and says nothing.
func TestADeafSessionBusIsAway(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bus")
	deaf, err := net.Listen("unix", path)
	if err != nil {
		t.Skip("no Unix sockets here")
	}
	defer deaf.Close()
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+path)
	g := newGate()
	g.patience = 20 * time.Millisecond
	if _, err := (systemKeyring{g}).Get("x"); !errors.Is(err, ErrAway) {
		t.Fatalf("a deaf bus: %v", err)
	}
}
