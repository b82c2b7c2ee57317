package gate

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"time"

	"handslag/app/connected/gate/internal/store"
	"handslag/sync/link"
)

// Rates in a minute.
const (
	refusalsLogged   = 60 // of one device; more are counted
	strangersCarried = 30 // journals of carriers that prove nothing
)

// largeAtOnce bounds how many bodies over link.RequestLimit are held in memory, largePatience
// how long one more waits for its turn.
const (
	largeAtOnce   = 32
	largePatience = 10 * time.Second
)

// otherRoute is the name of all that is no route.
const otherRoute = "other"

// Door serves the routes of a table. It is the only HTTP handler over a Gate.
type Door struct {
	g      *Gate
	routes table
	log    *slog.Logger
	large  chan struct{}
	stores *together // journals
}

// Door makes the handler for routes; it panics on a route without a right. Its log holds no
// personal data.
func (g *Gate) Door(routes []Route, log *slog.Logger) *Door {
	return &Door{g: g, routes: newTable(routes), log: log, large: make(chan struct{}, largeAtOnce), stores: &together{store: g.store, longest: longestTogether}}
}

// request is what of an HTTP request matters past the socket.
type request struct {
	method, path, query string
	authorization       string
	address             string
	body                []byte
}

// ServeHTTP is the way through the gate.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := d.g.config.Now()
	name, answer, err := d.pass(r)
	status, outcome, h := http.StatusOK, "ok", w.Header()
	if err == nil {
		answer, status, err = answer.cut(h, r.Header.Get("Range"))
	}
	if err != nil {
		p := problemOf(err)
		status, outcome = p.Status, string(p.Code)
		d.challenge(h, p.Code, r.URL.Path)
		if answer, err = problemAnswer(p, err, d.log, name); err != nil {
			status = http.StatusInternalServerError
		}
	}
	if value, err := link.SignTime(d.g.org, d.g.now(), r.Header.Get("Authorization"), d.g.keys().Log); err == nil {
		h.Set(link.HeaderTime, value)
	}
	h.Set("Content-Type", answer.Type)
	h.Set("Cache-Control", caching(answer, status))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Accel-Buffering", "no") // a proxy that holds an answer back holds up who waits for it
	w.WriteHeader(status)
	_, _ = w.Write(answer.Body) // who hung up asks again
	d.g.config.Meter.Called(d.labelOf(r.Method, r.URL.Path), outcome)
	d.log.Info("call", "route", name, "status", status, "ms", d.g.config.Now().Sub(start).Milliseconds())
}

// pass finds the route, reads the body and runs the call. name is the route's, or "other". A
// fault in the program becomes an internal refusal: its transaction is rolled back.
func (d *Door) pass(r *http.Request) (name string, answer Answer, err error) {
	ctx := r.Context()
	defer func() {
		if fault := recover(); fault != nil {
			d.log.Error("call panicked", "route", name, "stack", string(debug.Stack()))
			answer, err = Answer{}, Refuse(link.CodeInternal)
		}
	}()
	name, rest, methods := d.routes.at(r.URL.Path)
	route := methods[r.Method]
	switch {
	case methods == nil:
		return name, Answer{}, d.stranger(ctx, name, link.CodeNotFound)
	case route == nil:
		return name, Answer{}, d.stranger(ctx, name, link.CodeMethod)
	case r.ContentLength > route.limit():
		return name, Answer{}, d.stranger(ctx, name, link.CodeTooLarge)
	}
	if route.large() && r.ContentLength != 0 {
		select {
		case d.large <- struct{}{}:
			d.g.busy.Add(1)
			defer func() { d.g.busy.Add(-1); <-d.large }()
		case <-time.After(largePatience):
			return name, Answer{}, d.stranger(ctx, name, link.CodeBusy)
		}
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, route.limit()+1))
	if err != nil {
		return name, Answer{}, d.stranger(ctx, name, link.CodeBadRequest)
	}
	if int64(len(body)) > route.limit() {
		return name, Answer{}, d.stranger(ctx, name, link.CodeTooLarge)
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = ""
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return name, Answer{}, d.stranger(ctx, name, link.CodeBadRequest)
	}
	req := request{method: r.Method, path: r.URL.Path, query: r.URL.RawQuery, authorization: r.Header.Get("Authorization"), address: host, body: body}
	call := &Call{Query: query, Rest: rest, Body: body, Address: host, Now: d.g.now(), ctx: ctx, g: d.g, route: route}
	answer, err = d.run(call, req)
	if err != nil {
		return name, Answer{}, d.refused(call, err)
	}
	return name, answer, nil
}

// run takes the call through the way its right asks for. Whatever the handler did is
// committed before run returns without an error.
func (d *Door) run(c *Call, r request) (answer Answer, err error) {
	switch c.route.Right.kind {
	case public:
		return c.route.Handler(c)
	case password:
		if err := c.beginSignIn(); err != nil {
			return Answer{}, err
		}
	case carried:
		if r.authorization == "" && !d.g.strangerCarries(c.Now) {
			return Answer{}, Refuse(link.CodeTooMany)
		}
	}
	if c.request = r; c.route.Prepare != nil {
		c.route.Prepare(c)
	}
	if answer, err = d.act(c, r); err == nil && answer.Wait > 0 {
		answer, err = d.await(c, r, answer)
	}
	return answer, err
}

// act is the call in a transaction of its own.
func (d *Door) act(c *Call, r request) (answer Answer, err error) {
	begun := d.g.config.Now()
	ctx, do := c.ctx, d.g.store.Do
	if c.route.large() {
		do = d.stores.do
		c.ctx = context.WithoutCancel(ctx) // others are stored with it
		defer func() { c.ctx = ctx }()
	}
	err = do(ctx, func(tx *store.Tx) error {
		c.tx, c.took = tx, 0
		if err := c.admit(r); err != nil {
			return err
		}
		var err error
		if answer, err = c.route.Handler(c); err == nil && answer.Wait > 0 {
			c.size, err = tx.Places(c.ctx)
		}
		return err
	})
	c.tx = nil
	d.g.config.Meter.Stored(d.g.config.Now().Sub(begun))
	if err == nil && c.took > 0 {
		d.g.config.Meter.Took(c.took)
		d.g.limits.Add(c.pace, c.took, c.Now)
	}
	if err == nil && c.settle {
		if err = d.g.store.Settle(c.ctx); errors.Is(err, store.ErrUnsettled) {
			err = Refuse(link.CodeBusy) // done, but for that: to be asked for again
		}
	}
	return answer, err
}
