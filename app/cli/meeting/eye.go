package meeting

import (
	"context"
	"errors"
	"os"

	"handslag/app/agent"
	"handslag/app/cli/console"
	"handslag/identity/qr"
)

// readPicture takes a code from a file.
func readPicture(c *console.Console, picture string) (string, error) {
	file, err := os.Open(picture)
	if err != nil {
		return "", console.Usage(err)
	}
	defer file.Close()
	return c.Agent.ScanPicture(file)
}

// look takes a colleague's code from the camera, any but except, which was tried and may still be in view.
func look(ctx context.Context, c *console.Console, except string) (string, error) {
	camera, err := c.Agent.Camera()
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
func (e *eye) open(ctx context.Context, c *console.Console) {
	e.shut()
	ctx, stop := context.WithCancel(ctx)
	seen := make(chan sight, 1)
	e.seen, e.stop = seen, stop
	tried := e.tried
	go func() {
		text, err := look(ctx, c, tried)
		seen <- sight{text, err}
	}()
}

func (e *eye) shut() {
	if e.stop != nil {
		e.stop()
	}
	e.seen, e.stop = nil, nil
}
