package ui_test

import (
	"testing"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/sync/link"
	"handslag/ui"
	"handslag/ui/part"
)

// TestWhoHasACopyIsATree: Anna hands Maja's record to Bo in person; whoever reviews sees who has it from whom, until when it opens,
// which device promises nothing, and after an erasure that both have carried it out.
func TestWhoHasACopyIsATree(t *testing.T) {
	anna, bo, _ := meetingWith(t, ui.Preferences{}, hasNoCamera)
	anna.goes(ui.PlaceHandOver)
	anna.taps("Visa min QR-kod")
	bo.goes(ui.PlaceHandOver)
	bo.taps("Läs kollegans QR-kod")
	anna.typesDigits(bo.digits())
	anna.opensRow("U-2300")
	anna.taps("Lämna över till Bo Ek")
	bo.sees("Du har tagit emot U-2300 från Anna Lind.")
	h := anna.h
	h.syncs(bo.agent)
	h.syncs(anna.agent)
	ok(t, h.gate.RenameDevice(t.Context(), bo.agent.Me().Device, "Bos surfplatta"))
	anna.goes(ui.PlaceRecords)
	anna.opensRow("U-2300")
	anna.taps("Vem har en kopia?")
	anna.sees("2 enheter har fått en kopia, den kan öppnas på 2.", "Ingen kopia öppnas efter ", "2 enheter kan inte lova",
		"> Anna Lind | kan öppnas till ", "från anslutet system", "> Bo Ek | kan öppnas till ", "från Anna Lind · Bos surfplatta · ", "(Kan öppnas) (Inget löfte)")
	rows := all[*part.RowList](anna)[0].Rows()
	if len(rows) != 2 || rows[0].Lead != "" || !rows[0].Opens || rows[1].Lead != "└─ " || rows[1].Opens {
		t.Errorf("the tree is drawn %+v", rows)
	}
	anna.picture("spread")
	anna.opensRow("Bo Ek")
	anna.sees("En enhets kopia", "Bos surfplatta · "+bo.agent.Me().Device.Grouped(), "bo.ek", "från Anna Lind")
	anna.picture("spread-copy")
	anna.taps("Tillbaka")

	_, err := h.gate.EraseSubject(t.Context(), "s-maja")
	ok(t, err)
	for _, d := range []*desk{anna, bo, anna} {
		h.syncs(d.agent)
	}
	tree, err := anna.agent.Spread(t.Context(), link.SpreadFilter{Record: "r-maja"})
	ok(t, err)
	if tree.Open != 0 {
		t.Errorf("%+v", tree)
	}
	anna.taps("Uppdatera")
	anna.sees("Radering beordrad", "(Raderad)", "> Bo Ek | raderad ")
	anna.picture("spread-erased")

	// Who may not review is not shown the way there, and the connected system refuses who goes it all the same.
	bo.goes(ui.PlaceRecords)
	bo.seesNot(assets.Swedish.Say("spread.open"))
	if _, err := bo.agent.Spread(t.Context(), link.SpreadFilter{Record: "r-maj"}); agent.CodeOf(err) != agent.NoRight {
		t.Errorf("Bo is told: %v", err)
	}

	// The log tells each thing in words of its own.
	anna.goes(ui.PlaceLog)
	anna.sees("Bo Ek tog emot", "Anna Lind lämnade över", " · Bos surfplatta · ", "En administratör gav enheten hos Bo Ek ett namn")
	anna.picture("log-labels")
}
