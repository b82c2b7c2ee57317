package ui

import (
	"context"
	"slices"
	"time"

	"fyne.io/fyne/v2"

	"handslag/app/agent"
	"handslag/vault/journal"
)

// sharing is what passes between two people from their handshake to its end: what is given, what arrives, and what came of
// each record.
type sharing struct {
	screen *handoverScreen
	before map[journal.RecordID]time.Time // when each record had been received at the session's beginning
	peer   agent.Other
	met    bool // verified
	over   bool // nothing passes any more

	cards    []agent.Card              // on this device
	received []agent.Card              // in this handshake
	came     map[journal.RecordID]bool // told of as received; some this device held already, for as long or longer
	outcomes []outcome                 // of what was given, in order
	refused  bool                      // something that came was not taken
	giving   []journal.RecordID
	cancel   context.CancelFunc // of the giving
	loads    Latest
	panel    *sharePanel // what shows it, while the handshake lasts
}

// outcome is how one record fared that was to be given; no problem means that the other device confirmed it.
type outcome struct {
	record  journal.RecordID
	title   string
	problem error
}

func newSharing(s *handoverScreen, before []agent.Card) *sharing {
	p := &sharing{screen: s, before: map[journal.RecordID]time.Time{}, came: map[journal.RecordID]bool{}, cards: before}
	for _, card := range before {
		if card.From != nil {
			p.before[card.ID] = card.From.At
		}
	}
	return p
}

// begin is the moment of the handshake. What it was made for is given at once.
func (p *sharing) begin(peer agent.Other) {
	p.peer, p.met = peer, true
	p.load()
	if give := p.screen.give; len(give) > 0 {
		p.give(give)
	}
}

// end keeps what came of it; the session is the screen's to close.
func (p *sharing) end() {
	p.over = true
	p.loads.Stop()
	if p.cancel != nil {
		p.cancel()
		p.cancel = nil
	}
	p.panel = nil
}

// load looks what is on the device now: what this person may give, and what has arrived.
func (p *sharing) load() {
	if !p.met {
		return
	}
	w := p.screen.w
	Load(p.loads.Next(w.life), w.spawn, func(ctx context.Context) ([]agent.Card, error) {
		return w.agent.Records(ctx, "")
	}, func(cards []agent.Card, err error) {
		if err != nil {
			w.tell(p.screen.banner, err)
			return
		}
		p.cards = cards
		p.received = slices.DeleteFunc(slices.Clone(cards), func(c agent.Card) bool { return !p.arrived(c) })
		p.show()
	})
}

// arrived says whether a record was received from this person in this handshake.
func (p *sharing) arrived(c agent.Card) bool {
	return p.came[c.ID] || c.From != nil && c.From.Device == p.peer.Device && !c.From.At.Equal(p.before[c.ID])
}

// give hands records over, one lot at a time.
func (p *sharing) give(ids []journal.RecordID) {
	h := p.screen.session
	if h == nil || p.over || len(p.giving) > 0 {
		return
	}
	w := p.screen.w
	w.touch()
	p.screen.banner.Clear()
	p.giving = slices.Clone(ids)
	ctx, cancel := context.WithCancel(w.life)
	p.cancel = cancel
	p.show()
	w.spawn(func() {
		result, err := h.Give(ctx, ids)
		stopped := ctx.Err() != nil
		cancel()
		fyne.Do(func() { p.gave(ids, result, err, stopped) })
	})
}

// gave notes how each record fared, also when the handshake ended meanwhile: the person wants to know what went.
func (p *sharing) gave(ids []journal.RecordID, result agent.ShareResult, err error, stopped bool) {
	p.giving, p.cancel = nil, nil
	for _, id := range ids {
		o := outcome{record: id, title: p.titleOf(id)}
		i := slices.IndexFunc(result.Refused, func(r agent.Refusal) bool { return r.Record == id })
		switch {
		case slices.Contains(result.Given, id):
		case i >= 0:
			o.problem = result.Refused[i].Problem
		case stopped:
			o.problem = &agent.Problem{Code: agent.Cancelled}
		case err != nil:
			o.problem = err
		default:
			o.problem = &agent.Problem{Code: agent.ShareRefused}
		}
		p.outcomes = slices.DeleteFunc(p.outcomes, func(x outcome) bool { return x.record == id })
		p.outcomes = append(p.outcomes, o)
	}
	if p.screen.sharing != p {
		return
	}
	if p.over {
		if p.screen.drawn == "end" {
			p.screen.drawEnd()
		}
		return
	}
	p.load()
	p.show()
}

func (p *sharing) titleOf(id journal.RecordID) string {
	for _, c := range p.cards {
		if c.ID == id {
			return c.Title
		}
	}
	return string(id)
}

// progress follows how far the giving has come, and notices what was not taken.
func (p *sharing) progress(at agent.ShareProgress) {
	if at.State == agent.ShareIsReceived && !p.came[at.Record] {
		p.came[at.Record] = true
		p.load()
	}
	if len(p.giving) == 0 {
		if at.State == agent.ShareIsRefused && len(p.outcomes) == 0 {
			p.refused = true
		}
		p.show()
		return
	}
	if p.panel != nil {
		p.panel.progress(at)
	}
}

func (p *sharing) show() {
	if p.panel != nil && !p.over {
		p.panel.show()
	}
}
