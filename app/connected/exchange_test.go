package connected_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"handslag/app/connected"
	"handslag/app/connected/gate"
	"handslag/sync/link"
)

// A contract is openapi.json as somebody reads it who has nothing else.
type contract struct {
	Paths      map[string]map[string]operation
	Components struct{ Schemas map[string]map[string]any }
}

type operation struct {
	Responses map[string]struct {
		Content map[string]struct{ Schema map[string]any }
	}
}

var theContract = sync.OnceValues(func() (contract, error) {
	var c contract
	text, err := os.ReadFile("openapi.json")
	if err != nil {
		return c, err
	}
	return c, json.Unmarshal(text, &c)
})

// contractual judges every exchange of every story by the contract.
func contractual(t testing.TB, inner http.Handler) http.Handler {
	c := must[contract](t)(theContract())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kept := httptest.NewRecorder()
		inner.ServeHTTP(kept, r)
		if err := c.judge(r.Method, r.URL.Path, kept.Code, kept.Header(), kept.Body.Bytes()); err != nil {
			t.Errorf("%s %s is not what the contract says: %v", r.Method, r.URL.Path, err)
		}
		for name, values := range kept.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(kept.Code)
		w.Write(kept.Body.Bytes())
	})
}

func (c contract) judge(method, path string, status int, h http.Header, body []byte) error {
	if h.Get(link.HeaderTime) == "" {
		return fmt.Errorf("no %s", link.HeaderTime)
	}
	if status >= 400 {
		if err := problemDetails(status, h, body); err != nil {
			return err
		}
	}
	methods, ok := c.methods(path)
	operation, known := methods[strings.ToLower(method)]
	switch {
	case !ok && status == http.StatusNotFound:
		return nil
	case ok && !known && status == http.StatusMethodNotAllowed:
		for m := range methods {
			if !strings.Contains(h.Get("Allow"), strings.ToUpper(m)) {
				return fmt.Errorf("it allows %q", h.Get("Allow"))
			}
		}
		return nil
	case !known:
		return fmt.Errorf("it is not there, and answers %d", status)
	}
	answer, ok := operation.Responses[strconv.Itoa(status)]
	if !ok {
		return fmt.Errorf("it answers %d %s", status, body)
	}
	content, ok := answer.Content[h.Get("Content-Type")]
	if !ok {
		return fmt.Errorf("%d is %q", status, h.Get("Content-Type"))
	}
	if content.Schema == nil {
		return nil
	}
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return err
	}
	return c.fits(content.Schema, v, "it")
}

// methods are those of a path, or of the one with an open end that it goes on from.
func (c contract) methods(path string) (methods map[string]operation, ok bool) {
	if methods, ok = c.Paths[path]; ok {
		return methods, true
	}
	longest := ""
	for name, of := range c.Paths {
		begin, open := strings.CutSuffix(name, "/{rest}")
		if open && strings.HasPrefix(path, begin+"/") && len(name) > len(longest) {
			longest, methods, ok = name, of, true
		}
	}
	return methods, ok
}

// problemDetails is what RFC 9457 asks of a refusal, and RFC 9110 of its headers.
func problemDetails(status int, h http.Header, body []byte) error {
	var p link.Problem
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return err
	}
	switch {
	case h.Get("Content-Type") != gate.TypeProblem:
		return fmt.Errorf("a refusal is %q", h.Get("Content-Type"))
	case p.Type != "about:blank" || p.Title != http.StatusText(status) || p.Status != status || p.Code == "":
		return fmt.Errorf("a refusal with status %d says %+v", status, p)
	case status == http.StatusUnauthorized && h.Get("WWW-Authenticate") == "":
		return fmt.Errorf("401 does not say what it wants")
	}
	return nil
}

// fits judges v by as much of JSON Schema as the contract uses.
func (c contract) fits(schema map[string]any, v any, where string) error {
	for key, rule := range schema {
		var err error
		switch key {
		case "$ref":
			name, _ := strings.CutPrefix(rule.(string), "#/components/schemas/")
			err = c.fits(c.Components.Schemas[name], v, where)
		case "allOf":
			for _, one := range rule.([]any) {
				if err = c.fits(one.(map[string]any), v, where); err != nil {
					break
				}
			}
		case "enum":
			if !slices.Contains(rule.([]any), v) {
				err = fmt.Errorf("%s is %v, which is not in %v", where, v, rule)
			}
		case "const":
			if !reflect.DeepEqual(rule, v) {
				err = fmt.Errorf("%s is %v, not %v", where, v, rule)
			}
		case "type":
			if kinds := fmt.Sprint(rule); !strings.Contains(kinds, kindOf(v)) {
				err = fmt.Errorf("%s is %s, not %s", where, kindOf(v), kinds)
			}
		case "items":
			all, _ := v.([]any)
			for i, one := range all {
				if err = c.fits(rule.(map[string]any), one, fmt.Sprintf("%s[%d]", where, i)); err != nil {
					break
				}
			}
		case "properties":
			members, _ := v.(map[string]any)
			for name, one := range rule.(map[string]any) {
				if member, ok := members[name]; ok && err == nil {
					err = c.fits(one.(map[string]any), member, where+"."+name)
				}
			}
			for name := range members { // what is not told is a surprise
				if _, told := rule.(map[string]any)[name]; !told && err == nil && schema["type"] != nil {
					err = fmt.Errorf("%s.%s is not told of", where, name)
				}
			}
		case "required":
			members, _ := v.(map[string]any)
			for _, name := range rule.([]any) {
				if _, ok := members[name.(string)]; !ok {
					err = fmt.Errorf("%s has no %s", where, name)
				}
			}
		case "description", "format", "contentEncoding", "minimum", "additionalProperties":
		default:
			err = fmt.Errorf("the contract has a rule %s, which this test does not know", key)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func kindOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case float64:
		if math.Trunc(v) == v {
			return "integer"
		}
		return "number"
	case string:
		return "string"
	case []any:
		return "array"
	}
	return "object"
}

// Proves that the judge sees an answer that the contract does not tell of.
func TestAnAnswerThatTheContractDoesNotTellOfIsSeen(t *testing.T) {
	c := must[contract](t)(theContract())
	h := http.Header{link.HeaderTime: {"x"}, "Content-Type": {"application/json"}, "Www-Authenticate": {link.Scheme}}
	refused := h.Clone()
	refused.Set("Content-Type", gate.TypeProblem)
	for name, row := range map[string]struct {
		method, path string
		status       int
		h            http.Header
		body         string
		good         bool
	}{
		"a page":                    {"GET", link.PathChanges, 200, h, `{"cursor":"1","more":false}`, true},
		"no cursor":                 {"GET", link.PathChanges, 200, h, `{"more":false}`, false},
		"another kind":              {"GET", link.PathChanges, 200, h, `{"cursor":1,"more":false}`, false},
		"a member too many":         {"GET", link.PathChanges, 200, h, `{"cursor":"1","more":false,"name":"Maja"}`, false},
		"another status":            {"GET", link.PathChanges, 201, h, `{}`, false},
		"another media type":        {"GET", link.PathChanges, 200, refused, `{"cursor":"1","more":false}`, false},
		"a path that is not there":  {"GET", "/v1/none", 200, h, `{}`, false},
		"a refusal":                 {"GET", link.PathChanges, 401, refused, `{"type":"about:blank","title":"Unauthorized","status":401,"code":"no_proof"}`, true},
		"a refusal of another call": {"GET", link.PathChanges, 401, refused, `{"type":"about:blank","title":"Unauthorized","status":401,"code":"wrong_password"}`, false},
		"a refusal's own words":     {"GET", link.PathChanges, 401, refused, `{"type":"about:blank","title":"Nej","status":401,"code":"no_proof"}`, false},
		"a refusal without a code":  {"GET", link.PathChanges, 401, refused, `{"type":"about:blank","title":"Unauthorized","status":401}`, false},
		"a refusal in plain JSON":   {"GET", link.PathChanges, 401, h, `{"type":"about:blank","title":"Unauthorized","status":401,"code":"no_proof"}`, false},
	} {
		if err := c.judge(row.method, row.path, row.status, row.h, []byte(row.body)); (err == nil) != row.good {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What every route refuses, each refuses, and in the contract's words; and none tells a stranger why
// the system fails.
func TestEveryRouteRefusesAsTheContractSays(t *testing.T) {
	h := newHouse(t, live)
	handler := contractual(t, connected.Handler(h.gate, slog.New(slog.DiscardHandler)))
	ask := func(method, path, query string, length int64) (p link.Problem) {
		t.Helper()
		request := httptest.NewRequest(strings.ToUpper(method), path, strings.NewReader("{"))
		request.URL.RawQuery, request.ContentLength = query, length
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request)
		if answer.Code == http.StatusOK {
			return link.Problem{}
		}
		ok(t, json.Unmarshal(answer.Body.Bytes(), &p))
		return p
	}
	every := func(see func(method, path string)) {
		for path, methods := range must[contract](t)(theContract()).Paths {
			for method := range methods {
				see(method, path)
			}
		}
	}
	every(func(method, path string) {
		if p := ask(method, path, "", 1<<40); p.Code != link.CodeTooLarge {
			t.Errorf("a terabyte for %s %s: %s", method, path, p.Code)
		}
		if length := int64(len("{")); method == "post" {
			if p := ask(method, path, "%zz", length); p.Code != link.CodeBadRequest {
				t.Errorf("a query that is none for %s %s: %s", method, path, p.Code)
			}
		}
	})
	ok(t, h.gate.Close(context.Background()))
	every(func(method, path string) { // the contract's judge sees what they say
		if p := ask(method, path, "", 1); method == "post" && p.Code == "" {
			t.Errorf("%s %s is done without a database", method, path)
		}
	})
	h.gate = must[*gate.Gate](t)(gate.Open(context.Background(), h.config)) // its end finds it open
}
