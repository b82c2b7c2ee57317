package openapi_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"handslag/app/connected"
	"handslag/app/connected/gate"
	"handslag/app/connected/openapi"
	"handslag/sync/link"
)

var update = flag.Bool("update", false, "write openapi.json anew")

const (
	root      = "../../.." // of the module
	committed = "../openapi.json"
)

func document(t *testing.T, routes []gate.Route) []byte {
	t.Helper()
	text, err := openapi.Document(routes, root)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestTheContractIsCurrent(t *testing.T) {
	want := document(t, connected.Routes(func() []byte { return nil }))
	if *update {
		if err := os.WriteFile(committed, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(committed)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, want) {
		t.Error("openapi.json is not what the table of routes says now: make openapi")
	}
}

// Proves that the test above sees each thing that a route says of itself.
func TestAnotherTableIsAnotherContract(t *testing.T) {
	was := document(t, connected.Routes(func() []byte { return nil }))
	for name, change := range map[string]func(r *gate.Route){
		"right":     func(r *gate.Route) { r.Right = gate.Public("anybody") },
		"limit":     func(r *gate.Route) { r.Limit = 5 },
		"sentence":  func(r *gate.Route) { r.Does = "Sings." },
		"parameter": func(r *gate.Route) { r.Query = append(r.Query, gate.Parameter{Name: "loud"}) },
		"request":   func(r *gate.Route) { r.Takes.Means = "a song" },
		"answer":    func(r *gate.Route) { r.Gives = gate.InJSON("", link.Page{}) },
		"code":      func(r *gate.Route) { r.Codes = append(r.Codes, link.CodeRange) },
	} {
		routes := connected.Routes(func() []byte { return nil })
		for i := range routes {
			if routes[i].Path == link.PathEnrol {
				change(&routes[i])
			}
		}
		if bytes.Equal(was, document(t, routes)) {
			t.Errorf("another %s, and the contract is the same", name)
		}
	}
}

// A type whose JSON can not be seen, or is not what it looks like, has no place in the contract.
func TestWhatCanNotBeDescribedIsRefused(t *testing.T) {
	type Page struct{ Size float32 } // link has one of this name
	type inner struct{ A string }
	for name, v := range map[string]any{
		"writes itself": json.RawMessage(nil),
		"a map":         map[string]string{},
		"a fraction":    Page{},
		"embeds":        struct{ inner }{},
	} {
		routes := connected.Routes(func() []byte { return nil })
		routes[0].Gives = gate.InJSON("", v)
		if _, err := openapi.Document(routes, root); err == nil {
			t.Errorf("%s: described", name)
		}
	}
}
