package agent

import (
	"context"
	"errors"
	"slices"

	"handslag/identity"
	"handslag/sync/peer"
	"handslag/vault"
	"handslag/vault/journal"
	"handslag/vault/journalfile"
	"handslag/vault/record"
)

// Give hands records over, once verified: the entry of each is durable before its first byte
// leaves, its loan ends with this device's own, and what the other may not have stays, each
// with an entry and its reason.
func (h *Handover) Give(ctx context.Context, ids []journal.RecordID) (ShareResult, error) {
	h.giving.Lock()
	defer h.giving.Unlock()
	h.mu.Lock()
	verified, over := h.verified, h.over
	h.mu.Unlock()
	if verified == nil || over {
		return ShareResult{}, problem(NotVerified, nil)
	}
	if barred := h.session.who().barred; barred != "" {
		return ShareResult{}, problem(barred, nil)
	}
	if len(ids) == 0 {
		return ShareResult{}, problem(NothingChosen, nil)
	}
	if len(ids) > peer.MaxItems {
		return ShareResult{}, problem(TooMany, nil)
	}
	g := &giving{h: h, total: len(ids), titles: map[journal.RecordID]string{}, subjects: map[journal.RecordID]vault.RecordRow{}}
	h.advance(ShareProgress{Total: len(ids)})
	items := g.pack(ids)
	for len(items) > 0 {
		sent, err := verified.Send(ctx, g.purpose(items), items, peer.Sharer{Before: g.before, Confirmed: g.confirmed, Refused: g.refused})
		var refusal *peer.Refusal
		if sent == nil && errors.As(err, &refusal) {
			// Judged before any entry and any byte: this one stays, the others may go.
			g.stay(refusal)
			n := len(items)
			items = slices.DeleteFunc(items, func(o item) bool { return g.isRefused(o) })
			if len(items) == n {
				return g.result, translate(err)
			}
			continue
		}
		h.agent.changed(EventsChanged, SyncChanged)
		h.agent.nudge()
		if err != nil {
			return g.result, g.interrupted(err)
		}
		break
	}
	if len(g.result.Given) == 0 {
		return g.result, problem(ShareRefused, nil)
	}
	return g.result, nil
}

// item is a record to hand over, as sync/peer takes it.
type item = peer.Outgoing

// giving is one Give.
type giving struct {
	h        *Handover
	total    int
	done     int
	titles   map[journal.RecordID]string
	subjects map[journal.RecordID]vault.RecordRow
	stamps   map[journal.RecordID]*journalfile.Stamp
	result   ShareResult
}

// pack copies what is stored, still encrypted.
func (g *giving) pack(ids []journal.RecordID) []item {
	s := g.h.session
	var items []item
	for _, id := range slices.Compact(slices.Sorted(slices.Values(ids))) {
		row, err := s.vault.Record(id)
		if err == nil {
			g.titles[id], g.subjects[id] = row.Card.Title, row
		}
		var copied vault.Handover
		if err == nil {
			copied, err = s.vault.Copy(id)
		}
		if err != nil {
			g.refuse(id, asProblem(err))
			continue
		}
		items = append(items, item{
			Record: copied.Signed, Cipher: copied.Cipher, Hands: copied.Hands, People: s.people(id),
			Reseal: func(to identity.Credential, info string) ([]byte, error) {
				out, err := s.vault.Reseal(g.stamps[id], id, s.clock.read().Time, to, info)
				return out.Sealed, err
			},
		})
	}
	return items
}

func (g *giving) entry(kind journal.Kind, one peer.Handing) journal.Entry {
	e := journal.Entry{
		Kind: kind, Subject: one.Subject, Record: one.Record, RecordVersion: one.Number, Peer: one.Peer, Pair: one.Pair, Until: one.Until,
	}
	e.Assignment, e.AssignmentVersion = g.h.session.needed(one.Record, g.h.otherPerson())
	return e
}

// before is the sharer's half of the double entry, durable before anything leaves.
func (g *giving) before(ctx context.Context, all []peer.Handing) ([]journal.Hash, error) {
	g.stamps = map[journal.RecordID]*journalfile.Stamp{}
	var hashes []journal.Hash
	for chunk := range slices.Chunk(all, sayAtOnce) {
		var lines []line
		for _, one := range chunk {
			e := g.entry(journal.ShareSent, one)
			lines = append(lines, line{entry: e, words: inWords(g.h.why(e))})
		}
		stamps, err := g.h.session.say(lines...)
		if err != nil {
			return nil, err
		}
		for i, stamp := range stamps {
			g.stamps[chunk[i].Record] = stamp
			hashes = append(hashes, stamp.Hash())
		}
	}
	return hashes, ctx.Err()
}

func (g *giving) confirmed(_ context.Context, one peer.Handing, ref journal.Hash) error {
	e := g.entry(journal.ShareConfirmed, one)
	e.Ref = ref[:]
	if _, err := g.h.session.say(line{entry: e}); err != nil {
		return err
	}
	g.result.Given = append(g.result.Given, one.Record)
	g.advance(one.Record, ShareIsSent, nil)
	return nil
}

func (g *giving) refused(_ context.Context, one peer.Handing, why peer.Why) error {
	e := g.entry(journal.ShareRefused, one)
	e.Code = string(why)
	if _, err := g.h.session.say(line{entry: e}); err != nil {
		return err
	}
	g.refuse(one.Record, problem(shareCode(why), nil))
	return nil
}

// stay is a record that this device itself does not hand over.
func (g *giving) stay(r *peer.Refusal) {
	row := g.subjects[r.Record]
	e := journal.Entry{
		Kind: journal.ShareRefused, Subject: row.Subject, Record: r.Record, RecordVersion: r.Number,
		Peer: g.h.otherDevice(), Code: string(r.Why),
	}
	if r.Record != "" {
		if _, err := g.h.session.say(line{entry: e}); err != nil {
			g.h.agent.log.Warn("a refused share has no entry", "error", err)
		}
	}
	g.refuse(r.Record, problem(shareCode(r.Why), r.Err))
}

func (g *giving) refuse(id journal.RecordID, p *Problem) {
	g.result.Refused = append(g.result.Refused, Refusal{Record: id, Title: g.titles[id], Problem: p})
	g.advance(id, ShareIsRefused, p)
}

func (g *giving) isRefused(o item) bool {
	return slices.ContainsFunc(g.result.Refused, func(r Refusal) bool {
		row := g.subjects[r.Record]
		return row.ID != "" && recordOf(o) == r.Record
	})
}

func (g *giving) advance(id journal.RecordID, state ShareState, p *Problem) {
	g.done++
	g.h.advance(ShareProgress{Done: g.done, Total: g.total, Record: id, Item: g.titles[id], State: state, Problem: p})
}

// interrupted is why a share ended in the middle.
func (g *giving) interrupted(err error) error {
	p := asProblem(err)
	if p.Code == Internal || p.Code == ServerAway {
		p = problem(VerPeerAbort, err)
	}
	return p
}

// giveChosen gives what was chosen before the meeting; how it went stands in Progress.
func (h *Handover) giveChosen(ids []journal.RecordID) {
	if _, err := h.Give(context.Background(), ids); err != nil { // it ends with the meeting
		progress := h.Progress()
		if progress.Problem == nil {
			progress.Problem = asProblem(err)
			h.advance(progress)
		}
	}
}

func (h *Handover) advance(p ShareProgress) {
	h.mu.Lock()
	h.progress = p
	h.mu.Unlock()
	h.agent.changed(VerificationChanged)
}

func (h *Handover) otherPerson() identity.PersonID {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.other.Person.ID
}

func (h *Handover) otherDevice() identity.DeviceID {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.other.Version == 0 {
		return ""
	}
	return h.other.Device()
}

// needed is the assignment that a person has on a record, where this device knows of one: it
// justifies the share.
func (s *session) needed(id journal.RecordID, person identity.PersonID) (journal.AssignmentID, uint64) {
	rows, err := s.vault.Assignments(vault.AssignmentFilter{Record: id, Person: person})
	if err != nil && !errors.Is(err, vault.ErrView) || len(rows) == 0 {
		return "", 0
	}
	slices.SortFunc(rows, func(x, y vault.AssignmentRow) int {
		if x.Due != y.Due {
			return -compare(x.Due, y.Due)
		}
		return compare(string(x.ID), string(y.ID))
	})
	return rows[0].ID, rows[0].Number
}

func compare(x, y string) int {
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

func recordOf(o item) journal.RecordID {
	var r record.Record
	if err := unverifiedRecord(o.Record, &r); err != nil {
		return ""
	}
	return r.ID
}

// shareCode is the code of a reason for which a record was not handed over.
func shareCode(why peer.Why) Code {
	switch why {
	case peer.NoRightToShare:
		return NoRight
	case peer.NoRightToReceive:
		return PeerNoRight
	case peer.LoanEnded, peer.LoanTooLong:
		return LoanEnded
	case peer.CredentialEnded:
		return VerCredExpired
	case peer.DeviceRevoked:
		return VerRevoked
	case peer.HandRevoked:
		return HandRevoked
	case peer.WrongKey:
		return KeyWrong
	}
	return ShareRefused
}
