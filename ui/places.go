package ui

import (
	"context"
	"strings"

	"handslag/app/agent"
	"handslag/ui/part"
)

// place makes the screen of a place; nil where the rail knows none of that name.
func (w *Window) newPlace(id string) screen {
	switch id {
	case PlaceMe:
		return newMeScreen(w)
	case PlaceRecords:
		return newRecordsScreen(w)
	case PlaceAssignments:
		return newAssignmentsScreen(w)
	case PlaceHandOver:
		return newHandoverScreen(w, nil)
	case PlaceLog:
		return newLogScreen(w)
	case PlaceSettings:
		return newSettingsScreen(w)
	}
	return nil
}

// goTo leads to a place of the rail, from whatever page is shown. PlaceLock locks.
func (w *Window) goTo(place string) {
	w.touch()
	if place == PlaceLock {
		w.lock()
		return
	}
	if w.gate != "" {
		return
	}
	s, ok := w.made[place]
	if !ok {
		if s = w.newPlace(place); s == nil {
			w.shell.Rail.Select(w.place)
			return
		}
		w.made[place] = s
	}
	w.leave()
	w.place = place
	w.shell.Rail.Select(place)
	w.enter(s, true)
}

// push shows a page above the one that is shown.
func (w *Window) push(s screen) {
	w.touch()
	if top := w.top(); top != nil {
		top.Leave()
	}
	w.enter(s, w.gate == "")
}

// back leads to the page below.
func (w *Window) back() {
	w.touch()
	if len(w.stack) < 2 {
		return
	}
	w.top().Leave()
	w.stack = w.stack[:len(w.stack)-1]
	s := w.top()
	w.stack = w.stack[:len(w.stack)-1]
	w.enter(s, w.gate == "")
}

func (w *Window) top() screen {
	if len(w.stack) == 0 {
		return nil
	}
	return w.stack[len(w.stack)-1]
}

// enter puts a screen on top of the stack and shows it.
func (w *Window) enter(s screen, withRail bool) {
	w.stack = append(w.stack, s)
	w.shell.Show(s.Content(), withRail)
	s.Enter()
	w.focus()
}

// leave empties the stack.
func (w *Window) leave() {
	if top := w.top(); top != nil {
		top.Leave()
	}
	w.stack = nil
}

// focus lets the keyboard start where the screen says.
func (w *Window) focus() {
	c := w.canvas()
	if c == nil {
		return
	}
	c.Unfocus()
	if f, ok := w.top().(focused); ok {
		if first := f.First(); first != nil {
			c.Focus(first)
		}
	}
}

// focusOn is focus for a screen that changes while it may be shown.
func (w *Window) focusOn(s screen) {
	if w.top() == s {
		w.focus()
	}
}

// lock ends the unlocked time at the person's wish. What stands on the screen goes first, not last.
func (w *Window) lock() {
	w.locking = true
	w.shut(agent.IsLocked)
	Load(w.life, w.spawn, func(context.Context) (struct{}, error) { return struct{}{}, w.agent.Lock() }, func(struct{}, error) {
		// An error says that it was locked already, or that the last entry was not written: the next unlock tells of both.
		w.locking = false
		w.settle()
		w.showHeader()
	})
}

// changed hears one signal of the agent.
func (w *Window) changed(s agent.Signal) {
	if w.closed {
		return
	}
	if s == agent.StateChanged {
		w.settle()
	}
	w.showHeader()
	if top := w.top(); top != nil {
		top.Changed(s)
	}
}

// settle shows what the agent's state asks for: enrol, unlock, "open elsewhere", or the places.
func (w *Window) settle() {
	if w.locking {
		return
	}
	state := w.agent.State()
	if state != agent.IsUnlocked {
		w.shut(state)
		return
	}
	if w.gate == "" && len(w.stack) > 0 {
		return
	}
	if w.gate == agent.IsNew || w.gate == agent.IsEnrolling || w.agent.Me().WrongAttempts > 0 || w.hasNews() {
		w.place = PlaceMe // who one is now, or what happened meanwhile
	}
	w.leave()
	w.gate = ""
	w.showHeader()
	w.goTo(w.place)
}

// shut takes everything off the screen that belongs to an unlocked device, dialogs too, and shows the screen that state asks
// for. A screen that already does stays, with what was typed in it.
func (w *Window) shut(state agent.State) {
	if state == agent.IsEnrolling && w.gate == agent.IsNew {
		return // the enrolment that is on the screen made it so
	}
	if w.gate == state {
		return
	}
	if w.gate == "" {
		w.byItself = len(w.stack) > 0 && !w.locking
		w.breathe()
		w.made = map[string]screen{}
		w.shutDialogs()
	}
	w.leave()
	w.gate = state
	var s screen
	switch state {
	case agent.IsNew, agent.IsEnrolling:
		s = newEnrolScreen(w)
	case agent.IsElsewhere:
		s = newElsewhereScreen(w)
	default:
		s = newLockScreen(w)
	}
	w.showHeader()
	w.enter(s, false)
}

// shutDialogs takes away whatever lies over the screen.
func (w *Window) shutDialogs() {
	c := w.canvas()
	if c == nil {
		return
	}
	for top := c.Overlays().Top(); top != nil; top = c.Overlays().Top() {
		c.Overlays().Remove(top)
	}
	w.listenKeys()
}

// showHeader names person and device and tells how the connection is. While locked, only the first name and the device that
// the agent shows on its lock screen are known.
func (w *Window) showHeader() {
	me := w.agent.Me()
	name := strings.TrimSpace(me.Person.Name())
	w.shell.Header.SetPerson(or(name, w.lang.Say("app.name")), me.Device.Grouped())
	job := w.agent.Progress()
	w.shell.Header.SetConnection(part.Connection{Online: me.Online, Syncing: job.Running && (me.Online || job.Total > 0), Waiting: me.Waiting, Silent: !me.Unlocked})
	w.shell.ShowJob(job, me.Unlocked, w.stopJob)
}
