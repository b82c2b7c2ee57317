package ui

import (
	"context"
	"io"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/ui/camera"
	"handslag/ui/part"
)

// Config is what a Window needs of its surroundings. Only Agent must be set.
type Config struct {
	Agent       *agent.Agent
	Preferences Preferences
	Keep        func(Preferences) error // makes the person's choices last; nil: they end with the window
	AutoLock    time.Duration           // as the agent was told; shown, nothing more. 0: agent.DefaultAutoLock
	About       About
	Lens        *camera.Lens // which camera is looked through; nil: there is nothing to choose

	Spawn Spawner                                                              // nil: Concurrently
	Do    func(func())                                                         // brings the agent's signals to the main thread; nil: fyne.Do
	Now   func() time.Time                                                     // nil: time.Now; countdowns and "today" run by it
	Every func(d time.Duration, tick func()) (stop func())                     // ticks on the main thread; nil: EverySoOften
	Open  func(w fyne.Window, opened func(io.ReadCloser, error))               // asks for a file to read; nil reader: none chosen. nil: a dialog
	Save  func(w fyne.Window, name string, opened func(part.SavedFile, error)) // asks where to write; nil: a dialog

	Browse func(address string) error                               // opens the person's browser; nil: the system's
	File   func(w fyne.Window, chosen func(path string, err error)) // asks for a file of this machine; "": none chosen. nil: a dialog
	Folder func(w fyne.Window, chosen func(path string, err error)) // asks for a folder of this machine; "": none chosen. nil: a dialog
}

// Window is one person's window: the agent, the shell, and the screens in it. It is used on the main thread only.
type Window struct {
	agent *agent.Agent
	lang  assets.Language
	shell *Shell
	spawn Spawner
	now   func() time.Time
	every func(d time.Duration, tick func()) (stop func())

	config  Config
	prefs   Preferences
	window  fyne.Window
	content *fyne.Container

	place  string            // what the rail marks
	made   map[string]screen // the places of this unlocked time; none outlives a lock
	stack  []screen          // the screen shown is the last; below it those that back leads to
	gate   agent.State       // which of the screens without a rail is shown; "" for none
	life   context.Context   // ends at lock and at Close: every load hangs on it
	end    context.CancelFunc
	silent func() // ends listening
	closed bool

	stopJob func()          // ends the job under way, where the person began it; else nil
	told    map[string]bool // notices that an unlock has led to

	locking  bool // the person asked for the lock, and it is not yet shut
	byItself bool // the latest lock was the clock's
}

// screen is one place in the window, or a page beneath one. Enter loads and starts when it comes to be shown, Leave stops what
// ticks when it no longer is, and Changed hears the agent's signals in between, on the main thread.
type screen interface {
	Content() fyne.CanvasObject
	Enter()
	Leave()
	Changed(agent.Signal)
}

// dropTarget is a screen that takes files which are dropped on the window.
type dropTarget interface{ Dropped([]fyne.URI) }

// focused is a screen that says where the keyboard starts.
type focused interface{ First() fyne.Focusable }

// NewWindow makes the window's content and listens to the agent. Attach puts it on the screen, Close ends it.
func NewWindow(c Config) *Window {
	if c.Spawn == nil {
		c.Spawn = Concurrently
	}
	if c.Do == nil {
		c.Do = fyne.Do
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Every == nil {
		c.Every = part.EverySoOften
	}
	if c.Open == nil {
		c.Open = part.AskOpen
	}
	if c.Save == nil {
		c.Save = part.AskSave
	}
	if c.Folder == nil {
		c.Folder = part.AskFolder
	}
	if c.File == nil {
		c.File = part.AskFile
	}
	if c.AutoLock == 0 {
		c.AutoLock = agent.DefaultAutoLock
	}
	w := &Window{
		agent: c.Agent, spawn: c.Spawn, now: c.Now, every: c.Every, config: c,
		content: container.NewStack(), place: PlaceAssignments, told: map[string]bool{},
	}
	w.breathe()
	w.prefs = c.Preferences.complete()
	w.dress()
	w.silent = c.Agent.Listen(func(s agent.Signal) { c.Do(func() { w.changed(s) }) })
	w.settle()
	return w
}

// Content is what the window shows.
func (w *Window) Content() fyne.CanvasObject { return w.content }

// Attach fills a window and hears its input.
func (w *Window) Attach(window fyne.Window) {
	w.window = window
	window.SetPadded(false)
	window.SetContent(w.content)
	window.SetOnDropped(func(_ fyne.Position, files []fyne.URI) {
		w.touch()
		if t, ok := w.top().(dropTarget); ok && len(files) > 0 {
			t.Dropped(files)
		}
	})
	w.listenKeys()
	w.focus()
}

// Close stops the screens and the listening. The agent stays the caller's to close.
func (w *Window) Close() {
	if w.closed {
		return
	}
	w.closed = true
	w.silent()
	w.leave()
	w.end()
}

// dress builds the frame anew, in the language and look that are chosen.
func (w *Window) dress() {
	w.lang = w.prefs.Language
	wear(w.prefs)
	w.shell = NewShell(w.lang)
	w.shell.Rail.OnSelect = w.goTo
	w.made = map[string]screen{}
	w.content.Objects = []fyne.CanvasObject{w.shell.Content()}
	w.content.Refresh()
	w.showHeader()
}

// breathe begins a new time: loads of the one before show nothing any more.
func (w *Window) breathe() {
	if w.end != nil {
		w.end()
	}
	w.life, w.end = context.WithCancel(context.Background())
}

// canvas is what dialogs are shown over; nil until a window is attached.
func (w *Window) canvas() fyne.Canvas {
	if w.window == nil {
		return nil
	}
	return w.window.Canvas()
}

// ask shows a dialog over the window.
func (w *Window) ask(d *part.Dialog) {
	if c := w.canvas(); c != nil {
		d.Show(c)
	}
}

// tell says in place what went wrong, or takes it away for nil. That the device locked meanwhile needs no words: the lock
// screen is there.
func (w *Window) tell(banner *part.Banner, err error) {
	if err == nil {
		banner.Clear()
		return
	}
	if agent.CodeOf(err) == agent.Locked && w.agent.State() != agent.IsUnlocked {
		return
	}
	banner.Tell(ProblemOf(w.lang, err))
}

// touch is a sign of life for auto-lock.
func (w *Window) touch() { w.agent.Touch() }

// listenKeys lets keys that no widget takes count as life, and screens take what is pasted where no field does.
func (w *Window) listenKeys() {
	if c := w.canvas(); c != nil {
		c.SetOnTypedKey(func(*fyne.KeyEvent) { w.touch() })
		c.AddShortcut(&fyne.ShortcutPaste{}, func(fyne.Shortcut) {
			if t, ok := w.top().(pasteTarget); ok && c.Overlays().Top() == nil {
				t.Pasted()
			}
		})
	}
}
