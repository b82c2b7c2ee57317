package ui

import (
	"context"
	"reflect"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/ui/part"
	"handslag/vault/journal"
)

// attachmentsPart is where a record's attachments stand on its page: how many, and by name while the protected part is
// open. One of them is shown at a time.
type attachmentsPart struct {
	w      *Window
	id     journal.RecordID
	banner *part.Banner

	has    attachmentsView
	labels agent.Labels // while the protected part is open
	why    agent.Reason // that it is open for
	view   *attachmentView
	adder  *attachButton

	content *fyne.Container
}

// attachmentsView is what the page knows of attachments without opening anything.
type attachmentsView struct {
	Files       []agent.Attachment
	Add, Export bool
}

func newAttachmentsPart(w *Window, id journal.RecordID, banner *part.Banner) *attachmentsPart {
	p := &attachmentsPart{w: w, id: id, banner: banner, content: container.NewStack()}
	p.adder = newAttachButton(w, agent.Attach{Record: id}, banner)
	return p
}

func loadAttachments(ctx context.Context, a *agent.Agent, id journal.RecordID) (attachmentsView, error) {
	files, err := a.Attachments(ctx, id)
	return attachmentsView{files, a.MayAttach(agent.Attach{Record: id}), a.MayExport(id)}, err
}

// show takes what there is now.
func (p *attachmentsPart) show(has attachmentsView) {
	if reflect.DeepEqual(has, p.has) && len(p.content.Objects) > 0 {
		return
	}
	p.has = has
	gone := func(file agent.Attachment) bool { return p.view == nil || file.ID != p.view.file.ID }
	if p.view != nil && !slices.ContainsFunc(has.Files, func(file agent.Attachment) bool { return !gone(file) }) {
		p.view.close()
	}
	p.lay()
}

// named shows what they are called, unnamed no longer does.
func (p *attachmentsPart) named(labels agent.Labels, why agent.Reason) {
	p.labels, p.why = labels, why
	if p.labels == nil {
		p.labels = agent.Labels{}
	}
	p.lay()
}

func (p *attachmentsPart) unnamed() {
	p.labels = nil
	p.lay()
}

// dropped takes a file that is dropped on the page.
func (p *attachmentsPart) dropped(path string) {
	if p.has.Add {
		p.adder.take(path)
	}
}

// close takes what is open off the screen.
func (p *attachmentsPart) close() {
	p.labels = nil
	if p.view != nil {
		p.view.close()
	}
}

func (p *attachmentsPart) lay() {
	lang := p.w.lang
	if len(p.has.Files) == 0 && !p.has.Add {
		p.content.Objects = nil
		p.content.Refresh()
		return
	}
	hint := lang.Say("attachments.empty_hint")
	if len(p.has.Files) > 0 {
		hint = lang.Say("attachments.count", "n", len(p.has.Files)) + "."
		if p.labels == nil {
			hint += " " + lang.Say("attachments.closed")
		}
	}
	body := part.Stack()
	if p.view != nil {
		body.Add(p.view.content)
	}
	for _, file := range p.has.Files {
		if row := p.row(file); row != nil {
			body.Add(row)
		}
	}
	if p.has.Add {
		body.Add(part.Beside(p.adder.button))
	}
	p.content.Objects = []fyne.CanvasObject{part.NewPanel(part.Section(lang.Say("attachments.title"), hint, body))}
	p.content.Refresh()
}

// row is one attachment: by its name while the part is open; before that only where something has to be said of it.
func (p *attachmentsPart) row(file agent.Attachment) fyne.CanvasObject {
	lang := p.w.lang
	label, known := p.labels[file.ID]
	kind := ""
	if known {
		kind = lang.Say("attachments.type." + label.Type.Short())
	}
	state := dotted(kind, lang.Bytes(file.Size), lang.Say(file.State(), "here", file.Here, "chunks", file.Chunks))
	if file.Refused != "" {
		state += ": " + ProblemOf(lang, &agent.Problem{Code: file.Refused}).What
	}
	words := part.StackTight()
	if known {
		words.Add(part.NewStrong(label.Name))
	}
	words.Add(part.NewMuted(state))
	var action fyne.CanvasObject
	switch {
	case file.Large && !file.Whole:
		action = part.NewButton(lang.Say("attachments.fetch"), assets.IconSync, func() { p.fetch(file.ID) })
	case known && file.Whole:
		action = part.NewButton(lang.Say("attachments.open"), assets.IconEye, func() { p.open(file) })
	}
	if p.labels == nil && (file.Whole && !file.Waiting && file.Refused == "") {
		return nil
	}
	if action == nil {
		return words
	}
	return container.NewBorder(nil, nil, nil, part.Middle(action), part.Middle(words))
}

// open shows one, and closes what was shown before.
func (p *attachmentsPart) open(file agent.Attachment) {
	if p.view != nil {
		p.view.close()
	}
	view := newAttachmentView(p.w, file, p.why, p.has.Export, p.banner, nil)
	view.ended = func() {
		if p.view == view {
			p.view = nil
			p.lay()
		}
	}
	p.view = view
	p.lay()
	view.open()
}

func (p *attachmentsPart) fetch(id journal.AttachmentID) {
	Load(p.w.life, p.w.spawn, func(ctx context.Context) (struct{}, error) { return struct{}{}, p.w.agent.FetchAttachment(ctx, id) },
		func(_ struct{}, err error) {
			if err != nil {
				p.w.tell(p.banner, err)
				return
			}
			p.banner.Tell(part.Problem{State: part.StateWaiting, What: p.w.lang.Say("attachments.fetching")})
		})
}
