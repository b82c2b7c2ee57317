package ui

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/ui/part"
	"handslag/vault/journal"
)

// sharePanel is what the screen shows of a sharing while the handshake lasts: what came of it, and what may be given.
type sharePanel struct {
	sharing *sharing
	w       *Window
	results *fyne.Container
	deed    *fyne.Container // the button, or how far the giving has come
	job     *part.Progress
	coming  *part.Progress // what the other gives now
	along   *along
	send    *part.Button
	search  *part.FilterBar
	list    *part.RowList
	cards   *paged[agent.Card]
	chosen  map[journal.RecordID]bool
}

// drawVerified shows who the other is, for both to see, and lets either give.
func (s *handoverScreen) drawVerified(peer agent.Other) {
	if s.sharing == nil || s.session == nil {
		return
	}
	if s.sharing.met {
		s.sharing.progress(s.session.Progress())
		return
	}
	s.typing = nil
	p := newSharePanel(s.w, s.sharing)
	s.sharing.panel = p
	lang := s.w.lang
	ending := part.NewButton(lang.Say("handover.end"), assets.IconClose, func() {
		s.halt()
		s.drawEnd()
	})
	parts := append([]fyne.CanvasObject{part.NewMuted(lang.Say("handover.verified_both"))},
		s.peerParts(part.NewTitle(lang.Say("handover.verified", "name", peer.Name)), peer)...)
	parts = append(parts, container.NewBorder(nil, nil, nil, part.Pushed(16, part.Middle(ending)), part.Middle(s.timeLeft())))
	s.put("verified", part.NewTinted(part.StateOK, part.StackTight(parts...)), p.results, s.joint.section, p.giveSection(peer.Name))
	s.joint.load()
	s.sharing.begin(peer)
	p.cards.search()
	p.show()
}

func newSharePanel(w *Window, sharing *sharing) *sharePanel {
	lang := w.lang
	p := &sharePanel{sharing: sharing, w: w, results: part.Stack(), deed: container.NewStack(), chosen: map[journal.RecordID]bool{}}
	p.job = part.NewProgress(lang, lang.Say("handover.sending"))
	p.job.OnCancel = func() {
		if sharing.cancel != nil {
			sharing.cancel()
		}
	}
	p.coming = part.NewProgress(lang, lang.Say("handover.receiving"))
	p.coming.OnCancel = func() { sharing.session.Refuse() }
	p.along = sharing.screen.along
	p.search = part.NewFilterBar(lang, lang.Say("records.search"))
	p.search.OnChange = func(part.Filter) { p.cards.search() }
	p.list = part.NewRowList(part.NewEmpty(lang, assets.IconRecord, "handover.nothing_to_give", nil))
	p.list.OnOpen = func(row part.Row) {
		id := journal.RecordID(row.ID)
		p.chosen[id] = !p.chosen[id]
		sharing.titles[id] = row.Title
		p.along.show(p.ids())
		p.show()
	}
	p.cards = newPaged(w, p.list, func() func(context.Context, agent.Page) (piece[agent.Card], error) {
		return w.cardsOf(p.search.Filter().Search)
	}, p.row, func(err error) {
		if err != nil {
			w.tell(sharing.screen.banner, err)
		}
	})
	return p
}

func (p *sharePanel) giveSection(name string) fyne.CanvasObject {
	lang := p.w.lang
	p.send = part.NewPrimary(lang.Say("handover.send", "name", name), assets.IconHandshake, func() {
		ids := p.ids()
		if len(ids) == 0 {
			p.w.tell(p.sharing.screen.banner, &agent.Problem{Code: agent.NothingChosen})
			return
		}
		clear(p.chosen)
		p.along.show(nil)
		p.sharing.give(ids)
	})
	return part.NewPanel(part.Section(lang.Say("handover.choose"), lang.Say("handover.choose_hint"), part.Stack(p.search, p.list.UpTo(5), p.along.content, p.deed)))
}

// ids are the records that are chosen.
func (p *sharePanel) ids() (ids []journal.RecordID) {
	for id, is := range p.chosen {
		if is {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// show draws results and list anew.
func (p *sharePanel) show() {
	p.results.Objects = p.w.resultsOf(p.sharing, true)
	p.results.Hidden = len(p.results.Objects) == 0
	p.results.Refresh()
	p.cards.show()
	p.showDeed()
	p.sharing.screen.body.Refresh() // what came changes how high everything stands
}

func (p *sharePanel) row(card agent.Card) part.Row {
	lang := p.w.lang
	row := p.w.cardRow(card)
	given := slices.ContainsFunc(p.sharing.outcomes, func(o outcome) bool { return o.record == card.ID && o.problem == nil })
	switch {
	case p.chosen[card.ID]:
		row.Icon, row.State = assets.IconCheck, part.StateOK
		row.Badges = append([]part.Badge{{Text: lang.Say("handover.chosen"), State: part.StateOK}}, row.Badges...)
	case given:
		row.Badges = append([]part.Badge{{Text: lang.Say("handover.given"), State: part.StateNeutral}}, row.Badges...)
	}
	return row
}

func (p *sharePanel) showDeed() {
	var deed fyne.CanvasObject = p.job
	if len(p.sharing.giving) == 0 {
		n := 0
		for _, is := range p.chosen {
			if is {
				n++
			}
		}
		chosen := part.NewMuted(p.w.lang.Say("handover.chosen_count", "n", n))
		deed = container.NewBorder(nil, nil, p.send, nil, part.Middle(chosen)) // words take what is left
		if n == 0 {
			p.send.Disable()
		} else {
			p.send.Enable()
		}
	} else if len(p.deed.Objects) == 0 || p.deed.Objects[0] != deed {
		p.job.Set(0, "")
		p.job.Renew()
	}
	p.deed.Objects = []fyne.CanvasObject{deed}
	p.deed.Refresh()
}

// progress shows how far the giving has come.
func (p *sharePanel) progress(at agent.ShareProgress) { p.follow(p.job, at) }

// follow shows how far a share has come: of its bytes, while an attachment is on its way.
func (p *sharePanel) follow(job *part.Progress, at agent.ShareProgress) {
	lang := p.w.lang
	count := lang.Say("handover.things", "done", thousands(min(at.Done, at.Total)), "total", thousands(at.Total))
	switch {
	case at.OfBytes > 0 && at.Bytes < at.OfBytes:
		job.Set(float64(at.Bytes)/float64(at.OfBytes), dotted(count, at.Item, lang.Say("handover.bytes", "here", lang.Bytes(at.Bytes), "all", lang.Bytes(at.OfBytes))))
	case at.Total > 0:
		job.Set(float64(at.Done)/float64(at.Total), dotted(count, at.Item))
	}
}

// receives shows how far an attachment has come that the other gives, with a way to end it.
func (p *sharePanel) receives(at agent.ShareProgress) {
	if at.OfBytes == 0 || at.Bytes >= at.OfBytes || at.State == agent.ShareIsRefused {
		p.coming.Renew()
		return // show has put the button back
	}
	p.follow(p.coming, at)
	p.deed.Objects = []fyne.CanvasObject{p.coming}
	p.deed.Refresh()
}

// drawEnd tells what came of a handshake that is over.
func (s *handoverScreen) drawEnd() {
	lang := s.w.lang
	if s.sharing == nil || !s.sharing.met {
		s.sharing = nil
		s.drawBegin()
		return
	}
	parts := []fyne.CanvasObject{part.NewTinted(part.StateOK, part.Stack(
		part.NewStrong(lang.Say("handover.ended")),
		part.NewText(lang.Say("handover.ended_with", "name", s.sharing.peer.Name)),
	))}
	parts = append(parts, s.w.resultsOf(s.sharing, false)...)
	again := func() {
		s.sharing = nil
		s.banner.Clear()
		s.drawBegin()
	}
	buttons := part.Beside(part.NewPrimary(lang.Say("handover.new"), assets.IconHandshake, again))
	if rest := s.sharing.rest(); len(rest) > 0 {
		buttons = part.Beside(part.NewPrimary(lang.Say("handover.resume"), assets.IconHandshake, func() {
			s.give = rest
			again()
		}), part.NewButton(lang.Say("handover.new"), assets.IconHandshake, again))
	}
	if len(s.give) > 0 {
		buttons.Add(part.NewButton(lang.Say("handover.back_to_record"), assets.IconBack, s.w.back))
	}
	s.put("end", append(parts, buttons)...)
}

// resultsOf tells what arrived and what became of what was given.
func (w *Window) resultsOf(p *sharing, live bool) []fyne.CanvasObject {
	lang := w.lang
	var parts []fyne.CanvasObject
	if len(p.received) > 0 {
		box := part.Stack(part.NewLead(lang.Say("handover.received_title")))
		for _, card := range p.received[:min(len(p.received), mostResults)] {
			box.Add(w.receivedLine(p, card))
		}
		if live {
			box.Add(part.NewMuted(lang.Say("handover.open_ends")))
		}
		parts = append(parts, part.NewPanel(box))
	}
	if p.refused {
		parts = append(parts, part.NewTinted(part.StateWarning, part.NewText(lang.Say("handover.not_taken"))))
	}
	if len(p.outcomes) > 0 {
		box := part.Stack(part.NewLead(lang.Say("handover.given_title")))
		for _, o := range p.outcomes[:min(len(p.outcomes), mostResults)] {
			box.Add(w.outcomeLine(p, o))
		}
		if rest := p.rest(); live && len(rest) > 0 && len(p.giving) == 0 {
			box.Add(part.Beside(part.NewPrimary(lang.Say("handover.rest"), assets.IconHandshake, func() { p.give(rest) }), layout.NewSpacer()))
		}
		parts = append(parts, part.NewPanel(box))
	}
	return parts
}

func (w *Window) receivedLine(p *sharing, card agent.Card) fyne.CanvasObject {
	words := part.StackTight(part.NewStrong(card.Title), part.NewText(w.lang.Say("handover.received", "title", card.Title, "name", p.peer.Name,
		"until", part.Spoken(w.lang, w.now(), card.LoanUntil))))
	open := part.NewPrimary(w.lang.Say("assignments.open_record"), assets.IconRecord, func() { w.push(newRecordScreen(w, card.ID)) })
	return container.NewBorder(nil, nil, nil, part.Pushed(12, part.Middle(open)), part.Middle(words))
}

func (w *Window) outcomeLine(p *sharing, o outcome) fyne.CanvasObject {
	if o.problem == nil && o.task != "" {
		return part.NewText(w.lang.Say("handover.task_sent", "title", o.title, "name", p.peer.Name)).InState(part.StateOK)
	}
	if o.problem == nil {
		return part.NewText(w.lang.Say("handover.sent", "title", o.title, "name", p.peer.Name)).InState(part.StateOK)
	}
	why := failureOf(w.lang, o.problem)
	stays := "handover.stays"
	switch {
	case o.file != "":
		stays = "handover.file_stays"
	case o.task != "":
		stays = "handover.task_stays"
	}
	return part.StackTight(part.NewStrong(w.lang.Say(stays, "title", o.title)).InState(part.StateWarning), part.NewText(why.What+" "+why.Do))
}
