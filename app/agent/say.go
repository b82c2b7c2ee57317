package agent

import (
	"fmt"
	"slices"

	"handslag/vault"
	"handslag/vault/journal"
	"handslag/vault/journalfile"
)

// line is an entry to say: what it is, its words, and what changes in the view with it
// besides what the entry itself says (a copy that arrived).
type line struct {
	entry   journal.Entry
	words   *journal.Details
	payload *journal.Payload
	away    bool // the words are for the connected system only
	effect  func(*vault.Tx) error
}

// say makes entries durable, in order, and then has them change the view, after all entries
// before them. Many may say at once: their entries share a sync of the disk. When it returns
// stamps and an error, the entries stand and the view lags behind; current catches up, and
// nothing is shown before that.
func (s *session) say(lines ...line) ([]*journalfile.Stamp, error) {
	if slices.ContainsFunc(lines, func(l line) bool { return l.effect != nil }) {
		if err := s.current(); err != nil { // no replay brings such an effect back
			return nil, err
		}
	}
	drafts, err := s.drafts(lines)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(drafts, func(d journalfile.Draft) bool { return !d.Last }) {
		if err := s.vault.Room(); err != nil {
			return nil, err
		}
	}
	stamps, err := s.append(drafts)
	if err != nil {
		return nil, err
	}
	return stamps, s.said(lines, stamps)
}

// append has the first entry of a generation be the one that says so.
func (s *session) append(drafts []journalfile.Draft) ([]*journalfile.Stamp, error) {
	s.chain.RLock()
	for {
		if _, behind := s.journal.Behind(); !behind {
			break
		}
		s.chain.RUnlock()
		if err := s.openGeneration(); err != nil {
			return nil, err
		}
		s.chain.RLock()
	}
	defer s.chain.RUnlock()
	return s.journal.Append(drafts...)
}

// told are durable entries on their way to the view.
type told struct {
	lines  []line
	stamps []*journalfile.Stamp
	done   chan error
}

// said has durable entries change the view, each in its turn: where what comes before them is not
// here yet, whoever brings it takes them along.
func (s *session) said(lines []line, stamps []*journalfile.Stamp) error {
	mine := told{lines, stamps, make(chan error, 1)}
	s.deed.Lock()
	s.early[journal.Hash(stamps[0].Entry().Prev)] = mine
	for next, ok := s.early[s.head]; ok; next, ok = s.early[s.head] {
		delete(s.early, s.head)
		err := s.replay() // as far as the entries before these
		s.head = next.stamps[len(next.stamps)-1].Hash()
		if err == nil {
			err = s.queue(next.lines, next.stamps)
		}
		next.done <- err
	}
	s.deed.Unlock()
	if err := <-mine.done; err != nil {
		return fmt.Errorf("apply entries: %w", err)
	}
	return nil
}

func (s *session) drafts(lines []line) ([]journalfile.Draft, error) {
	drafts := make([]journalfile.Draft, len(lines))
	epoch := s.who().credential.Epoch
	for i, l := range lines {
		l.entry.Epoch = epoch
		drafts[i] = journalfile.Draft{Entry: l.entry, Details: l.words, Payload: l.payload, Last: isLast(l.entry.Kind)}
		if !l.away && (l.words != nil || l.payload != nil) {
			keep, err := s.keep(l.entry.Subject)
			if err != nil {
				return nil, err
			}
			drafts[i].Keep = keep
		}
	}
	return drafts, nil
}

// isLast reports whether an entry tells of what ends or is refused, or of an unlock, with which a full disk shows
// cards and hands in what waits; so it has to be said on one too.
func isLast(kind journal.Kind) bool {
	switch kind {
	case journal.Unlocked, journal.PassphraseWrong, journal.Locked, journal.RecordClosed, journal.RecordRefused, journal.RecordExpired,
		journal.ShareRefused, journal.ShareMalformed, journal.AssignmentRefused, journal.AttachmentClosed, journal.AttachmentRefused,
		journal.VerificationFailed, journal.VerificationDisturbed, journal.SubjectErased, journal.Wiped, journal.GenerationOpened:
		return true
	}
	return false
}

// queue has entries change the view: at once where somebody could miss it, and otherwise with
// the next that does.
func (s *session) queue(lines []line, stamps []*journalfile.Stamp) error {
	urgent := false
	for i, stamp := range stamps {
		e, words := stamp.Entry(), lines[i].words
		if p := lines[i].payload; p != nil {
			words = &p.Details
		}
		one := effect{entry: e, hash: stamp.Hash(), more: lines[i].effect}
		if _, ok := effectsOf[e.Kind]; ok {
			one.words = words
			if e.Kind.IsWork() {
				one.said = s.written(e)
			}
		}
		urgent = s.wait(one) || urgent
	}
	if urgent || len(s.waiting) >= effectsWaiting {
		return s.flush(nil)
	}
	return nil
}
