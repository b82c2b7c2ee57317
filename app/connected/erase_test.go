package connected_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"handslag/app/connected/gate"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// ordered are the erasure orders on a page for a device that has those up to had, verified.
func (d *device) ordered(had uint64) (orders []record.Erasure) {
	d.h.t.Helper()
	page := must[link.Page](d.h.t)(d.client.Changes(context.Background(), "", link.Had{Statement: 1, Erasures: had}))
	for _, data := range page.Erasures {
		orders = append(orders, must[record.Erasure](d.h.t)(record.OpenErasure(data, d.h.statement.Org(), d.h.statement.Issuing)))
	}
	return orders
}

func (h *house) erases(subject journal.SubjectID) gate.Erased {
	h.t.Helper()
	return must[gate.Erased](h.t)(h.gate.EraseSubject(context.Background(), subject))
}

func TestEveryDeviceGetsEveryOrderUntilItHasIt(t *testing.T) {
	h := newHouse(t, live)
	bo, carl := h.enrolled("bo.ek"), h.enrolled("carl.ask")
	if orders := bo.ordered(0); len(orders) != 0 {
		t.Fatalf("orders before any: %v", orders)
	}
	first := h.erases("s-maj")
	h.clock.pass(time.Second)
	second := h.erases("s-maja")
	if first.Number == 0 || second.Number <= first.Number {
		t.Errorf("numbers %d and %d", first.Number, second.Number)
	}
	for _, d := range []*device{bo, carl} { // Carl has never held anything
		orders := d.ordered(0)
		if len(orders) != 2 || orders[0].Subject != "s-maj" || orders[0].Number != first.Number || orders[1].Subject != "s-maja" || orders[1].At != second.At {
			t.Errorf("%s gets %+v", d.name, orders)
		}
	}
	if orders := bo.ordered(first.Number); len(orders) != 1 || orders[0].Number != second.Number {
		t.Errorf("Bo has the first and gets %+v", orders)
	}
	if orders := bo.ordered(second.Number); len(orders) != 0 {
		t.Errorf("Bo has both and gets %+v", orders)
	}
	if again := h.erases("s-maj"); again.Number != first.Number || again.At != first.At || len(bo.ordered(0)) != 2 {
		t.Errorf("erased again: %+v", again)
	}
	// A tablet that is new when every loan from then has ended has nothing to erase.
	h.clock.pass(2*identity.MaxValidity + time.Second)
	if orders := h.enrolled("dora.alm").ordered(0); len(orders) != 0 {
		t.Errorf("a new tablet gets %+v", orders)
	}
}

// Put back from a backup, the system knows no more what it ordered. What it orders next reaches
// the devices all the same, and those that carried out the lost order say so.
func TestAnOrderOfARestoredSystemReachesDevicesThatHaveLaterOnes(t *testing.T) {
	h := newHouse(t, live)
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	h.stop()
	putBack := h.backup()
	h.restartOn(t, h.statement.URL)
	lost := h.erases("s-maj")
	answer := bo.say(journal.Entry{Kind: journal.SubjectErased, Subject: "s-maj", Count: lost.Number, Code: "full"}, nil)
	h.stop()
	putBack()
	h.restartOn(t, h.statement.URL)
	h.clock.pass(time.Second)
	next := h.erases("s-maja")
	if orders := bo.ordered(lost.Number); len(orders) != 1 || orders[0].Number != next.Number {
		t.Errorf("order %d after %d, which is lost: Bo gets %+v", next.Number, lost.Number, orders)
	}
	bo.hands(bo.batch(answer))
	if page := anna.log(link.LogFilter{Person: "bo.ek"}); codes(page.Found) != "erasure open" {
		t.Errorf("findings: %s", codes(page.Found))
	}
}

func (h *house) restartOn(t *testing.T, url string) {
	t.Helper()
	h.start(must[net.Listener](t)(net.Listen("tcp", strings.TrimPrefix(url, "https://"))))
}

func TestManyOrdersComePageByPageBeforeAnythingElse(t *testing.T) {
	h := newHouse(t, live)
	bo := h.enrolled("bo.ek")
	var lines strings.Builder
	const many = link.PageErasures + 1
	for i := range many {
		lines.WriteString(strings.ReplaceAll(`{"type":"record","id":"x-N","kind":"place","subject":"q-N","unit":"norra","card":{"title":"Källare"}}`, "N", string(rune('a'+i/26))+string(rune('a'+i%26))) + "\n")
	}
	must[gate.Imported](t)(h.gate.Import(context.Background(), strings.NewReader(lines.String())))
	for i := range many {
		h.erases(journal.SubjectID("q-" + string(rune('a'+i/26)) + string(rune('a'+i%26))))
	}
	page := must[link.Page](t)(bo.client.Changes(context.Background(), "", link.Had{Statement: 1}))
	if len(page.Erasures) != link.PageErasures || !page.More || len(page.Records) != 0 {
		t.Fatalf("first page: %d orders, more %v, %d records", len(page.Erasures), page.More, len(page.Records))
	}
	orders := bo.ordered(0)
	next := must[link.Page](t)(bo.client.Changes(context.Background(), page.Cursor, link.Had{Statement: 1, Erasures: orders[len(orders)-1].Number}))
	if len(next.Erasures) != 1 || next.More || len(next.Records) == 0 {
		t.Errorf("second page: %d orders, more %v, %d records", len(next.Erasures), next.More, len(next.Records))
	}
}

func TestTheReportSaysAfterWhenNoCopyOpensAndWhoCanNotPromiseIt(t *testing.T) {
	h := newHouse(t, live)
	bo, anna, dora := h.enrolled("bo.ek"), h.enrolled("anna.lind"), h.enrolled("dora.alm")
	anna.changes("")
	bo.changes("")
	lent := h.clock.Now().Add(7 * 24 * time.Hour)
	done := h.erases("s-maj")
	if done.LentUntil.Time() != lent || done.NoCopyAfter != done.At.Add(30*24*time.Hour) {
		t.Errorf("erased: %+v", done)
	}
	// A copy passed on that the connected system hears of later, and one told to last for ever.
	pair := make([]byte, 32)
	rand.Read(pair)
	longer := signed.At(h.clock.Now()).Add(9 * 24 * time.Hour)
	anna.hands(anna.batch(anna.say(journal.Entry{Kind: journal.ShareSent, Subject: "s-maj", Record: "r-maj", RecordVersion: 1, Peer: dora.keys.Device(), Pair: pair, Until: longer}, nil)))
	answer := func(d *device, promise string) {
		d.hands(d.batch(d.say(journal.Entry{Kind: journal.SubjectErased, Subject: "s-maj", Count: done.Number, Code: promise}, nil)))
	}
	answer(bo, "full")
	answer(dora, "none")
	report := must[gate.Erasure](t)(h.gate.Erasure(context.Background(), "s-maj"))
	said := map[string]gate.ErasureDevice{}
	for _, d := range report.Devices {
		said[d.Person.Username] = d
	}
	if b := said["bo.ek"]; !b.Held || b.Promise != "full" || !b.Promised() || b.Answered == 0 {
		t.Errorf("Bo: %+v", b)
	}
	if a := said["anna.lind"]; !a.Held || a.Answered != 0 || a.Promised() || a.LentUntil.Time() != lent {
		t.Errorf("Anna: %+v", a)
	}
	if d := said["dora.alm"]; !d.Held || d.Promise != "none" || d.Promised() || d.LentUntil != longer {
		t.Errorf("Dora: %+v", d)
	}
	if report.LentUntil != longer || report.Devices[0].Person.Username != "anna.lind" {
		t.Errorf("report: %+v", report)
	}
	// The last loan counts where it outlives the backups, and no word of a device stretches it
	// beyond what a loan can be.
	h.clock.pass(20 * 24 * time.Hour)
	bo.hands(bo.batch(bo.say(journal.Entry{Kind: journal.ShareReceived, Subject: "s-maj", Record: "r-maj", RecordVersion: 1, Peer: anna.keys.Device(), Pair: pair, Until: signed.At(h.clock.Now()).Add(9999 * time.Hour)}, nil)))
	report = must[gate.Erasure](t)(h.gate.Erasure(context.Background(), "s-maj"))
	if want := signed.At(h.clock.Now()).Add(identity.MaxValidity); report.NoCopyAfter != want {
		t.Errorf("no copy after %v, want %v", report.NoCopyAfter.Time(), want.Time())
	}
	if _, err := h.gate.Erasure(context.Background(), "s-maja"); !errors.Is(err, gate.ErrUnknown) {
		t.Errorf("a report on nobody erased: %v", err)
	}
}

func TestWhoNobodyHasHeardOfIsNotErased(t *testing.T) {
	h := newHouse(t, live)
	if _, err := h.gate.EraseSubject(context.Background(), "s-mja"); !errors.Is(err, gate.ErrUnknown) {
		t.Errorf("a slip in the ID: %v", err)
	}
	if _, err := h.gate.EraseSubject(context.Background(), "s/../x"); !errors.Is(err, gate.ErrInput) {
		t.Errorf("no ID: %v", err)
	}
}

func TestAnImportThatNamesSomebodyErasedIsRefusedByName(t *testing.T) {
	h := newHouse(t, live)
	h.erases("s-maj")
	_, err := h.gate.Import(context.Background(), strings.NewReader(things))
	if !errors.Is(err, gate.ErrInput) || !strings.Contains(err.Error(), "line 2: ") || !strings.Contains(err.Error(), "subject s-maj was erased") || strings.Contains(err.Error(), "Ripsele") {
		t.Errorf("imported again: %v", err)
	}
}

func TestWorkForSomebodyErasedMeanwhileIsNobodysFault(t *testing.T) {
	h := newHouse(t, live)
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	work := bo.signsWork(t, bo.changes(""), "W-2002", "klar")
	h.erases("s-maj")
	bo.hands(bo.batch(work))
	if page := anna.log(link.LogFilter{Person: "bo.ek"}); len(page.Found) != 0 {
		t.Errorf("findings: %s", codes(page.Found))
	}
	bo.hands(bo.batch(bo.say(journal.Entry{Kind: journal.SubjectErased, Subject: "s-other", Count: 7, Code: "full"}, nil)))
	if page := anna.log(link.LogFilter{Person: "bo.ek"}); codes(page.Found) != "erasure open" {
		t.Errorf("an order of a system that was there before the backup: %s", codes(page.Found))
	}
}

// A search is about nobody until it has found somebody; then its words are about them.
func TestTheWordsOfASearchGoWithWhomItFound(t *testing.T) {
	h := newHouse(t, live)
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	words := &journal.Details{Reason: "vattenläcka", Note: "070-174 06 41"}
	finds := func(d *device, ref journal.Item, subject journal.SubjectID) journal.Item {
		hash := journal.HashOf(ref.Entry)
		return d.say(journal.Entry{Kind: journal.RecordFound, Subject: subject, Record: journal.RecordID(strings.Replace(string(subject), "s", "r", 1)), RecordVersion: 1, Ref: hash[:]}, nil)
	}
	search := func(d *device) journal.Item {
		return d.say(journal.Entry{Kind: journal.RecordsSearched, Count: 20}, words)
	}
	one := search(bo)
	other := search(bo) // finds nobody
	bo.hands(bo.batch(one, finds(bo, one, "s-maj"), other))

	rows := anna.log(link.LogFilter{Subject: "s-maj", Person: "bo.ek"}).Rows
	if row := find(rows, journal.RecordFound); row == nil || row.Reason != "vattenläcka" || row.Note != "070-174 06 41" || row.SubjectName != "Maj Ripsele" {
		t.Fatalf("who asks who saw Maj sees %+v", row)
	}
	// Bo's own entry that is no search keeps its words, whatever a hit says that it answers.
	handshake := bo.say(journal.Entry{Kind: journal.Verified, Peer: anna.keys.Device()}, &journal.Details{Note: "handslag"})
	bo.hands(bo.batch(handshake, finds(bo, handshake, "s-maj")))
	// Carl says that he found her with Bo's other search, which would take its words.
	carl := h.enrolled("carl.ask")
	carl.hands(carl.batch(finds(carl, other, "s-maj")))
	if done := h.erases("s-maj"); done.Payloads != 2 { // of the search, and of Anna asking for her by ID
		t.Errorf("erased: %+v", done)
	}
	late := search(bo)
	bo.hands(bo.batch(late, finds(bo, late, "s-maj")))
	var texts []string
	for _, row := range anna.log(link.LogFilter{Person: "bo.ek"}).Rows {
		if row.Kind == journal.RecordsSearched || row.Kind == journal.RecordFound {
			text := row.Note
			if row.Erased {
				text = "erased"
			}
			texts = append(texts, text)
		}
	}
	// Newest first: the late hit and its search, the hit that answers no search, the search that found
	// nobody, the hit and its search.
	if got := strings.Join(texts, ", "); got != "erased, erased, , 070-174 06 41, erased, erased" {
		t.Errorf("the log says %s", got)
	}
	if row := find(anna.log(link.LogFilter{Person: "bo.ek"}).Rows, journal.Verified); row == nil || row.Note != "handslag" {
		t.Errorf("the handshake's words: %+v", row)
	}
	h.sound()
}

func TestADeviceGetsTheSearchKeyWithTheRightToReadAndTokensThatItFits(t *testing.T) {
	h := newHouse(t, live)
	for name, want := range map[string]bool{"anna.lind": true, "carl.ask": false} {
		d := h.newDevice(name)
		for _, issued := range []link.Issued{
			must[link.Issued](t)(d.client.Enrol(context.Background(), d.ask(passwordOf(name)))),
			must[link.Issued](t)(d.client.Credential(context.Background())),
		} {
			if (len(issued.Search) > 0) != want {
				t.Fatalf("%s gets a search key: %v", name, !want)
			}
			if !want {
				continue
			}
			key := must[[]byte](t)(d.keys.OpenSealed(record.SearchKeyInfo(h.statement.Org(), d.keys.Device()), issued.Search))
			if bytes.Equal(key, h.config.Keys.Data) {
				t.Fatal("it is the data key")
			}
			for _, c := range d.changes("").Records {
				rec := must[record.Record](t)(record.OpenRecord(c.Record, c.Cipher, h.statement.Org(), h.statement.Issuing))
				for query, found := range map[string]bool{"0701740641": rec.ID == "r-maja", "vintergrind": false, "ripsele": rec.ID == "r-maj"} {
					if got := record.HasTokens(rec.Tokens, record.QueryTokens(key, query)); got != found {
						t.Errorf("%s finds %s: %v", query, rec.ID, got)
					}
				}
			}
		}
	}
}

func TestWhoErasesByCallStandsInTheLog(t *testing.T) {
	h := newHouse(t, live)
	anna := h.enrolled("anna.lind")
	ok(t, h.gate.GrantRole(context.Background(), "anna.lind", "eraser"))
	erase := column{name: "erase", method: http.MethodPost, path: link.PathErasures}
	for body, want := range map[string]string{
		`{"subject":"s-maj"}`:          "ok",
		`{"subject":"s-nobody"}`:       "not_found",
		`{"subject":"a b"}`:            "bad_request",
		`{"subject":"s-maj","all":1}`:  "bad_request",
		`{"subject":"s-maj"}{}`:        "bad_request",
		`{"subject":["s-maj","s-ma"]}`: "bad_request",
		``:                             "bad_request",
	} {
		if got := h.call(t, erase, now(h, anna, erase.method, erase.path, "", []byte(body)), []byte(body)); got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
		if want != "ok" {
			continue
		}
		if wal := readIfThere(t, h.config.Path+"-wal"); len(wal) != 0 {
			t.Errorf("what was overwritten lies in %d bytes beside the database", len(wal))
		}
	}
	row := find(anna.log(link.LogFilter{Subject: "s-maj"}).Rows, journal.SystemChanged)
	if row == nil || row.Code != "subject_erase" || row.Person.Username != "anna.lind" || row.Route != link.PathErasures || row.Count == 0 {
		t.Errorf("the log says %+v", row)
	}
	said, err := json.Marshal(must[gate.Erasure](t)(h.gate.Erasure(context.Background(), "s-maj")))
	if err != nil || !strings.Contains(string(said), `"no_copy_opens_after"`) {
		t.Errorf("the report says %s %v", said, err)
	}
}
