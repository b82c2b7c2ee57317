// Package connected is the organisation's own server: its table of routes, the handlers
// behind them, and the HTTPS server. The handlers reach data only through the gate. It keeps
// no data and makes no decision of its own.
package connected

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"time"

	"handslag/app/connected/gate"
)

// Times and sizes that a caller gets. A batch of 4 MiB goes up within bodyTime from half a
// megabit a second on.
const (
	headerTime   = 10 * time.Second
	bodyTime     = 90 * time.Second
	answerTime   = 120 * time.Second
	idleTime     = 2 * time.Minute
	headerLimit  = 16 << 10 // bytes
	shutdownTime = 10 * time.Second
	streams      = 16 // calls at once on one connection
)

// Handler is the connected system as an HTTP handler. Its log holds no personal data: routes,
// codes and durations.
func Handler(g *gate.Gate, logger *slog.Logger) http.Handler {
	return g.Door(Routes(g.Statement), logger)
}

// Serve answers calls on listener until ctx ends, and then lets those under way finish. cert gives
// the organisation's own certificate for each connection; devices know it by the pin of its key. It
// logs to slog.Default.
func Serve(ctx context.Context, g *gate.Gate, listener net.Listener, cert func() *tls.Certificate) error {
	server := &http.Server{
		Handler: Handler(g, slog.Default()),
		TLSConfig: &tls.Config{MinVersion: tls.VersionTLS13, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return cert(), nil
		}},
		ReadHeaderTimeout: headerTime,
		ReadTimeout:       bodyTime,
		WriteTimeout:      answerTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    headerLimit,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: streams},
		ErrorLog:          log.New(io.Discard, "", 0), // its lines hold callers' addresses
		BaseContext:       func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	if err := g.Started(context.WithoutCancel(ctx)); err != nil { // a stop that comes early is no failure
		return errors.Join(fmt.Errorf("serve: %w", err), listener.Close())
	}
	checking, stop := context.WithCancel(ctx)
	checked := make(chan struct{})
	go func() { defer close(checked); g.CheckSignatures(checking) }()
	defer func() { stop(); <-checked }()
	server.RegisterOnShutdown(g.EndWaits)
	ended := make(chan error, 1)
	go func() { ended <- server.ServeTLS(listener, "", "") }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	wait, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer cancel()
	if err := server.Shutdown(wait); err != nil {
		return errors.Join(fmt.Errorf("stop serving: %w", err), server.Close())
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}
