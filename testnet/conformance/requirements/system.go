package requirements

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"handslag/app/connected/contract"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
)

// answerLimit bounds an answer, in bytes.
const answerLimit = link.PageLimit + 1<<20

// system is the one that is tried, and what has been learnt of it.
type system struct {
	Options
	ctx       context.Context
	http      *http.Client
	statement identity.Statement
	raw       []byte // the statement as it came

	mu        sync.Mutex           // a call may be made while another waits
	presented []identity.Pin       // TLS keys that it has shown
	time      signed.Time          // the newest that it has signed
	had       map[string]exchanged // by operation, as the contract names it

	staff, reviewer *device // enrolled when they are first needed
	reading         *reading
}

func newSystem(o Options) *system {
	s := &system{Options: o, had: map[string]exchanged{}}
	s.http = &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS13, InsecureSkipVerify: true, VerifyConnection: func(c tls.ConnectionState) error {
			pin := identity.PinOf(c.PeerCertificates[0])
			s.mu.Lock()
			defer s.mu.Unlock()
			if !slices.ContainsFunc(s.presented, func(p identity.Pin) bool { return bytes.Equal(p, pin) }) {
				s.presented = append(s.presented, pin)
			}
			if s.statement.Version != 0 && !slices.ContainsFunc(s.statement.TLS, func(p identity.Pin) bool { return bytes.Equal(p, pin) }) {
				return errors.New("it presents a TLS key that its statement does not pin")
			}
			return nil
		}},
		DisableCompression: true,
	}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return s
}

func (s *system) close() { s.http.CloseIdleConnections() }

// within tries a requirement, for as long as patience lasts. Code that is given what cannot be may panic: that is
// the requirement's failure.
func (s *system) within(ctx context.Context, try func(*system) error) (err error) {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("what it answered can not be used: %v", fault)
		}
	}()
	s.ctx = ctx
	return try(s)
}

// call is one call as it is about to be made.
type call struct {
	method, path, query string
	body                []byte
	by                  *device                // whose proof it carries; nil: none
	proof               func(link.Call) string // in place of the device's own
	header              http.Header            // more of it
}

type answer struct {
	status int
	header http.Header
	body   []byte
	time   link.ServerTime
}

// do makes the call and judges the exchange.
func (s *system) do(c call) (answer, error) {
	url := s.Base + c.path
	if c.query != "" {
		url += "?" + c.query
	}
	request, err := http.NewRequestWithContext(s.ctx, c.method, url, bytes.NewReader(c.body))
	if err != nil {
		return answer{}, err
	}
	var nonce []byte
	if c.by != nil {
		claim := link.NewCall(s.Org, c.by.keys.Device(), c.method, c.path, c.query, c.body, s.newest())
		proof := c.by.prove
		if c.proof != nil {
			proof = c.proof
		}
		nonce = claim.Nonce
		request.Header.Set("Authorization", proof(claim))
	}
	for name, values := range c.header {
		request.Header[name] = values
	}
	response, err := s.http.Do(request)
	if err != nil {
		return answer{}, fmt.Errorf("%s %s: %w", c.method, c.path, err)
	}
	defer response.Body.Close()
	a := answer{status: response.StatusCode, header: response.Header}
	if a.body, err = io.ReadAll(io.LimitReader(response.Body, answerLimit)); err != nil {
		return a, fmt.Errorf("%s %s: %w", c.method, c.path, err)
	}
	x := contract.Exchange{Method: c.method, Path: c.path, Status: a.status, Header: a.header, Body: a.body}
	if err := s.Contract.Judge(x); err != nil {
		return a, fmt.Errorf("%s %s is not what the contract says: %w", c.method, c.path, err)
	}
	s.note(x)
	if s.statement.Version == 0 {
		return a, nil
	}
	if a.time, err = link.ReadTime(a.header.Get(link.HeaderTime), s.Org, s.statement.Log); err != nil {
		return a, fmt.Errorf("%s %s: its server time: %w", c.method, c.path, err)
	}
	if len(nonce) > 0 && c.proof == nil && !bytes.Equal(a.time.Answers, nonce) {
		return a, fmt.Errorf("%s %s: its server time does not answer this call", c.method, c.path)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.time = max(s.time, a.time.Time)
	return a, nil
}

// newest is the newest time that the system has signed.
func (s *system) newest() signed.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.time
}

// must makes a call that has to succeed, and reads its JSON into v where there is one.
func (s *system) must(c call, v any) (answer, error) {
	a, err := s.do(c)
	if err == nil && a.status != http.StatusOK {
		err = fmt.Errorf("%s %s is refused: %d %s", c.method, c.path, a.status, a.code())
	}
	if err == nil && v != nil {
		err = json.Unmarshal(a.body, v)
	}
	return a, err
}

// refuses makes a call that has to be refused with one of these codes.
func (s *system) refuses(c call, codes ...link.Code) error {
	a, err := s.do(c)
	if err != nil {
		return err
	}
	if a.status < 400 {
		return fmt.Errorf("%s %s is answered %d, not refused as %v", c.method, c.path, a.status, codes)
	}
	if !slices.Contains(codes, a.code()) {
		return fmt.Errorf("%s %s is refused as %s, not as %v", c.method, c.path, a.code(), codes)
	}
	return nil
}

func (a answer) code() link.Code {
	var p link.Problem
	if json.Unmarshal(a.body, &p) != nil {
		return ""
	}
	return p.Code
}

// statements are about what anybody may have.
var statements = []requirement{
	{"statement: anybody gets it, signed by the root key that the organisation ID is the fingerprint of", "design, Trust starts at the organisation ID", func(s *system) error {
		a, err := s.must(call{method: http.MethodGet, path: link.PathStatement}, nil)
		if err != nil {
			return err
		}
		if s.statement, err = identity.OpenStatement(a.body, s.Org); err != nil {
			return err
		}
		s.raw = a.body
		return nil
	}},
	{"statement: it pins the TLS key that the system presents", "design, Words: statement", func(s *system) error {
		for _, pin := range s.presented {
			if !slices.ContainsFunc(s.statement.TLS, func(p identity.Pin) bool { return bytes.Equal(p, pin) }) {
				return errors.New("another key was presented")
			}
		}
		return nil
	}},
	{"time: every answer carries the time, signed by a log key; it does not run back", "design, Time; sync/link/testdata/link.cddl", func(s *system) error {
		var last signed.Time
		for range 3 {
			a, err := s.must(call{method: http.MethodGet, path: link.PathStatement}, nil)
			if err != nil {
				return err
			}
			if a.time.Time < last {
				return errors.New("it ran back")
			}
			last = a.time.Time
		}
		return nil
	}},
	{"contract: the system gives one, with every operation of this contract", "OpenAPI 3.1", func(s *system) error {
		a, err := s.must(call{method: http.MethodGet, path: "/openapi.json"}, nil)
		if err != nil {
			return err
		}
		own, err := contract.Read(a.body)
		if err != nil {
			return err
		}
		if lacks := own.Lacks(s.Contract); len(lacks) > 0 {
			return fmt.Errorf("it lacks %s", strings.Join(lacks, ", "))
		}
		return nil
	}},
	{"sign-in: anybody hears how; where no identity provider is named, one begins nowhere and is 404 not_found", "contract, /v1/sign-in; OpenID Connect Core 1.0", func(s *system) error {
		var ways link.SignIns
		if _, err := s.must(call{method: http.MethodGet, path: link.PathSignIn}, &ways); err != nil {
			return err
		}
		if err := s.refuses(call{method: http.MethodPost, path: link.PathSignIn, body: []byte("{")}, link.CodeBadRequest); err != nil {
			return err
		}
		if ways.Provider {
			return nil
		}
		d, err := s.newDevice(s.Staff)
		if err != nil {
			return err
		}
		body, _ := json.Marshal(link.SignInRequest{Device: d.keys.Device(), Redirect: "http://127.0.0.1:1/signed-in"})
		return s.refuses(call{method: http.MethodPost, path: link.PathSignIn, body: body}, link.CodeNotFound)
	}},
	{"health: it says ok", "contract, GET /healthz", func(s *system) error {
		_, err := s.must(call{method: http.MethodGet, path: "/healthz"}, nil)
		return err
	}},
}

// refusals are about calls that nobody may make.
var refusals = []requirement{
	{"errors: a path that is not there is 404 not_found, as problem details", "RFC 9457; RFC 9110 section 15.5.5", func(s *system) error {
		return s.refuses(call{method: http.MethodGet, path: "/v1/none"}, link.CodeNotFound)
	}},
	{"errors: another method is 405 method, and says which there are", "RFC 9110 section 15.5.6", func(s *system) error {
		return s.refuses(call{method: http.MethodDelete, path: link.PathChanges}, link.CodeMethod)
	}},
	{"errors: a body beyond the limit is 413 too_large", "RFC 9110 section 15.5.14", func(s *system) error {
		return s.refuses(call{method: http.MethodPost, path: link.PathEnrol, body: bytes.Repeat([]byte(" "), link.RequestLimit+1)}, link.CodeTooLarge)
	}},
	{"errors: what is no JSON is 400 bad_request", "RFC 8259; RFC 9457", func(s *system) error {
		return s.refuses(call{method: http.MethodPost, path: link.PathEnrol, body: []byte("{")}, link.CodeBadRequest)
	}},
	{"errors: a name that the request does not have is 400 bad_request", "contract: additionalProperties", func(s *system) error {
		return s.refuses(call{method: http.MethodPost, path: link.PathEnrol, body: []byte(`{"name":"x"}`)}, link.CodeBadRequest)
	}},
}

// everywhere are refusals that each operation has to make.
var everywhere = []requirement{
	{"proof: each operation that asks for one refuses a call without, as 401 no_proof", "design, promise 5: every call is judged", func(s *system) error {
		for _, o := range s.Contract.Operations() {
			if !o.Proved {
				continue
			}
			if err := s.refuses(call{method: o.Method, path: o.Example()}, link.CodeNoProof); err != nil {
				return err
			}
		}
		return nil
	}},
	{"errors: what asks for a proof refuses a query that it does not know, as 400 bad_request, or says first that the caller may not ask", "contract: parameters; RFC 9457", func(s *system) error {
		d, err := s.device(&s.staff, s.Staff)
		if err != nil {
			return err
		}
		for _, o := range s.Contract.Operations() {
			if !o.Proved || o.Method != http.MethodGet {
				continue
			}
			c := call{method: o.Method, path: o.Example(), query: "none-of-its-own=1", by: d}
			if err := s.refuses(c, link.CodeBadRequest, link.CodeForbidden); err != nil {
				return err
			}
		}
		return nil
	}},
	{"errors: what anybody may get refuses a body beyond the limit, too, as 413 too_large", "RFC 9110 section 15.5.14", func(s *system) error {
		for _, o := range s.Contract.Operations() {
			if o.Proved || o.Method != http.MethodGet {
				continue
			}
			if err := s.refuses(call{method: o.Method, path: o.Example(), body: bytes.Repeat([]byte(" "), link.RequestLimit+1)}, link.CodeTooLarge); err != nil {
				return err
			}
		}
		return nil
	}},
}

// exchanged is what has been exchanged by one operation.
type exchanged struct{ good, bad bool }

func (s *system) note(x contract.Exchange) {
	name := s.Contract.Name(x.Method, x.Path)
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.had[name]
	e.good, e.bad = e.good || x.Status < 400, e.bad || x.Status >= 400
	s.had[name] = e
}

// uncovered are the operations of the contract of which no call was answered, or none refused.
func (s *system) uncovered() (all []string) {
	for _, o := range s.Contract.Operations() {
		name := o.Method + " " + o.Path
		if e := s.had[name]; !e.good {
			all = append(all, name+" is never answered")
		} else if !e.bad {
			all = append(all, name+" is never refused")
		}
	}
	return all
}

// seconds is how long act took.
func seconds(act func() error) (time.Duration, error) {
	begun := time.Now()
	err := act()
	return time.Since(begun), err
}

func basic(data []byte) string { return link.Scheme + " " + base64.RawURLEncoding.EncodeToString(data) }
