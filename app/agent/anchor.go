package agent

import (
	"crypto/cipher"
	"errors"
	"fmt"
	"sync"
	"time"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/factor"
	"handslag/vault/journal"
	"handslag/vault/journalfile"
)

// SystemKeyring is the operating system's keyring, for Config.
func SystemKeyring() factor.Keyring { return factor.SystemKeyring() }

// anchor is what the keyring remembers of a journal, so that an older copy of all this machine's
// files is seen: how far it has gone, and what its device knew of the time. It lies there sealed
// under the vault's root: whoever writes to the keyring can lose it, or put an older one back, and not
// make one up.
type anchor struct {
	Version    uint64      `cbor:"1,keyasint"`
	Generation uint64      `cbor:"2,keyasint"`
	Seq        uint64      `cbor:"3,keyasint"`
	Hash       []byte      `cbor:"4,keyasint"` // of that entry, 32 bytes
	Time       signed.Time `cbor:"5,keyasint,omitempty"`
	Elapsed    int64       `cbor:"6,keyasint,omitempty"` // µs since Time, at least
}

const (
	anchorLimit    = 512         // bytes
	anchorPatience = time.Second // how long an unlock waits for the keyring; a later answer counts too
)

func anchorName(device identity.DeviceID) string { return "anchor/" + string(device) }

func anchorContext(device identity.DeviceID) []byte {
	return []byte("handslag/1/journal-anchor/" + string(device))
}

func (n anchor) seal(root cipher.AEAD, device identity.DeviceID) ([]byte, error) {
	plain, err := signed.Encode(n)
	if err != nil {
		return nil, fmt.Errorf("seal anchor: %w", err)
	}
	return root.Seal(nil, nil, plain, anchorContext(device)), nil
}

func openAnchor(root cipher.AEAD, device identity.DeviceID, data []byte) (anchor, error) {
	if len(data) > anchorLimit {
		return anchor{}, fmt.Errorf("open anchor: %w", signed.ErrTooLarge)
	}
	plain, err := root.Open(nil, nil, data, anchorContext(device))
	if err != nil {
		return anchor{}, fmt.Errorf("open anchor: %w", err)
	}
	return readAnchor(plain)
}

func readAnchor(plain []byte) (anchor, error) {
	var n anchor
	if err := signed.Decode(plain, anchorLimit, &n); err != nil {
		return anchor{}, fmt.Errorf("read anchor: %w", err)
	}
	if n.Version != 1 || n.Generation == 0 || n.Seq == 0 || len(n.Hash) != len(journal.Hash{}) {
		return anchor{}, fmt.Errorf("read anchor: %w", signed.ErrMalformed)
	}
	return n, nil
}

// journal is the anchor as the journal takes it.
func (n anchor) journal() journalfile.Anchor {
	return journalfile.Anchor{Generation: n.Generation, Seq: n.Seq, Hash: n.Hash}
}

// recalled is what the keyring answers about an anchor, if it ever does: closed without an answer
// where there is none.
type recalled <-chan []byte

// recall asks the keyring.
func (a *Agent) recall(device identity.DeviceID) recalled {
	answer := make(chan []byte, 1)
	if a.cfg.Keyring == nil {
		close(answer)
		return answer
	}
	go func() {
		defer close(answer)
		data, err := a.cfg.Keyring.Get(anchorName(device))
		if err == nil {
			answer <- data
		} else if !errors.Is(err, factor.ErrMissing) {
			a.log.Info("the keyring does not say how far the journal has gone", "error", err)
		}
	}()
	return answer
}

// soon is the anchor, zero where there is none; late says that the keyring takes its time. What does
// not open is another vault's, or was changed: it says nothing about this journal.
func (r recalled) soon(root cipher.AEAD, device identity.DeviceID, patience time.Duration) (n anchor, late bool) {
	enough := time.NewTimer(patience)
	defer enough.Stop()
	select {
	case data := <-r:
		n, _ = openAnchor(root, device, data)
		return n, false
	case <-enough.C:
		return anchor{}, true
	}
}

// lateAnchor compares the journal with an answer that comes after the unlock.
func (a *Agent) lateAnchor(s *session, answer recalled) {
	select {
	case <-s.quit:
	case data := <-answer:
		defer s.heard.Store(true)
		root, err := s.vault.SegmentKeys()
		if err != nil {
			return
		}
		n, err := openAnchor(root, s.device, data)
		if err != nil {
			return
		}
		s.clock.Recall(n.Time, n.Elapsed)
		err = a.rejoin(s, journal.Receipt{
			Device: s.device, Ranges: []journal.Range{{Generation: n.Generation, From: 1, To: n.Seq, Hash: n.Hash}},
		})
		if err != nil {
			a.log.Warn("the keyring's anchor", "error", CodeOf(translate(err)))
		}
	}
}

// anchor has the keyring remember how far the journal has gone, unless the keyring may know of more.
// It waits for nothing.
func (a *Agent) anchor(s *session) {
	if a.cfg.Keyring == nil || !s.heard.Load() {
		return
	}
	chain := s.journal.Chain()
	n := anchor{Version: 1, Generation: chain.Generation, Seq: chain.Last, Hash: chain.Head[:]}
	n.Time, n.Elapsed = s.clock.Known()
	if n.Seq == 0 || s.anchors.same(n) {
		return
	}
	root, err := s.vault.SegmentKeys()
	if err != nil {
		return
	}
	data, err := n.seal(root, s.device)
	if err != nil {
		a.log.Warn("the keyring is told nothing", "error", err)
		return
	}
	a.keeper.put(anchorName(s.device), data)
}

// latest is what the keyring was last told in a session.
type latest struct {
	mu  sync.Mutex
	was anchor
}

// same reports whether n says no more of journal and server time than what was told last, and takes it
// down otherwise.
func (l *latest) same(n anchor) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	same := l.was.Generation == n.Generation && l.was.Seq == n.Seq && l.was.Time == n.Time
	l.was = n
	return same
}
