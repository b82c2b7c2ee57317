package ui_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"handslag/app/agent"
	"handslag/ui"
	"handslag/ui/part"
)

// TestTheOutboxIsSeenAndCarriedOnAStick: Bo's device is without coverage, and Anna hands in what he did, unread.
func TestTheOutboxIsSeenAndCarriedOnAStick(t *testing.T) {
	h := newHouse(t)
	anna, bo := h.enrolled("anna.lind", nil), h.enrolled("bo.ek", nil)
	loop, stick := newMainLoop(), t.TempDir()
	his := h.desk(loop, bo, ui.Preferences{})
	h.stop()
	his.goes(ui.PlaceLock)
	his.sees("Hej Bo")
	his.writes("Lösenfras", passphrase)
	his.enter()
	his.goes(ui.PlaceMe)
	his.taps("Utkorg …")
	his.sees("> Den här enheten", "(Väntar)", "Ingen här kan läsa dem")
	his.folder = stick
	his.taps("Kopiera till minne …")
	his.sees("Fanns redan: 0. Allt ligger också kvar här.")
	his.picture("outbox-own")
	his.taps("Kopiera till minne …")
	his.sees("Kopierade: 0.")
	his.opensRow("Den här enheten")
	his.sees(bo.Me().Device.Grouped(), "nummer ")
	his.picture("outbox-segment")
	his.taps("Stäng")

	h.back()
	ok(t, os.WriteFile(filepath.Join(stick, "semester.segment"), []byte("inga händelser"), 0o600))
	hers := h.desk(loop, anna, ui.Preferences{})
	hers.goes(ui.PlaceMe)
	hers.taps("Utkorg …")
	hers.folder = "" // she closes the dialog
	hers.taps("Ta emot från minne …")
	hers.seesNot("Mottagna")
	hers.folder = stick
	hers.taps("Ta emot från minne …")
	hers.sees("1 fil togs inte med.", "> Enhet "+bo.Me().Device.Short(), "(Väntar) (Från ett minne)")
	hers.picture("outbox-brought")
	hers.taps("Tillbaka")
	hers.taps("Synka nu")
	hers.sees("Synkat.")
	hers.taps("Utkorg …")
	hers.sees("(Inlämnad) (Från ett minne)", "inlämnade åt andra", "> Den här enheten", "(Mottaget)")
	hers.goes(ui.PlaceLog)
	hers.sees("> Bo Ek låste enheten")

	dark := h.desk(loop, anna, ui.Preferences{Language: "en", Appearance: part.Dusk, TextScale: 2})
	t.Cleanup(func() { h.desk(loop, anna, ui.Preferences{}) })
	dark.goes(ui.PlaceMe)
	dark.taps("Outbox …")
	dark.sees("Outbox", "(Handed in)")
	dark.picture("outbox-dusk-200")
	ok(t, anna.Lock())
}

// handshake is two agents that meet and part, without their windows.
func handshake(t *testing.T, shows, reads *agent.Agent) {
	t.Helper()
	mine, code, err := shows.OfferVerification(t.Context(), false, agent.Gift{})
	ok(t, err)
	picture, err := code.PNG(6)
	ok(t, err)
	text, err := reads.ScanPicture(bytes.NewReader(picture))
	ok(t, err)
	theirs, err := reads.ScanVerification(t.Context(), text, agent.ByCamera, agent.Gift{})
	ok(t, err)
	for step := range theirs.Steps() {
		if step.Stage == agent.StageShowCode {
			for asked := range mine.Steps() {
				if asked.Stage == agent.StageEnterCode {
					break
				}
			}
			ok(t, mine.TypeCode(t.Context(), step.Code))
			break
		}
	}
	for _, h := range []*agent.Handover{mine, theirs} {
		_, err := h.Verified(t.Context())
		ok(t, err)
	}
	mine.Close()
	theirs.Close()
}

// TestWhatIsCarriedForWhomIsSeen: Bo made a handshake with Anna in the cellar; now she carries what he did, by name.
func TestWhatIsCarriedForWhomIsSeen(t *testing.T) {
	h := newHouse(t)
	anna, bo := h.enrolled("anna.lind", nil), h.enrolled("bo.ek", nil)
	h.stop()
	for _, a := range []*agent.Agent{anna, bo} {
		if a.State() != agent.IsUnlocked {
			ok(t, a.Unlock(t.Context(), passphrase))
		}
	}
	handshake(t, anna, bo)
	hers := h.desk(newMainLoop(), anna, ui.Preferences{})
	hers.goes(ui.PlaceMe)
	hers.taps("Utkorg …")
	hers.sees("Du bär 1 kuvert åt Bo Ek. Nästa synk lämnar in det.", "> Bo Ek", "(Väntar) (Från ett handslag)")
	hers.picture("outbox-carried")
	h.back()
	hers.taps("Tillbaka")
	hers.taps("Synka nu")
	hers.sees("Synkat.")
	hers.taps("Utkorg …")
	hers.seesNot("Du bär")
	hers.sees("(Inlämnad) (Från ett handslag)")
}
