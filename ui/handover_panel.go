package ui

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/vault/journal"
)

// sharePanel is what the screen shows of a sharing while the handshake lasts: what came of it, and what may be given.
type sharePanel struct {
	sharing *sharing
	w       *Window
	results *fyne.Container
	deed    *fyne.Container // the button, or how far the giving has come
	job     *Progress
	coming  *Progress // what the other gives now
	along   *Choice
	send    *Button
	search  *FilterBar
	list    *RowList
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
	ending := NewButton(lang.Say("handover.end"), assets.IconClose, func() {
		s.halt()
		s.drawEnd()
	})
	parts := append([]fyne.CanvasObject{NewMuted(lang.Say("handover.verified_both"))},
		s.peerParts(NewTitle(lang.Say("handover.verified", "name", peer.Name)), peer)...)
	parts = append(parts, container.NewBorder(nil, nil, nil, container.New(pushed{left: 16}, container.New(middle{}, ending)), container.New(middle{}, s.timeLeft())))
	s.put("verified", NewTinted(StateOK, StackTight(parts...)), p.results, s.joint.section, p.giveSection(peer.Name))
	s.joint.load()
	s.sharing.begin(peer)
	p.cards.search()
	p.show()
}

func newSharePanel(w *Window, sharing *sharing) *sharePanel {
	lang := w.lang
	p := &sharePanel{sharing: sharing, w: w, results: Stack(), deed: container.NewStack(), chosen: map[journal.RecordID]bool{}}
	p.job = NewProgress(lang, lang.Say("handover.sending"))
	p.job.OnCancel = func() {
		if sharing.cancel != nil {
			sharing.cancel()
		}
	}
	p.coming = NewProgress(lang, lang.Say("handover.receiving"))
	p.coming.OnCancel = func() { sharing.session.Refuse() }
	p.along = NewChoice([]Option{{ID: "along", Text: lang.Say("handover.along")}, {ID: "alone", Text: lang.Say("handover.alone")}}, "along")
	p.along.OnChoose = func(id string) { sharing.alone = id == "alone" }
	p.search = NewFilterBar(lang, lang.Say("records.search"))
	p.search.OnChange = func(Filter) { p.cards.search() }
	p.list = NewRowList(NewEmpty(lang, assets.IconRecord, "handover.nothing_to_give", nil))
	p.list.OnOpen = func(row Row) {
		id := journal.RecordID(row.ID)
		p.chosen[id] = !p.chosen[id]
		sharing.titles[id] = row.Title
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
	p.send = NewPrimary(lang.Say("handover.send", "name", name), assets.IconHandshake, func() {
		var ids []journal.RecordID
		for id, is := range p.chosen {
			if is {
				ids = append(ids, id)
			}
		}
		slices.Sort(ids)
		if len(ids) == 0 {
			p.w.tell(p.sharing.screen.banner, &agent.Problem{Code: agent.NothingChosen})
			return
		}
		clear(p.chosen)
		p.sharing.give(ids)
	})
	list := container.New(atLeast{fyne.NewSize(0, 330)}, p.list)
	return NewPanel(Section(lang.Say("handover.choose"), lang.Say("handover.choose_hint"), Stack(p.search, list, p.along, p.deed)))
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

func (p *sharePanel) row(card agent.Card) Row {
	lang := p.w.lang
	row := p.w.cardRow(card)
	given := slices.ContainsFunc(p.sharing.outcomes, func(o outcome) bool { return o.record == card.ID && o.problem == nil })
	switch {
	case p.chosen[card.ID]:
		row.Icon, row.State = assets.IconCheck, StateOK
		row.Badges = append([]Badge{{lang.Say("handover.chosen"), StateOK}}, row.Badges...)
	case given:
		row.Badges = append([]Badge{{lang.Say("handover.given"), StateNeutral}}, row.Badges...)
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
		chosen := NewMuted(p.w.lang.Say("handover.chosen_count", "n", n))
		deed = Beside(p.send, chosen, layout.NewSpacer())
		if n == 0 {
			p.send.Disable()
		} else {
			p.send.Enable()
		}
	} else if len(p.deed.Objects) == 0 || p.deed.Objects[0] != deed {
		p.job.Set(0, "")
		p.job.cancel.Enable()
	}
	p.deed.Objects = []fyne.CanvasObject{deed}
	p.deed.Refresh()
}

// progress shows how far the giving has come.
func (p *sharePanel) progress(at agent.ShareProgress) { p.follow(p.job, at) }

// follow shows how far a share has come: of its bytes, while an attachment is on its way.
func (p *sharePanel) follow(job *Progress, at agent.ShareProgress) {
	switch {
	case at.OfBytes > 0 && at.Bytes < at.OfBytes:
		lang := p.w.lang
		job.Set(float64(at.Bytes)/float64(at.OfBytes), dotted(at.Item, lang.Say("handover.bytes", "here", lang.Bytes(at.Bytes), "all", lang.Bytes(at.OfBytes))))
	case at.Total > 0:
		job.Set(float64(at.Done)/float64(at.Total), at.Item)
	}
}

// receives shows how far an attachment has come that the other gives, with a way to end it.
func (p *sharePanel) receives(at agent.ShareProgress) {
	if at.OfBytes == 0 || at.Bytes >= at.OfBytes || at.State == agent.ShareIsRefused {
		p.coming.cancel.Enable()
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
	parts := []fyne.CanvasObject{NewTinted(StateOK, Stack(
		NewStrong(lang.Say("handover.ended")),
		NewText(lang.Say("handover.ended_with", "name", s.sharing.peer.Name)),
	))}
	parts = append(parts, s.w.resultsOf(s.sharing, false)...)
	buttons := Beside(NewPrimary(lang.Say("handover.new"), assets.IconHandshake, func() {
		s.sharing = nil
		s.banner.Clear()
		s.drawBegin()
	}))
	if len(s.give) > 0 {
		buttons.Add(NewButton(lang.Say("handover.back_to_record"), assets.IconBack, s.w.back))
	}
	s.put("end", append(parts, buttons)...)
}

// resultsOf tells what arrived and what became of what was given.
func (w *Window) resultsOf(p *sharing, live bool) []fyne.CanvasObject {
	lang := w.lang
	var parts []fyne.CanvasObject
	if len(p.received) > 0 {
		box := Stack(NewLead(lang.Say("handover.received_title")))
		for _, card := range p.received[:min(len(p.received), mostResults)] {
			box.Add(w.receivedLine(p, card))
		}
		if live {
			box.Add(NewMuted(lang.Say("handover.open_ends")))
		}
		parts = append(parts, NewPanel(box))
	}
	if p.refused {
		parts = append(parts, NewTinted(StateWarning, NewText(lang.Say("handover.not_taken"))))
	}
	if len(p.outcomes) > 0 {
		box := Stack(NewLead(lang.Say("handover.given_title")))
		for _, o := range p.outcomes[:min(len(p.outcomes), mostResults)] {
			box.Add(w.outcomeLine(p, o))
		}
		parts = append(parts, NewPanel(box))
	}
	return parts
}

func (w *Window) receivedLine(p *sharing, card agent.Card) fyne.CanvasObject {
	words := StackTight(NewStrong(card.Title), NewText(w.lang.Say("handover.received", "title", card.Title, "name", p.peer.Name,
		"until", spoken(w.lang, w.now(), card.LoanUntil))))
	open := NewPrimary(w.lang.Say("assignments.open_record"), assets.IconRecord, func() { w.push(newRecordScreen(w, card.ID)) })
	return container.NewBorder(nil, nil, nil, container.New(pushed{left: 12}, container.New(middle{}, open)), container.New(middle{}, words))
}

func (w *Window) outcomeLine(p *sharing, o outcome) fyne.CanvasObject {
	if o.problem == nil {
		return NewText(w.lang.Say("handover.sent", "title", o.title, "name", p.peer.Name)).InState(StateOK)
	}
	why := failureOf(w.lang, o.problem)
	if o.file != "" {
		return StackTight(NewStrong(w.lang.Say("handover.file_stays", "title", o.title)).InState(StateWarning), NewText(why.What+" "+why.Do))
	}
	return StackTight(NewStrong(w.lang.Say("handover.stays", "title", o.title)).InState(StateWarning), NewText(why.What+" "+why.Do))
}
