package agent

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"handslag/vault"
	"handslag/vault/journal"
)

// CloseRecord ends what Open began; that it is not open is no error.
func (a *Agent) CloseRecord(ctx context.Context, id journal.RecordID) error {
	s, err := a.current()
	if err != nil {
		return err
	}
	return a.closes(s, onScreen{record: id})
}

func (a *Agent) closes(s *session, what onScreen) error {
	s.mu.Lock()
	o := s.openings[what]
	delete(s.openings, what)
	s.mu.Unlock()
	if o == nil {
		return nil
	}
	if _, err := s.say(o.closing("")); err != nil {
		return translate(err)
	}
	a.changed(RecordsChanged, EventsChanged, SyncChanged)
	a.nudge()
	return nil
}

// closing is the entry that ends an opening.
func (o *opened) closing(code string) line {
	e := o.draft
	e.Kind, e.Code, e.Until, e.Ref = journal.RecordClosed, code, 0, o.entry[:]
	if e.Attachment != "" {
		e.Kind = journal.AttachmentClosed
	}
	return line{entry: e}
}

// lapsed are entries for openings whose time is up, which are closed with it.
func (s *session) lapsed(now time.Duration) []line {
	s.mu.Lock()
	defer s.mu.Unlock()
	var lines []line
	for id, o := range s.openings {
		if now >= o.until {
			lines = append(lines, o.closing("timeout"))
			delete(s.openings, id)
		}
	}
	return lines
}

// expire removes copies whose loan has certainly ended, each after its entry, and returns how
// many. The wall clock has no say: what it ends by mistake would not come back offline.
func (s *session) expire() (int, error) {
	floor := s.clock.Read().Floor
	if floor == 0 {
		return 0, nil
	}
	if err := s.vault.Room(); err != nil { // else it is said that copies went which could not
		return 0, err
	}
	if err := s.current(); err != nil { // else what has been said is said again
		return 0, err
	}
	rows, err := s.vault.Expired(floor)
	if err != nil && !errors.Is(err, vault.ErrView) {
		return 0, err
	}
	for chunk := range slices.Chunk(rows, sayAtOnce) {
		var lines []line
		for _, row := range chunk {
			s.mu.Lock()
			maps.DeleteFunc(s.openings, func(what onScreen, _ *opened) bool { return what.record == row.ID })
			s.mu.Unlock()
			lines = append(lines, line{entry: journal.Entry{
				Kind: journal.RecordExpired, Subject: row.Subject, Record: row.ID, RecordVersion: row.Number, Until: row.Until,
			}})
		}
		if _, err := s.say(lines...); err != nil {
			return 0, err
		}
	}
	return len(rows), nil
}
