package link

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"handslag/identity"
	"handslag/identity/signed"
)

// Prover proves calls with a device's signing key; *identity.KeySet is one.
type Prover interface {
	Device() identity.DeviceID
	Sign(domain signed.Domain, payload any) ([]byte, error)
}

// Client speaks with one connected system, whose TLS keys the statement pins, as one device.
// It is safe for concurrent use.
type Client struct {
	statement identity.Statement
	prover    Prover
	http      *http.Client

	mu     sync.Mutex
	time   signed.Time
	onTime func(now signed.Time, fresh bool)
}

// ClientOptions are what a client may be told beside whom to speak with.
type ClientOptions struct {
	Time    signed.Time   // newest signed server time that the device has
	Timeout time.Duration // of a whole call; 0: two minutes

	// OnTime is told each server time that verifies and is newer, or fresh: it answers a call that this
	// client has just made, so that nobody can have kept it, and may be older than one
	// heard before. It is called from the calling goroutine.
	OnTime func(now signed.Time, fresh bool)
}

// NewClient makes a client; it opens no connection yet. A verified statement is handed in.
func NewClient(statement identity.Statement, prover Prover, options ClientOptions) *Client {
	return &Client{
		statement: statement,
		prover:    prover,
		http:      newHTTP(pinned(statement.TLS), options.Timeout),
		time:      options.Time,
		onTime:    options.OnTime,
	}
}

// Close closes what connections stand idle.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Time is the newest signed server time that the client has seen or was given.
func (c *Client) Time() signed.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.time
}

// request is one call, before it is proved.
type request struct {
	method, path, query string
	body                []byte
	media               string // of the body
	proved              bool
	limit               int64 // bytes of the answer
	from                int   // bytes of the answer that are here already
	partial             bool  // what arrives before the line is cut is handed back, beside the error
}

// status is that of the answer that was asked for.
func (r request) status() int {
	if r.from > 0 {
		return http.StatusPartialContent
	}
	return http.StatusOK
}

// do makes the call and, where its time was stale, makes it once more with the time that the
// refusal carried. So it does where the proof had been seen: net/http sends a GET again whose
// connection broke, and every call here may be made twice. Never more than once: a server
// that always says so is not obeyed.
func (c *Client) do(ctx context.Context, r request) ([]byte, error) {
	before := c.Time()
	body, err := c.once(ctx, r)
	var problem *Problem
	if r.proved && errors.As(err, &problem) &&
		(problem.Code == CodeStaleProof && c.Time() != before || problem.Code == CodeReplayed) {
		return c.once(ctx, r)
	}
	return body, err
}

func (c *Client) once(ctx context.Context, r request) ([]byte, error) {
	url := c.statement.URL + r.path
	if r.query != "" {
		url += "?" + r.query
	}
	request, err := http.NewRequestWithContext(ctx, r.method, url, bytes.NewReader(r.body))
	if err != nil {
		return nil, fmt.Errorf("call %s: %w", r.path, err)
	}
	request.Header.Set("User-Agent", "handslag/1")
	if r.media != "" {
		request.Header.Set("Content-Type", r.media)
	}
	if r.from > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", r.from))
	}
	var nonce []byte
	if r.proved {
		call := NewCall(c.statement.Org(), c.prover.Device(), r.method, r.path, r.query, r.body, c.Time())
		header, err := call.Header(c.prover.Sign)
		if err != nil {
			return nil, fmt.Errorf("call %s: %w", r.path, err)
		}
		request.Header.Set("Authorization", header)
		nonce = call.Nonce
	}
	answer, err := exchange(ctx, c.http, request, r.limit)
	if err != nil {
		if !r.partial || answer.status != r.status() {
			answer.body = nil
		}
		return answer.body, fmt.Errorf("call %s: %w", r.path, err)
	}
	c.learn(answer.header.Get(HeaderTime), nonce)
	if answer.status != r.status() {
		return nil, fmt.Errorf("call %s: %w", r.path, refusal(answer))
	}
	return answer.body, nil
}

// learn takes a server time that verifies and is newer, or that answers nonce: then the
// connected system says it now, and its clock may have been set back. Anything else is as if it had
// not been said.
func (c *Client) learn(header string, nonce []byte) {
	if header == "" {
		return
	}
	heard, err := ReadTime(header, c.statement.Org(), c.statement.Log)
	if err != nil {
		return
	}
	fresh := len(nonce) > 0 && bytes.Equal(heard.Answers, nonce)
	c.mu.Lock()
	take := fresh || heard.Time > c.time
	if take {
		c.time = heard.Time
	}
	c.mu.Unlock()
	if take && c.onTime != nil {
		c.onTime(heard.Time, fresh)
	}
}

const maxCodeLength = 64

// refusal reads problem details; without a code it says only that nobody sensible answered.
func refusal(answer reply) error {
	var p Problem
	if err := json.Unmarshal(answer.body, &p); err == nil && p.Code != "" && len(p.Code) <= maxCodeLength {
		p.Status = answer.status
		return &p
	}
	if answer.status >= 500 {
		return fmt.Errorf("%w: status %d", ErrAway, answer.status)
	}
	return fmt.Errorf("%w: status %d", ErrAnswer, answer.status)
}
