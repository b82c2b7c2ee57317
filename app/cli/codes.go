package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"handslag/app/agent"
	"handslag/identity/qr"
)

func (s *session) readPicture(picture string) (string, error) {
	file, err := os.Open(picture)
	if err != nil {
		return "", usageError{err}
	}
	defer file.Close()
	return s.agent.ScanPicture(file)
}

// look takes a colleague's code from the camera, any but except, which was tried and may still be in view.
func (s *session) look(ctx context.Context, except string) (string, error) {
	camera, err := s.agent.Camera()
	if err != nil {
		return "", err
	}
	defer camera.Close()
	text, err := qr.Scan(ctx, camera, func(text string) bool {
		content, err := qr.Parse(text)
		return err == nil && content.Kind == qr.KindCeremony && text != except
	})
	switch {
	case errors.Is(err, context.Canceled):
		return "", &agent.Problem{Code: agent.Cancelled, Err: err}
	case err != nil:
		return "", &agent.Problem{Code: agent.NoCamera, Err: err}
	}
	return text, nil
}

func (s *session) showCode(code *qr.Code, file string) error {
	if file != "" {
		if err := qr.WritePicture(file, code); err != nil {
			return usageError{err}
		}
		return s.print(map[string]string{"qr": file}, func(w io.Writer) { fmt.Fprintf(w, "%s: %s\n", s.say("handover.offering"), file) })
	}
	if s.set.json {
		return usageError{errors.New("verify -show -json: -qr FILE")}
	}
	fmt.Fprintln(s.env.Out, s.say("handover.offering"))
	drawCode(s.env.Out, code)
	return nil
}

// sight is what the camera saw, or why it saw nothing.
type sight struct {
	text string
	err  error
}

// eye is the camera while a code is looked for; its zero value looks for nothing.
type eye struct {
	seen  <-chan sight
	stop  context.CancelFunc
	tried string // what it saw last: looked at for longer it is no other try
}

// open looks once, until it is shut.
func (e *eye) open(s *session) {
	e.shut()
	ctx, stop := context.WithCancel(s.ctx)
	seen := make(chan sight, 1)
	e.seen, e.stop = seen, stop
	tried := e.tried
	go func() {
		text, err := s.look(ctx, tried)
		seen <- sight{text, err}
	}()
}

func (e *eye) shut() {
	if e.stop != nil {
		e.stop()
	}
	e.seen, e.stop = nil, nil
}

// showSecond shows S's second code, for D's camera.
func (s *session) showSecond(text, file string) error {
	code, err := qr.Draw(text)
	if err != nil {
		return err
	}
	if file != "" {
		if err := qr.WritePicture(file, code); err != nil {
			return usageError{err}
		}
		return nil
	}
	if !s.set.json { // there the step has the text
		drawCode(s.env.Out, code)
	}
	return nil
}
