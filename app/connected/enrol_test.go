package connected_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"handslag/app/connected"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
	"handslag/vault/record"
)

func TestALostAnswerCostsNothing(t *testing.T) {
	h := newHouse(t, live)
	d := h.newDevice("bo.ek")
	first := must[link.Issued](t)(d.client.Enrol(context.Background(), d.ask(passwordOf("bo.ek"))))
	h.clock.pass(time.Hour)
	h.restart()
	second := must[link.Issued](t)(d.client.Enrol(context.Background(), d.ask(passwordOf("bo.ek"))))
	if !bytes.Equal(first.Credential, second.Credential) {
		t.Error("the same request gave another credential")
	}
	if devices, err := h.gate.ListDevices(context.Background()); err != nil || len(devices) != 1 || devices[0].Epoch != 1 || devices[0].Person.Username != "bo.ek" {
		t.Errorf("devices: %+v, %v", devices, err)
	}
}

func TestWhoIsNotEnrolled(t *testing.T) {
	h := newHouse(t, live)
	ctx := context.Background()
	bo := h.enrolled("bo.ek")
	ok(t, h.gate.DisableUser(ctx, "carl.ask"))
	fresh := func(name string) *device { return h.newDevice(name) }
	cases := map[string]struct {
		ask  func() link.EnrolRequest
		want link.Code
	}{
		"a wrong password":                   {func() link.EnrolRequest { return fresh("dora.alm").ask("fel") }, link.CodeWrongPassword},
		"a user who does not exist":          {func() link.EnrolRequest { return fresh("nils.nej").ask("fel") }, link.CodeWrongPassword},
		"an empty password":                  {func() link.EnrolRequest { return fresh("dora.alm").ask("") }, link.CodeWrongPassword},
		"a disabled account":                 {func() link.EnrolRequest { return fresh("carl.ask").ask(passwordOf("carl.ask")) }, link.CodeUserDisabled},
		"a disabled account, wrong password": {func() link.EnrolRequest { return fresh("carl.ask").ask("fel") }, link.CodeWrongPassword},
		"another device's request": {func() link.EnrolRequest {
			d := fresh("bo.ek")
			d.request = bo.request
			return d.ask(passwordOf("bo.ek"))
		}, link.CodeConflict},
		"another person's device": {func() link.EnrolRequest {
			d := *bo
			d.name, d.request = "anna.lind", "req-new"
			return d.ask(passwordOf("anna.lind"))
		}, link.CodeConflict},
		"keys that the device does not hold": {func() link.EnrolRequest {
			ask := fresh("bo.ek").ask(passwordOf("bo.ek"))
			ask.Possession[len(ask.Possession)-1] ^= 1
			return ask
		}, link.CodeBadRequest},
		"a possession of another request": {func() link.EnrolRequest {
			ask := fresh("bo.ek").ask(passwordOf("bo.ek"))
			ask.RequestID = "req-other"
			return ask
		}, link.CodeBadRequest},
		"a sealing key that is none": {func() link.EnrolRequest {
			d := fresh("bo.ek")
			keys := d.keys.Public()
			keys.Sealing.Bytes = keys.Sealing.Bytes[1:]
			ask := d.ask(passwordOf("bo.ek"))
			ask.Possession = must[[]byte](t)(d.keys.Sign(signed.DomainEnrolment, link.Enrolment{Version: 1, Org: h.statement.Org(), RequestID: d.request, Machine: "m-1", Keys: keys}))
			return ask
		}, link.CodeBadRequest},
	}
	for name, c := range cases {
		h.clock.pass(time.Hour) // nobody is slowed by the case before
		if _, err := bo.client.Enrol(ctx, c.ask()); code(t, err) != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

func TestGuessingIsSlowedForWhoeverIsGuessed(t *testing.T) {
	h := newHouse(t, live)
	ctx := context.Background()
	for _, name := range []string{"bo.ek", "nils.nej"} {
		d := h.newDevice(name)
		for i := range 4 {
			if _, err := d.client.Enrol(ctx, d.ask("gissning")); code(t, err) != link.CodeWrongPassword {
				t.Fatalf("%s, guess %d: %v", name, i+1, err)
			}
		}
		if _, err := d.client.Enrol(ctx, d.ask(passwordOf(name))); code(t, err) != link.CodeTooMany {
			t.Errorf("%s: the fifth at once: %v", name, err)
		}
	}
	bo := h.newDevice("bo.ek")
	h.clock.pass(2 * time.Second)
	if _, err := bo.client.Enrol(ctx, bo.ask(passwordOf("bo.ek"))); code(t, err) != "" {
		t.Errorf("after the wait: %v", err)
	}
	anna := h.enrolled("anna.lind")
	refused := 0
	for _, row := range anna.log(link.LogFilter{Person: "bo.ek"}).Rows {
		if row.Kind == journal.SignInRefused && row.Code == string(link.CodeWrongPassword) {
			refused++
		}
	}
	if refused != 4 {
		t.Errorf("%d refused sign-ins in the log", refused)
	}
}

// A hash of before is replaced at the next sign-in, by who knows the password alone.
func TestAnOldHashIsReplacedAtSignIn(t *testing.T) {
	h := newHouse(t, live)
	h.config.KeepHashes = false
	h.restart()
	stored := func() (hash string) {
		db := h.database()
		defer db.Close()
		ok(t, db.QueryRow("SELECT password FROM users WHERE username = 'bo.ek'").Scan(&hash))
		return hash
	}
	before := stored()
	d := h.newDevice("bo.ek")
	if _, err := d.client.Enrol(context.Background(), d.ask("gissning")); code(t, err) != link.CodeWrongPassword || stored() != before {
		t.Fatalf("a guess has changed it, or %v", err)
	}
	h.enrolled("bo.ek")
	after := stored()
	if !strings.HasPrefix(after, "$argon2id$v=19$m=65536,t=3,p=4$") {
		t.Errorf("from %s to %s", before, after)
	}
	if h.enrolled("bo.ek"); stored() != after {
		t.Error("it is replaced again")
	}
}

// Who guesses somebody's password from one network, or from some, keeps nobody out who signs in from another; and
// who has many guesses no faster.
func TestGuessingFromAfarKeepsNobodyOut(t *testing.T) {
	h := newHouse(t, live)
	handler := connected.Handler(h.gate, slog.New(slog.DiscardHandler))
	enrols := func(from, password string) link.Code {
		body := must[[]byte](t)(json.Marshal(h.newDevice("bo.ek").ask(password)))
		request := httptest.NewRequest(http.MethodPost, link.PathEnrol, bytes.NewReader(body))
		request.RemoteAddr = net.JoinHostPort(from, "1234")
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request)
		var p link.Problem
		if answer.Code != http.StatusOK {
			ok(t, json.Unmarshal(answer.Body.Bytes(), &p))
		}
		return p.Code
	}
	guesses := 0
	for i := range 200 { // one network, by many of its addresses
		if enrols(fmt.Sprintf("192.0.2.%d", i), "gissning") == link.CodeWrongPassword {
			guesses++
		}
	}
	if guesses != freeGuesses+1 {
		t.Errorf("%d guesses at once from one network", guesses)
	}
	if got := enrols("2001:db8::1", passwordOf("bo.ek")); got != "" {
		t.Errorf("Bo, from elsewhere: %s", got)
	}
	guesses = 0
	for i := range 200 { // of a network each
		if enrols(fmt.Sprintf("2001:db8:%x::1", i+1), "gissning") == link.CodeWrongPassword {
			guesses++
		}
	}
	if guesses > 70 {
		t.Errorf("%d guesses at once from everywhere", guesses)
	}
	if got := enrols("198.51.100.7", passwordOf("bo.ek")); got != link.CodeTooMany {
		t.Errorf("while everywhere guesses: %s", got)
	}
	h.clock.pass(5 * time.Minute)
	if got := enrols("198.51.100.7", passwordOf("bo.ek")); got != "" {
		t.Errorf("after the longest wait: %s", got)
	}
}

const freeGuesses = 3

func TestACredentialRenewsAndSaysWhatIsGrantedNow(t *testing.T) {
	h := newHouse(t, live)
	ctx := context.Background()
	bo := h.enrolled("bo.ek")
	same := must[link.Issued](t)(bo.client.Credential(ctx))
	if !bytes.Equal(same.Credential, bo.credential) {
		t.Error("a young credential was replaced by one that says the same")
	}
	ok(t, h.gate.TakeRole(ctx, "bo.ek", "caretaker"))
	next := must[identity.Credential](t)(identity.OpenCredential(must[link.Issued](t)(bo.client.Credential(ctx)).Credential, h.statement.Org(), h.statement.Issuing))
	if next.Epoch != 2 || len(next.Grants) != 0 {
		t.Errorf("without the role: %+v", next)
	}
	h.clock.pass(13 * 24 * time.Hour)
	later := must[identity.Credential](t)(identity.OpenCredential(must[link.Issued](t)(bo.client.Credential(ctx)).Credential, h.statement.Org(), h.statement.Issuing))
	if later.Epoch != 3 || later.Expires <= next.Expires {
		t.Errorf("13 days on: %+v", later)
	}
	if to := bo.hands(bo.batch(bo.items(1)...)); to != 1 {
		t.Errorf("a batch under the first credential reaches entry %d", to)
	}
}

func TestWhatConcernsSomebodyNoLongerIsGone(t *testing.T) {
	h := newHouse(t, live)
	ctx := context.Background()
	bo := h.enrolled("bo.ek")
	page := bo.changes("")
	for what, change := range map[string]func(string) string{
		"restricted": func(s string) string {
			return strings.Replace(s, `"subject":"s-maj",`, `"subject":"s-maj","restricted":true,`, 1)
		},
		"given to another": func(s string) string {
			return strings.Replace(s, `"record":"r-maj","unit":"norra","people":["bo.ek"]`, `"record":"r-maj","unit":"norra","people":["anna.lind"]`, 1)
		},
	} {
		if _, err := h.gate.Import(ctx, strings.NewReader(change(things))); err != nil {
			t.Fatal(err)
		}
		lost := bo.changes(page.Cursor)
		if len(lost.GoneRecords) != 1 || lost.GoneRecords[0] != "r-maj" {
			t.Errorf("%s: gone is %v", what, lost.GoneRecords)
		}
		again := bo.changes(page.Cursor) // that page was lost on the way
		if len(again.GoneRecords) != 1 {
			t.Errorf("%s, asked again: gone is %v", what, again.GoneRecords)
		}
		page = bo.changes(again.Cursor)
		if len(page.GoneRecords)+len(page.Records) != 0 {
			t.Errorf("%s, once known: %v", what, page.GoneRecords)
		}
		if _, err := h.gate.Import(ctx, strings.NewReader(things)); err != nil {
			t.Fatal(err)
		}
		page = bo.changes(again.Cursor)
		if len(page.Records) != 1 {
			t.Errorf("%s no more: %d records", what, len(page.Records))
		}
	}
}

func TestLoansRenewAndNeverOutliveTheCredential(t *testing.T) {
	h := newHouse(t, live)
	bo := h.enrolled("bo.ek")
	page := bo.changes("")
	h.clock.pass(11 * time.Hour)
	if soon := bo.changes(page.Cursor); len(soon.Records) != 0 {
		t.Error("half a day has not passed and the record is sent again")
	}
	h.clock.pass(2 * time.Hour)
	next := bo.changes(page.Cursor)
	if len(next.Records) != 1 {
		t.Fatalf("after half a day: %d records", len(next.Records))
	}
	h.clock.pass(10 * 24 * time.Hour) // the credential has three and a half days left
	last := bo.changes(next.Cursor)
	credential := must[identity.Credential](t)(identity.OpenCredential(bo.credential, h.statement.Org(), h.statement.Issuing))
	if len(last.Records) != 1 || lentUntil(t, h, bo.keys.Device(), last) != credential.Expires {
		t.Errorf("the last loan ends at another time than the credential")
	}
}

// lentUntil is when the loans of a page end.
func lentUntil(t *testing.T, h *house, to identity.DeviceID, page link.Page) signed.Time {
	t.Helper()
	var lent []record.Lent
	for _, c := range page.Records {
		r := must[record.Record](t)(record.OpenRecord(c.Record, c.Cipher, h.statement.Org(), h.statement.Issuing))
		lent = append(lent, record.Lent{Record: r.ID, Number: r.Number})
	}
	until, loans, err := record.OpenLoans(page.Loans, h.statement.Org(), h.statement.Issuing, to, lent)
	ok(t, err)
	for i, data := range loans {
		loan := must[record.Loan](t)(record.OpenHands([]record.Hand{{Loan: data}}, h.statement.Org(), h.statement.Issuing, to))
		if loan.Record != lent[i].Record || loan.Number != lent[i].Number || loan.Until != until {
			t.Errorf("the loan of %v says %+v", lent[i], loan)
		}
	}
	return until
}
