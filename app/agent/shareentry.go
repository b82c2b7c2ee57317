package agent

import (
	"context"
	"slices"

	"handslag/sync/peer"
	"handslag/vault/journal"
	"handslag/vault/journalfile"
)

func (g *giving) entry(kind journal.Kind, one peer.Handing) journal.Entry {
	e := shareEntry(kind, one)
	if one.Assignment == "" {
		e.Assignment, e.AssignmentVersion = g.h.session.needed(one.Record, g.h.otherPerson())
	}
	return e
}

// shareEntry is the entry of a thing that is shared; both ends write it alike.
func shareEntry(kind journal.Kind, one peer.Handing) journal.Entry {
	e := journal.Entry{Kind: kind, Subject: one.Subject, Peer: one.Peer, Pair: one.Pair, Until: one.Until}
	switch {
	case one.Assignment != "":
		e.Assignment, e.AssignmentVersion = one.Assignment, one.Number
	case one.Attachment != "":
		e.Record, e.Attachment = one.Record, one.Attachment
	default:
		e.Record, e.RecordVersion = one.Record, one.Number
	}
	return e
}

// before is the sharer's half of the double entry, durable before anything leaves.
func (g *giving) before(ctx context.Context, all []peer.Handing) ([]journal.Hash, error) {
	g.stamps = map[peer.Thing]*journalfile.Stamp{}
	var hashes []journal.Hash
	for some := range slices.Chunk(all, shareAtOnce) {
		var lines []line
		for _, one := range some {
			e := g.entry(journal.ShareSent, one)
			lines = append(lines, line{entry: e, words: inWords(g.h.why(e))})
		}
		stamps, err := g.h.session.say(lines...)
		if err != nil {
			return nil, err
		}
		for i, stamp := range stamps {
			g.stamps[some[i].Thing] = stamp
			hashes = append(hashes, stamp.Hash())
		}
	}
	return hashes, ctx.Err()
}

// answered writes what the other device says.
func (g *giving) answered(_ context.Context, all []peer.Sent) error {
	for some := range slices.Chunk(all, shareAtOnce) {
		var lines []line
		for _, one := range some {
			e := g.entry(journal.ShareConfirmed, one.Handing)
			if one.Arrived() {
				e.Ref = one.Ref[:]
			} else {
				e.Kind, e.Code = journal.ShareRefused, string(one.Refused)
			}
			lines = append(lines, line{entry: e})
		}
		if _, err := g.h.session.say(lines...); err != nil {
			return err
		}
	}
	for _, one := range all {
		if !one.Arrived() {
			g.refuse(one.Thing, problem(shareCode(one.Refused), nil))
			continue
		}
		g.telling.fared(one.Thing, g.titles[one.Thing], ShareIsSent, nil)
		switch {
		case one.Assignment != "":
			g.result.Assignments = append(g.result.Assignments, one.Assignment)
		case one.Attachment != "":
			g.result.Attachments = append(g.result.Attachments, one.Attachment)
		default:
			g.result.Given = append(g.result.Given, one.Record)
		}
	}
	return nil
}

// stay writes what this device itself does not hand over.
func (g *giving) stay(_ context.Context, all []*peer.Refusal) error {
	var lines []line
	for _, r := range all {
		if r.Thing != (peer.Thing{}) {
			e := shareEntry(journal.ShareRefused, peer.Handing{Thing: r.Thing, Number: r.Number, Subject: g.subjects[r.Thing], Peer: g.h.otherDevice()})
			e.Code = string(r.Why)
			lines = append(lines, line{entry: e})
		}
		g.refuse(r.Thing, problem(shareCode(r.Why), r.Err))
	}
	for some := range slices.Chunk(lines, shareAtOnce) {
		if _, err := g.h.session.say(some...); err != nil {
			return err
		}
	}
	return nil
}

func (g *giving) refuse(thing peer.Thing, p *Problem) {
	g.result.Refused = append(g.result.Refused, Refusal{
		Record: thing.Record, Attachment: thing.Attachment, Assignment: thing.Assignment, Title: g.titles[thing], Problem: p,
	})
	g.telling.fared(thing, g.titles[thing], ShareIsRefused, p)
}

// interrupted is why a share ended in the middle.
func (g *giving) interrupted(err error) error {
	p := asProblem(err)
	if p.Code == Internal || p.Code == ServerAway {
		p = problem(VerPeerAbort, err)
	}
	return p
}

// shareCode is the code of a reason for which something was not handed over.
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
	case peer.Stopped, peer.BrokenOff:
		return ShareStopped
	}
	return ShareRefused
}
