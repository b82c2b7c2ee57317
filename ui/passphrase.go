package ui

import (
	"context"

	"fyne.io/fyne/v2"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/ui/part"
)

// passphraseScreen changes what opens the device. The page says what a change can not do: call back a copy.
type passphraseScreen struct {
	w       *Window
	banner  *part.Banner
	old     *part.Field
	phrase  *phraseField
	button  *part.Button
	content fyne.CanvasObject
	latest  Latest
	busy    bool
}

func newPassphraseScreen(w *Window) *passphraseScreen {
	say := w.lang.Say
	s := &passphraseScreen{w: w, banner: part.NewBanner(w.lang), phrase: newPhraseField(w.lang)}
	s.old = part.NewSecretField(say("passphrase.old"), "")
	s.old.OnChange = func(string) { w.touch() }
	s.old.OnSubmit = func(string) { s.focusOn(s.phrase.once) }
	judge := s.phrase.once.OnChange
	s.phrase.once.OnChange = func(text string) { w.touch(); judge(text) }
	s.phrase.again.OnChange = func(string) { w.touch() }
	s.phrase.onSubmit = s.change
	s.button = part.NewPrimary(say("settings.change_passphrase"), assets.IconKey, s.change)
	s.content = part.NewSubPage(w.lang, say("settings.change_passphrase"), w.back, s.banner, part.NewScrollPage(formWidth,
		part.NewPanel(part.Stack(s.old)),
		part.Section(say("passphrase.new"), "", part.NewPanel(part.StackWide(s.phrase.content, s.button))),
		part.NewMuted(say("passphrase.about")),
		part.NewMuted(say("passphrase.copies")),
	))
	return s
}

func (s *passphraseScreen) Content() fyne.CanvasObject { return s.content }
func (s *passphraseScreen) First() fyne.Focusable      { return s.old.Focusable() }
func (s *passphraseScreen) Changed(agent.Signal)       {}

// Enter asks what the person's secret is called, and how short it may be.
func (s *passphraseScreen) Enter() {
	s.w.guarded(&s.latest, func(p agent.Protection) {
		pin := hasPIN(p, p.Used)
		s.old.SetLabel(s.w.lang.Say(pinned("passphrase.old", pin)), "")
		s.phrase.ask(p.MinSecret, pin)
	})
}

// Leave forgets what was typed.
func (s *passphraseScreen) Leave() {
	s.latest.Stop()
	for _, f := range []*part.Field{s.old, s.phrase.once, s.phrase.again} {
		f.SetText("")
	}
}

func (s *passphraseScreen) focusOn(f *part.Field) {
	if c := s.w.canvas(); c != nil && s.w.top() == screen(s) {
		c.Focus(f.Focusable())
	}
}

// change tries what was typed. Two keys are derived meanwhile, a second or so each.
func (s *passphraseScreen) change() {
	if s.busy {
		return
	}
	s.w.touch()
	s.banner.Clear()
	old, fresh := s.old.Text(), s.phrase.once.Text()
	if old == "" {
		s.old.SetError(s.w.lang.Say("common.required"))
		s.focusOn(s.old)
		return
	}
	if !s.phrase.check() {
		return
	}
	s.setBusy(true)
	Load(s.w.life, s.w.spawn, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, s.w.agent.ChangePassphrase(ctx, old, fresh)
	}, func(_ struct{}, err error) {
		s.setBusy(false)
		switch agent.CodeOf(err) {
		case "":
			s.Leave()
			s.banner.Tell(part.Problem{State: part.StateOK, What: s.w.lang.Say("passphrase.changed")})
		case agent.WrongPassphrase:
			s.old.SetText("")
			s.old.SetError(s.w.lang.Say(pinned("passphrase.wrong", s.phrase.pin)))
			s.focusOn(s.old)
		default:
			s.w.tell(s.banner, err)
		}
	})
}

func (s *passphraseScreen) setBusy(on bool) {
	s.busy = on
	for _, f := range []*part.Field{s.old, s.phrase.once, s.phrase.again} {
		if on {
			f.Disable()
		} else {
			f.Enable()
		}
	}
	if on {
		s.button.Disable()
		s.button.SetText(s.w.lang.Say("passphrase.changing"))
		return
	}
	s.button.Enable()
	s.button.SetText(s.w.lang.Say("settings.change_passphrase"))
}
