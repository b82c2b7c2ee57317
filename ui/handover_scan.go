package ui

import (
	"context"
	"image"
	"io"
	"sync/atomic"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/storage"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/identity/qr"
	"handslag/ui/camera"
	"handslag/ui/part"
)

// sought is what came of looking for a camera.
type sought struct {
	frames  qr.Frames
	devices []camera.Device // to choose from
	err     error           // there is none to look through
}

// seek opens the camera and lists the others, off the main thread: drivers take their time. Where nobody waits for it any more
// it is closed again.
func (s *handoverScreen) seek(show func(sought)) {
	ctx := s.loads.Next(s.w.life)
	s.w.spawn(func() {
		var found sought
		found.devices = s.w.config.Lens.Devices()
		found.frames, found.err = s.w.agent.Camera()
		fyne.Do(func() {
			if ctx.Err() == nil {
				show(found)
			} else if found.err == nil {
				s.w.spawn(func() { _ = found.frames.Close() }) // nothing is written
			}
		})
	})
}

// scan reads the other's code: from the camera, where there is one, or from a picture file.
func (s *handoverScreen) scan() {
	s.way = waysRead
	s.halt()
	s.sharing, s.shot = nil, nil
	s.banner.Clear()
	s.w.touch()
	s.put("waiting", part.NewText(s.w.lang.Say("common.loading")))
	s.seek(s.drawScan)
}

func (s *handoverScreen) drawScan(found sought) {
	lang := s.w.lang
	status := part.NewText(lang.Say("handover.scanning"))
	file := part.NewButton(lang.Say("handover.from_file"), assets.IconQR, s.openPicture)
	if found.err != nil { // then it is the one way
		file = part.NewPrimary(lang.Say("handover.from_file"), assets.IconQR, s.openPicture)
	}
	words := part.Stack(
		part.NewLead(lang.Say("handover.scan_way")), status, part.NewMuted(lang.Say("handover.drop_hint")),
		part.Beside(file, layout.NewSpacer()), part.Beside(part.NewButton(lang.Say("handover.paste"), assets.IconQR, s.Pasted), layout.NewSpacer()),
		part.Beside(s.stopButton(), layout.NewSpacer()), part.NewMuted(lang.Say("handover.network_hint")),
	)
	if found.err != nil {
		status.SetText(lang.Say("handover.no_camera"))
		s.lenses(words, nil, found.devices, s.scan)
		s.put("scan", part.NewPanel(words))
		s.focusOn(file)
		if agent.CodeOf(found.err) != agent.NoCamera {
			s.w.tell(s.banner, found.err)
		}
		return
	}
	if _, files := found.frames.(interface{ Folder() string }); files {
		status.SetText(lang.Say("handover.scanning_demo"))
	}
	view := newFinder()
	s.lenses(words, view, found.devices, s.scan)
	s.put("scan", part.CodeBeside(0, view.box, words))
	s.focusOn(file)
	s.scanner = newScanner(s.w, found.frames, view.show, s.read)
	s.scanner.start()
}

// read takes what the camera found, or why it found nothing more. A code that is not a colleague's is told in place, and the
// camera looks on.
func (s *handoverScreen) read(text string, err error) {
	if s.drawn != "scan" {
		return
	}
	if err != nil {
		s.w.tell(s.banner, err)
		return
	}
	s.shot = s.scanner.shot
	s.scanned(text, agent.ByCamera)
}

// openPicture asks for a picture file.
func (s *handoverScreen) openPicture() {
	s.w.touch()
	s.w.config.Open(s.w.window, func(file io.ReadCloser, err error) {
		if err != nil || file == nil {
			s.w.tell(s.banner, err)
			return
		}
		s.readPicture(func() (io.ReadCloser, error) { return file, nil })
	})
}

// Dropped takes a picture that is dropped on the window while a code is wanted.
func (s *handoverScreen) Dropped(files []fyne.URI) {
	if s.drawn != "scan" && s.drawn != "begin" || len(files) != 1 {
		return
	}
	s.openURI(files[0])
}

// openURI reads a picture by the name that was dropped or pasted. Opening may take its time too: it may lie on another machine.
func (s *handoverScreen) openURI(name fyne.URI) {
	s.readPicture(func() (io.ReadCloser, error) {
		file, err := storage.Reader(name)
		if err != nil {
			return nil, &agent.Problem{Code: agent.PictureUnreadable, Err: err}
		}
		return file, nil
	})
}

func (s *handoverScreen) readPicture(open func() (io.ReadCloser, error)) {
	s.way = waysRead
	s.banner.Clear()
	Load(s.loads.Next(s.w.life), s.w.spawn, func(context.Context) (string, error) {
		file, err := open()
		if err != nil {
			return "", err
		}
		text, err := s.w.agent.ScanPicture(file)
		_ = file.Close() // read only
		return text, err
	}, func(text string, err error) {
		if err != nil {
			s.w.tell(s.banner, err)
			return
		}
		s.scanned(text, agent.FromPicture)
	})
}

// scanner reads frames until one holds a colleague's code. Its callbacks run on the main thread.
type scanner struct {
	w      *Window
	frames qr.Frames
	seen   func(image.Image)
	found  func(text string, err error)
	ctx    context.Context
	cancel context.CancelFunc
	busy   atomic.Bool // a frame is on its way to the screen
	told   agent.Code  // of the foreign code last told of; the scanner's goroutine only
	except string      // a colleague's code that was not the right one and may still be in view
	shot   image.Image // of the code that was taken; set before found is told of it
}

func newScanner(w *Window, frames qr.Frames, seen func(image.Image), found func(string, error)) *scanner {
	c := &scanner{w: w, frames: frames, seen: seen, found: found}
	c.ctx, c.cancel = context.WithCancel(w.life)
	return c
}

// start looks on a goroutine of its own: it lasts as long as the screen, so no spawner may run it at once.
func (c *scanner) start() {
	go func() {
		seen, err := qr.ScanSights(c.ctx, c, c.accept)
		text := seen.Text
		_ = c.frames.Close() // nothing is written
		if c.ctx.Err() != nil {
			return
		}
		if err != nil {
			text, err = "", agent.CameraProblem(err)
		}
		c.show(func() { c.found(text, err) })
	}()
}

func (c *scanner) show(do func()) {
	c.w.config.Do(func() {
		if c.ctx.Err() == nil {
			do()
		}
	})
}

// accept takes a colleague's code and tells, once for each kind, of any other. Either is framed.
func (c *scanner) accept(seen qr.Sight) bool {
	content, err := qr.Parse(seen.Text)
	if err == nil && content.Kind == qr.KindCeremony {
		if seen.Text == c.except {
			return false
		}
		c.shot = camera.Outlined(seen, camera.OurCode)
		return true
	}
	wrong := camera.Outlined(seen, camera.OtherCode)
	c.show(func() { c.seen(wrong) })
	problem := codeProblem(err)
	if problem.Code != c.told {
		c.told = problem.Code
		c.show(func() { c.found("", problem) })
	}
	return false
}

// Next shows each frame on its way to the decoder. Frames that come faster than the screen are decoded and not shown.
func (c *scanner) Next(ctx context.Context) (image.Image, error) {
	img, err := c.frames.Next(ctx)
	if err == nil && c.busy.CompareAndSwap(false, true) {
		c.w.config.Do(func() {
			c.busy.Store(false)
			if c.ctx.Err() == nil {
				c.seen(img)
			}
		})
	}
	return img, err
}

// Close ends the frames; Scan never calls it.
func (c *scanner) Close() error { return c.frames.Close() }

// close ends it from the main thread; the goroutine closes the frames.
func (c *scanner) close() { c.cancel() }
