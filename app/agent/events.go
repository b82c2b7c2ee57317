package agent

import (
	"context"
	"slices"

	"handslag/vault/journal"
)

// Events are this device's own entries, newest first, at most limit of them.
func (a *Agent) Events(ctx context.Context, limit int) ([]Event, error) {
	s, err := a.current()
	if err != nil {
		return nil, err
	}
	if err := s.current(); err != nil {
		return nil, translate(err)
	}
	var events []Event
	chain := s.journal.Chain()
	generation, from := uint64(0), uint64(0)
	if last := chain.Last; limit > 0 && last > uint64(limit) {
		generation, from = chain.Generation, last-uint64(limit)+1
	}
	titles := map[string]string{}
	for st, err := range s.journal.Entries(generation, from) {
		if err := ctx.Err(); err != nil {
			return nil, translate(err)
		}
		if err != nil {
			a.log.Warn("some entries can not be read", "error", err)
			continue
		}
		e := st.Entry
		ev := Event{
			Seq: e.Seq, Generation: e.Generation, Kind: e.Kind, At: e.Time().Time(), Title: s.title(titles, e), Thing: journal.ThingOf(e.Record, e.Attachment, e.Assignment),
			Waiting: !st.Received, Hash: fingerprint(st.Hash[:]), Peer: e.Peer, Code: e.Code, Count: e.Count,
		}
		if p := s.payload(st); p != nil {
			ev.Reason, ev.Note, ev.Topic, ev.Value = p.Details.Reason, p.Details.Note, p.Details.Topic, p.Details.Value
		}
		events = append(events, ev)
	}
	slices.Reverse(events)
	if limit > 0 && len(events) > limit {
		events = events[:limit]
	}
	return events, nil
}

// title is what the entry is about, where the device still has it.
func (s *session) title(known map[string]string, e journal.Entry) string {
	id := "r" + string(e.Record)
	if e.Record == "" {
		id = "a" + string(e.Assignment)
	}
	if title, ok := known[id]; ok {
		return title
	}
	title := ""
	switch {
	case e.Record != "":
		if row, err := s.vault.Record(e.Record); err == nil {
			title = row.Card.Title
		}
	case e.Assignment != "":
		if row, err := s.vault.Assignment(e.Assignment); err == nil {
			title = row.Title
		}
	}
	known[id] = title
	return title
}
