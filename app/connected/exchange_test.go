package connected_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"handslag/app/connected"
	"handslag/app/connected/contract"
	"handslag/app/connected/gate"
	"handslag/sync/link"
)

var theContract = sync.OnceValues(func() (*contract.Contract, error) {
	text, err := os.ReadFile("openapi.json")
	if err != nil {
		return nil, err
	}
	return contract.Read(text)
})

// contractual judges every exchange of every story by the contract.
func contractual(t testing.TB, inner http.Handler) http.Handler {
	c := must[*contract.Contract](t)(theContract())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kept := httptest.NewRecorder()
		inner.ServeHTTP(kept, r)
		if err := c.Judge(contract.Exchange{Method: r.Method, Path: r.URL.Path, Status: kept.Code, Header: kept.Header(), Body: kept.Body.Bytes()}); err != nil {
			t.Errorf("%s %s is not what the contract says: %v", r.Method, r.URL.Path, err)
		}
		for name, values := range kept.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(kept.Code)
		w.Write(kept.Body.Bytes())
	})
}

// Proves that the judge sees an answer that the contract does not tell of.
func TestAnAnswerThatTheContractDoesNotTellOfIsSeen(t *testing.T) {
	c := must[*contract.Contract](t)(theContract())
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
		if err := c.Judge(contract.Exchange{Method: row.method, Path: row.path, Status: row.status, Header: row.h, Body: []byte(row.body)}); (err == nil) != row.good {
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
		for path, methods := range must[*contract.Contract](t)(theContract()).Paths {
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
