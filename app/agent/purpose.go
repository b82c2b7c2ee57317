package agent

import (
	"strings"
	"unicode/utf8"

	"handslag/sync/peer"
	"handslag/vault/journal"
)

// Why a record was handed over is said in words in both halves, each in the payload that goes with the
// person it is about: the assignment that the receiver has on it, or else what the sharer works on or
// opened it for.

// Because is why this person hands over, in their words, from now on in this meeting; cut where it is longer than
// an entry holds.
func (h *Handover) Because(reason string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.because = shortened(strings.TrimSpace(reason))
}

// why is what the giver says of a record: their own words, where they have said some.
func (h *Handover) why(e journal.Entry) string {
	h.mu.Lock()
	said := h.because
	h.mu.Unlock()
	if said != "" {
		return said
	}
	return h.session.reasonOf(e)
}

// reasonOf is why the record that e names is handed over or taken, as well as this device knows; "" where it
// does not.
func (s *session) reasonOf(e journal.Entry) string {
	id := e.Assignment
	if id == "" {
		id, _ = s.needed(e.Record, s.who().credential.Person.ID)
	}
	if id != "" {
		if row, err := s.vault.Assignment(id); err == nil {
			return shortened(row.Title)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := s.openings[onScreen{record: e.Record}]; o != nil {
		return shortened(o.reason.Text)
	}
	return ""
}

// reasonLimit is more than a title has, and fits into any entry's words.
const reasonLimit = 1000 // bytes

func shortened(text string) string {
	if len(text) <= reasonLimit {
		return text
	}
	end := reasonLimit
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}

func inWords(reason string) *journal.Details {
	if reason == "" {
		return nil
	}
	return &journal.Details{Reason: reason}
}

// purpose is what the other device is told of why: the reason that all things have in common. Where they differ it
// is told nothing, since a reason may name one person, and would stand in another's entry.
func (g *giving) purpose() string {
	common, first := "", true
	for thing := range g.subjects {
		reason := g.h.why(g.entry(journal.ShareSent, peer.Handing{Thing: thing}))
		if !first && reason != common {
			return ""
		}
		common, first = reason, false
	}
	return common
}
