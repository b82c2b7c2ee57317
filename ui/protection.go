package ui

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/ui/part"
)

// What can guard a device beside the passphrase.
const (
	byKeyring = agent.Factor("keyring")
	byTPM     = agent.Factor("tpm")
)

// protectionID names a set of factors among the options of a choice; "passphrase" is none.
func protectionID(use []agent.Factor) string {
	names := []string{}
	for _, f := range []agent.Factor{byKeyring, byTPM} {
		if slices.Contains(use, f) {
			names = append(names, string(f))
		}
	}
	if len(names) == 0 {
		return "passphrase"
	}
	return strings.Join(names, "_")
}

// protections are the ways that this machine has to guard a device, the strongest first, and the one in use though it be none of
// the usual.
func protections(p agent.Protection) [][]agent.Factor {
	var ways [][]agent.Factor
	if len(p.Used) > 1 {
		ways = append(ways, p.Used)
	}
	for _, f := range []agent.Factor{byTPM, byKeyring} {
		if slices.Contains(p.Offered, f) || len(p.Used) == 1 && p.Used[0] == f {
			ways = append(ways, []agent.Factor{f})
		}
	}
	return append(ways, nil)
}

// promised says what becomes of old copies of erased persons under such a protection.
func promised(use []agent.Factor) string {
	switch {
	case slices.Contains(use, byTPM):
		return "full"
	case slices.Contains(use, byKeyring):
		return "best-effort"
	}
	return "none"
}

// protectionOptions are the ways with what each means.
func protectionOptions(lang assets.Language, p agent.Protection) []part.Option {
	ways := protections(p)
	options := make([]part.Option, len(ways))
	for i, use := range ways {
		id := protectionID(use)
		options[i] = part.Option{ID: id, Text: protectionName(lang, p, use), Detail: lang.Say("protect."+id+"_text") + " " + lang.Say("promise."+promised(use))}
	}
	return options
}

func protectionOf(ways [][]agent.Factor, id string) []agent.Factor {
	for _, use := range ways {
		if protectionID(use) == id {
			return use
		}
	}
	return nil
}

// protectionName is what a way is called: with a chip that is slow to try, a short PIN will do.
func protectionName(lang assets.Language, p agent.Protection, use []agent.Factor) string {
	code := "protect." + protectionID(use)
	if slices.Contains(use, byTPM) && !hasPIN(p, use) {
		code += "_phrase"
	}
	return lang.Say(code)
}

// hasPIN tells whether a short PIN stands in the place of a passphrase where these are used.
func hasPIN(p agent.Protection, use []agent.Factor) bool {
	return slices.Contains(use, byTPM) && p.MinPIN < agent.MinPassphrase
}

// leastSecret is how many characters a new passphrase or PIN must have.
func leastSecret(p agent.Protection, use []agent.Factor) int {
	if hasPIN(p, use) {
		return p.MinPIN
	}
	return agent.MinPassphrase
}

// protectionScreen changes what guards the device beside the passphrase, and says what each way means.
type protectionScreen struct {
	w       *Window
	banner  *part.Banner
	box     *fyne.Container
	choice  *part.Choice
	secret  *part.Field
	button  *part.Button
	content fyne.CanvasObject
	now     agent.Protection
	latest  Latest
	busy    bool
}

func newProtectionScreen(w *Window) *protectionScreen {
	say := w.lang.Say
	s := &protectionScreen{w: w, banner: part.NewBanner(w.lang), box: part.Stack()}
	s.banner.OnAction = func() { w.push(newPassphraseScreen(w)) }
	s.secret = part.NewSecretField(say("lock.passphrase"), say("protect.secret_hint"))
	s.secret.OnChange = func(string) { w.touch() }
	s.secret.OnSubmit = func(string) { s.change() }
	s.button = part.NewPrimary(say("protect.change"), assets.IconShield, s.change)
	s.content = part.NewSubPage(w.lang, say("protect.title"), w.back, s.banner, part.NewScrollPage(formWidth, s.box))
	return s
}

func (s *protectionScreen) Content() fyne.CanvasObject { return s.content }
func (s *protectionScreen) Changed(agent.Signal)       {}
func (s *protectionScreen) Enter()                     { s.load() }

func (s *protectionScreen) First() fyne.Focusable {
	if s.choice == nil {
		return nil
	}
	return s.choice.Focusable()
}

func (s *protectionScreen) Leave() {
	s.latest.Stop()
	s.secret.SetText("")
}

// load asks what the machine has: a keyring or a chip takes a while to answer.
func (s *protectionScreen) load() {
	Load(s.latest.Next(s.w.life), s.w.spawn, func(context.Context) (agent.Protection, error) { return s.w.agent.Protection() },
		func(p agent.Protection, err error) {
			if err != nil {
				s.w.tell(s.banner, err)
				return
			}
			s.show(p)
		})
}

func (s *protectionScreen) show(p agent.Protection) {
	say := s.w.lang.Say
	s.now = p
	s.choice = part.NewChoice(protectionOptions(s.w.lang, p), protectionID(p.Used))
	s.choice.OnChoose = func(string) { s.w.touch(); s.banner.Clear() }
	s.secret.SetLabel(say(pinned("lock.passphrase", hasPIN(p, p.Used))), say("protect.secret_hint"))
	parts := []fyne.CanvasObject{s.choice}
	if len(p.Offered) == 0 {
		parts = append(parts, part.NewMuted(say("protect.nothing_offered")))
	}
	if len(protections(p)) > 1 {
		parts = append(parts, part.NewPanel(part.StackWide(s.secret, s.button)), part.NewMuted(say("passphrase.about")))
	}
	s.box.Objects = parts
	s.box.Refresh()
	s.content.Refresh()
	s.w.focusOn(s)
}

// change tries what was chosen. Two keys are derived meanwhile, a second or so each.
func (s *protectionScreen) change() {
	if s.busy || s.choice == nil {
		return
	}
	say, secret := s.w.lang.Say, s.secret.Text()
	s.w.touch()
	s.banner.Clear()
	if s.choice.Chosen() == protectionID(s.now.Used) {
		s.banner.Tell(part.Problem{State: part.StateWaiting, What: say("protect.same")})
		return
	}
	if secret == "" {
		s.secret.SetError(say("common.required"))
		if c := s.w.canvas(); c != nil {
			c.Focus(s.secret.Focusable())
		}
		return
	}
	use := protectionOf(protections(s.now), s.choice.Chosen())
	s.setBusy(true)
	Load(s.w.life, s.w.spawn, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, s.w.agent.ChangeFactors(ctx, secret, use)
	}, func(_ struct{}, err error) {
		s.setBusy(false)
		s.changed(use, err)
	})
}

func (s *protectionScreen) changed(use []agent.Factor, err error) {
	say := s.w.lang.Say
	switch agent.CodeOf(err) {
	case "":
		s.secret.SetText("")
		s.banner.Tell(part.Problem{State: part.StateOK, What: say("protect.changed"), Safe: say("protect." + protectionID(use) + "_text")})
		s.load()
	case agent.WrongPassphrase:
		s.secret.SetText("")
		s.secret.SetError(say(pinned("passphrase.wrong", hasPIN(s.now, s.now.Used))))
		if c := s.w.canvas(); c != nil {
			c.Focus(s.secret.Focusable())
		}
	case agent.PassphraseShort: // a PIN that no chip would guard any more
		p := ProblemOf(s.w.lang, err)
		p.What, p.Do, p.Action = say("protect.pin_short"), say("protect.pin_short_do", "n", agent.MinPassphrase), say("settings.change_passphrase")
		s.banner.Tell(p)
	default:
		s.w.tell(s.banner, err)
	}
}

func (s *protectionScreen) setBusy(on bool) {
	s.busy = on
	if on {
		s.secret.Disable()
		s.button.Disable()
		s.button.SetText(s.w.lang.Say("protect.changing"))
		return
	}
	s.secret.Enable()
	s.button.Enable()
	s.button.SetText(s.w.lang.Say("protect.change"))
}
