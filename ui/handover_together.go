package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/vault/journal"
)

// jointWork lists the assignments that both persons have, while the handshake lasts. One that is opened is shown in the
// place of the handshake's page: that screen stays, and so does the handshake.
type jointWork struct {
	screen  *handoverScreen
	list    *RowList
	section *fyne.Container
	loads   Latest
	open    *assignmentScreen
}

func newJointWork(s *handoverScreen) *jointWork {
	lang := s.w.lang
	j := &jointWork{screen: s, list: NewRowList(NewEmpty(lang, assets.IconAssignment, "assignments.empty", nil)), section: Stack()}
	j.list.OnOpen = func(row Row) { j.show(journal.AssignmentID(row.ID)) }
	j.section.Objects = []fyne.CanvasObject{NewPanel(Section(lang.Say("handover.joint"), lang.Say("handover.joint_hint"),
		container.New(atLeast{fyne.NewSize(0, 200)}, j.list)))}
	j.section.Hide()
	return j
}

// load looks which there are, and has the open one follow.
func (j *jointWork) load() {
	w := j.screen.w
	Load(j.loads.Next(w.life), w.spawn, w.agent.JointWork, func(tasks []agent.Task, err error) {
		if err != nil {
			return // the lists tell
		}
		j.section.Hidden = len(tasks) == 0
		j.list.SetLazily(len(tasks), func(i int) Row { return w.taskRow(tasks[i]) })
		j.screen.body.Refresh()
	})
}

// show puts an assignment in the place of the handshake's page.
func (j *jointWork) show(id journal.AssignmentID) {
	w := j.screen.w
	w.touch()
	j.open = newAssignmentScreen(w, id)
	j.open.back = j.hide
	j.screen.frame.Objects = []fyne.CanvasObject{j.open.Content()}
	j.screen.frame.Refresh()
	j.open.Enter()
}

// hide brings the handshake's page back.
func (j *jointWork) hide() {
	j.screen.w.touch()
	j.leave()
	j.screen.frame.Refresh()
}

func (j *jointWork) leave() {
	if j.open != nil {
		j.open.Leave()
		j.open = nil
	}
	j.loads.Stop()
	j.screen.frame.Objects = []fyne.CanvasObject{j.screen.page}
}

// changed has what is shown follow.
func (j *jointWork) changed(sig agent.Signal) {
	if sig == agent.AssignmentsChanged && j.screen.session != nil {
		j.load()
	}
	if j.open != nil {
		j.open.Changed(sig)
	}
}
