package connected_test

import (
	"context"
	"crypto/cipher"
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

// Bo comes in, fetches, works without coverage, hands in; Anna reads the log.
func TestAMorning(t *testing.T) {
	h := newHouse(t, live)
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")

	credential := must[identity.Credential](t)(identity.OpenCredential(bo.credential, h.statement.Org(), h.statement.Issuing))
	if credential.Person.Name() != "Bo Ek" || credential.Device() != bo.keys.Device() || !credential.HasUnit("norra") || len(credential.Grants) != 5 {
		t.Fatalf("the credential says %+v", credential)
	}

	page := bo.changes("")
	if len(page.Records) != 1 || len(page.Assignments) != 2 || page.More || page.Statement != nil {
		t.Fatalf("Bo got %d records and %d assignments", len(page.Records), len(page.Assignments))
	}
	got := page.Records[0]
	rec := must[record.Record](t)(record.OpenRecord(got.Record, got.Cipher, h.statement.Org(), h.statement.Issuing))
	if rec.ID != "r-maj" {
		t.Fatalf("Bo got %s: of his assignments' records one is held by Anna alone", rec.ID)
	}
	if until := lentUntil(t, h, bo.keys.Device(), page); until != signed.At(h.clock.Now().Add(7*24*time.Hour)) {
		t.Fatalf("the loan ends %v", until.Time())
	}
	unwrap := must[cipher.AEAD](t)(page.OpenKey(h.statement.Org(), bo.keys))
	key := must[[]byte](t)(unwrap.Open(nil, nil, got.ContentKey, []byte(record.ContentKeyInfo(h.statement.Org(), rec.ID, rec.Number, bo.keys.Device()))))
	aead, err := identity.NewAEAD(key)
	ok(t, err)
	plain := must[[]byte](t)(aead.Open(nil, nil, got.Cipher, record.PartContext(h.statement.Org(), rec.ID, rec.Number)))
	var part record.Protected
	ok(t, signed.Decode(plain, record.CipherLimit, &part))
	if len(part.Fields) != 1 || part.Fields[0].Value != "Maj Ripsele" {
		t.Fatalf("the protected part says %v", part)
	}
	if again := bo.changes(page.Cursor); len(again.Records)+len(again.Assignments) != 0 || again.Cursor != page.Cursor {
		t.Fatalf("the next page has %d records and %d assignments", len(again.Records), len(again.Assignments))
	}

	opened := bo.say(journal.Entry{Kind: journal.RecordOpened, Subject: "s-maj", Record: "r-maj", RecordVersion: 1}, &journal.Details{Reason: "Fuktfläck hos Maj"})
	done := bo.signsWork(t, page, "W-2002", "Fläcken är torr")
	batch := bo.batch(opened, done)
	if to := bo.hands(batch); to != 2 {
		t.Fatalf("the receipt reaches entry %d", to)
	}
	if to := bo.hands(batch); to != 2 {
		t.Fatalf("the same batch again reaches entry %d", to)
	}

	after := bo.changes(page.Cursor)
	if len(after.Assignments) != 1 || len(after.Assignments[0].Work) != 1 || after.Assignments[0].Work[0].Payload.Details.Note != "Fläcken är torr" || after.Assignments[0].Work[0].Person.Username != "bo.ek" {
		t.Fatalf("after the work the page says %+v", after.Assignments)
	}

	log := anna.log(link.LogFilter{Subject: "s-maj"})
	sentences := sentencesOf(log)
	for _, want := range []string{
		"system.record_sent by bo.ek of Maj Ripsele",
		"record.opened by bo.ek of Maj Ripsele: Fuktfläck hos Maj",
	} {
		if !strings.Contains(sentences, want) {
			t.Errorf("the log lacks %q in\n%s", want, sentences)
		}
	}
	if strings.Contains(sentences, journalLogRead) {
		t.Errorf("the page holds its own reading:\n%s", sentences)
	}
	for _, row := range log.Rows {
		if row.Kind == journal.RecordOpened && (row.Address != "127.0.0.1" || row.Device != bo.keys.Device() || len(row.Units) != 1 || row.Units[0].Name != "Norra") {
			t.Errorf("the row says %+v", row)
		}
	}
	if again := sentencesOf(anna.log(link.LogFilter{Subject: "s-maj"})); !strings.Contains(again, journalLogRead+" by anna.lind of Maj Ripsele: subject=s-maj") {
		t.Errorf("Anna's looking is not in the log:\n%s", again)
	}
	if v := h.sound(); v.Held != 0 || v.Findings != 0 || v.Payloads == 0 {
		t.Errorf("the verification says %+v", v)
	}
}

const journalLogRead = string(journal.LogRead)

// signsWork marks an assignment of the page done, with a note.
func (d *device) signsWork(t *testing.T, page link.Page, id journal.AssignmentID, note string) journal.Item {
	t.Helper()
	for _, a := range page.Assignments {
		opened := must[record.Assignment](t)(record.OpenAssignment(a.Assignment, d.h.statement.Org(), d.h.statement.Issuing))
		if opened.ID != id {
			continue
		}
		p := must[journal.Payload](t)(journal.NewPayload(journal.Details{Note: note}))
		commit := must[[]byte](t)(p.Commit())
		work := must[[]byte](t)(d.keys.Sign(signed.DomainWork, record.Work{Version: 1, Org: d.h.statement.Org(), Assignment: id, Number: opened.Number,
			Content: record.WorkContent(commit, a.Assignment), Device: d.keys.Device(), State: record.StateOf(nil)}))
		e := journal.Entry{Version: 1, Device: d.keys.Device(), Generation: d.chain.Generation, Seq: d.chain.Last + 1, Prev: d.chain.Head[:], Epoch: 1,
			Kind: journal.AssignmentDone, Subject: opened.Subject, Assignment: id, AssignmentVersion: opened.Number, Signature: work, After: signed.At(d.h.clock.Now())}
		var item journal.Item
		d.seal(&item, &e, p)
		item.Entry = must[[]byte](t)(e.Sign(d.keys.SignContent))
		d.chain = d.chain.Extend(e, item.Entry)
		return item
	}
	t.Fatalf("no assignment %s on the page", id)
	return journal.Item{}
}

func sentencesOf(p link.LogPage) string {
	var b strings.Builder
	for _, row := range p.Rows {
		b.WriteString(string(row.Kind) + " by " + row.Person.Username + " of " + row.SubjectName + ": " + row.Reason + row.Note + "\n")
	}
	return b.String()
}

func TestEverythingIsThereAfterARestart(t *testing.T) {
	h := newHouse(t, live)
	bo := h.enrolled("bo.ek")
	page := bo.changes("")
	first := bo.say(journal.Entry{Kind: journal.Unlocked}, nil)
	if to := bo.hands(bo.batch(first)); to != 1 {
		t.Fatalf("the receipt reaches entry %d", to)
	}
	before := h.sound()
	h.restart()
	if got := bo.changes(page.Cursor); len(got.Records)+len(got.Assignments) != 0 {
		t.Errorf("after the restart Bo is sent what he has")
	}
	second := bo.say(journal.Entry{Kind: journal.Locked}, nil)
	if to := bo.hands(bo.batch(first, second)); to != 2 {
		t.Errorf("after the restart the receipt reaches entry %d", to)
	}
	if after := h.sound(); after.Covered <= before.Covered {
		t.Errorf("covered %d before and %d after", before.Covered, after.Covered)
	}
}

func TestASecondImportChangesNothingAndAThirdMakesAVersion(t *testing.T) {
	h := newHouse(t, live)
	ctx := context.Background()
	bo := h.enrolled("bo.ek")
	page := bo.changes("")
	again := must[gate.Imported](t)(h.gate.Import(ctx, strings.NewReader(staff+things)))
	if again.Added+again.Changed != 0 || again.Unchanged == 0 {
		t.Errorf("the same lines: %+v", again)
	}
	changed := must[gate.Imported](t)(h.gate.Import(ctx, strings.NewReader(strings.ReplaceAll(things, "Fotografera fläcken.", "Mät fukten."))))
	if changed.Changed != 1 {
		t.Errorf("one changed line: %+v", changed)
	}
	next := bo.changes(page.Cursor)
	if len(next.Assignments) != 1 || len(next.Records) != 0 {
		t.Fatalf("Bo got %d assignments and %d records", len(next.Assignments), len(next.Records))
	}
	a := must[record.Assignment](t)(record.OpenAssignment(next.Assignments[0].Assignment, h.statement.Org(), h.statement.Issuing))
	if a.Number != 2 || a.Text != "Mät fukten." {
		t.Errorf("the new version is %+v", a)
	}
	old := bo.signsWork(t, page, "W-2002", "klar")
	bo.hands(bo.batch(old))
	if work := bo.changes(next.Cursor).Assignments[0].Work; len(work) != 1 || must[record.Operation](t)(work[0].Read()).Number != 1 {
		t.Errorf("signed an older version: %+v", work)
	}
}

func TestAnErasedPersonBreaksNoChain(t *testing.T) {
	h := newHouse(t, live)
	ctx := context.Background()
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	page := bo.changes("")
	bo.hands(bo.batch(bo.say(journal.Entry{Kind: journal.RecordOpened, Subject: "s-maj", Record: "r-maj"}, &journal.Details{Reason: "om Maj"})))
	before := h.sound()
	erased := must[gate.Erased](t)(h.gate.EraseSubject(ctx, "s-maj"))
	if erased.Payloads != 1 || erased.Records != 1 || erased.Assignments != 1 || erased.LentUntil == 0 {
		t.Errorf("erased: %+v", erased)
	}
	v := h.sound()
	if v.Erased != 1 || v.Payloads != before.Payloads {
		t.Errorf("before %+v, after %+v", before, v) // one gone, the erasure's own words come
	}
	late := bo.say(journal.Entry{Kind: journal.RecordOpened, Subject: "s-maj", Record: "r-maj"}, &journal.Details{Reason: "om Maj igen"})
	if to := bo.hands(bo.batch(late)); to != 2 {
		t.Errorf("the receipt reaches entry %d", to)
	}
	rows := anna.log(link.LogFilter{Subject: "s-maj", Person: "bo.ek"}).Rows
	for _, row := range rows {
		if row.Reason != "" || row.SubjectName != "" || row.Kind == journal.RecordOpened && !row.Erased {
			t.Errorf("the log still says %+v", row)
		}
	}
	if gone := bo.changes(page.Cursor); len(gone.GoneRecords) != 1 || len(gone.GoneWork) != 1 {
		t.Errorf("Bo is told %v and %v", gone.GoneRecords, gone.GoneWork)
	}
	if _, err := h.gate.Import(ctx, strings.NewReader(things)); err == nil {
		t.Error("who was erased was imported again")
	}
	h.sound()
}

func TestNothingPersonalLiesInTheFiles(t *testing.T) {
	h := newHouse(t, live)
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	page := bo.changes("")
	bo.hands(bo.batch(bo.say(journal.Entry{Kind: journal.RecordOpened, Subject: "s-maj"}, &journal.Details{Reason: "Fuktfläck hos Maj"}), bo.signsWork(t, page, "W-2002", "Fläcken är snustorr")))
	anna.log(link.LogFilter{Person: "bo.ek"})
	h.stop()
	defer h.restartAfterStop(t)
	for _, secret := range []string{"Vintergrind", "Ripsele", "Lyktvårdarvägen", "070-174", "Fuktfläck", "snustorr", "person=bo.ek", "lösen", "Fotografera"} {
		if h.lies([]byte(secret)) {
			t.Errorf("%q lies in the database", secret)
		}
	}
	if !h.lies([]byte("r-maj")) {
		t.Error("the search sees nothing")
	}
}
