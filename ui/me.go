package ui

import (
	"cmp"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/identity"
	"handslag/ui/part"
)

// pageWidth is how wide the text of a page grows, in device-independent pixels.
const pageWidth = float32(760)

// meScreen says who this device speaks for and how it stands with the connected system.
type meScreen struct {
	w        *Window
	banner   *part.Banner
	sync     *part.Button
	body     *fyne.Container
	content  fyne.CanvasObject
	latest   Latest
	syncing  bool
	quietFor error // a problem of the last sync that the person has closed
	device   *part.DeviceIDView
	stop     func()
}

func newMeScreen(w *Window) *meScreen {
	s := &meScreen{w: w, banner: part.NewBanner(w.lang), body: part.StackWide()}
	s.banner.OnClose = func() { s.quietFor = problemOf(w.agent.Me()) }
	s.banner.OnAction = s.signIn
	s.sync = part.NewPrimary(w.lang.Say("me.sync_now"), assets.IconSync, s.syncNow)
	events := part.NewButton(w.lang.Say("me.events"), assets.IconLog, func() { w.push(newEventsPage(w)) })
	s.device = part.NewDeviceIDView(w.lang, "")
	scroll := part.NewScrollPage(pageWidth, s.body)
	s.content = part.NewPage(w.lang.Say("me.title"), s.banner, scroll, events, s.sync)
	return s
}

func (s *meScreen) Content() fyne.CanvasObject { return s.content }

// Enter shows how it stands now; a time said as "today" is said anew each minute.
func (s *meScreen) Enter() {
	s.show()
	s.stop = s.w.every(minute, s.show)
}

func (s *meScreen) Leave() {
	s.stop()
	s.latest.Stop()
	s.setSyncing(false)
}

func (s *meScreen) Changed(sig agent.Signal) {
	if sig == agent.StateChanged || sig == agent.SyncChanged {
		s.show()
	}
}

func problemOf(me agent.Me) error {
	if me.Problem == nil {
		return nil
	}
	return me.Problem
}

func (s *meScreen) show() {
	me, say := s.w.agent.Me(), s.w.lang.Say
	if !me.Unlocked {
		return
	}
	s.tellProblem(me)
	connection := say("header.offline")
	if me.Online {
		connection = say("header.online")
	}
	waiting := say("me.nothing_waiting")
	if me.Waiting > 0 && !me.Online {
		waiting = say("header.waiting_calm", "n", me.Waiting)
	} else if me.Waiting > 0 {
		waiting = say("header.waiting", "n", me.Waiting)
	}
	s.device.SetID(me.Device.Grouped())
	parts := s.notices()
	if me.WrongAttempts > 0 {
		parts = append(parts, notice(part.StateWarning, say("lock.failed_before", "n", me.WrongAttempts)))
	}
	if me.ClockSuspect {
		parts = append(parts, notice(part.StateWarning, say("me.clock_suspect")))
	}
	if me.Revoked {
		parts = append(parts, notice(part.StateDanger, say("me.revoked")))
	}
	parts = append(parts,
		part.NewPanel(part.Facts(
			part.Fact{Label: say("me.name"), Value: strings.TrimSpace(me.Person.Name())},
			part.Fact{Label: say("me.username"), Value: me.Person.Username},
			part.Fact{Label: say("me.organisation"), Value: me.Organisation},
			part.Fact{Label: say("me.unit"), Value: unitNames(me.Units)},
			part.Fact{Label: say("me.roles"), Value: roleNames(s.w.lang, me.Roles)},
		)),
		part.Section(cmp.Or(me.Label, say("me.device_id")), say("me.device_id_hint"), s.device),
		part.Section(say("me.connection"), "", part.NewPanel(part.Facts(
			part.Fact{Label: say("me.connection"), Value: connection},
			part.Fact{Label: say("me.last_sync"), Value: s.w.when(me.LastSync)},
			part.Fact{Label: say("me.waiting"), Value: waiting},
			part.Fact{Label: say("me.credential_until"), Value: s.w.when(me.CredentialUntil)},
		))),
		s.witnessing(me),
		container.NewHBox(part.NewButton(say("outbox.open"), assets.IconExport, func() { s.w.push(newOutboxPage(s.w)) })),
	)
	s.body.Objects = parts
	s.body.Refresh()
	s.content.Refresh()
}

// tellProblem tells why the last sync did not come about, unless the person has closed that already. Being out of coverage is
// no problem: the page says it calmly.
func (s *meScreen) tellProblem(me agent.Me) {
	switch err := problemOf(me); agent.CodeOf(err) {
	case "", agent.ServerAway, agent.NotOnline, agent.Cancelled:
		if !s.syncing {
			return
		}
	case agent.CodeOf(s.quietFor):
	case agent.CredentialExpired:
		p := ProblemOf(s.w.lang, err)
		p.Action = s.w.lang.Say("me.sign_in")
		s.banner.Tell(p)
	default:
		s.w.tell(s.banner, err)
	}
}

// syncNow speaks with the connected system at the person's wish, and says what came of it.
func (s *meScreen) syncNow() {
	if s.syncing {
		return
	}
	s.w.touch()
	s.setSyncing(true)
	s.quietFor = nil
	s.banner.Clear()
	s.w.stopJob = func() {
		s.latest.Stop()
		s.setSyncing(false)
	}
	Load(s.latest.Next(s.w.life), s.w.spawn, s.w.agent.Sync, func(r agent.SyncResult, err error) {
		s.setSyncing(false)
		if err != nil {
			s.w.tell(s.banner, err)
			s.tellProblem(s.w.agent.Me())
		} else {
			s.banner.Tell(part.Problem{State: part.StateOK, What: s.w.lang.Say("me.synced", "sent", r.Sent, "received", r.Received)})
		}
		s.show()
		s.w.showHeader()
	})
}

func (s *meScreen) setSyncing(on bool) {
	s.syncing = on
	if !on {
		s.w.stopJob = nil
	}
	if on {
		s.sync.Disable()
		s.sync.SetText(s.w.lang.Say("header.syncing"))
		return
	}
	s.sync.Enable()
	s.sync.SetText(s.w.lang.Say("me.sync_now"))
}

// notice is one sentence that must be seen.
func notice(state part.State, text string) fyne.CanvasObject {
	return part.NewTinted(state, part.NewStrong(text).InState(state))
}

func unitNames(units []identity.Unit) string {
	names := make([]string, len(units))
	for i, u := range units {
		names[i] = u.Name
	}
	return strings.Join(names, ", ")
}

// roleNames says roles in words where the program has some; an organisation may have roles of its own.
func roleNames(lang assets.Language, roles []string) string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = r
		if lang.Knows("role." + r) {
			names[i] = lang.Say("role." + r)
		}
	}
	return strings.Join(names, ", ")
}
