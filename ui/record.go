package ui

import (
	"context"
	"reflect"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/ui/part"
	"handslag/vault/journal"
)

// recordScreen is one record: its card, its loan, and its protected part behind a reason.
type recordScreen struct {
	w       *Window
	id      journal.RecordID
	banner  *part.Banner
	part    *protectedPart
	files   *attachmentsPart
	loads   Latest
	shown   *recordView
	content *fyne.Container
}

// recordView is what the page shows of a record.
type recordView struct {
	Card    agent.Card
	Reasons []agent.Reason
	Files   attachmentsView
}

func newRecordScreen(w *Window, id journal.RecordID) *recordScreen {
	s := &recordScreen{w: w, id: id, banner: part.NewBanner(w.lang), content: container.NewStack()}
	s.part = newProtectedPart(w, id, s.banner)
	s.files = newAttachmentsPart(w, id, s.banner)
	s.part.onOpen = func(o agent.Opening, why agent.Reason) { s.files.named(o.Labels, why) }
	s.part.onShut = s.files.unnamed
	return s
}

func (s *recordScreen) Content() fyne.CanvasObject { return s.content }
func (s *recordScreen) Enter()                     { s.load() }

// Leave closes the protected part: what nobody looks at stays on no screen.
func (s *recordScreen) Leave() {
	s.loads.Stop()
	s.files.close()
	s.part.close()
}

// Dropped takes a file that is dropped on the page as one to add.
func (s *recordScreen) Dropped(files []fyne.URI) {
	if len(files) > 0 && files[0].Scheme() == "file" {
		s.files.dropped(files[0].Path())
	}
}

// First lets Enter open where the reason is clear, and Tab lead to the choice.
func (s *recordScreen) First() fyne.Focusable { return s.part.first() }

func (s *recordScreen) Changed(sig agent.Signal) {
	if sig == agent.RecordsChanged || sig == agent.AssignmentsChanged {
		s.load()
	}
}

func (s *recordScreen) load() {
	Load(s.loads.Next(s.w.life), s.w.spawn, func(ctx context.Context) (recordView, error) {
		card, err := s.w.agent.Record(ctx, s.id)
		if err != nil {
			return recordView{}, err
		}
		reasons, err := s.w.agent.Reasons(ctx, s.id)
		if err != nil {
			return recordView{}, err
		}
		files, err := loadAttachments(ctx, s.w.agent, s.id)
		return recordView{card, reasons, files}, err
	}, s.show)
}

func (s *recordScreen) show(v recordView, err error) {
	if err != nil {
		s.files.close()
		s.part.close()
		s.shown = nil
		s.gone(err)
		return
	}
	if s.shown != nil && reflect.DeepEqual(*s.shown, v) {
		return // what is being typed or read stays
	}
	first := s.shown == nil
	if first || !reflect.DeepEqual(s.shown.Reasons, v.Reasons) {
		s.part.offer(v.Reasons)
	}
	same := !first && reflect.DeepEqual(s.shown.Card, v.Card)
	s.shown = &v
	s.files.show(v.Files)
	if !same {
		s.lay(v.Card)
	}
	if first {
		s.w.focusOn(s)
	}
}

// lay builds the page around the protected part.
func (s *recordScreen) lay(card agent.Card) {
	give := part.NewButton(s.w.lang.Say("records.hand_over"), assets.IconHandshake, func() {
		s.w.push(newHandoverScreen(s.w, []journal.RecordID{s.id}))
	})
	deeds := []fyne.CanvasObject{give}
	if s.w.agent.Me().MayReadLog {
		deeds = append([]fyne.CanvasObject{part.NewButton(s.w.lang.Say("spread.open"), assets.IconLog, func() { s.w.push(newSpreadPage(s.w, s.id)) })}, deeds...)
	}
	page := part.NewSubPage(s.w.lang, card.Title, s.w.back, s.banner, part.NewScrollPage(820, s.summary(card), s.part.content, s.files.content, s.facts(card)), deeds...)
	s.content.Objects = []fyne.CanvasObject{page}
	s.content.Refresh()
}

// summary is the card as lists show it, above what the page is opened for.
func (s *recordScreen) summary(card agent.Card) fyne.CanvasObject {
	var parts []fyne.CanvasObject
	if s.w.loanBadge(card).State != part.StateNeutral {
		parts = append(parts, part.NewTinted(part.StateWarning, part.NewStrong(s.w.loanSentence(card))))
	}
	row := s.w.cardRow(card)
	var badges []fyne.CanvasObject
	for _, b := range row.Badges {
		badges = append(badges, part.NewPill(b))
	}
	if len(badges) > 0 {
		parts = append(parts, part.NewFlow(badges...))
	}
	if row.Subtitle != "" {
		parts = append(parts, part.NewText(row.Subtitle))
	}
	return part.Stack(parts...)
}

// facts is the card, with everything that may be read without opening anything.
func (s *recordScreen) facts(card agent.Card) fyne.CanvasObject {
	lang, now := s.w.lang, s.w.now()
	facts := []part.Fact{
		{Label: lang.Say("records.street"), Value: card.Street},
		{Label: lang.Say("records.area"), Value: card.Area},
		{Label: lang.Say("records.tags"), Value: joined(card.Tags)},
		{Label: lang.Say("records.version_label"), Value: lang.Say("records.version", "n", card.Number)},
	}
	if from := card.From; from != nil {
		facts = append(facts,
			part.Fact{Label: lang.Say("records.origin"), Value: lang.Say("records.received_from", "name", from.Name, "time", part.Spoken(lang, now, from.At))},
			part.Fact{Label: lang.Say("records.device"), Value: from.Device.Grouped()})
	} else {
		facts = append(facts, part.Fact{Label: lang.Say("records.origin"), Value: lang.Say("records.origin_system")})
	}
	facts = append(facts, part.Fact{Label: lang.Say("records.origin_until"), Value: part.Spoken(lang, now, card.LoanUntil)})
	return part.NewPanel(part.Section(lang.Say("records.card"), "", part.Facts(facts...)))
}

// gone is the page of a record that is not, or no longer, on this device.
func (s *recordScreen) gone(err error) {
	lang := s.w.lang
	receive := part.NewPrimary(lang.Say("records.receive"), assets.IconHandshake, func() { s.w.push(newHandoverScreen(s.w, nil)) })
	empty := part.NewEmpty(lang, assets.IconRecord, "records.not_here", receive)
	if agent.CodeOf(err) != agent.NoRecord {
		s.w.tell(s.banner, err)
		empty = container.NewStack()
	}
	s.content.Objects = []fyne.CanvasObject{part.NewSubPage(lang, lang.Say("records.record_title"), s.w.back, s.banner, empty)}
	s.content.Refresh()
}
