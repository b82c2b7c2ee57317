package ui

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"

	"handslag/app/agent"
	"handslag/vault/journal"
)

// sharing is what passes between two people from their handshake to its end: what is given, what arrives, and what came of
// each record.
type sharing struct {
	screen  *handoverScreen
	session *agent.Handover
	peer    agent.Other
	met     bool // verified
	over    bool // nothing passes any more

	titles   map[journal.RecordID]string // of what is given
	received []agent.Card                // in this handshake
	came     int                         // how many were received when it was last looked for
	outcomes []outcome                   // of what was given, in order
	refused  bool                        // something that came was not taken
	giving   []journal.RecordID
	cancel   context.CancelFunc // of the giving
	loads    Latest
	panel    *sharePanel // what shows it, while the handshake lasts
}

// outcome is how one record fared that was to be given; no problem means that the other device confirmed it.
type outcome struct {
	record  journal.RecordID
	file    journal.AttachmentID // an attachment of it, that stays
	task    journal.AssignmentID // an assignment about one
	title   string
	problem error
}

func newSharing(s *handoverScreen) *sharing {
	return &sharing{screen: s, session: s.session, titles: map[journal.RecordID]string{}}
}

// begin is the moment of the handshake. What it was made for is given at once.
func (p *sharing) begin(peer agent.Other) {
	p.peer, p.met = peer, true
	p.session.Because(p.screen.why)
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

// mostResults bounds how many lines a page shows of what passed; the rest is in the lists.
const mostResults = 40

// load looks what has arrived, and what it was made to give is called.
func (p *sharing) load() {
	if !p.met {
		return
	}
	w := p.screen.w
	var unnamed []journal.RecordID
	for _, id := range p.screen.give {
		if p.titles[id] == "" {
			unnamed = append(unnamed, id)
		}
	}
	came := p.session.Received()
	p.came = len(came)
	type arrivals struct{ received, given []agent.Card }
	Load(p.loads.Next(w.life), w.spawn, func(ctx context.Context) (all arrivals, err error) {
		all.received, err = w.cards(ctx, came[:min(len(came), mostResults)])
		if err == nil {
			all.given, err = w.cards(ctx, unnamed)
		}
		return all, err
	}, func(all arrivals, err error) {
		if err != nil {
			w.tell(p.screen.banner, err)
			return
		}
		for _, card := range all.given {
			p.titles[card.ID] = card.Title
		}
		p.received = all.received
		p.show()
	})
}

// cards reads these records' cards; some may be gone meanwhile.
func (w *Window) cards(ctx context.Context, ids []journal.RecordID) (all []agent.Card, err error) {
	for _, id := range ids {
		card, err := w.agent.Record(ctx, id)
		switch agent.CodeOf(err) {
		case "":
			all = append(all, card)
		case agent.NoRecord:
		default:
			return nil, err
		}
	}
	return all, nil
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
	gift, life := p.screen.along.gift(ids), w.life
	w.spawn(func() {
		var result agent.ShareResult
		all, err := gift(ctx)
		if err == nil {
			result, err = h.Give(ctx, all.Gift)
		}
		if ctx.Err() != nil { // whatever else it says
			err = &agent.Problem{Code: agent.Cancelled}
		}
		tasks := map[journal.AssignmentID]string{}
		for _, id := range all.Assignments {
			if task, err := w.agent.Assignment(life, id); err == nil { // else its number says which
				tasks[id] = task.Title
			}
		}
		cancel()
		fyne.Do(func() { p.gave(all, tasks, result, err) })
	})
}

// gave notes how each thing fared, also when the handshake ended meanwhile: the person wants to know what went, and what a
// cut left.
func (p *sharing) gave(all lot, tasks map[journal.AssignmentID]string, result agent.ShareResult, err error) {
	p.giving, p.cancel = nil, nil
	for _, id := range all.Records {
		o := outcome{record: id, title: p.titleOf(id)}
		i := slices.IndexFunc(result.Refused, func(r agent.Refusal) bool { return r.Record == id && r.Attachment == "" })
		switch {
		case slices.Contains(result.Given, id):
		case i >= 0:
			o.problem = result.Refused[i].Problem
		case err != nil:
			o.problem = err
		default:
			o.problem = &agent.Problem{Code: agent.ShareRefused}
		}
		p.outcomes = slices.DeleteFunc(p.outcomes, func(x outcome) bool { return x.record == id && x.file == "" && x.task == "" })
		p.outcomes = append(p.outcomes, o)
	}
	note := func(o outcome) {
		p.outcomes = slices.DeleteFunc(p.outcomes, func(x outcome) bool {
			return x.file == o.file && x.task == o.task && x.file+journal.AttachmentID(x.task) != ""
		})
		p.outcomes = append(p.outcomes, o)
	}
	for _, id := range result.Attachments { // one that stayed before and has gone now
		p.outcomes = slices.DeleteFunc(p.outcomes, func(x outcome) bool { return x.file == id })
	}
	for _, id := range result.Assignments {
		note(outcome{task: id, title: or(tasks[id], string(id))})
	}
	for _, r := range result.Refused {
		if r.Attachment != "" || r.Assignment != "" {
			note(outcome{record: r.Record, file: r.Attachment, task: r.Assignment, title: or(r.Title, string(r.Assignment)), problem: r.Problem})
		}
	}
	told := func(o outcome) bool {
		return slices.ContainsFunc(result.Refused, func(r agent.Refusal) bool { return r.Attachment == o.file && r.Assignment == o.task })
	}
	for _, id := range all.Attachments { // of which the other device has said nothing
		if o := (outcome{record: all.of[id], file: id, title: p.titleOf(all.of[id]), problem: err}); err != nil && !slices.Contains(result.Attachments, id) && !told(o) {
			note(o)
		}
	}
	for _, id := range all.Assignments {
		if o := (outcome{task: id, title: or(tasks[id], string(id)), problem: err}); err != nil && !slices.Contains(result.Assignments, id) && !told(o) {
			note(o)
		}
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

func (p *sharing) titleOf(id journal.RecordID) string { return or(p.titles[id], string(id)) }

// progress follows how far the giving has come, and notices what was not taken.
func (p *sharing) progress(at agent.ShareProgress) {
	if at.State == agent.ShareIsReceived && len(p.session.Received()) != p.came {
		p.load()
	}
	if len(p.giving) == 0 {
		if at.State == agent.ShareIsRefused && len(p.outcomes) == 0 {
			p.refused = true
		}
		p.show()
		if p.panel != nil {
			p.panel.receives(at)
		}
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

// rest are the records that a cut left, whole or in part: they, and what goes with them, go on from where they were.
func (p *sharing) rest() (ids []journal.RecordID) {
	for _, o := range p.outcomes {
		switch agent.CodeOf(o.problem) {
		case agent.Cancelled, agent.ShareStopped, agent.VerPeerAbort, agent.PeerUnreachable:
			if o.record != "" && !slices.Contains(ids, o.record) {
				ids = append(ids, o.record)
			}
		}
	}
	return ids
}
