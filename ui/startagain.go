package ui

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/ui/part"
)

// againScreen is for a forgotten passphrase: it says what is lost and what is not, wants a typed word, and makes the device
// new.
type againScreen struct {
	w       *Window
	banner  *part.Banner
	word    *part.Field
	button  *part.Button
	content fyne.CanvasObject
	busy    bool
}

func newAgainScreen(w *Window) *againScreen {
	say := w.lang.Say
	s := &againScreen{w: w, banner: part.NewBanner(w.lang)}
	s.word = part.NewField(say("again.confirm", "word", say("again.word")), say("again.confirm_hint"))
	s.word.OnChange = func(string) { w.touch(); s.enable() }
	s.word.OnSubmit = func(string) { s.begin() }
	s.button = part.NewDanger(say("again.do"), "", s.begin)
	s.button.Disable()
	back := part.NewButton(say("common.back"), assets.IconBack, w.back)
	form := part.StackWide(
		part.Stack(part.NewTitle(say("again.title")), part.NewText(say("again.intro"))),
		part.NewPanel(consequences(
			consequence{part.StateOK, say("again.received")},
			consequence{part.StateOK, waitingStays(w)},
			consequence{part.StateWarning, say("again.gone")},
			consequence{part.StateWarning, say("again.needs")},
		)),
		s.banner,
		part.NewPanel(part.StackWide(s.word, container.NewHBox(back, layout.NewSpacer(), s.button))),
	)
	s.content = part.NewTouchScroll(part.Balanced(formWidth, part.Inset(part.GapWide, form)))
	return s
}

func (s *againScreen) Content() fyne.CanvasObject { return s.content }
func (s *againScreen) First() fyne.Focusable      { return s.word.Focusable() }
func (s *againScreen) Enter()                     {}
func (s *againScreen) Leave()                     { s.word.SetText("") }
func (s *againScreen) Changed(agent.Signal)       {}

// sure tells whether the word was typed; capitals and blanks do not matter to a glove.
func (s *againScreen) sure() bool {
	plain := func(text string) string { return strings.ToLower(strings.Join(strings.Fields(text), "")) }
	return plain(s.word.Text()) == plain(s.w.lang.Say("again.word"))
}

func (s *againScreen) enable() {
	if s.sure() && !s.busy {
		s.button.Enable()
	} else {
		s.button.Disable()
	}
}

func (s *againScreen) begin() {
	if s.busy || !s.sure() {
		return
	}
	say := s.w.lang.Say
	s.busy = true
	s.enable()
	s.word.Disable()
	s.button.SetText(say("again.doing"))
	s.banner.Clear()
	s.w.becomeNew(s.w.agent.StartAgain, say("again.done"), func(err error) {
		s.busy = false
		s.word.Enable()
		s.button.SetText(say("again.do"))
		s.enable()
		s.w.tell(s.banner, err)
	})
}

// becomeNew runs what makes this device new, which the end of this unlocked time must not stop half way, and leads to its
// enrolment with a word about what was done.
func (w *Window) becomeNew(do func(context.Context) error, done string, failed func(error)) {
	Load(context.Background(), w.spawn, func(ctx context.Context) (struct{}, error) { return struct{}{}, do(ctx) }, func(_ struct{}, err error) {
		if w.closed {
			return
		}
		w.settle()
		w.showHeader()
		if s, ok := w.top().(*enrolScreen); ok {
			p := part.Problem{State: part.StateOK, What: done}
			if err != nil {
				p = ProblemOf(w.lang, err)
			}
			s.banner.Tell(p)
			s.refresh()
			return
		}
		if err != nil {
			failed(err)
		}
	})
}

// consequence is one thing that a deed does or leaves be.
type consequence struct {
	state part.State
	text  string
}

// consequences lists them, each with its sign; one without words is left out.
func consequences(all ...consequence) fyne.CanvasObject {
	list := part.Stack()
	for _, c := range all {
		if c.text == "" {
			continue
		}
		icon := container.NewVBox(part.NewIcon(c.state.Icon(), c.state.Ink(), 24))
		list.Add(container.NewBorder(nil, nil, icon, nil, part.Pushed(8, part.NewText(c.text))))
	}
	return list
}

// waitingStays says what becomes of entries that are not yet handed in.
func waitingStays(w *Window) string {
	if n := w.agent.Me().Waiting; n > 0 {
		return w.lang.Say("again.waiting", "n", n)
	}
	return w.lang.Say("again.outbox")
}
