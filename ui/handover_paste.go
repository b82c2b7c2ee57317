package ui

import (
	"context"
	"errors"
	"net/url"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"

	"handslag/app/agent"
	"handslag/identity/qr"
	"handslag/ui/part"
)

// mostPasted bounds what of a clipboard is looked at, in bytes: a code or a file's name is far shorter.
const mostPasted = 16 << 10

// pasteTarget is a screen that takes what lies on the clipboard, when no field does.
type pasteTarget interface{ Pasted() }

// Pasted takes the colleague's code from the clipboard: its text, or the name of a picture file that was copied. Pictures
// themselves Fyne does not hand out. Either goes the road of a picture file.
func (s *handoverScreen) Pasted() {
	if s.drawn != "scan" && s.drawn != "begin" {
		return
	}
	s.w.touch()
	text, file := pasted(fyne.CurrentApp().Clipboard().Content())
	switch {
	case text != "":
		if _, err := qr.Parse(text); err != nil {
			s.w.tell(s.banner, codeProblem(err))
			return
		}
		s.way = waysRead
		s.scanned(text, agent.FromPicture)
	case file != nil:
		s.openURI(file)
	default:
		s.banner.Tell(part.Problem{State: part.StateWarning, What: s.w.lang.Say("handover.paste_nothing"), Do: s.w.lang.Say("handover.paste_how")})
	}
}

// pasted finds in a clipboard's text a colleague's code, or else a picture file: by its path, or as file managers copy it, by
// its URI.
func pasted(content string) (text string, file fyne.URI) {
	if len(content) > mostPasted {
		return "", nil
	}
	for word := range strings.FieldsSeq(content) {
		if word = strings.ToUpper(word); strings.HasPrefix(word, "HS") && strings.Contains(word, ":") {
			return word, nil
		}
	}
	for line := range strings.Lines(content) {
		line = strings.Trim(line, "\x00\r\n \"'")
		if u, err := url.Parse(line); err == nil && u.Scheme == "file" && u.Path != "" {
			return "", storage.NewFileURI(u.Path)
		}
		if filepath.IsAbs(line) {
			return "", storage.NewFileURI(line)
		}
	}
	return "", nil
}

// copyCode puts the code's text on the clipboard, for a device that has no camera. It is read out of its own picture: a code
// keeps no text that could stray into a log.
func (s *handoverScreen) copyCode() {
	s.w.touch()
	code := s.code
	if code == nil {
		return
	}
	Load(s.loads.Next(s.w.life), s.w.spawn, func(context.Context) (string, error) {
		return qr.Read(code.Image(part.QRModule))
	}, func(text string, err error) {
		if err != nil || s.code != code {
			s.w.tell(s.banner, err)
			return
		}
		fyne.CurrentApp().Clipboard().SetContent(text)
		s.copied = text
		s.banner.Tell(part.Problem{State: part.StateOK, What: s.w.lang.Say("handover.copied")})
	})
}

// uncopy takes the code off the clipboard, unless something else lies there by now: it works once, and its time is over.
func (s *handoverScreen) uncopy() {
	if s.copied == "" {
		return
	}
	if board := fyne.CurrentApp().Clipboard(); board.Content() == s.copied {
		board.SetContent("")
	}
	s.copied = ""
}

// codeProblem is why a text is no colleague's code.
func codeProblem(err error) *agent.Problem {
	code := agent.NotACode
	switch {
	case errors.Is(err, qr.ErrTooNew):
		code = agent.CodeTooNew
	case errors.Is(err, qr.ErrDamaged), errors.Is(err, qr.ErrOversized):
		code = agent.CodeDamaged
	}
	return &agent.Problem{Code: code, Err: err}
}
