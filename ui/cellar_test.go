package ui_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"handslag/app/agent"
	"handslag/ui"
	"handslag/ui/part"
	"handslag/vault/journal"
)

// A cellar without coverage, a protected tenant, a handshake: through both people's windows, on real parts.
func TestAMorningThroughTheWindows(t *testing.T) {
	h := newHouse(t)
	loop := newMainLoop()
	anna := h.desk(loop, h.enrolled("anna.lind", nil), ui.Preferences{})
	bo := h.desk(loop, h.enrolled("bo.ek", nil), ui.Preferences{})
	h.stop() // into the cellar
	for _, d := range []*desk{anna, bo} {
		if _, err := d.agent.Sync(t.Context()); agent.CodeOf(err) != agent.ServerAway {
			t.Fatalf("the cellar has coverage: %v", err)
		}
	}

	bo.goes(ui.PlaceAssignments)
	bo.sees("> Vattenläcka under diskbänken", "(Hämta akten hos en kollega)")
	bo.picture("assignments-bo")
	bo.opensRow("Vattenläcka under diskbänken")
	bo.sees("Akten finns hos en kollega – ta emot den med handslag")
	bo.picture("assignment-elsewhere")
	bo.taps("Ta emot med handslag")

	anna.goes(ui.PlaceRecords)
	anna.sees("(Skyddad identitet)")
	anna.picture("records")
	anna.opensRow("U-2300")
	anna.seesNot("Maja", "Lyktvårdarvägen", "070-174")
	anna.taps("Lämna över")
	anna.sees("U-2300 lämnas över så snart ni har gjort handslaget.")
	anna.picture("handover-begin")
	anna.taps("Visa min QR-kod")
	anna.sees("Låt kollegan läsa koden", "Tid kvar: ")

	bo.taps("Läs kollegans QR-kod")
	bo.sees("Ingen kamera hittades.")
	bo.picture("handover-scan")
	bo.opens = anna.picture("handover-offer") // Bo's camera sees Anna's whole screen
	bo.taps("Läs QR från bildfil …")
	bo.sees("Läs upp de sex siffrorna för Anna Lind")
	bo.picture("handover-digits")
	digits := all[*part.CodeEntry](bo)[0].Code()

	// The code came as a picture: each reads digits out, and each types what the other says.
	anna.sees("Skriv de sex siffror som Bo Ek läser upp", anna.ids(bo.agent))
	asked := func(d *desk) *part.CodeEntry {
		d.until("digits to read out and digits to type", func() bool { return len(all[*part.CodeEntry](d)) == 2 })
		return all[*part.CodeEntry](d)[1]
	}
	hers := all[*part.CodeEntry](anna)[0].Code()
	entry := asked(anna)
	for _, r := range strings.Map(func(r rune) rune { return '0' + (r-'0'+1)%10 }, digits) {
		entry.TypedRune(r)
	}
	anna.sees("Fel kod. 2 försök kvar.")
	anna.picture("handover-typing")
	for _, r := range digits {
		asked(anna).TypedRune(r)
	}
	for _, r := range hers {
		asked(bo).TypedRune(r)
	}
	anna.sees("Handslag med Bo Ek", "Bostads AB Linden", "Norra", anna.ids(bo.agent))
	bo.sees("Handslag med Anna Lind", bo.ids(anna.agent))
	anna.sees("U-2300 är överlämnad till Bo Ek.")
	bo.sees("Du har tagit emot U-2300 från Anna Lind.")
	anna.picture("handover-given")
	bo.picture("handover-received")

	// The other way in the same handshake: Bo has nothing else, Anna gives another.
	anna.opensRow("Maj Ripsele")
	anna.taps("Lämna över till Bo Ek")
	bo.sees("Du har tagit emot Maj Ripsele från Anna Lind.")

	// Showing the record ends the handshake, on both sides.
	bo.taps("Visa akten")
	anna.sees("Handslaget är avslutat.", "U-2300 är överlämnad till Bo Ek.", "Maj Ripsele är överlämnad till Bo Ek.")
	anna.picture("handover-ended")
	anna.taps("Tillbaka till akten")
	anna.sees("Skyddade uppgifter")

	bo.goes(ui.PlaceRecords)
	bo.opensRow("U-2300")
	bo.sees("Mottagen från Anna Lind genom handslag i dag 08:00", "Får öppnas till", "Uppdrag: Vattenläcka under diskbänken")
	bo.seesNot("Maja")
	bo.picture("record-closed")
	bo.taps("Öppna skyddad del")
	bo.sees("Maja Vintergrind", "Telefon", "070-174 06 41", "Stängs om 2:00")
	bo.picture("record-open")
	bo.passes(90 * time.Second)
	bo.sees("Stängs om 0:30")
	bo.taps("Behåll öppen")
	bo.sees("Maja Vintergrind", "Stängs om 2:30")
	bo.passes(150 * time.Second)
	bo.seesNot("Maja", "070-174")
	bo.sees("Tiden är slut och den skyddade delen är stängd.")
	bo.picture("record-expired")

	bo.goes(ui.PlaceAssignments)
	bo.opensRow("Vattenläcka under diskbänken")
	bo.taps("Markera klart och skriv under")
	bo.sees("Skriv en kort anteckning om vad som gjordes.")
	bo.types("Anteckning", "Slangen är bytt.")
	bo.picture("assignment-open")
	bo.taps("Markera klart och skriv under")
	bo.sees("Underskrivet av Bo Ek", "Slangen är bytt.", "Väntar på täckning", "Fingeravtryck")
	bo.picture("assignment-done")
	bo.taps("Spara underskriften som fil …")
	bo.sees("Underskriften är sparad som handslag-U-2300.signature.")
	finding, err := agent.VerifySignature(bytes.NewReader(bo.saved.Bytes()), h.statement.Org())
	ok(t, err)
	if finding.Details.Note != "Slangen är bytt." || finding.Credential.Person.Username != "bo.ek" {
		t.Errorf("signed: %+v", finding)
	}

	h.back() // out of the cellar
	h.syncs(bo.agent)
	bo.sees("Anslutet system har tagit emot underskriften.")
	bo.seesNot("Väntar på täckning")

	events, err := bo.agent.Events(t.Context(), 100)
	ok(t, err)
	var kinds []journal.Kind
	for _, e := range events {
		kinds = append(kinds, e.Kind)
	}
	for _, want := range []journal.Kind{journal.Verified, journal.ShareReceived, journal.RecordOpened, journal.RecordExtended, journal.AssignmentDone} {
		found := false
		for _, k := range kinds {
			found = found || k == want
		}
		if !found {
			t.Errorf("no entry %s among %v", want, kinds)
		}
	}
}

// ids is another's device ID as this screen shows it: its first group.
func (d *desk) ids(other *agent.Agent) string {
	return strings.Fields(other.Me().Device.Grouped())[0]
}

func TestAProtectedPartLeavesTheScreen(t *testing.T) {
	leave := map[string]func(d *desk){
		"when it is closed":            func(d *desk) { d.taps("Stäng skyddad del") },
		"when the person goes back":    func(d *desk) { d.taps("Tillbaka") },
		"when they go elsewhere":       func(d *desk) { d.goes(ui.PlaceAssignments) },
		"when they begin to hand over": func(d *desk) { d.taps("Lämna över") },
		"when the device is locked":    func(d *desk) { d.goes(ui.PlaceLock) },
		"when the agent locks it":      func(d *desk) { ok(d.t, d.agent.Lock()); d.sees("Lås upp") },
		"when its time is up":          func(d *desk) { d.passes(agent.OpenFor) },
	}
	for what, do := range leave {
		t.Run(what, func(t *testing.T) {
			h := newHouse(t)
			anna := h.desk(newMainLoop(), h.enrolled("anna.lind", nil), ui.Preferences{})
			anna.goes(ui.PlaceRecords)
			anna.opensRow("U-2300")
			anna.taps("Öppna skyddad del")
			anna.sees("Beskriv skälet", "Ange ett skäl. Utan det öppnas inget.")
			anna.seesNot("Maja")
			anna.types("Beskriv skälet", "Hyresgästen ringde")
			anna.taps("Öppna skyddad del")
			anna.sees("Maja Vintergrind", "070-174 06 41")
			var held []*part.Text
			for _, text := range all[*part.Text](anna) {
				if strings.Contains(text.Text(), "Maja") || strings.Contains(text.Text(), "070-174") {
					held = append(held, text)
				}
			}
			if len(held) != 2 {
				t.Fatalf("%d widgets hold it", len(held))
			}
			do(anna)
			anna.seesNot("Maja", "070-174")
			for _, text := range held {
				if text.Text() != "" {
					t.Errorf("a widget that is gone still holds %q", text.Text())
				}
			}
			if len(anna.ticks) != 0 {
				t.Errorf("%d tickers go on", len(anna.ticks))
			}
		})
	}
}
