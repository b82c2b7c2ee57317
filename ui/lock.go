package ui

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/ui/part"
)

// formWidth is how wide a form grows, in device-independent pixels: an organisation ID fits on one line.
const formWidth = float32(560)

// lockScreen asks for the passphrase. It shows no more than who may be asked: a first name and a device ID.
type lockScreen struct {
	w       *Window
	banner  *part.Banner
	field   *part.Field
	button  *part.Button
	lost    *part.Button
	count   *part.Text
	content fyne.CanvasObject
	latest  Latest
	pin     bool // a TPM guards the device
	busy    bool
}

func newLockScreen(w *Window) *lockScreen {
	me := w.agent.Me()
	s := &lockScreen{w: w, banner: part.NewBanner(w.lang)}
	title := w.lang.Say("lock.title")
	if me.Person.First != "" {
		title = w.lang.Say("lock.greeting", "name", me.Person.First)
	}
	head := part.Stack(container.NewCenter(part.Medallion(assets.IconLock, part.StateNeutral, 72)), part.NewTitle(title).Centred())
	if me.Device != "" {
		head.Add(part.NewMuted(w.lang.Say("lock.device", "id", me.Device.Grouped())).Centred())
	}
	if w.byItself {
		head.Add(part.NewMuted(w.lang.Say("lock.auto", "minutes", int(w.config.AutoLock.Minutes()))).Centred())
	}
	if me.Waiting > 0 {
		head.Add(part.NewMuted(w.lang.Say("lock.waiting", "n", me.Waiting)).Centred())
	}
	s.field = part.NewSecretField(w.lang.Say("lock.passphrase"), w.lang.Say("lock.passphrase_hint"))
	s.field.OnChange = func(string) { w.touch() }
	s.field.OnSubmit = func(string) { s.unlock() }
	s.button = part.NewPrimary(w.lang.Say("lock.unlock"), assets.IconKey, s.unlock)
	s.count = part.NewMuted("").InState(part.StateWarning)
	s.count.Hide()
	s.lost = part.NewQuiet(w.lang.Say("lock.forgotten"), "", s.forgotten)
	s.banner.OnAction = s.forgotten
	form := part.StackWide(head, s.banner, part.NewPanel(part.Stack(s.field, s.count, s.button)), container.NewCenter(s.lost))
	s.content = part.NewTouchScroll(part.Balanced(formWidth, part.Inset(part.GapWide, form)))
	s.tellCount()
	return s
}

func (s *lockScreen) Content() fyne.CanvasObject { return s.content }
func (s *lockScreen) First() fyne.Focusable      { return s.field.Focusable() }

// Enter asks what the person's secret is called.
func (s *lockScreen) Enter() {
	s.w.guarded(&s.latest, func(p agent.Protection) {
		s.pin = hasPIN(p, p.Used)
		say := s.w.lang.Say
		s.field.SetLabel(say(pinned("lock.passphrase", s.pin)), say(pinned("lock.passphrase_hint", s.pin)))
		s.lost.SetText(say(pinned("lock.forgotten", s.pin)))
	})
}

// Leave forgets what was typed.
func (s *lockScreen) Leave() {
	s.latest.Stop()
	s.field.SetText("")
}

func (s *lockScreen) Changed(sig agent.Signal) {
	if sig == agent.StateChanged {
		s.tellCount()
	}
}

// tellCount says how many wrong passphrases this run has seen.
func (s *lockScreen) tellCount() {
	n := s.w.agent.Me().WrongAttempts
	s.count.SetText(s.w.lang.Say("lock.wrong_so_far", "n", n))
	s.count.Hidden = n == 0
	s.content.Refresh()
}

// unlock tries what was typed. Deriving the key takes a second or so; meanwhile nothing can be typed.
func (s *lockScreen) unlock() {
	if s.busy {
		return
	}
	s.w.touch()
	phrase := s.field.Text()
	if phrase == "" {
		s.field.SetError(s.w.lang.Say("common.required"))
		return
	}
	s.banner.Clear()
	s.setBusy(true)
	Load(s.w.life, s.w.spawn, func(ctx context.Context) (struct{}, error) { return struct{}{}, s.w.agent.Unlock(ctx, phrase) },
		func(_ struct{}, err error) {
			s.setBusy(false)
			switch agent.CodeOf(err) {
			case "":
				s.w.settle()
				return
			case agent.WrongPassphrase:
				s.field.SetText("")
				s.field.SetError(s.w.lang.Say(pinned("lock.wrong", s.pin)))
			case agent.FactorMissing:
				p := ProblemOf(s.w.lang, err)
				p.Action = s.w.lang.Say("again.title")
				s.banner.Tell(p)
			case agent.OpenElsewhere, agent.NotEnrolled:
				s.w.settle() // a screen of its own
				s.w.tell(s.banner, err)
			default:
				s.w.tell(s.banner, err)
			}
			s.tellCount()
			s.w.focus()
		})
}

func (s *lockScreen) setBusy(on bool) {
	s.busy = on
	if on {
		s.field.Disable()
		s.button.Disable()
		s.button.SetText(s.w.lang.Say("lock.unlocking"))
		return
	}
	s.field.Enable()
	s.button.Enable()
	s.button.SetText(s.w.lang.Say("lock.unlock"))
}

// forgotten leads to what can be done without the passphrase.
func (s *lockScreen) forgotten() {
	if !s.busy {
		s.w.push(newAgainScreen(s.w))
	}
}
