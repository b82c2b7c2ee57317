package agent

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"handslag/identity"
	"handslag/sync/link"
	"handslag/vault/journal"
)

// Anna and Bo, a cellar, a protected tenant, a handshake, and a log that tells it all.
func TestAMorningInTheHouse(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
	anna.sync()
	if r := bo.sync(); r.Waiting != 0 || r.Received != 3 {
		t.Fatalf("Bo's first sync: %+v", r)
	}
	if anna.Me().MayReadLog != true || bo.Me().MayReadLog != false {
		t.Fatal("who may read the log is wrong")
	}
	task, err := bo.Assignment(ctx, "U-2300")
	ok(t, err)
	if task.HoldRecord || !task.Mine || !task.Today {
		t.Fatalf("task %+v", task)
	}

	h.stop() // into the cellar
	_, err = bo.Open(ctx, "r-maja", Reason{Assignment: "U-2300"})
	refused(t, err, NoRecord)
	mine, theirs := anna.meets(bo, "r-maja")
	eventually(t, theirs, func() bool { return theirs.Progress().State == ShareIsReceived })
	eventually(t, mine, func() bool { return mine.Progress().State == ShareIsSent })
	if other := mine.Step().Peer; other.Name != "Bo Ek" || other.Device != bo.Me().Device {
		t.Fatalf("Anna sees %+v", other)
	}
	card, err := bo.Record(ctx, "r-maja")
	ok(t, err)
	own, err := anna.Record(ctx, "r-maja")
	ok(t, err)
	if card.From == nil || card.From.Name != "Anna Lind" || card.LoanUntil.After(own.LoanUntil) {
		t.Fatalf("Bo's card %+v, Anna's %+v", card, own)
	}
	// The other way, in the same meeting: Bo may share what is his own only.
	result, err := theirs.Give(ctx, Gift{Records: []journal.RecordID{"r-maj"}})
	if len(result.Given)+len(result.Refused) != 1 {
		t.Fatalf("Bo gave %+v: %v", result, err)
	}
	mine.Close()
	<-theirs.Done()
	_, err = theirs.Give(ctx, Gift{Records: []journal.RecordID{"r-maj"}})
	refused(t, err, NotVerified)

	reasons, err := bo.Reasons(ctx, "r-maja")
	ok(t, err)
	opening, err := bo.Open(ctx, "r-maja", reasons[0])
	ok(t, err)
	if len(opening.Fields) == 0 || !strings.Contains(opening.Fields[0].Value+opening.Fields[1].Value, "Maja Vintergrind") {
		t.Fatalf("opened %+v", opening.Fields)
	}
	_, err = bo.Finish(ctx, "U-2300", "Vattnet är avstängt.", "")
	ok(t, err)
	if bo.Me().Waiting == 0 {
		t.Fatal("nothing waits")
	}
	bo.die()
	ok(t, bo.Unlock(ctx, passphrase))

	h.pass(time.Hour)
	h.back() // out of the cellar
	if r := bo.sync(); r.Waiting != 0 {
		t.Fatalf("Bo: %+v", r)
	}
	if r := anna.sync(); r.Waiting != 0 {
		t.Fatalf("Anna: %+v", r)
	}
	if r := bo.sync(); r.Sent != 0 {
		t.Fatalf("the second time: %+v", r)
	}
	if done, err := bo.Assignment(ctx, "U-2300"); err != nil || done.Done == nil || done.Done.Waiting {
		t.Fatalf("done %+v %v", done.Done, err)
	}

	page, err := anna.Log(ctx, link.LogFilter{Subject: "s-maja"})
	ok(t, err)
	told := map[journal.Kind]link.LogRow{}
	for _, row := range page.Rows {
		told[row.Kind] = row
	}
	for _, kind := range []journal.Kind{journal.ShareSent, journal.ShareReceived, journal.ShareConfirmed, journal.RecordOpened, journal.AssignmentDone} {
		if _, is := told[kind]; !is {
			t.Errorf("the log does not tell of %s", kind)
		}
	}
	sent := told[journal.ShareSent]
	if sent.Other == nil || sent.Alone || sent.Person.Username != "anna.lind" || sent.Peer != bo.Me().Device {
		t.Errorf("sent %+v", sent)
	}
	if row := told[journal.ShareReceived]; row.Assignment != "U-2300" {
		t.Errorf("received %+v", row)
	}
	if row := told[journal.RecordOpened]; row.Reason != "Vattenläcka under diskbänken" || row.Person.Username != "bo.ek" || row.SubjectName != "U-2300" {
		t.Errorf("opened %+v", row)
	}
	if row := told[journal.AssignmentDone]; row.Note != "Vattnet är avstängt." || !row.Signed {
		t.Errorf("done %+v", row)
	}
	var file bytes.Buffer
	rows, err := anna.ExportLog(ctx, link.LogFilter{}, FormatCSV, &file)
	ok(t, err)
	if lines, err := csv.NewReader(&file).ReadAll(); err != nil || len(lines) != rows+1 || rows < 20 {
		t.Errorf("%d lines for %d rows, %v", len(lines), rows, err)
	}
	_, err = bo.Log(ctx, link.LogFilter{})
	refused(t, err, NoRight)
	refused(t, bo.FeedLog(ctx, "", "", &file), NoRight)
	for _, format := range []string{"json", "ocsf"} { // for another system; behind the last line there is only that
		var feed, rest bytes.Buffer
		ok(t, anna.FeedLog(ctx, "", format, &feed))
		cursor, err := lastCursor(feed.Bytes())
		ok(t, err)
		ok(t, anna.FeedLog(ctx, cursor, format, &rest))
		if lines := bytes.Count(feed.Bytes(), []byte("\n")); lines < rows || rest.Len() != 0 {
			t.Errorf("%s: %d lines, and then %s", format, lines, &rest)
		}
	}
	refused(t, anna.FeedLog(ctx, "x", "json", &file), BadFilter)
	page, err = anna.Log(ctx, link.LogFilter{Person: "bo.ek"})
	ok(t, err)
	if row := page.Rows[0]; row.Kind != journal.CallRefused {
		t.Errorf("Bo's newest row: %+v", row)
	}
}

// eventually waits for what happens on other goroutines; the meeting's signals wake it.
func eventually(t *testing.T, h *Handover, is func() bool) {
	t.Helper()
	wake := make(chan struct{}, 1)
	stop := h.agent.Listen(func(Signal) {
		select {
		case wake <- struct{}{}:
		default:
		}
	})
	defer stop()
	deadline := time.After(longEnough)
	for !is() {
		select {
		case <-wake:
		case <-deadline:
			t.Fatalf("it never came: %+v %v", h.Progress(), h.Progress().Problem)
		}
	}
}

func TestThreeWrongCodesEndItWithAnEntryOnBothSides(t *testing.T) {
	h := newHouse(t)
	anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
	mine, code, err := anna.OfferVerification(t.Context(), false, Gift{})
	ok(t, err)
	picture, err := code.PNG(4)
	ok(t, err)
	text, err := bo.ScanPicture(bytes.NewReader(picture))
	ok(t, err)
	theirs, err := bo.ScanVerification(t.Context(), text, ByCamera, Gift{})
	ok(t, err)
	shown := await(t, theirs, StageShowCode)
	wrong := "000000"
	if shown.Code == wrong {
		wrong = "111111"
	}
	await(t, mine, StageEnterCode)
	refused(t, mine.TypeCode(t.Context(), "12345"), CodeMistyped)
	for left := 2; left >= 0; left-- {
		ok(t, mine.TypeCode(t.Context(), wrong))
		if left > 0 {
			if step := await(t, mine, StageEnterCode); step.TriesLeft != left || CodeOf(step.Problem) != CodeMistyped {
				t.Fatalf("after a wrong code: %+v", step)
			}
		}
	}
	refused(t, await(t, mine, StageFailed).Problem, VerCodeWrong)
	refused(t, await(t, theirs, StageFailed).Problem, VerPeerAbort)
	_, err = mine.Give(t.Context(), Gift{Records: []journal.RecordID{"r-maja"}})
	refused(t, err, NotVerified)
	<-mine.Done()
	<-theirs.Done()
	for _, d := range []*tablet{anna, bo} {
		events, err := d.Events(t.Context(), 1)
		ok(t, err)
		if events[0].Kind != journal.VerificationFailed || events[0].Peer == "" {
			t.Errorf("%s: %+v", d.name, events[0])
		}
	}
	// What was scanned once opens nothing again.
	again, err := bo.ScanVerification(t.Context(), text, ByCamera, Gift{})
	if err == nil {
		await(t, again, StageFailed)
	}
}

func TestACodeOfAnotherOrganisationIsRefused(t *testing.T) {
	here, there := newHouse(t), newHouse(t)
	anna, stranger := here.enrolled("anna.lind"), there.enrolled("bo.ek")
	mine, code, err := anna.OfferVerification(t.Context(), false, Gift{})
	ok(t, err)
	defer mine.Close()
	picture, err := code.PNG(4)
	ok(t, err)
	text, err := stranger.ScanPicture(bytes.NewReader(picture))
	ok(t, err)
	_, err = stranger.ScanVerification(t.Context(), text, ByCamera, Gift{})
	refused(t, err, VerWrongOrg)
	events, err := stranger.Events(t.Context(), 1)
	ok(t, err)
	if events[0].Kind != journal.VerificationFailed || events[0].Code != "wrong_org" {
		t.Errorf("%+v", events[0])
	}
	for text, want := range map[string]Code{"https://example.se": NotACode, "HS1:": CodeDamaged, "HS9:AAAA": CodeTooNew} {
		_, err := anna.ScanVerification(t.Context(), text, ByCamera, Gift{})
		refused(t, err, want)
	}
}

func TestWhoMayNotReceiveGetsNothing(t *testing.T) {
	h := newHouse(t)
	anna, carl := h.enrolled("anna.lind"), h.enrolled("carl.ask")
	anna.sync()
	mine, theirs := anna.meets(carl)
	defer theirs.Close()
	result, err := mine.Give(t.Context(), Gift{Records: []journal.RecordID{"r-maja", "r-nowhere"}})
	refused(t, err, ShareRefused)
	if len(result.Refused) != 2 || len(result.Given) != 0 {
		t.Fatalf("%+v", result)
	}
	got := map[journal.RecordID]Code{}
	for _, r := range result.Refused {
		got[r.Record] = r.Problem.Code
	}
	if got["r-maja"] != PeerNoRight || got["r-nowhere"] != NoRecord {
		t.Errorf("%v", got)
	}
	events, err := anna.Events(t.Context(), 1)
	ok(t, err)
	if events[0].Kind != journal.ShareRefused || events[0].Code != "peer_no_right" || events[0].Peer != carl.Me().Device {
		t.Errorf("%+v", events[0])
	}
	_, err = mine.Give(t.Context(), Gift{})
	refused(t, err, NothingChosen)
	cards, err := carl.Records(t.Context(), "")
	ok(t, err)
	if len(cards) != 0 {
		t.Errorf("Carl has %+v", cards)
	}
	mine.Close()
}

func TestLockingEndsAMeetingAndAutoLockWaitsForIt(t *testing.T) {
	h := newHouse(t)
	anna := h.enrolled("anna.lind")
	mine, _, err := anna.OfferVerification(t.Context(), false, Gift{})
	ok(t, err)
	s, err := anna.current()
	ok(t, err)
	h.pass(time.Hour)
	anna.tick(s)
	if anna.State() != IsUnlocked {
		t.Fatal("it locked in the middle")
	}
	ok(t, anna.Lock())
	<-mine.Done()
	if step := mine.Step(); step.Stage != StageFailed {
		t.Errorf("%+v", step)
	}
}

func TestTheRealConnectedSystemRefusesByName(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	d := h.tablet("bo.ek")
	ask := Enrolment{Org: h.statement.Org(), Username: "bo.ek", Password: "fel", Passphrase: passphrase}
	refused(t, d.Enrol(ctx, ask), WrongPassword)
	ok(t, h.gate.DisableUser(ctx, "bo.ek"))
	ask.Password = passwordOf("bo.ek")
	refused(t, d.Enrol(ctx, ask), UserDisabled)
	ok(t, h.gate.EnableUser(ctx, "bo.ek"))
	ask.Org = identity.OrgIDOf(newKey(t).Public())
	refused(t, d.Enrol(ctx, ask), UnknownOrganisation)
	ask.Org = h.statement.Org()
	ok(t, d.Enrol(ctx, ask))
	d.sync()

	_, err := d.Open(ctx, "r-maj", Reason{Text: "ringde"})
	ok(t, err)
	ok(t, h.gate.RevokeDevice(ctx, d.Me().Device))
	_, err = d.Sync(ctx)
	refused(t, err, DeviceRevoked)
	if me := d.Me(); me.Waiting != 0 || !me.Revoked {
		t.Errorf("its journal was not taken: %+v", me)
	}
}
