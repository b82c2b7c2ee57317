// Package feedtest is a syslog server by TLS (RFC 5425) for tests, which reads with somebody else's parser and can
// behave as badly as a real one.
package feedtest

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/leodido/go-syslog/v4"
	"github.com/leodido/go-syslog/v4/octetcounting"
	"github.com/leodido/go-syslog/v4/rfc5424"
)

// Message is one that arrived.
type Message struct {
	Data map[string]string // of our structured data
	Text string
}

// Conduct is what becomes of one connection. The zero value reads everything and ends in order.
type Conduct struct {
	NoHandshake  bool
	ReadBytes    int  // so many, and then the line is cut
	ReadMessages int  // so many, and then it is cut
	Stall        bool // instead of cutting it, nothing more happens
	Raw          bool // keeps the bytes, and reads no message in them
}

// Listener is the server.
type Listener struct {
	t        testing.TB
	listener net.Listener
	cert     tls.Certificate
	pool     *x509.CertPool

	mu       sync.Mutex
	config   *tls.Config
	conducts []Conduct
	got      []Message
	raw      []byte
	changed  chan struct{}
}

// Listen listens on loopback until the test ends. Each connection takes the next conduct, the last of them is good.
func Listen(t testing.TB, conducts ...Conduct) *Listener {
	t.Helper()
	l := &Listener{t: t, conducts: conducts, changed: make(chan struct{})}
	l.cert, l.pool = certificate(t)
	l.config = &tls.Config{Certificates: []tls.Certificate{l.cert}}
	var err error
	if l.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		var all sync.WaitGroup
		defer all.Wait()
		for {
			conn, err := l.listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() { l.serve(ctx, conn) })
		}
	}()
	t.Cleanup(func() { stop(); l.listener.Close(); <-done })
	return l
}

func certificate(t testing.TB) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, pool
}

// Address is host:port.
func (l *Listener) Address() string { return l.listener.Addr().String() }

// Roots are whom its certificate is signed by: itself.
func (l *Listener) Roots() *x509.CertPool { return l.pool }

// Certificate is its own, which another may ask its callers for.
func (l *Listener) Certificate() tls.Certificate { return l.cert }

// Asks has it ask its callers who they are, from now on.
func (l *Listener) Asks(roots *x509.CertPool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.config = &tls.Config{Certificates: l.config.Certificates, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: roots}
}

// Received are the messages that have arrived, in order.
func (l *Listener) Received() []Message {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Message{}, l.got...)
}

// Bytes are what has arrived where no message was read in it.
func (l *Listener) Bytes() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Clone(l.raw)
}

// Until waits until what has arrived is enough.
func (l *Listener) Until(ctx context.Context, enough func([]Message) bool) {
	l.t.Helper()
	for {
		l.mu.Lock()
		changed, got := l.changed, append([]Message{}, l.got...)
		l.mu.Unlock()
		if enough(got) {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			l.t.Fatalf("only %d messages have come", len(got))
		}
	}
}

func (l *Listener) next() (Conduct, *tls.Config) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.conducts) == 0 {
		return Conduct{}, l.config
	}
	c := l.conducts[0]
	l.conducts = l.conducts[1:]
	return c, l.config
}

func (l *Listener) serve(ctx context.Context, raw net.Conn) {
	c, config := l.next()
	conn := tls.Server(raw, config)
	defer context.AfterFunc(ctx, func() { raw.Close() })()
	cut := func() {
		if c.Stall {
			<-ctx.Done()
		}
		raw.(*net.TCPConn).SetLinger(0)
		raw.Close()
	}
	switch {
	case c.NoHandshake:
		cut()
	case c.Stall && c.ReadMessages == 0:
		conn.Handshake()
		cut()
	case c.ReadBytes > 0:
		io.CopyN(io.Discard, conn, int64(c.ReadBytes))
		cut()
	case c.Raw:
		data, _ := io.ReadAll(conn)
		l.mu.Lock()
		l.raw = append(l.raw, data...)
		l.mu.Unlock()
		conn.Close()
	case c.ReadMessages > 0:
		l.read(conn, c.ReadMessages)
		cut()
	default:
		l.read(conn, -1)
		conn.Close()
	}
}

// read reads messages, at most so many.
func (l *Listener) read(conn io.Reader, most int) {
	r := &enough{Reader: conn}
	octetcounting.NewParser(syslog.WithListener(func(result *syslog.Result) {
		if result.Error != nil || most == 0 {
			return
		}
		if most--; most == 0 {
			r.over = true
		}
		m := result.Message.(*rfc5424.SyslogMessage)
		one := Message{Data: map[string]string{}}
		if m.StructuredData != nil {
			for _, data := range *m.StructuredData {
				one.Data = data
			}
		}
		if m.Message != nil {
			one.Text = *m.Message
		}
		l.mu.Lock()
		l.got = append(l.got, one)
		close(l.changed)
		l.changed = make(chan struct{})
		l.mu.Unlock()
	})).Parse(r)
}

// enough ends when it is over.
type enough struct {
	io.Reader
	over bool
}

func (e *enough) Read(p []byte) (int, error) {
	if e.over {
		return 0, io.EOF
	}
	return e.Reader.Read(p[:min(len(p), 512)])
}
