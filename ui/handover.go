package ui

import (
	"context"
	"errors"
	"image"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/identity/qr"
	"handslag/ui/part"
	"handslag/vault/journal"
)

// The two ways to begin a handshake.
const (
	waysShow = "show" // this device shows its code
	waysRead = "read" // this device reads the other's
)

// handoverScreen is a handshake from the choice of who shows to what was handed over. It lasts as long as the screen is
// shown: leaving ends it, and nothing listens after that.
type handoverScreen struct {
	w      *Window
	give   []journal.RecordID // what it was begun for; may be empty
	why    string             // why it is given, in words; may be empty
	banner *part.Banner
	body   *fyne.Container
	page   fyne.CanvasObject
	frame  *fyne.Container // page, or an assignment that is worked on together
	joint  *jointWork
	along  *along // what goes with what is given

	way     string // how the last one was begun, to begin it again so
	loads   Latest // of the session's beginning
	session *agent.Handover
	code    *qr.Code
	shot    image.Image // the code that the camera read, framed; until the colleague's name is there
	scanner *scanner
	typing  *codeTyping
	second  *secondScan
	copied  string   // the code's text that was put on the clipboard
	light   func()   // turns the torch off
	noScan  bool     // the person rather types digits: this device's camera sees too little
	sharing *sharing // from the handshake on; stays to tell what came of it

	drawn     string // what is on the screen, by stage
	countdown *part.Countdown
	until     time.Time
	total     time.Duration
	stop      func() // of the ticking
}

func newHandoverScreen(w *Window, give []journal.RecordID) *handoverScreen {
	s := &handoverScreen{w: w, give: give, banner: part.NewBanner(w.lang), body: container.NewStack()}
	s.banner.OnAction = s.again
	s.joint, s.along = newJointWork(s), newAlong(w)
	return s
}

// Content is a page of the rail, or one beneath the page where it was begun.
func (s *handoverScreen) Content() fyne.CanvasObject {
	if s.page == nil {
		title := s.w.lang.Say("handover.title")
		if len(s.w.stack) > 1 {
			s.page = part.NewSubPage(s.w.lang, title, s.w.back, s.banner, s.body)
		} else {
			s.page = part.NewPage(title, s.banner, s.body)
		}
		s.frame = container.NewStack(s.page)
	}
	return s.frame
}

// Enter begins anew, or tells what came of the handshake that was left.
func (s *handoverScreen) Enter() {
	if s.sharing != nil {
		s.drawEnd()
		return
	}
	s.drawBegin()
}

// Leave ends what is under way.
func (s *handoverScreen) Leave() {
	s.joint.leave()
	s.halt()
	s.banner.Clear()
	s.shot = nil
	s.body.Objects = nil
	s.drawn = ""
}

// halt ends camera, session and ticking.
func (s *handoverScreen) halt() {
	s.loads.Stop()
	s.dark()
	s.uncopy()
	if s.scanner != nil {
		s.scanner.close()
		s.scanner = nil
	}
	if s.stop != nil {
		s.stop()
		s.stop = nil
	}
	s.code, s.typing, s.second, s.countdown = nil, nil, nil, nil
	if s.sharing != nil {
		s.sharing.end()
	}
	if h := s.session; h != nil {
		s.session = nil
		s.w.spawn(h.Close)
	}
}

func (s *handoverScreen) Changed(sig agent.Signal) {
	switch sig {
	case agent.VerificationChanged:
		s.follow()
	case agent.RecordsChanged:
		if s.sharing != nil {
			s.sharing.load()
		}
	}
	s.joint.changed(sig)
}

// put shows one stage in the place of the one before.
func (s *handoverScreen) put(stage string, parts ...fyne.CanvasObject) {
	s.dark()
	s.drawn = stage
	s.body.Objects = []fyne.CanvasObject{part.NewScrollPage(820, parts...)}
	s.body.Refresh()
}

func (s *handoverScreen) focusOn(o fyne.Focusable) {
	if c := s.w.canvas(); c != nil && o != nil {
		c.Focus(o)
	}
}

// again begins a handshake the way the last one was begun.
func (s *handoverScreen) again() {
	if s.way == waysShow {
		s.offer()
		return
	}
	s.scan()
}

// begin takes a session that the agent made, or says why there is none. A session that comes when nobody waits for it any
// more is closed at once.
func (s *handoverScreen) begin(make func(context.Context) (*agent.Handover, *qr.Code, error)) {
	s.halt()
	s.sharing = nil
	s.banner.Clear()
	s.w.touch()
	ctx := s.loads.Next(s.w.life)
	s.w.spawn(func() {
		h, code, err := make(ctx)
		fyne.Do(func() {
			if ctx.Err() != nil {
				if h != nil {
					s.w.spawn(h.Close)
				}
				return
			}
			if agent.CodeOf(err) == agent.NoNetwork {
				s.awaitNetwork(err, make)
				return
			}
			if err != nil {
				s.failed(err)
				return
			}
			s.session, s.code = h, code
			s.sharing = newSharing(s)
			s.stop = s.w.every(time.Second, s.tick)
			s.follow()
		})
	})
}

// awaitNetwork says that there is no network to meet on and what helps, and begins again once there is one.
func (s *handoverScreen) awaitNetwork(err error, make func(context.Context) (*agent.Handover, *qr.Code, error)) {
	s.drawNoNetwork(err)
	ctx := s.loads.Next(s.w.life)
	s.w.spawn(func() {
		if s.w.agent.AwaitNetwork(ctx) != nil {
			return // the person left
		}
		fyne.Do(func() {
			if ctx.Err() == nil {
				s.begin(make)
			}
		})
	})
}

func (s *handoverScreen) drawNoNetwork(err error) {
	p := ProblemOf(s.w.lang, err)
	s.put("no_network", part.NewPanel(part.Stack(part.NewLead(p.What), part.NewText(p.Do), part.NewMuted(s.w.lang.Say("handover.goes_on")),
		part.Beside(s.stopButton(), layout.NewSpacer()))))
}

// offer shows this device's code.
func (s *handoverScreen) offer() {
	s.way = waysShow
	s.shot = nil
	s.put("waiting", part.NewText(s.w.lang.Say("common.loading")))
	noScan := s.noScan
	s.begin(func(ctx context.Context) (*agent.Handover, *qr.Code, error) {
		scans := s.w.agent.HasCamera() && !noScan
		return s.w.agent.OfferVerification(ctx, scans, agent.Gift{}) // the screen gives, so that it hears how each record fared
	})
}

// scanned goes on with the text of the other's code.
func (s *handoverScreen) scanned(text string, read agent.Reading) {
	if read == agent.FromPicture {
		s.shot = nil
	}
	s.put("waiting", s.withShot(part.NewText(s.w.lang.Say("handover.connecting")))...)
	s.begin(func(ctx context.Context) (*agent.Handover, *qr.Code, error) {
		h, err := s.w.agent.ScanVerification(ctx, text, read, agent.Gift{})
		return h, nil, err
	})
}

// failed tells why there is no handshake, and offers to try again.
func (s *handoverScreen) failed(err error) {
	s.halt()
	s.sharing = nil
	s.drawBegin()
	p := failureOf(s.w.lang, err)
	p.Action = s.w.lang.Say("common.retry")
	s.banner.Tell(p)
}

// sharedReasons are those that read the same from both ends.
var sharedReasons = []agent.Code{agent.VerCodeWrong, agent.VerExpired, agent.VerWrongOrg, agent.VerSecondClaim, agent.VerCredExpired}

// failureOf prefers the other device's reason, where it reads the same from here, to the bare fact that it ended.
func failureOf(lang assets.Language, err error) part.Problem {
	var p *agent.Problem
	if errors.As(err, &p) && p.Code == agent.VerPeerAbort {
		if theirs := agent.Code(p.Args["theirs"]); slices.Contains(sharedReasons, theirs) {
			return ProblemOf(lang, &agent.Problem{Code: theirs})
		}
	}
	return ProblemOf(lang, err)
}

// follow shows the session's newest step.
func (s *handoverScreen) follow() {
	if s.session == nil {
		return
	}
	step := s.session.Step()
	if step.Stage != agent.StageScanSecond && s.second != nil {
		s.second.shut()
	}
	if step.Stage != agent.StageOffering {
		s.uncopy()
	}
	s.limit(step.Until)
	switch step.Stage {
	case agent.StageOffering:
		s.drawOffer()
	case agent.StageConnecting:
		s.drawWaiting("handover.connecting", step.Peer)
	case agent.StageShowCode:
		s.drawCode(step)
	case agent.StageEnterCode, agent.StageExchange:
		s.drawTyping(step)
	case agent.StageShowSecond:
		s.drawSecond(step)
	case agent.StageScanSecond:
		s.drawScanSecond(step)
	case agent.StageConfirm:
		s.drawWaiting("handover.confirming", step.Peer)
	case agent.StageVerified:
		s.drawVerified(*step.Peer)
	case agent.StageFailed:
		if step.Problem != nil {
			s.failed(step.Problem)
		} else {
			s.failed(&agent.Problem{Code: agent.NotVerified})
		}
	case agent.StageClosed:
		s.halt()
		s.drawEnd()
	}
}

// limit is when this stage ends by itself; the whole of it is what is left when it is first seen.
func (s *handoverScreen) limit(until time.Time) {
	if !until.Equal(s.until) {
		s.until, s.total = until, until.Sub(s.w.now())
	}
	s.tick()
}

func (s *handoverScreen) tick() {
	if s.countdown == nil {
		return
	}
	s.countdown.Hidden = s.until.IsZero()
	s.countdown.Set(s.until.Sub(s.w.now()), s.total)
}

// timeLeft is a countdown that tick keeps.
func (s *handoverScreen) timeLeft() *part.Countdown {
	s.countdown = part.NewCountdown(func(clock string) string { return s.w.lang.Say("handover.time_left", "time", clock) }, "")
	s.tick()
	return s.countdown
}

// timeAndStop is how long a stage lasts, and the button that ends it at once, on one line where both find room.
func (s *handoverScreen) timeAndStop() fyne.CanvasObject {
	stop := part.Pushed(16, part.Middle(s.stopButton()))
	return container.NewBorder(nil, nil, nil, stop, part.Middle(s.timeLeft()))
}

// stopButton ends the handshake before it is made.
func (s *handoverScreen) stopButton() *part.Button {
	return part.NewButton(s.w.lang.Say("common.cancel"), assets.IconClose, func() {
		s.halt()
		s.sharing = nil
		s.banner.Clear()
		s.drawBegin()
	})
}
