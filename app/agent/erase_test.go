package agent

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"handslag/app/agent/machine"
	"handslag/app/connected/gate"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault"
	"handslag/vault/journal"
	"handslag/vault/record"
)

func (h *house) erases(subject journal.SubjectID) gate.Erased {
	h.t.Helper()
	done, err := h.gate.EraseSubject(h.t.Context(), subject)
	ok(h.t, err)
	return done
}

// answers are what the connected system has heard of an erasure, by username.
func (h *house) answers(subject journal.SubjectID) map[string]gate.ErasureDevice {
	h.t.Helper()
	report, err := h.gate.Erasure(h.t.Context(), subject)
	ok(h.t, err)
	said := map[string]gate.ErasureDevice{}
	for _, d := range report.Devices {
		said[d.Person.Username] = d
	}
	return said
}

// kinds are the newest entries of a device, the oldest first, with their codes.
func (d *tablet) kinds(n int) string {
	d.h.t.Helper()
	events, err := d.Events(d.h.t.Context(), n)
	ok(d.h.t, err)
	var all []string
	for _, e := range slices.Backward(events) {
		text := string(e.Kind)
		if e.Code != "" {
			text += "(" + e.Code + ")"
		}
		all = append(all, text)
	}
	return strings.Join(all, " ")
}

// holds fails unless the device has exactly these records.
func (d *tablet) holds(ids ...journal.RecordID) {
	d.h.t.Helper()
	cards, err := d.Records(d.h.t.Context(), "")
	ok(d.h.t, err)
	var have []journal.RecordID
	for _, c := range cards {
		have = append(have, c.ID)
	}
	slices.Sort(have)
	if !slices.Equal(have, ids) {
		d.h.t.Fatalf("%s holds %v, not %v", d.name, have, ids)
	}
}

func (d *tablet) promise() string {
	d.h.t.Helper()
	s, err := d.current()
	ok(d.h.t, err)
	return string(s.vault.Promise())
}

func TestWhoIsErasedIsGoneFromADeviceThatIsOnline(t *testing.T) {
	h := newHouse(t)
	anna := h.enrolled("anna.lind")
	anna.sync()
	anna.holds("r-maj", "r-maja")
	_, err := anna.Open(t.Context(), "r-maj", Reason{Text: "ringde"})
	ok(t, err)
	order := h.erases("s-maj")
	anna.sync()
	anna.holds("r-maja")
	if got := anna.kinds(3); got != "record.opened record.closed(erased) subject.erased("+anna.promise()+")" {
		t.Errorf("said %s", got)
	}
	_, err = anna.Open(t.Context(), "r-maj", Reason{Text: "ringde"})
	refused(t, err, NoRecord)
	_, err = anna.Extend(t.Context(), "r-maj")
	refused(t, err, NoRecord)
	if notices := anna.Notices(); len(notices) != 1 || notices[0].Code != SubjectErased {
		t.Errorf("told %+v", notices)
	}
	if a := h.answers("s-maj")["anna.lind"]; !a.Held || a.Answered == 0 || a.Promise != anna.promise() {
		t.Errorf("the report says %+v", a)
	}
	// What was said about them stands, and its words are gone here too.
	events, err := anna.Events(t.Context(), 10)
	ok(t, err)
	for _, e := range events {
		if e.Reason != "" || e.Title == "Maj Ripsele" {
			t.Errorf("an event still says %+v", e)
		}
	}
	anna.sync()
	s, err := anna.current()
	ok(t, err)
	if state, err := s.vault.Sync(); err != nil || state.Erasures != order.Number {
		t.Errorf("the device has carried out %d, the order is %d %v", state.Erasures, order.Number, err)
	}
	if n := strings.Count(anna.kinds(50), "subject.erased"); n != 1 {
		t.Errorf("carried out %d times", n)
	}
}

// Bo's sync leaves the order on the machine; Anna's vault, locked since before, carries it out
// at unlock, in the cellar.
func TestALockedProfileCarriesOutWhatAnotherOfTheMachineHasHeard(t *testing.T) {
	h := newHouse(t)
	anna := h.enrolled("anna.lind")
	bo := h.beside(anna, "bo.ek")
	anna.sync()
	bo.sync()
	ok(t, anna.Lock())
	h.erases("s-maj")
	bo.sync()

	// Others put things there, before Anna is back.
	dir := anna.place.OrdersFolder()
	forged, err := record.Erasure{Version: 1, Org: h.statement.Org(), Number: 1 << 60, Subject: "s-maja", At: signed.At(h.clock())}.Sign(newKey(t))
	ok(t, err)
	for name, data := range map[string][]byte{"1-forged.order": forged, "2-empty.order": nil, "3-long.order": make([]byte, 1<<20), "4-odd.txt": forged} {
		ok(t, os.WriteFile(filepath.Join(dir, name), data, 0o644))
	}
	pipe(t, filepath.Join(dir, "0-pipe.order"))

	h.stop()
	ok(t, anna.Unlock(t.Context(), passphrase))
	anna.holds("r-maja")
	if got := anna.kinds(2); got != "device.unlocked subject.erased("+anna.promise()+")" {
		t.Errorf("said %s", got)
	}
	h.back()
	if a := h.answers("s-maj")["anna.lind"]; a.Answered != 0 {
		t.Errorf("before she synced: %+v", a)
	}
	anna.sync()
	if a := h.answers("s-maj")["anna.lind"]; a.Answered == 0 {
		t.Errorf("after she synced: %+v", a)
	}
	if n := strings.Count(anna.kinds(50), "subject.erased"); n != 1 {
		t.Errorf("carried out %d times", n)
	}
}

func TestADeviceThatHearsOfNoOrderLosesItsCopyWithTheLoan(t *testing.T) {
	h := newHouse(t)
	anna := h.enrolled("anna.lind")
	anna.sync()
	done := h.erases("s-maj")
	h.stop()
	h.pass(done.LentUntil.Time().Sub(h.clock()) - time.Minute)
	_, err := anna.Open(t.Context(), "r-maj", Reason{Text: "ringde"})
	ok(t, err)
	h.pass(2 * time.Minute)
	_, err = anna.Open(t.Context(), "r-maj", Reason{Text: "ringde"})
	refused(t, err, LoanEnded)
	ok(t, anna.Lock())
	ok(t, anna.Unlock(t.Context(), passphrase))
	anna.holds()
	if signed.At(h.clock()) > done.NoCopyAfter {
		t.Error("later than was said")
	}
}

func TestAnErasureThatACrashCutOffIsFinishedBeforeAnythingOpens(t *testing.T) {
	for what, until := range map[string]func(t *testing.T, s *session){
		"after the entry": func(t *testing.T, s *session) {
			_, err := s.say(line{entry: journal.Entry{Kind: journal.SubjectErased, Subject: "s-maj", Count: 7, Code: "none"}})
			ok(t, err)
		},
		"after the entry, before the view knew": func(t *testing.T, s *session) {
			drafts, err := s.drafts([]line{{entry: journal.Entry{Kind: journal.SubjectErased, Subject: "s-maj", Count: 7, Code: "none"}}})
			ok(t, err)
			_, err = s.journal.Append(drafts...)
			ok(t, err)
		},
		"after the erasure": func(t *testing.T, s *session) {
			_, err := s.say(line{entry: journal.Entry{Kind: journal.SubjectErased, Subject: "s-maj", Count: 7, Code: "none"}})
			ok(t, err)
			ok(t, s.vault.Erase("s-maj"))
		},
	} {
		t.Run(what, func(t *testing.T) {
			h := newHouse(t)
			anna := h.enrolled("anna.lind")
			anna.sync()
			s, err := anna.current()
			ok(t, err)
			until(t, s)
			anna.die()
			h.stop()
			ok(t, anna.Unlock(t.Context(), passphrase))
			anna.holds("r-maja")
			if n := strings.Count(anna.kinds(50), "subject.erased"); n != 1 {
				t.Errorf("said %d times", n)
			}
			ok(t, anna.Lock())
			ok(t, anna.Unlock(t.Context(), passphrase))
			anna.holds("r-maja")
			_, err = anna.Open(t.Context(), "r-maja", Reason{Text: "läcka"})
			ok(t, err)
		})
	}
}

// A view made anew reads of more erasures than it notes one by one.
func TestManyErasuresAreFinishedWhenTheViewIsMadeAnew(t *testing.T) {
	h := newHouse(t)
	anna := h.enrolled("anna.lind")
	anna.sync()
	s, err := anna.current()
	ok(t, err)
	var orders []machine.Order
	for i := range erasingMost + 2 {
		orders = append(orders, machine.Order{Erasure: record.Erasure{Number: uint64(i + 1), Subject: journal.SubjectID(fmt.Sprintf("q-%d", i))}})
	}
	orders[3].Subject = "s-maj"
	_, err = anna.erase(s, orders)
	ok(t, err)
	anna.holds("r-maja")
	before, err := s.vault.SubjectKey("s-maj") // as if the erasure had been cut off
	ok(t, err)
	ok(t, anna.Lock())
	ok(t, os.RemoveAll(filepath.Join(anna.cfg.Vault, "view")))
	ok(t, anna.Unlock(t.Context(), passphrase))
	s, err = anna.current()
	ok(t, err)
	after, err := s.vault.SubjectKey("s-maj")
	ok(t, err)
	if _, err := after.Open(nil, nil, before.Seal(nil, nil, []byte("x"), nil), nil); err == nil {
		t.Error("a key that an entry says is destroyed is still there")
	}
	left, err := readErasing(s.vault.Setting(erasingSetting))
	ok(t, err)
	if left.All || len(left.Subjects) != 0 {
		t.Errorf("left to do: %+v", left)
	}
	if !s.erased("s-maj") || !s.erased("q-200") || s.erased("s-maja") {
		t.Error("it is not remembered who is erased")
	}
}

func TestAColleaguesCopyGoesToo(t *testing.T) {
	h := newHouse(t)
	anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
	anna.sync()
	bo.sync()
	bo.holds("r-maj")
	mine, theirs := anna.meets(bo, "r-maja")
	eventually(t, theirs, func() bool { return theirs.Progress().State == ShareIsReceived })
	eventually(t, mine, func() bool { return mine.Progress().State == ShareIsSent })
	bo.holds("r-maj", "r-maja")
	mine.Close()
	<-theirs.Done()
	anna.sync()

	h.erases("s-maja")
	if a := h.answers("s-maja")["bo.ek"]; !a.Held || a.Answered != 0 {
		t.Errorf("Bo was handed a copy, and the report says %+v", a)
	}
	bo.sync()
	bo.holds("r-maj")
	if a := h.answers("s-maja")["bo.ek"]; a.Answered == 0 {
		t.Errorf("Bo has erased it, and the report says %+v", a)
	}

	// Anna has not heard of it yet, and Bo's tablet passes on no order so old. Nothing comes back.
	ok(t, os.RemoveAll(bo.place.OrdersFolder()))
	anna.holds("r-maj", "r-maja")
	mine, theirs = anna.meets(bo, "r-maja")
	eventually(t, mine, func() bool { return mine.Progress().State == ShareIsRefused })
	mine.Close()
	<-theirs.Done()
	bo.holds("r-maj")
	if got := bo.kinds(1); got != "share.refused(erased)" {
		t.Errorf("Bo's tablet said %s", got)
	}
}

// A server that an older backup was put back into sends people that were erased: a device that
// knows better takes nothing.
func TestADeviceTakesNothingInAboutWhoIsErased(t *testing.T) {
	h := newHouse(t)
	anna := h.enrolled("anna.lind")
	s, err := anna.current()
	ok(t, err)
	_, err = anna.erase(s, []machine.Order{{Erasure: record.Erasure{Number: 7, Subject: "s-maj"}}})
	ok(t, err)
	anna.sync()
	anna.holds("r-maja")
	if n := strings.Count(anna.kinds(50), "record.fetched"); n != 1 {
		t.Errorf("fetched %d records", n)
	}
	// A colleague's copy that was under way when the order was carried out.
	_, err = s.say(line{entry: journal.Entry{Kind: journal.ShareReceived, Subject: "s-maj", Record: "r-maj"},
		effect: unlessErased("s-maj", func(*vault.Tx) error { t.Error("it lands"); return nil })})
	ok(t, err)
	page, err := anna.Log(t.Context(), link.LogFilter{})
	ok(t, err)
	if len(page.Found) != 1 || page.Found[0].Code != "erasure" {
		t.Errorf("findings %+v", page.Found)
	}
	bo := h.enrolled("bo.ek") // whose assignments these are
	other, err := bo.current()
	ok(t, err)
	_, err = bo.erase(other, []machine.Order{{Erasure: record.Erasure{Number: 7, Subject: "s-maj"}}})
	ok(t, err)
	bo.sync()
	bo.holds()
	if _, err := bo.Assignment(t.Context(), "U-2002"); CodeOf(err) != NoAssignment {
		t.Errorf("the assignment about them came: %v", err)
	}
	_, err = bo.Assignment(t.Context(), "U-2300")
	ok(t, err)
}

// A colleague's device passes the order on while a page is being taken in that was judged before.
func TestAnOrderBetweenAPagesJudgingAndItsKeepingIsHeeded(t *testing.T) {
	h := newHouse(t)
	bo := h.enrolled("bo.ek")
	bo.sync()
	s, err := bo.current()
	ok(t, err)
	r := &run{agent: bo.Agent, session: s}
	r.connect()
	defer r.client.Close()
	page, err := r.client.Changes(t.Context(), "", link.Had{})
	ok(t, err)
	unwrap, err := page.OpenKey(h.statement.Org(), s.keys)
	ok(t, err)
	judged, err := r.judgeRecords(page, unwrap)
	ok(t, err)
	var work []task
	for _, c := range page.Assignments {
		value, err := record.OpenAssignment(c.Assignment, h.statement.Org(), h.statement.Issuing)
		ok(t, err)
		work = append(work, task{vault.AssignmentCopy{Signed: c.Assignment}, value.Subject})
	}
	about := slices.IndexFunc(work, func(one task) bool { return one.subject == "s-maj" })
	if len(judged) != 1 || about < 0 {
		t.Fatalf("%d records, %d assignments", len(judged), len(work))
	}
	if _, err := bo.Assignment(t.Context(), "U-2002"); err != nil {
		t.Fatal(err)
	}

	_, err = bo.erase(s, []machine.Order{{Erasure: record.Erasure{Number: 7, Subject: "s-maj"}}})
	ok(t, err)
	ok(t, r.lend(judged))
	ok(t, r.arrange(link.Page{}, work))
	bo.holds()
	if _, err := bo.Assignment(t.Context(), "U-2002"); CodeOf(err) != NoAssignment {
		t.Errorf("the assignment about them came back: %v", err)
	}
}

func TestOldOrdersDoNotPileUpOnTheMachine(t *testing.T) {
	h := newHouse(t)
	anna := h.enrolled("anna.lind")
	anna.sync()
	h.erases("s-maj")
	anna.sync()
	h.pass(13 * 24 * time.Hour)
	anna.sync()
	h.pass(18 * 24 * time.Hour)
	_, err := anna.Sync(t.Context())
	refused(t, err, CredentialExpired)
	ok(t, anna.SignIn(t.Context(), passwordOf("anna.lind")))
	h.erases("s-maja")
	anna.sync()
	s, err := anna.current()
	ok(t, err)
	left := anna.place.Orders(s.openOrder)
	if len(left) != 1 || left[0].Subject != "s-maja" {
		t.Errorf("there lie %+v", left)
	}
}

// A page that brings an order and somebody's record at once: the order counts first, so that nothing about
// them is fetched, and no entry says so.
func TestAPagesOrdersComeBeforeItsRecords(t *testing.T) {
	h := newHouse(t)
	anna := h.enrolled("anna.lind")
	s, err := anna.current()
	ok(t, err)
	r := &run{agent: anna.Agent, session: s}
	r.connect()
	defer func() { r.client.Close() }()
	before, err := r.client.Changes(t.Context(), "", link.Had{})
	ok(t, err)
	h.erases("s-maj")
	after, err := r.client.Changes(t.Context(), "", link.Had{})
	ok(t, err)
	if len(before.Records) != 2 || len(after.Erasures) != 1 {
		t.Fatalf("%d records, %d orders", len(before.Records), len(after.Erasures))
	}
	before.Erasures = after.Erasures
	orders, err := r.judgeOrders(before, 0)
	ok(t, err)
	ok(t, r.take(before, orders))
	anna.holds("r-maja")
	if said := anna.kinds(50); strings.Count(said, "record.fetched") != 1 || strings.Count(said, "subject.erased") != 1 {
		t.Errorf("said %s", said)
	}
}
