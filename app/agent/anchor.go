package agent

import (
	"handslag/app/agent/anchor"
	"handslag/vault/factor"
	"handslag/vault/journal"
)

// SystemKeyring is the operating system's keyring, for Config.
func SystemKeyring() factor.Keyring { return factor.SystemKeyring() }

// lateAnchor compares the journal with an answer that comes after the unlock.
func (a *Agent) lateAnchor(s *session, answer anchor.Recalled) {
	select {
	case <-s.quit:
	case data := <-answer:
		defer s.heard.Store(true)
		root, err := s.vault.SegmentKeys()
		if err != nil {
			return
		}
		n, err := anchor.Open(root, s.device, data)
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
	n := anchor.Anchor{Version: 1, Generation: chain.Generation, Seq: chain.Last, Hash: chain.Head[:]}
	n.Time, n.Elapsed = s.clock.Known()
	if n.Seq == 0 || s.anchors.Same(n) {
		return
	}
	root, err := s.vault.SegmentKeys()
	if err != nil {
		return
	}
	data, err := n.Seal(root, s.device)
	if err != nil {
		a.log.Warn("the keyring is told nothing", "error", err)
		return
	}
	a.keeper.Put(anchor.Name(s.device), data)
}
