package ui

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/ui/part"
)

// About is what the program says of itself.
type About struct {
	ID      string
	Name    string
	Version string
}

// settingsScreen is a person's choices about the window. None of them weakens anything, so none needs a right.
type settingsScreen struct {
	w       *Window
	banner  *part.Banner
	guard   *part.Text // what guards the device, in a word and in a sentence
	means   *part.Text
	content fyne.CanvasObject
	latest  Latest
}

func newSettingsScreen(w *Window) *settingsScreen {
	s := &settingsScreen{w: w, banner: part.NewBanner(w.lang), guard: part.NewStrong(""), means: part.NewMuted("")}
	say, p := w.lang.Say, w.prefs

	var languages []part.Option
	for _, l := range assets.Languages() {
		languages = append(languages, part.Option{ID: string(l), Text: say("settings.language_" + string(l))})
	}
	language := part.NewChoice(languages, string(p.Language))
	language.OnChoose = func(id string) { s.prefer(func(p *Preferences) { p.Language = assets.Language(id) }) }

	appearance := part.NewChoice([]part.Option{
		{ID: string(part.Sunlight), Text: say("settings.light")}, {ID: string(part.Dusk), Text: say("settings.dark")},
		{ID: string(part.AsSystem), Text: say("settings.system")},
	}, string(p.Appearance))
	appearance.OnChoose = func(id string) { s.prefer(func(p *Preferences) { p.Appearance = part.Appearance(id) }) }

	var scales []part.Option
	for i, t := range textScales {
		scales = append(scales, part.Option{ID: strconv.Itoa(i), Text: strconv.Itoa(int(t*100)) + " %"})
	}
	scale := part.NewChoice(scales, scaleID(p.TextScale))
	scale.OnChoose = func(id string) {
		if i, err := strconv.Atoi(id); err == nil && i < len(textScales) {
			s.prefer(func(p *Preferences) { p.TextScale = textScales[i] })
		}
	}

	about := part.NewPanel(part.Stack(
		part.NewStrong(or(w.config.About.Name, say("app.name"))),
		part.NewText(say("app.tagline")),
		part.NewMuted(say("settings.version", "version", or(w.config.About.Version, say("common.unknown")))),
		part.NewMuted(say("settings.help_traffic")),
	))
	s.content = part.NewPage(say("settings.title"), s.banner, part.NewScrollPage(pageWidth,
		part.Section(say("settings.language"), "", language),
		part.Section(say("settings.appearance"), "", appearance),
		part.Section(say("settings.scale"), "", scale),
		part.Section(say("protect.title"), "", part.NewPanel(part.StackWide(part.StackTight(s.guard, s.means), part.NewFlow(
			part.NewButton(say("protect.change_open"), assets.IconShield, func() { w.push(newProtectionScreen(w)) }),
			part.NewButton(say("settings.change_passphrase"), assets.IconKey, func() { w.push(newPassphraseScreen(w)) }),
		)))),
		part.Section(say("settings.auto_lock"), "", part.NewPanel(part.NewText(say("settings.auto_lock_text", "n", int(w.config.AutoLock.Minutes()))))),
		part.Section(say("wipe.title"), say("wipe.hint"), container.NewHBox(part.NewButton(say("wipe.open"), assets.IconWarning,
			func() { w.push(newWipeScreen(w)) }))),
		part.Section(say("settings.about"), "", about),
	))
	return s
}

func scaleID(scale float32) string {
	for i, t := range textScales {
		if t == scale {
			return strconv.Itoa(i)
		}
	}
	return ""
}

func (s *settingsScreen) Content() fyne.CanvasObject { return s.content }
func (s *settingsScreen) Leave()                     { s.latest.Stop() }

// Enter says what guards the device, and what that means for a copy of it.
func (s *settingsScreen) Enter() {
	s.w.guarded(&s.latest, func(p agent.Protection) {
		say, id := s.w.lang.Say, protectionID(p.Used)
		s.guard.SetText(protectionName(s.w.lang, p, p.Used))
		s.means.SetText(say("protect."+id+"_text") + " " + say("promise."+or(string(p.Promise), promised(p.Used))))
		s.content.Refresh()
	})
}

func (s *settingsScreen) Changed(agent.Signal) {}

// prefer changes one choice. Where it can not be kept it holds until the window is closed, and the screen says so.
func (s *settingsScreen) prefer(change func(*Preferences)) {
	s.w.touch()
	p := s.w.prefs
	change(&p)
	if err := s.w.prefer(p); err != nil {
		fyne.LogError("a choice was not kept", err)
		if now, ok := s.w.top().(*settingsScreen); ok { // another language makes another screen
			say := s.w.lang.Say
			now.banner.Tell(part.Problem{State: part.StateWarning, What: say("settings.lost"), Safe: say("settings.lost_safe"), Do: say("settings.lost_do")})
		}
	}
}
