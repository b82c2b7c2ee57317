package connected_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"handslag/app/connected"
	"handslag/app/connected/contract"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
)

// FuzzCall asks every route anything, in its query and in its body, as somebody who may do everything does: it answers, or
// refuses in the contract's words, and nothing in it fails. What the log is filtered by, each of its rows fits.
func FuzzCall(f *testing.F) {
	h := newHouse(f, live)
	for _, role := range []string{"exporter", "eraser", "caretaker"} {
		ok(f, h.gate.GrantRole(context.Background(), "anna.lind", role))
	}
	anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
	h.attaches("b-maj", "r-maj", "hissen.txt", []byte("Hissen står."))
	bo.hands(bo.batch(bo.say(journal.Entry{Kind: journal.RecordOpened, Subject: "s-maj", Record: "r-maj"}, &journal.Details{Reason: "läcka"}), bo.items(3)[1]))
	all := columns()
	strange, next := []string{"", "-1", "9223372036854775808", "0", "true", "2026-02-30", "Maja Vintergrind", "%00", "%ff", "a,b"}, 0
	for i, c := range all {
		body := c.body(anna, false)
		f.Add(i, c.query, body)
		f.Add(i, "inte=till", body)
		f.Add(i, "", []byte(strings.Repeat("{", i)))
		for _, r := range connected.Routes(nil) {
			if r.Method != c.method || r.Path != c.path || len(r.Query) == 0 {
				continue
			}
			every := url.Values{}
			for _, p := range r.Query {
				every.Set(p.Name, p.Like)
				f.Add(i, p.Name+"="+p.Like, body)
				f.Add(i, p.Name+"="+strange[next%len(strange)], body)
				next++
			}
			f.Add(i, every.Encode(), body)
			f.Add(i, every.Encode()+"&"+every.Encode(), body)
		}
	}
	f.Add(0, "%zz", []byte(nil))
	h.gate.EndWaits() // nobody waits for news here
	handler := connected.Handler(h.gate, slog.New(slog.DiscardHandler))
	f.Fuzz(func(t *testing.T, i int, query string, body []byte) {
		if i < 0 || i >= len(all) || len(query) > 512 || len(body) > 1<<16 {
			t.Skip()
		}
		h.t = t
		h.clock.pass(time.Minute)
		c := all[i]
		header, err := link.NewCall(h.statement.Org(), anna.keys.Device(), c.method, c.path, query, body, signed.At(h.clock.Now())).Header(anna.keys.Sign)
		if err != nil {
			t.Skip()
		}
		answer := ask(t, handler, c, query, header, body)
		if values, err := url.ParseQuery(query); c.name == "log" && err == nil && answer.Code == http.StatusOK {
			var page link.LogPage
			ok(t, json.Unmarshal(answer.Body.Bytes(), &page))
			for _, row := range page.Rows {
				if !fits(row, values) {
					t.Errorf("asked for %q, the log has %+v", query, row)
				}
			}
		}
	})
}

// ask makes a call within this process, and judges the answer by the contract.
func ask(t testing.TB, handler http.Handler, c column, query, header string, body []byte) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequest(c.method, c.path, bytes.NewReader(body))
	request.URL.RawQuery = query
	request.Header.Set("Authorization", header)
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, request)
	of := contract.Exchange{Method: c.method, Path: c.path, Status: answer.Code, Header: answer.Header(), Body: answer.Body.Bytes()}
	if err := must[*contract.Contract](t)(theContract()).Judge(of); err != nil || answer.Code >= http.StatusInternalServerError {
		t.Errorf("%s %s?%q with %q: %d %s, %v", c.method, c.path, query, body, answer.Code, answer.Body, err)
	}
	return answer
}

// fits reports whether a row of the log is one of those that a query asks for.
func fits(row link.LogRow, q url.Values) bool {
	for name, is := range map[string]string{
		"subject": string(row.Subject), "record": string(row.Record), "assignment": string(row.Assignment), "kind": string(row.Kind), "person": row.Person.Username,
	} {
		if want := q.Get(name); want != "" && want != is {
			return false
		}
	}
	device := q.Get("device")
	return device == "" || slices.Contains([]string{string(row.Device), string(row.Peer)}, device)
}
