package ui

import (
	"context"

	"fyne.io/fyne/v2"

	"handslag/app/agent"
	"handslag/ui/part"
)

// wipeScreen empties the device at the wish of its person, who says so with the passphrase.
type wipeScreen struct {
	w       *Window
	banner  *part.Banner
	secret  *part.Field
	button  *part.Button
	content fyne.CanvasObject
	latest  Latest
	pin     bool
	busy    bool
}

func newWipeScreen(w *Window) *wipeScreen {
	say := w.lang.Say
	s := &wipeScreen{w: w, banner: part.NewBanner(w.lang)}
	s.secret = part.NewSecretField(say("lock.passphrase"), say("wipe.secret_hint"))
	s.secret.OnChange = func(string) { w.touch() }
	s.secret.OnSubmit = func(string) { s.wipe() }
	s.button = part.NewDanger(say("wipe.do"), "", s.wipe)
	s.content = part.NewSubPage(w.lang, say("wipe.title"), w.back, s.banner, part.NewScrollPage(formWidth,
		part.NewText(say("wipe.intro")),
		part.NewPanel(consequences(
			consequence{part.StateOK, say("again.received")},
			consequence{part.StateOK, say("wipe.handed")},
			consequence{part.StateWarning, say("again.gone")},
			consequence{part.StateWarning, say("again.needs")},
		)),
		part.NewPanel(part.StackWide(s.secret, s.button)),
	))
	return s
}

func (s *wipeScreen) Content() fyne.CanvasObject { return s.content }
func (s *wipeScreen) First() fyne.Focusable      { return s.secret.Focusable() }
func (s *wipeScreen) Changed(agent.Signal)       {}

// Enter asks what the person's secret is called.
func (s *wipeScreen) Enter() {
	s.w.guarded(&s.latest, func(p agent.Protection) {
		s.pin = hasPIN(p, p.Used)
		s.secret.SetLabel(s.w.lang.Say(pinned("lock.passphrase", s.pin)), s.w.lang.Say("wipe.secret_hint"))
	})
}

func (s *wipeScreen) Leave() {
	s.latest.Stop()
	s.secret.SetText("")
}

func (s *wipeScreen) wipe() {
	if s.busy {
		return
	}
	say, secret := s.w.lang.Say, s.secret.Text()
	s.w.touch()
	s.banner.Clear()
	if secret == "" {
		s.secret.SetError(say("common.required"))
		return
	}
	s.setBusy(true)
	s.w.becomeNew(func(ctx context.Context) error { return s.w.agent.Wipe(ctx, secret) }, say("wipe.done"), func(err error) {
		s.setBusy(false)
		if agent.CodeOf(err) == agent.WrongPassphrase {
			s.secret.SetText("")
			s.secret.SetError(say(pinned("passphrase.wrong", s.pin)))
			return
		}
		s.w.tell(s.banner, err)
	})
}

func (s *wipeScreen) setBusy(on bool) {
	s.busy = on
	if on {
		s.secret.Disable()
		s.button.Disable()
		s.button.SetText(s.w.lang.Say("again.doing"))
		return
	}
	s.secret.Enable()
	s.button.Enable()
	s.button.SetText(s.w.lang.Say("wipe.do"))
}

// guarded asks what guards this device, off the main thread: a chip takes a while to answer.
func (w *Window) guarded(latest *Latest, show func(agent.Protection)) {
	Load(latest.Next(w.life), w.spawn, func(context.Context) (agent.Protection, error) { return w.agent.Guarded(), nil },
		func(p agent.Protection, _ error) { show(p) })
}
