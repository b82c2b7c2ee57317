package agent

import (
	"bytes"
	"errors"
	"testing"

	"handslag/identity/qr"
	"handslag/sync/peer"
	"handslag/vault/journal"
)

// shown shows a code on one tablet and brings its text to the other.
func (d *tablet) shown(other *tablet, scans bool, read Reading) (mine, theirs *Handover) {
	t := d.h.t
	t.Helper()
	mine, code, err := d.OfferVerification(t.Context(), scans, Gift{})
	ok(t, err)
	picture, err := code.PNG(6)
	ok(t, err)
	text, err := other.ScanPicture(bytes.NewReader(picture))
	ok(t, err)
	theirs, err = other.ScanVerification(t.Context(), text, read, Gift{})
	ok(t, err)
	return mine, theirs
}

// formOf is what the newest entry of a tablet says of how it verified.
func (d *tablet) formOf() string {
	d.h.t.Helper()
	for st, err := range d.session.journal.Entries(0, 0) {
		ok(d.h.t, err)
		if st.Entry.Kind == journal.Verified {
			return st.Entry.Code
		}
	}
	return ""
}

func TestTwoCamerasVerifyWithoutTyping(t *testing.T) {
	h := newHouse(t)
	anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
	mine, theirs := anna.shown(bo, true, ByCamera)
	shown := await(t, theirs, StageShowSecond)
	asked := await(t, mine, StageScanSecond)
	if asked.Peer == nil || asked.Peer.Device != bo.Me().Device || asked.TriesLeft != 3 {
		t.Errorf("the scanning screen shows %+v", asked)
	}
	refused(t, mine.ScanSecond(t.Context(), "https://example.org"), NotACode)
	other, err := qr.Encode(peer.Evidence{}.Encode())
	ok(t, err)
	ok(t, mine.ScanSecond(t.Context(), other))
	if again := await(t, mine, StageScanSecond); again.TriesLeft != 2 || CodeOf(again.Problem) != CodeMistyped {
		t.Errorf("after the code of another meeting: %+v", again)
	}
	refused(t, mine.TypeCode(t.Context(), "123456"), NotVerified)
	ok(t, mine.ScanSecond(t.Context(), shown.Second))
	await(t, mine, StageVerified)
	await(t, theirs, StageVerified)
	if a, b := anna.formOf(), bo.formOf(); a != "two_cameras" || b != a {
		t.Errorf("the entries say %q and %q", a, b)
	}
}

func TestWithoutCamerasBothType(t *testing.T) {
	h := newHouse(t)
	anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
	mine, theirs := anna.shown(bo, true, FromPicture)
	atD, atS := await(t, mine, StageExchange), await(t, theirs, StageExchange)
	if atD.Code == "" || atS.Code == "" || atD.Code == atS.Code {
		t.Fatalf("the screens show %q and %q", atD.Code, atS.Code)
	}
	ok(t, theirs.TypeCode(t.Context(), atS.Code)) // one's own digits are the wrong ones
	var slip *Problem
	if err := mine.TypeCode(t.Context(), "12345"); !errors.As(err, &slip) || slip.Args["left"] != "3" {
		t.Errorf("five digits: %v, which says of the tries that are left: %v", err, slip)
	}
	if again := await(t, theirs, StageExchange); again.TriesLeft != 2 || again.Code != atS.Code || again.Problem.Args["left"] != "2" {
		t.Errorf("after a wrong code: %+v", again)
	}
	ok(t, mine.TypeCode(t.Context(), atS.Code))
	if waiting := await(t, mine, StageShowCode); waiting.Code != atD.Code {
		t.Errorf("the digits that the other has to type went: %+v", waiting)
	}
	ok(t, theirs.TypeCode(t.Context(), atD.Code))
	await(t, mine, StageVerified)
	await(t, theirs, StageVerified)
	if a, b := anna.formOf(), bo.formOf(); a != "no_camera" || b != a {
		t.Errorf("the entries say %q and %q", a, b)
	}
}

// News take a moment after VERIFIED, and the other may have ended the meeting by then.
func TestNothingIsShownAfterTheLastStep(t *testing.T) {
	h := newHouse(t)
	anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
	mine, theirs := anna.meets(bo)
	theirs.Close()
	<-mine.Done()
	late := &Handover{agent: anna.Agent, steps: make(chan VerifyStep, stepRoom)}
	late.show(VerifyStep{Stage: StageConfirm})
	late.show(mine.Step())
	late.show(VerifyStep{Stage: StageVerified})
	late.wait()
	if got := late.Step().Stage; got != StageClosed || len(late.steps) != 2 {
		t.Errorf("the last step is %s, of %d", got, len(late.steps))
	}
}
