package ui

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/ui/part"
	"handslag/vault/journal"
)

// protectedPart is where a record's protected part stands on its page, for as long as it may: behind a reason,
// with a countdown, and gone from every widget when that ends.
type protectedPart struct {
	w      *Window
	id     journal.RecordID
	banner *part.Banner

	why  *reasonField
	open *part.Button

	loads     Latest
	asked     bool // an opening was asked for and not yet closed
	until     time.Time
	total     time.Duration
	countdown *part.Countdown
	values    []*part.Text // the clear text on the screen
	stop      func()       // of the ticking

	onOpen func(agent.Opening, agent.Reason) // it stands open, and why
	onShut func()
	reason agent.Reason

	content *fyne.Container
}

func newProtectedPart(w *Window, id journal.RecordID, banner *part.Banner) *protectedPart {
	p := &protectedPart{w: w, id: id, banner: banner, content: container.NewStack()}
	p.why = newReasonField(w)
	p.why.onSubmit = p.ask
	p.open = part.NewPrimary(w.lang.Say("records.open"), assets.IconEye, p.ask)
	return p
}

func (p *protectedPart) first() fyne.Focusable {
	switch {
	case p.isOpen() || p.why.choice == nil && len(p.content.Objects) == 0:
		return nil
	case p.why.chosen() == ownReason:
		return p.why.words.Focusable()
	}
	return p.open
}

func (p *protectedPart) isOpen() bool { return p.stop != nil }

// offer shows the reasons there are.
func (p *protectedPart) offer(reasons []agent.Reason) {
	p.why.offer(reasons)
	if !p.isOpen() {
		p.showClosed()
	}
}

func (p *protectedPart) showClosed() {
	lang := p.w.lang
	form := part.Stack(part.NewStrong(lang.Say("records.reason")), p.why.content)
	form.Add(part.Beside(p.open, layout.NewSpacer()))
	form.Add(part.NewMuted(lang.Say("records.open_hint")))
	p.content.Objects = []fyne.CanvasObject{part.NewPanel(part.Section(lang.Say("records.protected"), lang.Say("records.protected_closed"), form))}
	p.open.SetText(lang.Say("records.open"))
	p.open.Enable()
	p.content.Refresh()
}

// ask opens it. Nothing is shown before the agent's entry is durable; a refusal is told in place.
func (p *protectedPart) ask() {
	if p.open.Disabled() || p.isOpen() {
		return
	}
	why, whole := p.why.reason()
	if !whole {
		return
	}
	p.w.touch()
	p.banner.Clear()
	p.reason = why
	p.open.SetText(p.w.lang.Say("records.opening"))
	p.open.Disable()
	p.begin(func(ctx context.Context) (agent.Opening, error) { return p.w.agent.Open(ctx, p.id, why) })
}

// extend lets it stay open longer: another entry.
func (p *protectedPart) extend() {
	p.w.touch()
	p.begin(func(ctx context.Context) (agent.Opening, error) { return p.w.agent.Extend(ctx, p.id) })
}

// begin asks the agent. When the page is left meanwhile, what was opened is closed unseen.
func (p *protectedPart) begin(open func(context.Context) (agent.Opening, error)) {
	p.asked = true
	Load(p.loads.Next(p.w.life), p.w.spawn, func(ctx context.Context) (agent.Opening, error) {
		o, err := open(ctx)
		if err == nil && ctx.Err() != nil {
			_ = p.w.agent.CloseRecord(context.WithoutCancel(ctx), p.id) // locked already, or it lapses by itself
		}
		return o, err
	}, p.opened)
}

func (p *protectedPart) opened(o agent.Opening, err error) {
	if err != nil {
		if p.isOpen() { // an extension that was refused: what is open may stay until its time
			p.w.tell(p.banner, err)
			return
		}
		p.asked = false
		p.showClosed()
		p.w.tell(p.banner, err)
		return
	}
	p.banner.Clear()
	p.until = o.Until
	p.total = p.left()
	p.why.words.SetText("")
	if !p.isOpen() {
		p.stop = p.w.every(time.Second, p.tick)
	}
	p.showOpen(o)
	if p.onOpen != nil {
		p.onOpen(o, p.reason)
	}
	p.tick()
}

// left is how long it may stay. A wall clock that is turned back buys no time, and a machine that slept none either.
func (p *protectedPart) left() time.Duration {
	now := p.w.now()
	return min(p.until.Sub(now), p.until.Round(0).Sub(now.Round(0)))
}

func (p *protectedPart) showOpen(o agent.Opening) {
	lang := p.w.lang
	p.wipe()
	lines := part.Labelled(12)
	for _, f := range o.Fields {
		value := part.NewText(f.Value)
		p.values = append(p.values, value)
		lines.Add(part.NewMuted(fieldLabel(p.w, f.Name)).Unbroken())
		lines.Add(value)
	}
	p.countdown = part.NewCountdown(func(clock string) string { return lang.Say("records.closes_in", "time", clock) }, lang.Say("records.extend"))
	p.countdown.OnExtend = p.extend
	// Above the words, however many there are: somebody may come up the stairs.
	closing := part.NewPrimary(lang.Say("records.close"), assets.IconHidden, p.close)
	body := part.StackWide(
		part.Stack(container.NewBorder(nil, nil, nil, closing, part.Middle(part.NewLead(lang.Say("records.protected")))), p.countdown),
		lines,
		part.NewMuted(lang.Say("records.entry", "entry", o.Entry)),
	)
	p.content.Objects = []fyne.CanvasObject{part.NewPanel(body)}
	p.content.Refresh()
	if c := p.w.canvas(); c != nil {
		c.Focus(closing)
	}
}

// fieldLabel is the word for a field's code, or the code where the organisation has a field of its own.
func fieldLabel(w *Window, name string) string {
	if code := "field." + name; w.lang.Knows(code) {
		return w.lang.Say(code)
	}
	return name
}

// tick shows the time left, and ends it.
func (p *protectedPart) tick() {
	if !p.isOpen() {
		return
	}
	left := p.left()
	if left > 0 {
		p.countdown.Set(left, p.total)
		return
	}
	p.shut() // the agent writes by itself that its time was up
	p.asked = false
	p.showClosed()
	p.banner.Tell(part.Problem{State: part.StateWaiting, What: p.w.lang.Say("records.closed_by_time")})
}

// close takes it off the screen and says so to the agent.
func (p *protectedPart) close() {
	p.loads.Stop()
	if p.isOpen() || p.open.Disabled() {
		p.shut()
		p.showClosed()
	}
	if !p.asked {
		return
	}
	p.asked = false
	p.w.spawn(func() {
		// An error means that the device locked meanwhile, which closes it too.
		_ = p.w.agent.CloseRecord(context.Background(), p.id)
	})
}

// shut takes the clear text out of every widget and stops the ticking.
func (p *protectedPart) shut() {
	p.wipe()
	if p.stop != nil {
		p.stop()
		p.stop = nil
	}
	p.content.Objects = nil
	p.content.Refresh()
	if p.onShut != nil {
		p.onShut()
	}
}

func (p *protectedPart) wipe() {
	for _, value := range p.values {
		value.SetText("")
	}
	p.values = nil
}
