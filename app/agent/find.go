package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"handslag/identity"
	"handslag/identity/access"
	"handslag/sync/link"
	"handslag/vault"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// MostFound is how many records one search of protected parts shows.
const MostFound = 20

// Found is what a search shows.
type Found struct {
	Cards []Card `json:"cards"`
	More  bool   `json:"more,omitempty"` // others fit too: of protected parts, the search has to be narrower
	Last  Place  `json:"-"`              // of the last card, for the next page
}

// FindProtected finds records by a protected value: words, their beginnings, numbers; of persons
// with protected identity by whole numbers only. To find somebody so is a deed as opening their
// record is: the same reasons, an entry before anything is compared, and one for each record
// before its card is shown. The words that are searched for stay with the connected system.
func (a *Agent) FindProtected(ctx context.Context, query string, why Reason) (Found, error) {
	s, err := a.current()
	if err != nil {
		return Found{}, err
	}
	if err := ctx.Err(); err != nil {
		return Found{}, translate(err)
	}
	if err := s.current(); err != nil {
		return Found{}, translate(err)
	}
	query = strings.TrimSpace(query)
	if len(query) > record.QueryLimit {
		return Found{}, problem(TextLong, nil, "max", strconv.Itoa(record.QueryLimit))
	}
	entry := journal.Entry{Kind: journal.RecordsSearched}
	words, err := s.searchReason(why, &entry)
	if err != nil {
		return Found{}, translate(err)
	}
	words.Note = query
	me := s.who()
	if err := a.maySearch(me); err != nil {
		return Found{}, a.refuseSearch(s, entry, words, err)
	}
	tokens := record.QueryTokens(me.profile.Search, query)
	if len(tokens) == 0 {
		return Found{}, problem(QueryShort, nil)
	}
	found, err := a.search(s, entry, words, tokens)
	if err != nil {
		return Found{}, translate(err)
	}
	return found, nil
}

// search is entry, stamp, comparison, entries, cards: in this order and no other.
func (a *Agent) search(s *session, entry journal.Entry, words *journal.Details, tokens [][]byte) (Found, error) {
	entry.Count = MostFound
	stamps, err := s.say(line{entry: entry, words: words, away: true})
	if err != nil {
		return Found{}, err
	}
	rows, more, err := s.vault.FindProtected(stamps[0], tokens, MostFound)
	if errors.Is(err, vault.ErrView) && len(rows) > 0 {
		a.log.Warn("some records do not open and are not searched until the next sync")
	} else if err != nil {
		return Found{}, err
	}
	rows = slices.DeleteFunc(rows, func(row vault.RecordRow) bool { return a.mayOpen(s, row) != nil })
	search := stamps[0].Hash()
	lines := make([]line, len(rows))
	for i, row := range rows {
		lines[i].entry = journal.Entry{Kind: journal.RecordFound, Subject: row.Subject, Record: row.ID, RecordVersion: row.Number, Ref: search[:]}
	}
	if len(lines) > 0 {
		if _, err := s.say(lines...); err != nil {
			return Found{}, err
		}
	}
	s.mu.Lock()
	ended := s.ended
	rows = slices.DeleteFunc(rows, func(row vault.RecordRow) bool { return s.gone[row.Subject] })
	s.mu.Unlock()
	if ended {
		return Found{}, problem(Locked, nil)
	}
	found := Found{Cards: make([]Card, len(rows)), More: more}
	for i, row := range rows {
		found.Cards[i] = a.card(s, row)
	}
	a.changed(EventsChanged, SyncChanged)
	a.nudge()
	return found, nil
}

// searchReason is why somebody searches: words, or any assignment that is on this device.
func (s *session) searchReason(why Reason, entry *journal.Entry) (*journal.Details, error) {
	if why.Assignment != "" {
		row, err := s.vault.Assignment(why.Assignment)
		if errors.Is(err, vault.ErrNotFound) {
			return nil, problem(NoAssignment, err)
		}
		if err != nil {
			return nil, err
		}
		entry.Record = row.Record // the reason's own, so that it fits
		defer func() { entry.Record = "" }()
	}
	return s.reason(why, entry)
}

// maySearch asks what can be known before the entry; each record found is judged by itself.
func (a *Agent) maySearch(me who) error {
	now := a.clock.Read()
	reads := func(g identity.Grant) bool { return g.Right == access.RecordRead }
	switch {
	case me.barred != "":
		return problem(me.barred, nil)
	case !slices.ContainsFunc(me.credential.Grants, reads):
		return problem(NoRight, nil)
	case now.Spent:
		return problem(ClockSuspect, nil)
	case me.credential.ValidAt(now.Floor) != nil:
		return problem(CredentialExpired, nil)
	case len(me.profile.Search) == 0: // it comes with the next credential
		return problem(NotOnline, nil)
	}
	return nil
}

// refuseSearch writes that a search was refused, where the journal still takes entries, and
// returns why.
func (a *Agent) refuseSearch(s *session, entry journal.Entry, words *journal.Details, why error) error {
	entry.Code = string(CodeOf(why))
	if _, err := s.say(line{entry: entry, words: words, away: true}); err != nil {
		a.log.Warn("a refusal has no entry", "code", entry.Code, "error", CodeOf(translate(err)))
		return why
	}
	a.changed(EventsChanged, SyncChanged)
	a.nudge()
	return why
}

// openSearchKey takes the organisation's search key out of its seal; none where none came.
func openSearchKey(sealed []byte, keys *identity.KeySet, org identity.OrgID) ([]byte, error) {
	if len(sealed) == 0 {
		return nil, nil
	}
	key, err := keys.OpenSealed(record.SearchKeyInfo(org, keys.Device()), sealed)
	if err == nil && len(key) != identity.AEADKeySize {
		err = identity.ErrSealed
	}
	if errors.Is(err, identity.ErrSealed) { // it was touched on its way, or is somebody else's
		err = fmt.Errorf("%w: %w", link.ErrAnswer, err)
	}
	if err != nil {
		return nil, fmt.Errorf("read search key: %w", err)
	}
	return key, nil
}
