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
)

// The steps of an enrolment.
const (
	stepOrganisation = iota + 1
	stepSignIn
	stepProtection // where the machine has anything but the passphrase to guard the device with
	stepPassphrase
	stepResume // of one that was interrupted: the organisation and the keys stand already
)

// enrolScreen makes this device one of the person's: which organisation, who, and a passphrase.
type enrolScreen struct {
	w       *Window
	banner  *part.Banner
	body    *fyne.Container
	scroll  fyne.CanvasObject
	latest  Latest
	step    int
	counter *part.Text
	busy    bool

	organisation *part.OrgField
	find         *part.Button
	found        agent.Organisation
	username     *part.Field
	password     *part.Field
	browser      bool             // the person signs in there, not with these
	guards       agent.Protection // what this machine has
	asked        bool             // it has answered
	guard        *part.Choice     // of them; nil where there is nothing to choose
	phrase       *phraseField
	old          *part.Field // the passphrase of an interrupted enrolment
	progress     *part.Progress
	form         fyne.CanvasObject // of the step
	waits        fyne.CanvasObject // in its place while the device waits for an administrator
	first        fyne.Focusable
	asking       Latest // of the machine
}

func newEnrolScreen(w *Window) *enrolScreen {
	s := &enrolScreen{w: w, banner: part.NewBanner(w.lang), body: part.Stack(), counter: part.NewMuted("")}
	s.organisation = part.NewOrgField(w.lang, w.agent.ReadOrganisation)
	s.organisation.OnWhole = func(whole bool) { s.enableFind(whole) }
	s.organisation.Field.OnSubmit = func(string) { s.findOrganisation() }
	s.find = part.NewPrimary(w.lang.Say("enrol.find"), assets.IconSearch, s.findOrganisation)
	s.find.Disable()
	if org := w.agent.Me().Org; org != "" { // this device was started again
		s.organisation.Set(org)
	}
	s.username = part.NewField(w.lang.Say("enrol.username"), w.lang.Say("enrol.username_hint"))
	s.username.OnSubmit = func(string) { s.focus(s.password) }
	s.password = part.NewSecretField(w.lang.Say("enrol.password"), w.lang.Say("enrol.password_hint"))
	s.phrase = newPhraseField(w.lang)
	s.phrase.onSubmit = s.enrol
	s.old = part.NewSecretField(w.lang.Say("lock.passphrase"), w.lang.Say("enrol.resume_passphrase_hint"))
	s.old.OnSubmit = func(string) {
		if s.signedIn() {
			s.resume()
			return
		}
		s.focus(s.password)
	}
	s.scroll = part.NewTouchScroll(part.Balanced(formWidth, part.Inset(part.GapWide, s.body)))
	s.show(stepOrganisation)
	if w.agent.State() == agent.IsEnrolling {
		s.show(stepResume)
	}
	return s
}

func (s *enrolScreen) Content() fyne.CanvasObject { return s.scroll }
func (s *enrolScreen) First() fyne.Focusable      { return s.first }

// Changed shows that the device waits for an administrator, while it does.
func (s *enrolScreen) Changed(sig agent.Signal) {
	if sig == agent.StateChanged && s.busy && s.waits == nil && !s.w.agent.Me().ApprovalUntil.IsZero() {
		s.showWaiting()
	}
}

// Enter asks what this machine has to guard a device with.
func (s *enrolScreen) Enter() {
	Load(s.asking.Next(s.w.life), s.w.spawn, func(context.Context) (agent.Protection, error) { return s.w.agent.Protection() }, func(p agent.Protection, err error) {
		if err != nil { // then there is nothing to choose
			return
		}
		s.guards, s.asked = p, true
		if ways := protections(p); len(ways) > 1 {
			s.guard = part.NewChoice(protectionOptions(s.w.lang, p), protectionID(ways[0]))
			s.guard.OnChoose = func(string) { s.w.touch() }
		}
		pin := hasPIN(p, p.Used) // of an enrolment that was begun
		s.old.SetLabel(s.w.lang.Say(pinned("lock.passphrase", pin)), s.w.lang.Say("enrol.resume_passphrase_hint"))
		if s.step == stepOrganisation && !s.busy {
			s.sayStep()
		}
	})
}

// use is what is to guard the device beside the passphrase.
func (s *enrolScreen) use() []agent.Factor {
	if s.guard == nil {
		return nil
	}
	return protectionOf(protections(s.guards), s.guard.Chosen())
}

// sayStep tells which of how many steps is shown.
func (s *enrolScreen) sayStep() {
	step, of := s.step, stepPassphrase
	if s.guard == nil {
		of--
		step = min(step, of)
	}
	s.counter.SetText(s.w.lang.Say("common.step", "step", step, "of", of))
	s.counter.Hidden = s.step == stepResume
}

// Leave forgets the secrets that were typed.
func (s *enrolScreen) Leave() {
	s.latest.Stop()
	s.asking.Stop()
	s.forget()
}

func (s *enrolScreen) forget() {
	for _, f := range []*part.Field{s.password, s.old, s.phrase.once, s.phrase.again} {
		f.SetText("")
	}
}

func (s *enrolScreen) focus(f *part.Field) {
	if c := s.w.canvas(); c != nil {
		c.Focus(f.Focusable())
	}
}

// show lays out a step.
func (s *enrolScreen) show(step int) {
	s.step = step
	say := s.w.lang.Say
	var hint string
	var parts []fyne.CanvasObject
	buttons := container.NewHBox()
	back := func(to int) {
		buttons.Add(part.NewButton(say("common.back"), "", func() { s.banner.Clear(); s.show(to) }))
		buttons.Add(layout.NewSpacer())
	}
	switch step {
	case stepOrganisation:
		hint = say("enrol.intro")
		picture := part.NewButton(say("enrol.from_picture"), assets.IconQR, s.choosePicture)
		parts = []fyne.CanvasObject{s.organisation.Field, part.NewMuted(say("enrol.drop_hint"))}
		buttons.Add(picture)
		buttons.Add(layout.NewSpacer())
		buttons.Add(s.find)
		s.first = s.organisation.Field.Focusable()
	case stepSignIn:
		s.signInStep(&parts, buttons, back)
	case stepProtection:
		parts = []fyne.CanvasObject{part.NewLead(say("enrol.protection")), s.guard}
		s.guard.SetSubmit(s.next)
		back(stepSignIn)
		buttons.Add(part.NewPrimary(say("common.next"), "", s.next))
		s.first = s.guard.Focusable()
	case stepPassphrase:
		pin := hasPIN(s.guards, s.use())
		s.phrase.ask(leastSecret(s.guards, s.use()), pin)
		parts = []fyne.CanvasObject{part.NewLead(say(pinned("enrol.passphrase", pin))), s.phrase.content}
		if s.browser {
			parts = append(parts, part.NewMuted(say("enrol.browser_next")))
		}
		if s.guard == nil {
			if s.asked {
				parts = append(parts, part.NewMuted(say("protect.nothing_offered")))
			}
			back(stepSignIn)
		} else {
			back(stepProtection)
		}
		buttons.Add(part.NewPrimary(say("enrol.make_keys"), assets.IconKey, s.enrol))
		s.first = s.phrase.once.Focusable()
	case stepResume:
		hint = say("enrol.resume")
		s.password.OnSubmit = func(string) { s.resume() }
		parts = []fyne.CanvasObject{s.old, s.password, container.NewHBox(part.NewQuiet(say("enrol.browser"), assets.IconKey, s.resumeInBrowser))}
		if s.signedIn() {
			hint = say("enrol.waits_resume")
			parts = []fyne.CanvasObject{s.old}
		}
		buttons.Add(part.NewButton(say("enrol.anew"), "", func() { s.banner.Clear(); s.show(stepOrganisation) }))
		buttons.Add(layout.NewSpacer())
		buttons.Add(part.NewPrimary(say("enrol.go_on"), assets.IconKey, s.resume))
		s.first = s.old.Focusable()
	}
	s.sayStep()
	head := part.Stack(part.NewTitle(say("enrol.title")), s.counter)
	if hint != "" {
		head.Add(part.NewText(hint))
	}
	s.form = part.NewPanel(part.StackWide(part.Stack(parts...), buttons))
	s.body.Objects = []fyne.CanvasObject{head, s.banner, s.form}
	s.refresh()
	s.w.focusOn(s)
}

// foundPanel names the organisation that the ID led to.
func (s *enrolScreen) foundPanel() fyne.CanvasObject {
	return part.NewTinted(part.StateOK, part.Stack(part.NewStrong(s.found.Name).InState(part.StateOK), part.NewMuted(s.w.lang.Say("enrol.found")).InState(part.StateOK),
		part.NewMuted(s.found.Org.Grouped())))
}

func (s *enrolScreen) refresh() {
	s.body.Refresh()
	s.scroll.Resize(s.scroll.Size())
	s.scroll.Refresh()
}

func (s *enrolScreen) enableFind(on bool) {
	if on {
		s.find.Enable()
	} else {
		s.find.Disable()
	}
}

// work runs one of the steps' jobs in the place of the form, with a way out. done hears its end unless it was left.
func (s *enrolScreen) work(title string, job func(context.Context) error, done func(error)) {
	if s.busy {
		return
	}
	s.busy = true
	s.w.touch()
	s.banner.Clear()
	s.progress = part.NewProgress(s.w.lang, title)
	s.waits = nil
	s.progress.OnCancel = func() {
		s.latest.Stop()
		s.busy = false
		s.show(s.step)
		s.w.tell(s.banner, &agent.Problem{Code: agent.Cancelled})
		s.refresh()
	}
	s.body.Objects[len(s.body.Objects)-1] = s.progress
	s.refresh()
	Load(s.latest.Next(s.w.life), s.w.spawn, func(ctx context.Context) (struct{}, error) { return struct{}{}, job(ctx) },
		func(_ struct{}, err error) {
			s.busy = false
			done(err)
		})
}

// stay shows a step again with what went wrong in it.
func (s *enrolScreen) stay(step int, err error) {
	s.show(step)
	s.w.tell(s.banner, err)
	s.refresh()
}

// filled tells of empty fields in place.
func (s *enrolScreen) filled(fields ...*part.Field) bool {
	whole := true
	for i := len(fields) - 1; i >= 0; i-- {
		if f := fields[i]; f.Text() == "" {
			f.SetError(s.w.lang.Say("common.required"))
			s.focus(f)
			whole = false
		}
	}
	return whole
}

func (s *enrolScreen) next() {
	if s.step == stepSignIn {
		s.browser = false
	}
	if !s.browser && !s.filled(s.username, s.password) {
		return
	}
	s.goOn()
}

func (s *enrolScreen) goOn() {
	s.banner.Clear()
	if s.step == stepSignIn && s.guard != nil {
		s.show(stepProtection)
		return
	}
	s.show(stepPassphrase)
}

// enrol makes the keys and asks for their credential. Pressed again after a failure it goes on with the same keys.
func (s *enrolScreen) enrol() {
	if !s.phrase.check() {
		return
	}
	ask := agent.Enrolment{Org: s.found.Org, Passphrase: s.phrase.once.Text(), Factors: s.use()}
	if s.browser {
		ask.Browse = s.w.browse
	} else {
		ask.Username, ask.Password = s.username.Text(), s.password.Text()
	}
	s.work(s.w.lang.Say("enrol.making_keys"), func(ctx context.Context) error { return s.w.agent.Enrol(ctx, ask) }, s.ended)
}

func (s *enrolScreen) resume() {
	if s.signedIn() && !s.filled(s.old) || !s.signedIn() && !s.filled(s.old, s.password) {
		return
	}
	phrase, password := s.old.Text(), s.password.Text()
	s.work(s.w.lang.Say("enrol.asking"), func(ctx context.Context) error { return s.w.agent.ResumeEnrol(ctx, phrase, password) }, s.ended)
}

// ended leads to the step where the mistake can be mended.
func (s *enrolScreen) ended(err error) {
	step := s.step
	switch code := agent.CodeOf(err); {
	case err == nil, code == agent.AlreadyEnrolled, code == agent.OpenElsewhere:
		s.stay(step, err)
		s.w.settle()
		return
	case step != stepResume && slices.Contains([]agent.Code{agent.WrongPassword, agent.UserDisabled, agent.SignInFailed, agent.SignInUnlinked, agent.PasswordOff, agent.ProviderAway, agent.BrowserAway, agent.WaitingFull, agent.DeviceLimit}, code):
		step = stepSignIn
	case s.guard != nil && (code == agent.FactorAway || code == agent.FactorMissing || code == agent.FactorLocked):
		step = stepProtection // another way can be chosen
	case code == agent.NotEnrolled, code == agent.DeviceRefused, code == agent.UnknownOrganisation, code == agent.StatementForged:
		step = stepOrganisation
	}
	if code := agent.CodeOf(err); code == agent.WrongPassword {
		s.password.SetText("")
		if step == stepSignIn { // said where it is mended, so that all stays in view
			p := ProblemOf(s.w.lang, err)
			s.stay(step, nil)
			s.password.SetError(p.What + " " + p.Do)
			return
		}
	} else if code == agent.WrongPassphrase {
		s.old.SetText("")
	}
	s.stay(step, err)
}
