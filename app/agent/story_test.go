package agent

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestAMorning(t *testing.T) {
	f := newFar(t)
	p := f.phone()
	ctx := t.Context()
	if p.State() != IsNew {
		t.Fatalf("state %q", p.State())
	}
	org, err := p.ReadOrganisation(f.org().Grouped())
	ok(t, err)
	found, err := p.FindOrganisation(ctx, org)
	ok(t, err)
	if found.Name != "Bostads AB Linden" || found.Number != 3 {
		t.Fatalf("found %+v", found)
	}
	p.enrolled()
	if me := p.Me(); p.State() != IsUnlocked || me.Person.Name() != "Anna Lind" || me.Waiting != 2 || me.Device == "" {
		t.Fatalf("state %q, me %+v", p.State(), me)
	}
	result, err := p.Sync(ctx)
	ok(t, err)
	if me := p.Me(); result != (SyncResult{Sent: 3, Received: 2}) || !me.Online || me.Waiting != 0 || me.LastSync.IsZero() {
		t.Fatalf("result %+v, me %+v", result, me)
	}

	// In the cellar.
	f.server.Close()
	_, err = p.Sync(ctx)
	refused(t, err, ServerAway)
	cards, err := p.Records(ctx, "karin lindä")
	ok(t, err)
	if len(cards) != 1 || cards[0].ID != "r1" || len(cards[0].Assignments) != 1 {
		t.Fatalf("cards %+v", cards)
	}
	reasons, err := p.Reasons(ctx, "r1")
	ok(t, err)
	if len(reasons) != 1 || !reasons[0].Preselected || reasons[0].Assignment != "a1" {
		t.Fatalf("reasons %+v", reasons)
	}
	_, err = p.Open(ctx, "r1", Reason{})
	refused(t, err, ReasonMissing)
	opening, err := p.Open(ctx, "r1", reasons[0])
	ok(t, err)
	if len(opening.Fields) != 1 || opening.Fields[0].Value != "0701234567" || !opening.Until.Equal(f.now.Add(OpenFor)) {
		t.Fatalf("opening %+v", opening)
	}
	p.pass(time.Minute)
	again, err := p.Extend(ctx, "r1")
	ok(t, err)
	if got := again.Until.Sub(opening.Until); got != OpenFor {
		t.Fatalf("extended by %v", got)
	}
	ok(t, p.CloseRecord(ctx, "r1"))
	task, err := p.Finish(ctx, "a1", " Packningen är bytt. ", "")
	ok(t, err)
	if task.Done == nil || !task.Done.Mine || !task.Done.Waiting || task.Done.Note != "Packningen är bytt." {
		t.Fatalf("done %+v", task.Done)
	}
	_, err = p.Finish(ctx, "a1", "igen", "")
	refused(t, err, AlreadyDone)
	var file bytes.Buffer
	ok(t, p.ExportSignature(ctx, "a1", &file))
	finding, err := VerifySignature(bytes.NewReader(file.Bytes()), f.org())
	ok(t, err)
	if finding.Details.Note != "Packningen är bytt." || finding.Credential.Person.Username != "anna" {
		t.Fatalf("finding %+v", finding)
	}
	_, err = VerifySignature(bytes.NewReader(append(file.Bytes(), 0)), f.org())
	refused(t, err, SignatureBad)

	events, err := p.Events(ctx, 100)
	ok(t, err)
	if len(events) != 7 || events[0].Note != "Packningen är bytt." || events[0].Title != "Svensson, Karin" || !events[0].Waiting || events[4-1].Reason != "Byt packning" || events[6].Waiting {
		t.Fatalf("events %+v", events)
	}
	if few, err := p.Events(ctx, 2); err != nil || len(few) != 2 || few[0] != events[0] {
		t.Fatalf("few %+v %v", few, err)
	}
}

func TestRefusalsToOpenAreEntries(t *testing.T) {
	f := newFar(t)
	p := f.phone().enrolled().synced()
	p.pass(71 * time.Hour)
	card, err := p.Record(t.Context(), "r1")
	ok(t, err)
	if !card.LoanSoon {
		t.Error("nothing said in time")
	}
	p.pass(2 * time.Hour)
	_, err = p.Open(t.Context(), "r1", Reason{Text: "ringde"})
	refused(t, err, LoanEnded)
	ok(t, p.Lock())
	ok(t, p.Unlock(t.Context(), passphrase)) // the copy goes
	_, err = p.Record(t.Context(), "r1")
	refused(t, err, NoRecord)

	f.mu.Lock()
	f.grants = nil
	f.mu.Unlock()
	p.synced() // a new loan, and no right
	_, err = p.Open(t.Context(), "r1", Reason{Text: "ringde"})
	refused(t, err, NoRight)
	_, err = p.Finish(t.Context(), "a1", "", "")
	refused(t, err, NoRight)
	p.synced()
	got := f.kinds(p.Me().Device)
	want := "record.refused(loan_ended) device.locked device.unlocked record.expired record.fetched record.refused(no_right) "
	if !strings.HasSuffix(got, want) || strings.Contains(got, "record.opened") {
		t.Error(got)
	}
}

// mu0 forgets the session as a dead process does.
func TestALaterChangeShowsThatAnOlderVersionWasSigned(t *testing.T) {
	f := newFar(t)
	p := f.phone().enrolled().synced()
	_, err := p.Finish(t.Context(), "a1", "klart", "")
	ok(t, err)
	f.mu.Lock()
	f.tasks[0].Number, f.tasks[0].Text = 2, "Byt även slangen."
	f.mu.Unlock()
	p.synced()
	task, err := p.Assignment(t.Context(), "a1")
	ok(t, err)
	if !task.Done.OlderVersion || task.Done.Number != 1 || task.Number != 2 {
		t.Fatalf("task %+v %+v", task, task.Done)
	}
	var file bytes.Buffer
	ok(t, p.ExportSignature(t.Context(), "a1", &file))
	finding, err := VerifySignature(&file, f.org())
	ok(t, err)
	if finding.Assignment.Number != 1 {
		t.Errorf("finding %+v", finding)
	}
	if _, err := p.Finish(t.Context(), "a1", "också slangen", ""); err != nil {
		t.Error(err)
	}
}
