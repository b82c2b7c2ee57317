package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"handslag/assets"
	"handslag/ui/part"
)

// The places of the rail, by ID.
const (
	PlaceMe          = "me"
	PlaceRecords     = "records"
	PlaceAssignments = "assignments"
	PlaceHandOver    = "handover"
	PlaceLog         = "log"
	PlaceSettings    = "settings"
	PlaceLock        = "lock"
)

// Shell is the frame of every screen: the header on top, the rail at the left, the screen in the rest. Before anyone has
// unlocked there is no rail.
type Shell struct {
	Header *part.Header
	Rail   *part.Rail
	Job    *Job

	screen  *fyne.Container
	ground  *part.Surface
	content *fyne.Container
}

// NewShell makes a frame with nothing in it.
func NewShell(lang assets.Language) *Shell {
	s := &Shell{Header: part.NewHeader(lang), screen: container.NewStack()}
	s.Rail = part.NewRail([]part.Place{
		{ID: PlaceMe, Icon: assets.IconPerson, Label: lang.Say("nav.me")},
		{ID: PlaceRecords, Icon: assets.IconRecord, Label: lang.Say("nav.records")},
		{ID: PlaceAssignments, Icon: assets.IconAssignment, Label: lang.Say("nav.assignments")},
		{ID: PlaceHandOver, Icon: assets.IconHandshake, Label: lang.Say("nav.handover")},
		{ID: PlaceLog, Icon: assets.IconLog, Label: lang.Say("nav.log")},
		{ID: PlaceSettings, Icon: assets.IconSettings, Label: lang.Say("nav.settings")},
	}, []part.Place{{ID: PlaceLock, Icon: assets.IconLock, Label: lang.Say("nav.lock")}})
	s.Job = NewJob(lang)
	s.ground = part.NewSurface(part.HeadedBy(0, s.Job, s.screen), theme.ColorNameBackground, 0, 0)
	s.content = container.New(frame{}, s.ground, s.Rail, s.Header)
	return s
}

// Content is what a window shows.
func (s *Shell) Content() fyne.CanvasObject { return s.content }

// Show puts a screen into the frame, with the rail or without.
func (s *Shell) Show(screen fyne.CanvasObject, withRail bool) {
	s.screen.Objects = []fyne.CanvasObject{screen}
	if withRail {
		s.Rail.Show()
	} else {
		s.Rail.Hide()
	}
	s.content.Refresh()
}

// frame sets screen, rail and header edge to edge.
type frame struct{}

func (frame) Layout(o []fyne.CanvasObject, size fyne.Size) {
	screen, rail, header := o[0], o[1], o[2]
	top := header.MinSize().Height
	header.Resize(fyne.NewSize(size.Width, top))
	header.Move(fyne.NewPos(0, 0))
	var left float32
	if rail.Visible() {
		left = rail.MinSize().Width
		rail.Resize(fyne.NewSize(left, size.Height-top))
		rail.Move(fyne.NewPos(0, top))
	}
	screen.Resize(fyne.NewSize(size.Width-left, size.Height-top))
	screen.Move(fyne.NewPos(left, top))
}

func (frame) MinSize(o []fyne.CanvasObject) fyne.Size {
	screen, rail, header := o[0].MinSize(), o[1].MinSize(), o[2].MinSize()
	if !o[1].Visible() {
		rail = fyne.Size{}
	}
	return fyne.NewSize(fyne.Max(header.Width, screen.Width+rail.Width), header.Height+fyne.Max(screen.Height, rail.Height))
}
