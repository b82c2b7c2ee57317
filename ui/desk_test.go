package ui_test

import (
	"bytes"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"

	"handslag/app/agent"
	"handslag/ui"
	"handslag/ui/part"
)

// mainLoop is the main thread of a story: what other goroutines have for the windows waits here until the story looks.
type mainLoop struct {
	mu   sync.Mutex
	work []func()
	wake chan struct{}
}

func newMainLoop() *mainLoop { return &mainLoop{wake: make(chan struct{}, 1)} }

func (m *mainLoop) do(work func()) {
	m.mu.Lock()
	m.work = append(m.work, work)
	m.mu.Unlock()
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

func (m *mainLoop) run() {
	for {
		m.mu.Lock()
		work := m.work
		m.work = nil
		m.mu.Unlock()
		if len(work) == 0 {
			return
		}
		for _, w := range work {
			w()
		}
	}
}

// desk is one person's window over a real agent.
type desk struct {
	t      *testing.T
	h      *house
	loop   *mainLoop
	agent  *agent.Agent
	ui     *ui.Window
	window *droppable
	ticks  map[int]func()
	next   int
	opens  []byte      // what the file dialog gives
	saved  *savedBytes // what was written last
	folder string      // what the folder dialog gives
	file   string      // what the dialog for a file of the machine gives
}

// droppable is a window that a story drops files on and presses ctrl-V before, which the test driver's does not hear of.
type droppable struct {
	fyne.Window
	drop func(fyne.Position, []fyne.URI)
	keys *pressable
}

// pressable is the window's canvas, which keeps what is to be done at which keys.
type pressable struct {
	fyne.Canvas
	fyne.ShortcutHandler
}

func (p *pressable) AddShortcut(keys fyne.Shortcut, do func(fyne.Shortcut)) {
	p.ShortcutHandler.AddShortcut(keys, do)
}

func (p *pressable) RemoveShortcut(keys fyne.Shortcut) { p.ShortcutHandler.RemoveShortcut(keys) }

func (w *droppable) Canvas() fyne.Canvas {
	if w.keys == nil {
		w.keys = &pressable{Canvas: w.Window.Canvas()}
	}
	return w.keys
}

func (w *droppable) SetOnDropped(drop func(fyne.Position, []fyne.URI)) { w.drop = drop }

// savedBytes is a file that the person chose to write.
type savedBytes struct {
	bytes.Buffer
	name      string
	discarded bool
}

func (s *savedBytes) Name() string   { return s.name }
func (s *savedBytes) Close() error   { return nil }
func (s *savedBytes) Discard() error { s.discarded = true; return nil }

// desk opens a window of the size of a small laptop.
func (h *house) desk(loop *mainLoop, a *agent.Agent, prefs ui.Preferences) *desk {
	h.t.Helper()
	d := &desk{t: h.t, h: h, loop: loop, agent: a, ticks: map[int]func(){}}
	spawn := ui.Spawner(ui.AtOnce)
	if h.beside {
		spawn = func(work func()) { go func() { work(); loop.do(func() {}) }() }
	}
	d.ui = ui.NewWindow(ui.Config{
		Agent: a, Preferences: prefs, Spawn: spawn, Do: loop.do, Now: h.clock,
		Every: func(_ time.Duration, tick func()) func() {
			id := d.next
			d.next++
			d.ticks[id] = tick
			return func() { delete(d.ticks, id) }
		},
		Open: func(_ fyne.Window, opened func(io.ReadCloser, error)) {
			opened(io.NopCloser(bytes.NewReader(d.opens)), nil)
		},
		Browse: func(address string) error { return h.browse(address) },
		File:   func(_ fyne.Window, chosen func(string, error)) { chosen(d.file, nil) },
		Folder: func(_ fyne.Window, chosen func(string, error)) { chosen(d.folder, nil) },
		Save: func(_ fyne.Window, name string, opened func(part.SavedFile, error)) {
			d.saved = &savedBytes{name: name}
			opened(d.saved, nil)
		},
	})
	d.window = &droppable{Window: test.NewWindow(nil)}
	d.window.Resize(fyne.NewSize(1000, 700))
	d.ui.Attach(d.window)
	d.window.Resize(fyne.NewSize(1000, 700))
	h.t.Cleanup(func() { d.ui.Close(); d.window.Close() })
	return d
}

// passes moves the clock and lets what ticks tick.
func (d *desk) passes(by time.Duration) {
	d.h.mu.Lock()
	d.h.now = d.h.now.Add(by)
	d.h.mu.Unlock()
	d.loop.run()
	for _, tick := range d.ticks {
		tick()
	}
}

// walk visits every object that can be seen.
func walk(o fyne.CanvasObject, see func(fyne.CanvasObject) bool) {
	if o == nil || !o.Visible() || !see(o) {
		return
	}
	switch o := o.(type) {
	case *fyne.Container:
		for _, child := range o.Objects {
			walk(child, see)
		}
	case fyne.Widget:
		for _, child := range test.WidgetRenderer(o).Objects() {
			walk(child, see)
		}
	}
}

func (d *desk) walk(see func(fyne.CanvasObject) bool) {
	if top := d.window.Canvas().Overlays().Top(); top != nil {
		walk(top, see)
		return
	}
	walk(d.window.Content(), see)
}

// all are the visible widgets of a kind.
func all[T fyne.CanvasObject](d *desk) []T {
	var found []T
	d.walk(func(o fyne.CanvasObject) bool {
		if one, is := o.(T); is {
			found = append(found, one)
		}
		return true
	})
	return found
}

// words is everything that can be read on the screen, a line each.
func (d *desk) words() string {
	var lines []string
	d.walk(func(o fyne.CanvasObject) bool {
		switch o := o.(type) {
		case *part.Text:
			lines = append(lines, o.Text())
			return false
		case *part.Button:
			lines = append(lines, "["+o.Text+"]")
			return false
		case *canvas.Text: // in a badge
			lines = append(lines, o.Text)
		}
		return true
	})
	for _, list := range all[*part.RowList](d) {
		for _, row := range list.Rows() {
			line := "> " + row.Title + " | " + row.Subtitle
			for _, b := range row.Badges {
				line += " (" + b.Text + ")"
			}
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// sees waits until words stand on the screen.
func (d *desk) sees(words ...string) {
	d.t.Helper()
	d.until("sees "+strings.Join(words, ", "), func() bool {
		now := d.words()
		for _, w := range words {
			if !strings.Contains(now, w) {
				return false
			}
		}
		return true
	})
}

func (d *desk) seesNot(words ...string) {
	d.t.Helper()
	d.loop.run()
	now := d.words()
	for _, w := range words {
		if strings.Contains(now, w) {
			d.t.Fatalf("%q stands on the screen:\n%s", w, now)
		}
	}
}

// until waits for what other goroutines bring; nothing takes so long unless it hangs.
func (d *desk) until(what string, is func() bool) {
	d.t.Helper()
	deadline := time.After(5 * time.Minute)
	for {
		d.loop.run()
		if is() {
			return
		}
		select {
		case <-d.loop.wake:
		case <-deadline:
			d.t.Fatalf("it never came that %s; the screen says:\n%s", what, d.words())
		}
	}
}

func (d *desk) button(text string) *part.Button {
	for _, b := range all[*part.Button](d) {
		if b.Text == text {
			return b
		}
	}
	return nil
}

// taps presses the button with that text.
func (d *desk) taps(text string) {
	d.t.Helper()
	d.until("there is a button "+text, func() bool { b := d.button(text); return b != nil && !b.Disabled() })
	test.Tap(d.button(text))
	d.loop.run()
}

// goes to a place of the rail.
func (d *desk) goes(place string) {
	d.t.Helper()
	rails := all[*part.Rail](d)
	if len(rails) != 1 {
		d.t.Fatalf("%d rails", len(rails))
	}
	rails[0].OnSelect(place)
	d.loop.run()
}

// opensRow taps the row with that title, where a finger would.
func (d *desk) opensRow(title string) {
	d.t.Helper()
	d.sees("> " + title)
	for _, card := range all[*part.RowCard](d) {
		found := false
		walk(card, func(o fyne.CanvasObject) bool {
			if text, is := o.(*part.Text); is && text.Text() == title {
				found = true
			}
			return true
		})
		if found {
			at, _ := positionOf(card, d.window.Content())
			test.TapCanvas(d.window.Canvas(), at.AddXY(card.Size().Width/2, card.Size().Height/2))
			d.loop.run()
			return
		}
	}
	d.t.Fatalf("no row %q can be tapped", title)
}

// positionOf is where an object stands beneath root. The test driver's own answer looks into the last window alone.
func positionOf(o, root fyne.CanvasObject) (fyne.Position, bool) {
	if o == root {
		return root.Position(), true
	}
	var children []fyne.CanvasObject
	switch r := root.(type) {
	case *fyne.Container:
		children = r.Objects
	case fyne.Widget:
		children = test.WidgetRenderer(r).Objects()
	}
	for _, child := range children {
		if at, found := positionOf(o, child); found {
			return at.Add(root.Position()), true
		}
	}
	return fyne.Position{}, false
}

// types writes into the field with that label.
func (d *desk) types(label, text string) {
	d.t.Helper()
	for _, f := range all[*part.Field](d) {
		found := false
		walk(f, func(o fyne.CanvasObject) bool {
			if t, is := o.(*part.Text); is && t.Text() == label {
				found = true
			}
			return true
		})
		if found {
			test.Type(f.Focusable(), text)
			return
		}
	}
	d.t.Fatalf("no field %q in:\n%s", label, d.words())
}

// chooses marks an option.
func (d *desk) chooses(id string) {
	d.t.Helper()
	choices := all[*part.Choice](d)
	if len(choices) == 0 {
		d.t.Fatalf("nothing to choose from in:\n%s", d.words())
	}
	choices[0].Choose(id)
}

// picture is the window as a PNG, as another device's camera would see it. With HANDSLAG_PICTURES it is kept there.
func (d *desk) picture(name string) []byte {
	d.t.Helper()
	d.loop.run()
	d.window.Resize(fyne.NewSize(1001, 700)) // a driver with a screen lays out before each frame, the test driver when told
	d.window.Resize(fyne.NewSize(1000, 700))
	var out bytes.Buffer
	ok(d.t, png.Encode(&out, d.window.Canvas().Capture()))
	if dir := os.Getenv("HANDSLAG_PICTURES"); dir != "" && name != "" {
		ok(d.t, os.MkdirAll(dir, 0o700))
		ok(d.t, os.WriteFile(filepath.Join(dir, name+".png"), out.Bytes(), 0o600))
	}
	return out.Bytes()
}
