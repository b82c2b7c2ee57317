package directory

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

// Serve answers calls on listener by HTTPS, TLS 1.3, until ctx ends, and then finishes
// those that are at work, for at most five seconds.
func (d *Directory) Serve(ctx context.Context, listener net.Listener, cert tls.Certificate) error {
	server := &http.Server{
		Handler:           d,
		TLSConfig:         &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS13},
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      15 * time.Second,
		IdleTimeout:       20 * time.Second,
		MaxHeaderBytes:    8 << 10,
		ErrorLog:          log.New(io.Discard, "", 0), // it would name callers in a log that nothing deletes
	}
	forget, stop := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() { d.forget(forget) })
	failed := make(chan error, 1)
	go func() {
		failed <- server.ServeTLS(&limited{Listener: listener, free: make(chan struct{}, maxConnections)}, "", "")
	}()
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		if server.Shutdown(grace) != nil {
			server.Close()
		}
		cancel()
		err = <-failed
	}
	stop()
	done.Wait()
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serve directory: %w", err)
}

// forget deletes old addresses by the clock.
func (d *Directory) forget(ctx context.Context) {
	tick := time.NewTicker(d.addresses.period() / 2)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			_ = d.addresses.purge() // tried again at the next tick and the next call, which fails with it
		}
	}
}

// limited lets only so many connections be open at once; further ones wait in the
// system's queue.
type limited struct {
	net.Listener
	free chan struct{}
}

func (l *limited) Accept() (net.Conn, error) {
	l.free <- struct{}{}
	conn, err := l.Listener.Accept()
	if err != nil {
		<-l.free
		return nil, err
	}
	return &limitedConn{Conn: conn, give: sync.OnceFunc(func() { <-l.free })}, nil
}

type limitedConn struct {
	net.Conn
	give func()
}

func (c *limitedConn) Close() error {
	defer c.give()
	return c.Conn.Close()
}
