package openapi_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"regexp"
	"strconv"
	"strings"
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

// What OpenAPI 3.1 asks of a document, and a reader of one: every name that is pointed to is there, every operation has
// an ID of its own and words, every parameter an example, every refusal each code with an example that is one.
func TestTheContractCanBeReadByItself(t *testing.T) {
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID, Summary, Description string
			Tags                              []string
			Parameters                        []struct{ Name, In, Description, Example string }
			Responses                         map[string]struct {
				Description string
				Content     map[string]struct {
					Schema   any
					Examples map[string]struct{ Value link.Problem }
				}
			}
		}
		Components map[string]map[string]any
		Tags       []struct{ Name string }
	}
	text := document(t, connected.Routes(func() []byte { return nil }))
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	for _, ref := range regexp.MustCompile(`"\$ref": "#/components/([a-zA-Z]+)/([^"]+)"`).FindAllStringSubmatch(string(text), -1) {
		if _, ok := doc.Components[ref[1]][ref[2]]; !ok {
			t.Errorf("nothing is called %s", ref[0])
		}
	}
	ids, tags := map[string]bool{}, map[string]int{}
	for _, one := range doc.Tags {
		tags[one.Name] = 0
	}
	for path, methods := range doc.Paths {
		for method, o := range methods {
			name := method + " " + path
			if ids[o.OperationID] || o.OperationID == "" {
				t.Errorf("%s is called %q, as another is", name, o.OperationID)
			}
			ids[o.OperationID] = true
			if len(o.Summary) < 20 || len(o.Description) < 40 || len(o.Tags) != 1 {
				t.Errorf("%s says %q %q %v", name, o.Summary, o.Description, o.Tags)
			}
			for _, tag := range o.Tags {
				if _, ok := tags[tag]; !ok {
					t.Errorf("%s is of a group that nobody names: %s", name, tag)
				}
				tags[tag]++
			}
			for _, p := range o.Parameters {
				if p.Description == "" || p.Example == "" && p.In != "path" || p.In == "path" && !strings.Contains(path, "{"+p.Name+"}") {
					t.Errorf("%s: parameter %+v", name, p)
				}
			}
			for status, answer := range o.Responses {
				if answer.Description == "" || len(answer.Content) == 0 {
					t.Errorf("%s: %s says nothing", name, status)
				}
				for media, body := range answer.Content {
					if status < "400" {
						continue
					}
					if media != gate.TypeProblem || len(body.Examples) == 0 {
						t.Errorf("%s: %s is %s, with %d examples", name, status, media, len(body.Examples))
					}
					for code, example := range body.Examples {
						p := example.Value
						if string(p.Code) != code || strconv.Itoa(p.Status) != status || strconv.Itoa(gate.StatusOf(p.Code)) != status || !strings.Contains(answer.Description, code+": ") {
							t.Errorf("%s: %s has the example %+v", name, status, p)
						}
					}
				}
			}
		}
	}
	for tag, n := range tags {
		if n == 0 {
			t.Errorf("no operation is of the group %s", tag)
		}
	}
}
