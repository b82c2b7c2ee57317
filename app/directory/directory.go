package directory

import (
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strconv"
	"time"

	"handslag/identity"
	"handslag/sync/link"
)

// Config is what a directory needs.
type Config struct {
	Statements string           // folder of files <organisation ID>.statement
	State      string           // folder of its own, for the address log; made if missing
	KeepIPs    time.Duration    // how long an address is kept; at least an hour
	Now        func() time.Time // nil: the system's clock
}

// Bounds of what strangers can take.
const (
	maxConnections = 512
	maxCalls       = 64 // at work at once
)

// Directory answers calls. It is an http.Handler; Serve adds TLS, limits and an end.
type Directory struct {
	statements *shelf
	addresses  *addressLog
	calls      chan struct{}
}

// New opens a directory; Close it afterwards.
func New(config Config) (*Directory, error) {
	if config.Now == nil {
		config.Now = time.Now
	}
	addresses, err := openAddressLog(config.State, config.KeepIPs, config.Now)
	if err != nil {
		return nil, err
	}
	return &Directory{statements: newShelf(config.Statements), addresses: addresses, calls: make(chan struct{}, maxCalls)}, nil
}

// Close ends the address log.
func (d *Directory) Close() error { return d.addresses.close() }

// ServeHTTP answers GET /v1/statement/{org} with the statement, or with a problem.
func (d *Directory) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	select {
	case d.calls <- struct{}{}:
		defer func() { <-d.calls }()
	default:
		header.Set("Retry-After", "1")
		refuse(w, http.StatusServiceUnavailable, link.CodeBusy, "Too many calls at once")
		return
	}
	// Who called is kept before the answer; where that fails, nobody is told anything.
	if err := d.addresses.note(callerOf(r)); err != nil {
		refuse(w, http.StatusInternalServerError, link.CodeInternal, "The call could not be logged")
		return
	}
	text, ok := cutPath(r.URL.Path)
	if !ok {
		refuse(w, http.StatusNotFound, link.CodeNotFound, "There is nothing here")
		return
	}
	if r.Method != http.MethodGet {
		header.Set("Allow", http.MethodGet)
		refuse(w, http.StatusMethodNotAllowed, link.CodeMethod, "Only GET is answered here")
		return
	}
	org, err := identity.ParseOrgID(text)
	if err != nil {
		refuse(w, http.StatusBadRequest, link.CodeBadRequest, "The organisation ID has a slip in it")
		return
	}
	statement, err := d.statements.take(org)
	switch {
	case errors.Is(err, errNone):
		refuse(w, http.StatusNotFound, link.CodeUnknownOrg, "No organisation with this ID is known here")
	case err != nil:
		refuse(w, http.StatusInternalServerError, link.CodeInternal, "The statement here does not verify and is not passed on")
	default:
		header.Set("Content-Type", "application/cose")
		header.Set("Content-Length", strconv.Itoa(len(statement)))
		w.Write(statement)
	}
}

// cutPath is what follows the directory's one route.
func cutPath(path string) (string, bool) {
	n := len(link.PathDirectory)
	if len(path) <= n || path[:n] != link.PathDirectory {
		return "", false
	}
	return path[n:], true
}

// callerOf is the address at the other end of the connection. What a header claims
// about it counts for nothing.
func callerOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil || net.ParseIP(trimZone(host)) == nil {
		return "unknown"
	}
	return host
}

func trimZone(host string) string {
	for i := range len(host) {
		if host[i] == '%' {
			return host[:i]
		}
	}
	return host
}

func refuse(w http.ResponseWriter, status int, code link.Code, detail string) {
	body, err := json.Marshal(link.Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail, Code: code})
	if err != nil {
		panic(err) // strings and a number always encode
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	w.Write(body)
}
