package command

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"

	"handslag/app/connected"
	"handslag/app/connected/gate"
	"handslag/identity"
)

// listenAt is where serve listens unless told otherwise.
const listenAt = "127.0.0.1:8443"

// listening is what starters of the server read.
type listening struct {
	Listening string         `json:"listening"` // host:port
	URL       string         `json:"url"`       // as the statement says it
	ID        identity.OrgID `json:"id"`
	Name      string         `json:"name"`
}

func serveVerb() verb {
	var address string
	var fd int
	return verb{
		name: "serve", short: "Serve the organisation's devices by HTTPS until interrupted",
		examples: []string{"serve -listen :8443", "serve -listen 127.0.0.1:0 -json"},
		begin: func(flags *flag.FlagSet) func(context.Context, *call) error {
			flags.StringVar(&address, "listen", "", "`address` to listen on; port 0 takes a free one (default \""+listenAt+"\")")
			flags.IntVar(&fd, "ready-fd", -1, "file descriptor `number` that gets one line of JSON when it listens, and is closed")
			return func(ctx context.Context, c *call) error { return c.serve(ctx, address, fd) }
		},
	}
}

func (c *call) serve(ctx context.Context, address string, fd int) (err error) {
	config, keys, err := c.configuration()
	if err != nil {
		return err
	}
	g, err := gate.Open(ctx, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.Close(context.WithoutCancel(ctx))) }()
	listener, err := net.Listen("tcp", cmp.Or(address, c.settings.Listen, listenAt))
	if err != nil {
		return &hinted{fmt.Errorf("serve: %w", err), "is another server running there? choose with -listen"}
	}
	err = c.announce(listening{listener.Addr().String(), keys.Statement.URL, keys.Org, keys.Statement.Name}, fd)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	return connected.Serve(ctx, g, listener, keys.TLS)
}

// announce says where it listens: a line for people, or JSON for starters.
func (c *call) announce(l listening, fd int) error {
	line, err := json.Marshal(l)
	if err != nil {
		return err
	}
	line = append(line, '\n')
	if c.json {
		if _, err := c.Out.Write(line); err != nil {
			return err
		}
	} else {
		c.say("listening on https://%s for %s, which says %s", l.Listening, l.Name, l.URL)
	}
	if fd < 0 {
		return nil
	}
	file := os.NewFile(uintptr(fd), "ready")
	if file == nil {
		return &usageError{"-ready-fd is not an open file descriptor", "for example: connected serve -ready-fd 3 3>ready"}
	}
	defer file.Close()
	if _, err := file.Write(line); err != nil {
		return fmt.Errorf("write to -ready-fd: %w", err)
	}
	return nil
}
