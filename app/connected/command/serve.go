package command

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync/atomic"
	"time"

	"handslag/app/connected"
	"handslag/app/connected/gate"
	"handslag/app/connected/metrics"
	"handslag/app/connected/organisation"
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
	var own settings
	var fd int
	return verb{
		name: "serve", short: "Serve the organisation's devices by HTTPS until interrupted",
		examples: []string{"serve -listen :8443", "serve -listen 127.0.0.1:0 -json"},
		begin: func(flags *flag.FlagSet) func(context.Context, *call) error {
			own.flags(flags, false)
			flags.IntVar(&fd, "ready-fd", -1, "file descriptor `number` that gets one line of JSON when it listens, and is closed")
			return func(ctx context.Context, c *call) error {
				c.settings.take(own)
				return c.serve(ctx, fd)
			}
		},
	}
}

func (c *call) serve(ctx context.Context, fd int) (err error) {
	config, keys, err := c.configuration()
	if err != nil {
		return err
	}
	job, err := c.feed(keys.Statement)
	if err != nil {
		return err
	}
	meter := metrics.New()
	config.Meter = meter
	g, err := gate.Open(ctx, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.Close(context.WithoutCancel(ctx))) }()
	if err := g.Ready(ctx); err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	var sends *metrics.Sending
	if job != nil {
		sends = meter.Sends(g.Feed(feedName), time.Now)
	}
	served, err := c.watched(ctx, c.settings.Metrics, meter, g)
	if err != nil {
		return err
	}
	defer served()
	listener, err := net.Listen("tcp", cmp.Or(c.settings.Listen, listenAt))
	if err != nil {
		return &hinted{fmt.Errorf("serve: %w", err), "is another server running there? choose with -listen"}
	}
	err = c.announce(listening{listener.Addr().String(), keys.Statement.URL, keys.Org, keys.Statement.Name}, fd)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	var cert atomic.Pointer[tls.Certificate]
	cert.Store(&keys.TLS)
	watching, stop := context.WithCancel(ctx)
	defer stop()
	if job != nil {
		job.Source, job.Meter = g.Feed(feedName), sends
		done := make(chan struct{})
		go func() { defer close(done); job.Run(watching) }()
		defer func() { stop(); <-done }()
	}
	go c.follow(watching, keys, func(newer *organisation.Keys) error {
		if err := g.SetKeys(gateKeys(newer)); err != nil {
			return err
		}
		cert.Store(&newer.TLS)
		return nil
	})
	return connected.Serve(ctx, g, listener, cert.Load)
}

// followEvery is how soon a running server takes a new statement.
const followEvery = time.Second

// follow puts each new statement in the folder in force, with its keys.
func (c *call) follow(ctx context.Context, keys *organisation.Keys, take func(*organisation.Keys) error) {
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	failed := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if !organisation.Changed(c.dir, keys) {
			continue
		}
		newer, err := organisation.Open(c.dir)
		if err == nil {
			err = take(newer)
		}
		if err != nil {
			if !failed {
				slog.Error("the new statement is not taken", "error", err)
			}
			failed = true
			continue
		}
		keys, failed = newer, false
		slog.Info("a new statement is in force", "number", keys.Statement.Number)
	}
}

// watched serves metrics at the address, where there is one; what it returns ends that.
func (c *call) watched(ctx context.Context, address string, meter *metrics.Meter, g *gate.Gate) (end func(), err error) {
	if address == "" {
		return func() {}, nil
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, &hinted{fmt.Errorf("serve metrics: %w", err), "is another program listening there? choose with -metrics"}
	}
	if !c.json {
		c.say("metrics on http://%s%s", listener.Addr(), metrics.Path)
	}
	ctx, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := meter.Serve(ctx, g, listener); err != nil {
			slog.Error("metrics ended", "error", err)
		}
	}()
	return func() { stop(); <-done }, nil
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
