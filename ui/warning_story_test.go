package ui_test

import (
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/ui"
	"handslag/ui/part"
	"handslag/vault/journal"
)

// TestAClockThatIsOffIsToldWhereItMatters: on its own pages, and at the handshake to both.
func TestAClockThatIsOffIsToldWhereItMatters(t *testing.T) {
	var off atomic.Int64
	anna, bo, _ := meetingWith(t, ui.Preferences{}, func(h *house, name string, c *agent.Config) {
		hasNoCamera(h, name, c)
		if name == "bo.ek" {
			c.Now = func() time.Time { return h.clock().Add(time.Duration(off.Load())) }
		}
	})
	const ofOne = "En av klockorna ser ut att gå fel. Kontrollera dagens datum på båda enheterna."
	bo.goes(ui.PlaceMe)
	bo.seesNot("ser ut att gå fel")
	off.Store(int64(-365 * 24 * time.Hour))
	bo.goes(ui.PlaceHandOver)
	bo.sees(ofOne)
	bo.goes(ui.PlaceMe)
	bo.sees("Klockan på enheten ser ut att gå fel.")
	bo.picture("me-clock")
	anna.goes(ui.PlaceHandOver)
	anna.seesNot(ofOne)
	anna.taps("Visa min QR-kod")
	bo.goes(ui.PlaceHandOver)
	bo.taps("Läs kollegans QR-kod")
	digits := bo.digits()
	bo.sees(ofOne)
	anna.until("the other is known", func() bool { return len(all[*part.CodeEntry](anna)) == 1 })
	anna.sees(ofOne)
	anna.picture("handover-clock")
	anna.typesDigits(digits)
	anna.sees("Handslag med Bo Ek", ofOne)
}

// TestWithoutANetworkThePageSaysHowToGetOne, and goes on by itself once there is one.
func TestWithoutANetworkThePageSaysHowToGetOne(t *testing.T) {
	h := newHouse(t)
	for _, c := range []struct {
		lang  assets.Language
		words []string
	}{
		{assets.Swedish, []string{"Enheten är inte på något nätverk.", "Slå på internetdelning på en telefon, anslut båda.", "Det här fortsätter av sig självt när det finns ett nätverk.", "[Avbryt]"}},
		{assets.English, []string{"This device is not on any network.", "This goes on by itself once there is a network.", "[Cancel]"}},
	} {
		bo := h.desk(newMainLoop(), h.enrolled("bo.ek", nil), ui.Preferences{Language: c.lang})
		bo.goes(ui.PlaceHandOver)
		ui.ShowNoNetwork(bo.ui)
		bo.sees(c.words...)
		bo.picture("handover-no-network-" + string(c.lang))
		bo.taps(c.lang.Say("common.cancel"))
		bo.sees(c.lang.Say("handover.show"))
		ui.OfferAfter(bo.ui, 2)
		bo.sees(c.lang.Say("handover.offering"))
		bo.seesNot(c.words[0])
	}
}

// TestOneRecordIsRefusedAndTheOtherArrives: each is told of by itself.
func TestOneRecordIsRefusedAndTheOtherArrives(t *testing.T) {
	anna, bo, _ := meetingWith(t, ui.Preferences{}, func(h *house, name string, c *agent.Config) {
		hasNoCamera(h, name, c)
		if name == "anna.lind" {
			h.takes(`{"type":"unit","id":"sodra","name":"Södra"}
{"type":"record","id":"r-far","kind":"person","subject":"s-far","unit":"sodra","people":["anna.lind"],"held_by":["anna.lind"],"protected_identity":false,"card":{"title":"Rut Fjärran","area":"Söderslätt"},"protected":{"name":"Rut Fjärran"}}
`)
		}
	})
	anna.goes(ui.PlaceHandOver)
	anna.taps("Visa min QR-kod")
	bo.goes(ui.PlaceHandOver)
	bo.taps("Läs kollegans QR-kod")
	anna.typesDigits(bo.digits())
	anna.opensRow("Rut Fjärran")
	anna.opensRow("U-2300")
	anna.sees("2 akter valda")
	anna.taps("Lämna över till Bo Ek")
	anna.sees("U-2300 är överlämnad till Bo Ek.", "Rut Fjärran är inte överlämnad.", "Kollegan har inte rätt till den akten. Be din chef om rätten behövs.")
	bo.sees("Du har tagit emot U-2300 från Anna Lind.")
	bo.seesNot("Rut Fjärran")
	anna.picture("handover-refused")
}

// TestASignatureOfAnOlderVersionStaysAndAsksForANewOne.
func TestASignatureOfAnOlderVersionStaysAndAsksForANewOne(t *testing.T) {
	h := newHouse(t)
	bo := h.desk(newMainLoop(), h.enrolled("bo.ek", nil), ui.Preferences{})
	bo.goes(ui.PlaceAssignments)
	bo.opensRow("Fuktfläck i taket")
	bo.types("Anteckning", "Fotograferad.")
	bo.taps("Markera klart och skriv under")
	bo.sees("Underskrivet av Bo Ek")
	h.syncs(bo.agent)
	h.takes(strings.ReplaceAll(olderTask, "Fotografera fläcken.", "Fotografera fläcken och mät fukten."))
	h.syncs(bo.agent)
	bo.sees("Fotografera fläcken och mät fukten.", "Uppdraget har ändrats sedan det skrevs under.", "Fotograferad.", "[Markera klart och skriv under]")
	bo.picture("assignment-older")
	bo.goes(ui.PlaceAssignments)
	bo.sees("> Fuktfläck i taket", "(Underskriften gäller en äldre version)")
	bo.opensRow("Fuktfläck i taket")
	bo.types("Anteckning", "Mätt också.")
	bo.taps("Markera klart och skriv under")
	bo.sees("Mätt också.")
	bo.seesNot("Uppdraget har ändrats", "äldre version", "[Markera klart och skriv under]")
}

const olderTask = `{"type":"assignment","id":"U-2002","record":"r-maj","unit":"norra","people":["bo.ek"],"title":"Fuktfläck i taket","area":"Tornängen","due":"2026-06-02","text":"Fotografera fläcken."}
`

// TestALoanThatEndsSoonIsToldInTime, and one that ended opens nothing.
func TestALoanThatEndsSoonIsToldInTime(t *testing.T) {
	h := newHouse(t)
	anna := h.desk(newMainLoop(), h.enrolled("anna.lind", nil), ui.Preferences{})
	card, err := anna.agent.Record(t.Context(), "r-maja")
	ok(t, err)
	anna.goes(ui.PlaceRecords)
	anna.opensRow("U-2300")
	anna.seesNot("Lånet slutar")
	anna.passes(card.LoanUntil.Sub(morning) - 20*time.Hour)
	anna.goes(ui.PlaceRecords)
	anna.sees("(Slutar i morgon")
	anna.picture("records-soon")
	anna.opensRow("U-2300")
	anna.sees("Lånet slutar i morgon", "synka före dess")
	anna.picture("record-soon")
	anna.passes(21 * time.Hour)
	anna.goes(ui.PlaceRecords)
	anna.until("an entry says that the loan ended", func() bool {
		events, err := anna.agent.Events(t.Context(), 50)
		return err == nil && slices.ContainsFunc(events, func(e agent.Event) bool { return e.Kind == journal.RecordExpired })
	})
	anna.until("the copy is gone", func() bool { return !strings.Contains(anna.words(), "U-2300") })
	anna.picture("records-ended")
}

// TestTheHandshakeInLargeWords: at twice the size nothing is cut, and what must be done is reached.
func TestTheHandshakeInLargeWords(t *testing.T) {
	t.Cleanup(func() { fyne.CurrentApp().Settings().SetTheme(part.Theme{}) })
	anna, bo, _ := meeting(t, ui.Preferences{TextScale: 2})
	anna.goes(ui.PlaceHandOver)
	anna.picture("large-begin")
	bo.goes(ui.PlaceHandOver)
	bo.taps("Läs kollegans QR-kod")
	bo.picture("large-scan")
	anna.taps("Visa min QR-kod")
	digits := bo.digits()
	bo.picture("large-digits")
	anna.until("digits are asked for", func() bool { return len(all[*part.CodeEntry](anna)) == 1 })
	anna.picture("large-typing")
	anna.typesDigits(digits)
	anna.sees("Handslag med Bo Ek", "Bostads AB Linden · Norra")
	anna.picture("large-verified")
	for _, d := range []*desk{anna, bo} {
		for _, b := range all[*part.Button](d) {
			if at, found := positionOf(b, d.window.Content()); found && at.X+b.Size().Width > d.window.Canvas().Size().Width {
				t.Errorf("the button %q is cut", b.Text)
			}
		}
	}
}
