// Package anchor is what a keyring, outside of all this machine's files, remembers of a journal, so that an older copy of
// them is seen. It waits for no keyring that hangs, and believes none: what lies there is sealed, and compared by others.
package anchor

import (
	"crypto/cipher"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/factor"
	"handslag/vault/journal"
	"handslag/vault/journalfile"
)

// Anchor is what the keyring remembers of a journal, so that an older copy of all this machine's
// files is seen: how far it has gone, and what its device knew of the time. It lies there sealed
// under the vault's root: whoever writes to the keyring can lose it, or put an older one back, and not
// make one up.
type Anchor struct {
	Version    uint64      `cbor:"1,keyasint"`
	Generation uint64      `cbor:"2,keyasint"`
	Seq        uint64      `cbor:"3,keyasint"`
	Hash       []byte      `cbor:"4,keyasint"` // of that entry, 32 bytes
	Time       signed.Time `cbor:"5,keyasint,omitempty"`
	Elapsed    int64       `cbor:"6,keyasint,omitempty"` // µs since Time, at least
}

const (
	Limit    = 512         // bytes
	Patience = time.Second // how long an unlock waits for the keyring; a later answer counts too
)

func Name(device identity.DeviceID) string { return "anchor/" + string(device) }

func context(device identity.DeviceID) []byte {
	return []byte("handslag/1/journal-anchor/" + string(device))
}

func (n Anchor) Seal(root cipher.AEAD, device identity.DeviceID) ([]byte, error) {
	plain, err := signed.Encode(n)
	if err != nil {
		return nil, fmt.Errorf("seal anchor: %w", err)
	}
	return root.Seal(nil, nil, plain, context(device)), nil
}

func Open(root cipher.AEAD, device identity.DeviceID, data []byte) (Anchor, error) {
	if len(data) > Limit {
		return Anchor{}, fmt.Errorf("open anchor: %w", signed.ErrTooLarge)
	}
	plain, err := root.Open(nil, nil, data, context(device))
	if err != nil {
		return Anchor{}, fmt.Errorf("open anchor: %w", err)
	}
	return read(plain)
}

func read(plain []byte) (Anchor, error) {
	var n Anchor
	if err := signed.Decode(plain, Limit, &n); err != nil {
		return Anchor{}, fmt.Errorf("read anchor: %w", err)
	}
	if n.Version != 1 || n.Generation == 0 || n.Seq == 0 || len(n.Hash) != len(journal.Hash{}) {
		return Anchor{}, fmt.Errorf("read anchor: %w", signed.ErrMalformed)
	}
	return n, nil
}

// Journal is the anchor as the journal takes it.
func (n Anchor) Journal() journalfile.Anchor {
	return journalfile.Anchor{Generation: n.Generation, Seq: n.Seq, Hash: n.Hash}
}

// Recalled is what the keyring answers about an anchor, if it ever does: closed without an answer
// where there is none.
type Recalled <-chan []byte

// Ask asks the keyring, nil for none.
func Ask(keyring factor.Keyring, device identity.DeviceID, log *slog.Logger) Recalled {
	answer := make(chan []byte, 1)
	if keyring == nil {
		close(answer)
		return answer
	}
	go func() {
		defer close(answer)
		data, err := keyring.Get(Name(device))
		if err == nil {
			answer <- data
		} else if !errors.Is(err, factor.ErrMissing) {
			log.Info("the keyring does not say how far the journal has gone", "error", err)
		}
	}()
	return answer
}

// Soon is the anchor, zero where there is none; late says that the keyring takes its time. What does
// not open is another vault's, or was changed: it says nothing about this journal.
func (r Recalled) Soon(root cipher.AEAD, device identity.DeviceID, patience time.Duration) (n Anchor, late bool) {
	enough := time.NewTimer(patience)
	defer enough.Stop()
	select {
	case data := <-r:
		n, _ = Open(root, device, data)
		return n, false
	case <-enough.C:
		return Anchor{}, true
	}
}

// Latest is what the keyring was last told in a session.
type Latest struct {
	mu  sync.Mutex
	was Anchor
}

// Same reports whether n says no more of journal and server time than what was told last, and takes it
// down otherwise.
func (l *Latest) Same(n Anchor) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	same := l.was.Generation == n.Generation && l.was.Seq == n.Seq && l.was.Time == n.Time
	l.was = n
	return same
}
