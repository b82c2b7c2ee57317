package connected_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"handslag/app/connected"
	"handslag/app/connected/feed/feedtest"
	"handslag/app/connected/gate"
	"handslag/app/connected/metrics"
	"handslag/identity"
	"handslag/sync/link"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// planted is what must stand in no log line and no metric: who works here, whose data they carry, what
// they wrote, with what they signed in, and where they called from.
func planted() []string {
	return []string{
		"Anna", "Lind", "anna.lind", "Carl", "carl.ask", "dora.alm", "bo.ek",
		"Maja", "Vintergrind", "070-174", "Lyktvårdar", "Ripsele", "Vantstickar", "Frida", "Frost", "Olle Other", "r-maj", "s-maj", "s-other",
		"Fuktfläck", "Fläcken", "Vattenläcka", "W-2002", "lösen för", "gissning", "127.0.0.1", "okänd.person", "hissen.txt",
	}
}

func leaks(text string) []string {
	var found []string
	for _, name := range planted() {
		if strings.Contains(strings.ToLower(text), strings.ToLower(name)) {
			found = append(found, name)
		}
	}
	return found
}

// watchedHouse is a house whose log and metrics somebody reads.
func watchedHouse(t *testing.T) (h *house, logged *bytes.Buffer, scrape func() string) {
	t.Helper()
	h = newHouse(t, live)
	address := h.server.Listener.Addr().String()
	h.stop()
	meter := metrics.New()
	h.config.Meter = meter
	h.start(must[net.Listener](t)(net.Listen("tcp", address)))
	logged = &bytes.Buffer{}
	h.server.Config.Handler = contractual(t, connected.Handler(h.gate, slog.New(slog.NewJSONHandler(logged, &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}))))
	handler := must[http.Handler](t)(meter.Handler(h.gate))
	return h, logged, func() string {
		t.Helper()
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, metrics.Path, nil))
		if answer.Code != http.StatusOK {
			t.Fatalf("metrics answer %d: %s", answer.Code, answer.Body)
		}
		return answer.Body.String()
	}
}

// A whole morning, with what goes wrong on one: nothing of whom it was about is told outside.
func TestAWatchedMorningNamesNobody(t *testing.T) {
	h, logged, scrape := watchedHouse(t)
	ctx := context.Background()
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	page := bo.changes("")
	bo.hands(bo.batch(
		bo.say(journal.Entry{Kind: journal.RecordOpened, Subject: "s-maj", Record: "r-maj", RecordVersion: 1}, &journal.Details{Reason: "Fuktfläck hos Maj"}),
		bo.signsWork(t, page, "W-2002", "Fläcken är torr")))
	anna.log(link.LogFilter{Subject: "s-maj", Person: "bo.ek"})
	h.attaches("b-maj", "r-maj", "hissen.txt", []byte("Hissen står."))
	bo.changes(page.Cursor)

	if _, err := bo.client.Log(ctx, link.LogFilter{Person: "anna.lind"}); code(t, err) != link.CodeForbidden {
		t.Fatal(err)
	}
	stranger := h.newDevice("carl.ask")
	if _, err := stranger.client.Enrol(ctx, stranger.ask("gissning")); code(t, err) != link.CodeWrongPassword {
		t.Fatal(err)
	}
	h.post(t, "/v1/okänd.person", []byte("Maja Vintergrind"))
	h.post(t, link.PathErasures+"?subject=s-maj", []byte(`{"subject":"s-maj","name":"Maja"}`))
	ok(t, h.gate.DisableUser(ctx, "bo.ek"))
	if _, err := bo.client.Changes(ctx, "", link.Had{}); code(t, err) != link.CodeUserDisabled {
		t.Fatal(err)
	}
	bo.hands(bo.batch(bo.items(1)...))
	report := scrape()
	h.server.Close() // its writers are done with the log
	text := logged.String()
	for _, want := range []string{`"route":"/v1/journal","status":200`, `"route":"/v1/log","status":403`, `"route":"other","status":404`} {
		if !strings.Contains(text, want) {
			t.Errorf("the log lacks %s:\n%s", want, text)
		}
	}
	if found := leaks(text); found != nil {
		t.Errorf("%v stand in the log:\n%s", found, text)
	}
	for _, want := range []string{
		`handslag_calls_total{outcome="ok",route="POST /v1/journal"} 2`, `handslag_calls_total{outcome="forbidden",route="GET /v1/log"} 1`,
		`handslag_calls_total{outcome="not_found",route="other"} 1`, `handslag_calls_total{outcome="wrong_password",route="POST /v1/enrol"} 1`,
		`handslag_calls_total{outcome="user_disabled",route="GET /v1/changes"} 1`,
		"handslag_entries_taken_total 3", "handslag_store_up 1", "handslag_calls_waiting 0", "handslag_calls_late_total 0", `handslag_findings_open{code="disabled"} 1`, "handslag_log_entries ",
	} {
		if !strings.Contains(report, want) {
			t.Errorf("the metrics lack %s:\n%s", want, report)
		}
	}
	if found := leaks(report); found != nil {
		t.Errorf("%v stand in the metrics:\n%s", found, report)
	}
}

// Proves that the search above finds a name, by a logger that is told one in each of its ways.
func TestANameInALogLineIsFound(t *testing.T) {
	for way, say := range map[string]func(*slog.Logger){
		"as a message":   func(l *slog.Logger) { l.Info("Maja Vintergrind was opened") },
		"as a value":     func(l *slog.Logger) { l.Info("call", "user", "anna.lind") },
		"in a structure": func(l *slog.Logger) { l.Info("call", "who", struct{ Name string }{"Anna Lind"}) },
	} {
		var text bytes.Buffer
		say(slog.New(slog.NewJSONHandler(&text, nil)))
		if leaks(text.String()) == nil {
			t.Errorf("%s: not found in %s", way, &text)
		}
	}
}

// A stranger can make no label of his own, whatever he calls.
func TestStrangersMakeNoLabels(t *testing.T) {
	h, _, scrape := watchedHouse(t)
	client := h.server.Client()
	for _, path := range []string{"/v1/a", "/v1/b", link.PathLog + "/c", "/metrics"} {
		for _, method := range []string{"GET", "BREW", "TRACE"} {
			answer := must[*http.Response](t)(client.Do(must[*http.Request](t)(http.NewRequest(method, h.statement.URL+path, nil))))
			answer.Body.Close()
			if answer.StatusCode != http.StatusNotFound {
				t.Errorf("%s %s on the public door answers %d", method, path, answer.StatusCode)
			}
		}
	}
	answer := must[*http.Response](t)(client.Do(must[*http.Request](t)(http.NewRequest("BREW", h.statement.URL+link.PathLog, nil))))
	answer.Body.Close()
	var calls []string
	for line := range strings.Lines(scrape()) {
		if strings.HasPrefix(line, "handslag_calls_total{") {
			calls = append(calls, strings.TrimSpace(line))
		}
	}
	if got := strings.Join(calls, "\n"); got != `handslag_calls_total{outcome="method",route="/v1/log"} 1`+"\n"+`handslag_calls_total{outcome="not_found",route="other"} 12` {
		t.Errorf("the metrics say\n%s", got)
	}
}

// The database goes away, and both who asks and who watches hear it, with no word why.
func TestHealthSaysWhetherTheDatabaseAnswers(t *testing.T) {
	h, _, scrape := watchedHouse(t)
	health := func() int {
		answer := must[*http.Response](t)(h.server.Client().Get(h.statement.URL + connected.PathHealth))
		answer.Body.Close()
		return answer.StatusCode
	}
	if got := health(); got != http.StatusOK {
		t.Fatalf("a living system answers %d", got)
	}
	ok(t, h.gate.Close(context.Background()))
	if got := health(); got != http.StatusOK {
		t.Errorf("within a second it was asked again: %d", got)
	}
	h.clock.pass(time.Second)
	if got := health(); got != http.StatusServiceUnavailable {
		t.Errorf("without its database it answers %d", got)
	}
	if report := scrape(); !strings.Contains(report, "handslag_store_up 0") || strings.Contains(report, "handslag_log_entries ") {
		t.Errorf("the metrics say\n%s", report)
	}
	h.gate = must[*gate.Gate](t)(gate.Open(context.Background(), h.config)) // its end finds it open
}

// Whoever hands one of these to a logger, now or in a year, has told nobody anything.
func TestPersonalValuesRedactThemselves(t *testing.T) {
	for _, v := range []slog.LogValuer{
		identity.Person{ID: "p-1", Username: "anna.lind", First: "Anna", Last: "Lind"},
		link.EnrolRequest{Username: "anna.lind", Password: "lösen för anna.lind"},
		journal.Details{Reason: "Fuktfläck hos Maj", Note: "Fläcken är torr"},
		journal.Payload{Details: journal.Details{Reason: "Fuktfläck hos Maj"}},
		record.Card{Title: "Maj Ripsele", Street: "Vantstickargränd 14 B"},
		record.Protected{Fields: []record.Field{{Value: "Maja Vintergrind"}}},
	} {
		var text bytes.Buffer
		slog.New(slog.NewJSONHandler(&text, nil)).Info("seen", "value", v)
		if found := leaks(text.String()); found != nil || !strings.Contains(text.String(), "redacted") {
			t.Errorf("%T says %s", v, &text)
		}
	}
}

// The metrics' own listener gives them and nothing else, and closes with the server.
func TestMetricsHaveAListenerOfTheirOwn(t *testing.T) {
	h := newHouse(t, live)
	ctx, stop := context.WithCancel(t.Context())
	listener := must[net.Listener](t)(net.Listen("tcp", "127.0.0.1:0"))
	ended := make(chan error, 1)
	go func() { ended <- metrics.New().Serve(ctx, h.gate, listener) }()
	for _, c := range []struct {
		method, path string
		want         int
	}{
		{"GET", metrics.Path, 200}, {"POST", metrics.Path, 405}, {"GET", "/", 404}, {"GET", link.PathStatement, 404}, {"GET", "/debug/pprof/", 404},
	} {
		answer := must[*http.Response](t)(http.DefaultClient.Do(must[*http.Request](t)(http.NewRequest(c.method, "http://"+listener.Addr().String()+c.path, nil))))
		answer.Body.Close()
		if answer.StatusCode != c.want {
			t.Errorf("%s %s answers %d, want %d", c.method, c.path, answer.StatusCode, c.want)
		}
	}
	stop()
	ok(t, <-ended)
	if conn, err := net.Dial("tcp", listener.Addr().String()); err == nil {
		conn.Close()
		t.Error("it still listens")
	}
}

// Who watches sees how far the receiver of the log is behind, since when, and that deliveries fail; and names of
// metrics are as Prometheus wants them.
func TestTheReceiversLagIsTold(t *testing.T) {
	h := newHouse(t, live)
	bo := h.enrolled("bo.ek")
	bo.hands(bo.batch(bo.items(4)...))
	size := len(h.export("")) + 1
	h.clock.pass(90 * time.Second)
	meter := metrics.New()
	sends := meter.Sends(h.gate.Feed("syslog"), h.clock.Now)
	handler := must[http.Handler](t)(meter.Handler(h.gate))
	scrape := func() string {
		t.Helper()
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, metrics.Path, nil))
		return answer.Body.String()
	}
	says := func(lines ...string) {
		t.Helper()
		report := scrape()
		for _, line := range lines {
			if !strings.Contains(report, "\n"+line+"\n") {
				t.Errorf("the metrics lack %s:\n%s", line, report)
			}
		}
		if found := leaks(report); found != nil {
			t.Errorf("%v stand in the metrics", found)
		}
	}
	says(fmt.Sprintf("handslag_syslog_entries_behind %d", size), "handslag_syslog_behind_seconds 90", "handslag_syslog_failures_total 0",
		"handslag_syslog_entries_sent_total 0", "handslag_syslog_last_success_timestamp_seconds 0", "handslag_log_witnesses 0", "handslag_log_witnessed_entries 0")

	l := feedtest.Listen(t, feedtest.Conduct{NoHandshake: true}, feedtest.Conduct{NoHandshake: true})
	job := h.job(l, quietly)
	job.Meter = sends
	idle := make(chan struct{}, 1)
	wait := job.Wait
	job.Wait = func(ctx context.Context, d time.Duration) {
		if d == time.Second && len(l.Received()) > size { // nothing to do: what it had is noted
			select {
			case idle <- struct{}{}:
			default:
			}
		}
		wait(ctx, d)
	}
	end := runs(job)
	select {
	case <-idle:
	case <-inTime(t).Done():
		t.Fatal("the receiver is never up to date")
	}
	end()
	says("handslag_syslog_entries_behind 0", "handslag_syslog_behind_seconds 0", "handslag_syslog_failures_total 2",
		fmt.Sprintf("handslag_syslog_entries_sent_total %d", size+1), // and that it is sent
		fmt.Sprintf("handslag_syslog_last_success_timestamp_seconds %s", strconv.FormatFloat(float64(h.clock.Now().UnixMilli())/1000, 'g', -1, 64)))

	bo.hands(bo.batch(bo.items(2)...))
	h.clock.pass(7 * time.Second)
	says("handslag_syslog_entries_behind 2", "handslag_syslog_behind_seconds 7")
	problems, err := promlint.New(strings.NewReader(scrape())).Lint()
	ok(t, err)
	if len(problems) > 0 {
		t.Errorf("Prometheus would have it otherwise: %v", problems)
	}
}
