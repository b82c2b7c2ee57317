package gate

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"handslag/identity/access"
	"handslag/sync/link"
)

// Route is one way in. The table of them is the only list of what can be called.
type Route struct {
	Method   string
	Path     string
	Right    Right
	Resource func(*Call) (access.Thing, error) // what a Needs right is asked about
	Limit    int64                             // bytes of body; 0: link.RequestLimit, none for GET
	Handler  func(*Call) (Answer, error)
}

// Answer is what a handler returns; it leaves after the commit.
type Answer struct {
	Type   string // media type
	Body   []byte
	Ranged bool // a part of it may be asked for
}

// JSON is v as an answer.
func JSON(v any) (Answer, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return Answer{}, fmt.Errorf("write answer: %w", err)
	}
	return Answer{Type: "application/json", Body: body}, nil
}

// Signed is a signed structure's bytes as an answer.
func Signed(message []byte) Answer { return Answer{Type: "application/cose", Body: message} }

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

// table finds routes by path and method.
type table map[string]map[string]*Route

// newTable panics on a route that does not say what it asks for: such a program must not
// start.
func newTable(routes []Route) table {
	t := table{}
	for i := range routes {
		r := &routes[i]
		name := r.Method + " " + r.Path
		switch {
		case r.Method == "" || !strings.HasPrefix(r.Path, "/") || r.Handler == nil:
			panic("route " + name + " is not whole")
		case r.Right.kind == noRight:
			panic("route " + name + " has no right")
		case r.Right.kind == needs && (r.Right.name == "" || r.Resource == nil):
			panic("route " + name + " needs a right to something")
		case r.Right.kind != needs && r.Right.why == "":
			panic("route " + name + " does not say why")
		case t[r.Path][r.Method] != nil:
			panic("route " + name + " stands twice")
		}
		if t[r.Path] == nil {
			t[r.Path] = map[string]*Route{}
		}
		t[r.Path][r.Method] = r
	}
	return t
}
