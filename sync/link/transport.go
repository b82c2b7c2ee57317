package link

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"

	"handslag/identity"
)

// Errors of the client, beside *Problem for what the connected system refused.
var (
	ErrAway   = errors.New("no answer from the other end")
	ErrPin    = errors.New("the other end does not hold the organisation's TLS key")
	ErrAnswer = errors.New("the answer makes no sense")
)

// Timeouts and bounds of one call.
const (
	defaultTimeout = 2 * time.Minute // whole call with its body: a page may be large and the line thin
	dialTimeout    = 10 * time.Second
	headerTimeout  = 30 * time.Second
	idleTimeout    = 30 * time.Second
	maxConns       = 4
	headerLimit    = 32 << 10 // bytes
	problemLimit   = 16 << 10 // bytes
)

// newHTTP is an HTTP client that speaks TLS 1.3 as conf says, follows no redirect, uses no
// proxy, unpacks nothing and keeps few connections.
func newHTTP(conf *tls.Config, timeout time.Duration) *http.Client {
	if timeout == 0 {
		timeout = defaultTimeout
	}
	conf.MinVersion = tls.VersionTLS13
	return &http.Client{
		Timeout: timeout,
		Transport: &http.Transport{
			DialContext:            (&net.Dialer{Timeout: dialTimeout}).DialContext,
			TLSClientConfig:        conf,
			TLSHandshakeTimeout:    dialTimeout,
			ResponseHeaderTimeout:  headerTimeout,
			IdleConnTimeout:        idleTimeout,
			MaxIdleConns:           maxConns,
			MaxIdleConnsPerHost:    maxConns,
			MaxConnsPerHost:        maxConns,
			MaxResponseHeaderBytes: headerLimit,
			DisableCompression:     true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// pinned accepts exactly the certificates whose public key is one of pins, whoever issued
// them and whatever they say: the statement is the authority, not the system's roots.
func pinned(pins []identity.Pin) *tls.Config {
	return &tls.Config{
		InsecureSkipVerify: true, // VerifyConnection below verifies, for resumed connections too
		VerifyConnection: func(state tls.ConnectionState) error {
			if len(state.PeerCertificates) == 0 {
				return ErrPin
			}
			got := identity.PinOf(state.PeerCertificates[0])
			if !slices.ContainsFunc(pins, func(pin identity.Pin) bool { return string(pin) == string(got) }) {
				return ErrPin
			}
			return nil
		},
	}
}

// rooted verifies as usual, under the CAs in PEM, or the system's where there are none.
func rooted(ca []byte) (*tls.Config, error) {
	if len(ca) == 0 {
		return &tls.Config{}, nil
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(ca) {
		return nil, errors.New("read the directory's CA: no certificate in it")
	}
	return &tls.Config{RootCAs: pool}, nil
}

// reply is an answer, read whole within its bound.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// exchange sends a request and reads at most limit bytes of the answer (a refusal is always
// bounded tighter). What the network does becomes ErrAway, a foreign key ErrPin, an endless
// body or a redirect ErrAnswer; the caller's own cancellation stays what it is. What had come of an
// answer whose line was cut stands in the reply beside the error.
func exchange(ctx context.Context, client *http.Client, request *http.Request, limit int64) (reply, error) {
	limited, cancel := context.WithTimeout(ctx, client.Timeout)
	defer cancel()
	answer, err := client.Do(request.WithContext(limited))
	if err != nil {
		return reply{}, networkError(ctx, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 300 {
		limit = problemLimit
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, limit+1))
	if err == nil {
		err = limited.Err() // a call that is ended under way can look like an answer that is whole
	}
	if err != nil {
		return reply{answer.StatusCode, answer.Header, body}, networkError(ctx, err)
	}
	if int64(len(body)) > limit {
		return reply{}, fmt.Errorf("read answer: %w: larger than %d bytes", ErrAnswer, limit)
	}
	return reply{answer.StatusCode, answer.Header, body}, nil
}

func networkError(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, ErrPin):
		return fmt.Errorf("call: %w", ErrPin)
	case errors.Is(ctx.Err(), context.Canceled):
		return fmt.Errorf("call: %w", ctx.Err())
	}
	var certificate *tls.CertificateVerificationError
	if errors.As(err, &certificate) {
		return fmt.Errorf("call: %w: %w", ErrPin, err)
	}
	var address *url.Error // it holds the query, which may name a person
	if errors.As(err, &address) {
		err = address.Err
	}
	return fmt.Errorf("call: %w: %w", ErrAway, err)
}
