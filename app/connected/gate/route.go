package gate

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"handslag/identity/access"
	"handslag/sync/link"
)

// Route is one way in. The table of them is the only list of what can be called.
type Route struct {
	Method   string
	Path     string // one that ends in OpenEnd stands for all that go on from there
	Right    Right
	Resource func(*Call) (access.Thing, error) // what a Needs right is asked about
	Limit    int64                             // bytes of body; 0: link.RequestLimit, none for GET
	Handler  func(*Call) (Answer, error)
	Prepare  func(*Call) // what the handler needs no transaction for, done ahead of it and beside other calls; may be nil

	// What the contract tells of it, beside what its right asks for.
	Does  string      // a sentence
	Rest  string      // what stands in place of OpenEnd
	Query []Parameter // names that it knows
	Takes Body        // none where the type is empty
	Gives Body
	Codes []link.Code // with which the handler itself refuses
}

// Parameter is one of a query.
type Parameter struct {
	Name  string
	Means string
	Like  string // an example
	Must  bool   // it has to be there
}

// Body is what travels one way.
type Body struct {
	Type  string // media type
	Means string // what the bytes are, and which CDDL file says so
	Value any    // of the Go type that JSON is read into or written from

	Ranged bool // what Answer.Ranged says
}

// TypeProblem is the media type of refusals (RFC 9457).
const TypeProblem = "application/problem+json"

// The media types of answers that the gate writes.
const (
	typeJSON = "application/json"
	typeCOSE = "application/cose"
)

// InJSON is a body of v's type.
func InJSON(means string, v any) Body { return Body{Type: typeJSON, Means: means, Value: v} }

// InCOSE is a signed structure as a body.
func InCOSE(means string) Body { return Body{Type: typeCOSE, Means: means} }

// Answer is what a handler returns; it leaves after the commit.
type Answer struct {
	Type   string // media type
	Body   []byte
	Ranged bool // a part of it may be asked for
	Fixed  bool // the same call always gets the same: who asked may keep it

	// Wait is for how long the call may wait, because it has nothing to tell yet: the handler is asked again
	// once something has changed, or when that time is over, and the caller judged anew.
	Wait time.Duration
}

// JSON is v as an answer.
func JSON(v any) (Answer, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return Answer{}, fmt.Errorf("write answer: %w", err)
	}
	return Answer{Type: typeJSON, Body: body}, nil
}

// Signed is a signed structure's bytes as an answer.
func Signed(message []byte) Answer { return Answer{Type: typeCOSE, Body: message} }

// Refusals are the codes with which a call of the route can end, each once: those of the way in
// first.
func (r Route) Refusals() []link.Code {
	all := []link.Code{link.CodeBadRequest, link.CodeTooLarge}
	all = append(all, r.Right.refusals()...)
	all = append(all, r.Codes...)
	all = append(all, link.CodeInternal)
	var once []link.Code
	for _, code := range all {
		if !slices.Contains(once, code) {
			once = append(once, code)
		}
	}
	return once
}

// Bytes is how much body the route reads.
func (r Route) Bytes() int64 { return r.limit() }

// large reports whether it takes so much that who brings little is let past.
func (r Route) large() bool { return r.limit() > link.RequestLimit }

// limit is how much body the route reads.
func (r Route) limit() int64 {
	switch {
	case r.Limit > 0:
		return r.Limit
	case r.Method == http.MethodGet:
		return 0
	}
	return link.RequestLimit
}

// OpenEnd ends the path of a route that takes all that begin so; Call.Rest is the rest.
const OpenEnd = "/{rest}"

// table finds routes by path and method.
type table struct {
	paths map[string]map[string]*Route
	open  []string // those of paths that have an open end, the longest first
}

// at finds the routes of a path: under which name they stand, and by method. rest is what an open end
// stands for.
func (t table) at(path string) (name, rest string, methods map[string]*Route) {
	if methods := t.paths[path]; methods != nil && !strings.HasSuffix(path, OpenEnd) {
		return path, "", methods
	}
	for _, name := range t.open {
		if rest, ok := strings.CutPrefix(path, strings.TrimSuffix(name, OpenEnd)+"/"); ok {
			return name, rest, t.paths[name]
		}
	}
	return otherRoute, "", nil
}

// newTable panics on a route that does not say what it asks for: such a program must not
// start.
func newTable(routes []Route) table {
	t := table{paths: map[string]map[string]*Route{}}
	for i := range routes {
		r := &routes[i]
		name := r.Method + " " + r.Path
		switch {
		case r.Method == "" || !strings.HasPrefix(r.Path, "/") || r.Handler == nil || (r.Rest != "") != strings.HasSuffix(r.Path, OpenEnd):
			panic("route " + name + " is not whole")
		case r.Right.kind == noRight:
			panic("route " + name + " has no right")
		case r.Right.asksRight() && (r.Right.name == "" || (r.Right.kind == needs) != (r.Resource != nil)):
			panic("route " + name + " needs a right to something")
		case !r.Right.asksRight() && r.Right.why == "":
			panic("route " + name + " does not say why")
		case r.Does == "" || r.Gives.Type == "":
			panic("route " + name + " does not say what it does")
		case t.paths[r.Path][r.Method] != nil:
			panic("route " + name + " stands twice")
		}
		if t.paths[r.Path] == nil {
			t.paths[r.Path] = map[string]*Route{}
			if r.Rest != "" {
				t.open = append(t.open, r.Path)
			}
		}
		t.paths[r.Path][r.Method] = r
	}
	slices.SortFunc(t.open, func(a, b string) int { return len(b) - len(a) })
	return t
}
