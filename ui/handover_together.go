package ui

import (
	"fyne.io/fyne/v2"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/ui/part"
	"handslag/vault/journal"
)

// jointWork lists the assignments that both persons have, while the handshake lasts. One that is opened is shown in the
// place of the handshake's page: that screen stays, and so does the handshake.
type jointWork struct {
	screen  *handoverScreen
	list    *part.RowList
	section *fyne.Container
	loads   Latest
	open    *assignmentScreen
}

func newJointWork(s *handoverScreen) *jointWork {
	lang := s.w.lang
	j := &jointWork{screen: s, list: part.NewRowList(part.NewEmpty(lang, assets.IconAssignment, "assignments.empty", nil)), section: part.Stack()}
	j.list.OnOpen = func(row part.Row) { j.show(journal.AssignmentID(row.ID)) }
	j.section.Objects = []fyne.CanvasObject{part.NewPanel(part.Section(lang.Say("handover.joint"), lang.Say("handover.joint_hint"),
		j.list.UpTo(3)))}
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
		j.list.SetLazily(len(tasks), func(i int) part.Row { return w.taskRow(tasks[i]) })
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
