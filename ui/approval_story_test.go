package ui_test

import (
	"testing"

	"handslag/app/agent"
	"handslag/identity"
	"handslag/ui"
)

// approves has an administrator let devices in from now on.
func (h *house) approves() {
	h.t.Helper()
	h.stop()
	h.config.Approve = true
	h.back()
}

// Where an administrator lets devices in, Anna reads her device's ID aloud and waits; the window closed in between changes nothing.
func TestADeviceWaitsForTheAdministrator(t *testing.T) {
	h := newHouse(t)
	h.approves()
	h.beside = true
	a := h.agent("anna", nil)
	loop := newMainLoop()
	d := h.desk(loop, a, ui.Preferences{})
	asks := func() {
		d.writes("Organisations-id", h.statement.Org().Grouped())
		d.taps("Hitta organisationen")
		d.sees("Steg 2 av 3")
		d.writes("Användarnamn", "anna.lind")
		d.writes("Lösenord", passwordOf("anna.lind"))
		d.taps("Fortsätt")
		d.writes("Lösenfras", passphrase)
		d.writes("Skriv lösenfrasen en gång till", passphrase)
		d.taps("Skapa nycklar och anslut")
		d.sees("Väntar på administratören")
	}
	asks()
	id := a.Me().Device
	d.sees(id.Grouped()[:4], "fortsätter av sig själv", "Gäller till")
	d.picture("enrol-waits")
	d.taps("Fortsätt senare")
	d.sees("Lösenordet behövs inte")
	d.seesNot("Användarnamn")
	d.picture("enrol-waits-resume")

	d.ui.Close()
	d = h.desk(loop, a, ui.Preferences{})
	d.writes("Lösenfras", passphrase)
	d.taps("Fortsätt ansluta")
	d.sees("Väntar på administratören")
	ok(t, h.gate.RefuseDevice(t.Context(), id))
	d.sees("Administratören godkände inte enheten", "Steg 1 av 3")
	d.picture("enrol-refused")

	asks()
	anew := a.Me().Device
	if anew == id || anew == identity.DeviceID("") {
		t.Fatalf("it asks with the same keys: %s", anew)
	}
	d.taps("Fortsätt senare")
	d.ui.Close()
	ok(t, h.gate.ApproveDevice(t.Context(), anew, "Annas surfplatta", ""))
	h.beside = false
	d = h.desk(loop, a, ui.Preferences{})
	d.writes("Lösenfras", passphrase)
	d.taps("Fortsätt ansluta")
	d.sees("Anna Lind", "Bostads AB Linden", "Annas surfplatta")
	if a.State() != agent.IsUnlocked {
		t.Error(a.State())
	}
}
