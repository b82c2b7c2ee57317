package ui_test

import (
	"strings"
	"testing"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/ui"
	"handslag/ui/part"
	"handslag/vault/record"
)

const jointTask = `{"type":"assignment","id":"U-2400","record":"r-maj","unit":"norra","people":["anna.lind","bo.ek"],"title":"Byt termostat","area":"Tornängen","due":"2026-06-01","text":"Byt termostaten i badrummet.","points":[{"name":"Kallvatten","unit":"°C"},{"name":"Elementet är luftat"}]}
`

// TestTwoScreensWorkOnOneAssignmentInACellar: what either says is on the other's screen at once, and what both say unseen
// stands twice until one is tapped.
func TestTwoScreensWorkOnOneAssignmentInACellar(t *testing.T) {
	var h *house
	anna, bo, _ := meetingWith(t, ui.Preferences{}, func(in *house, name string, c *agent.Config) {
		hasNoCamera(in, name, c)
		if name == "anna.lind" {
			h = in
			h.takes(jointTask)
		}
	})
	h.stop()
	for d, value := range map[*desk]string{anna: record.StatusBegun, bo: record.StatusWaiting} {
		_, err := d.agent.EditWork(t.Context(), "U-2400", agent.Edit{Topic: record.TopicStatus, Value: value})
		ok(t, err)
	}
	anna.goes(ui.PlaceHandOver)
	anna.taps("Visa min QR-kod")
	bo.goes(ui.PlaceHandOver)
	bo.taps("Läs kollegans QR-kod")
	anna.typesDigits(bo.digits())
	anna.sees("Uppdrag som ni båda har", "> Byt termostat", "(Olika uppgifter)")
	anna.picture("handover-joint")
	anna.opensRow("Byt termostat")
	anna.sees("Delas med Bo Ek så länge handslaget varar", "Läge: Ni har skrivit olika. Båda står kvar.", "Påbörjat", "Anna Lind", "Väntar", "Bo Ek")
	anna.picture("assignment-conflict")
	bo.opensRow("Byt termostat")
	anna.sees("Bo Ek arbetar också här")
	bo.sees("Anna Lind arbetar också här")

	anna.types("Kallvatten (°C)", "8,") // is still writing when Bo's words come
	bo.types("Ny anteckning", "Packningen var slut.")
	bo.taps("Lägg till anteckning")
	anna.sees("Packningen var slut.")
	anna.types("Kallvatten (°C)", "5") // behind what stands there
	anna.taps("Spara")
	bo.taps("Ja")
	anna.sees("Elementet är luftat")
	anna.taps("Låt det här gälla")
	for _, d := range []*desk{anna, bo} {
		d.sees("[Inte börjat]")
		d.seesNot("Ni har skrivit olika")
	}
	bo.types("Planerad tid", "i eftermiddag")
	bo.picture("assignment-together")

	bo.types("Anteckning", "Klart.")
	bo.taps("Markera klart och skriv under")
	anna.sees("Underskrivet av Bo Ek", "Klart.", "Skriv under du också")
	anna.types("Ny anteckning", "Det droppar igen.")
	anna.taps("Lägg till anteckning")
	bo.sees("Det droppar igen.", "Något har skrivits som inte syntes när det skrevs under.")
	bo.picture("assignment-earlier")

	anna.taps("Tillbaka")
	anna.sees("Handslag med Bo Ek")
	bo.sees("Delas med Anna Lind så länge handslaget varar")
	anna.goes(ui.PlaceAssignments) // leaving the handshake's screen ends it
	bo.until("it is shared with nobody", func() bool { return !strings.Contains(bo.words(), "Delas med Anna Lind") })
	anna.opensRow("Byt termostat")
	anna.sees("Det droppar igen.", "8,5")

	h.back()
	h.syncs(bo.agent)
	h.syncs(anna.agent)
	h.syncs(bo.agent)
	task, err := anna.agent.Assignment(t.Context(), "U-2400")
	ok(t, err)
	if task.Points[0].Value() != "8,5" || task.Points[1].Value() != record.PointYes || task.Conflicts() != 0 {
		t.Errorf("in the end: %+v", task)
	}
}

// TestAConflictThatTheOrderSettledIsShown, in English and in the dark too.
func TestAConflictThatTheOrderSettledIsShown(t *testing.T) {
	h := newHouse(t)
	h.takes(jointTask)
	annas := h.enrolled("anna.lind", nil)
	bo := h.desk(newMainLoop(), h.enrolled("bo.ek", nil), ui.Preferences{Language: assets.English, Appearance: part.Dusk})
	for a, value := range map[*agent.Agent]string{annas: "2026-06-01 14:00", bo.agent: "2026-06-01 15:30"} {
		_, err := a.EditWork(t.Context(), "U-2400", agent.Edit{Topic: record.TopicPlanned, Value: value})
		ok(t, err)
	}
	h.syncs(annas)
	bo.goes(ui.PlaceAssignments)
	h.syncs(bo.agent)
	bo.opensRow("Byt termostat")
	bo.sees("Bo Ek had written 2026-06-01 15:30. The other reached the connected system first and counts.")
	bo.picture("assignment-settled-en")
}
