package feed

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// Receiver is a syslog server that listens by TLS (RFC 5425).
type Receiver struct {
	Address string         // host:port; the host's name stands in its certificate
	Roots   *x509.CertPool // who may have signed that; nil: whom the machine trusts

	Certificate *tls.Certificate // who we are, where it asks; nil: nobody
}

// Times that a receiver gets.
const (
	dialTime    = 10 * time.Second
	deliverTime = time.Minute // for all messages of a delivery, and its end
)

// Deliver sends messages and ends the connection. RFC 5425 knows no receipts: that the receiver ends the
// connection in answer to our own end is the one sign that it has read everything before it, and a delivery
// without that sign is none. Some or all of what is delivered anew has come twice then.
func (r Receiver) Deliver(ctx context.Context, messages [][]byte) error {
	ctx, cancel := context.WithTimeout(ctx, deliverTime)
	defer cancel()
	host, _, err := net.SplitHostPort(r.Address)
	if err != nil {
		return fmt.Errorf("deliver: %w", err)
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: host, RootCAs: r.Roots}
	if r.Certificate != nil {
		config.Certificates = []tls.Certificate{*r.Certificate}
	}
	dialing, stop := context.WithTimeout(ctx, dialTime)
	defer stop()
	dialer := tls.Dialer{Config: config}
	conn, err := dialer.DialContext(dialing, "tcp", r.Address)
	if err != nil {
		return fmt.Errorf("deliver: %w", err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	var frames bytes.Buffer
	for _, message := range messages {
		frames.WriteString(strconv.Itoa(len(message)) + " ") // octet counting, RFC 5425 §4.3
		frames.Write(message)
	}
	if _, err := frames.WriteTo(conn); err != nil {
		return fmt.Errorf("deliver: %w", late(ctx, err))
	}
	if err := conn.(*tls.Conn).CloseWrite(); err != nil {
		return fmt.Errorf("deliver: %w", late(ctx, err))
	}
	if _, err := io.Copy(io.Discard, conn); err != nil { // it has nothing to say but the end
		return fmt.Errorf("deliver: the receiver did not end the connection in order: %w", late(ctx, err))
	}
	return nil
}

// late says that the time was over, where that is why the connection broke.
func late(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return errors.Join(ctx.Err(), err)
	}
	return err
}
