package ui_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"handslag/app/agent"
	"handslag/app/verify"
	"handslag/ui"
)

// TestWhatVouchesForAnEntryIsShownAndSaved: who reviews sees since when the log has it and which devices have seen it there, saves
// that, and the stand-alone verifier finds nothing wrong with the file; one that was tampered with it does not pass.
func TestWhatVouchesForAnEntryIsShownAndSaved(t *testing.T) {
	h := newHouse(t)
	a := h.enrolled("anna.lind", nil)
	_, err := a.Open(t.Context(), "r-maj", agent.Reason{Text: "Hon ringde om hissen"})
	ok(t, err)
	h.syncs(a)
	d := h.desk(newMainLoop(), a, ui.Preferences{})
	d.goes(ui.PlaceLog)
	d.opensRow("Anna Lind öppnade skyddad del: Maj Ripsele")
	d.sees("Bevis", "I loggen sedan", "Plats i loggen", "[Spara bevis …]")
	d.seesNot("Kontrollpunkt", "går i god")
	d.taps("Kontrollera")
	d.sees("Kontrollpunkt", "0 enheter går i god för loggen", "Ingen enhet har gått i god för den än")
	d.taps("Tillbaka")

	for range 2 { // a device says its word at most every ten minutes
		h.syncs(a)
		h.worksFor(11*time.Minute, a)
	}
	h.syncs(a)
	h.syncs(h.enrolled("bo.ek", nil))
	d.opensRow("Anna Lind öppnade skyddad del: Maj Ripsele")
	d.taps("Spara bevis …")
	d.sees("2 enheter går i god för loggen", "Anna Lind", "Bo Ek", "Underskriften stämmer, och händelsen står i loggen.", "Sparat som "+d.saved.name)
	d.picture("log-proof")
	line := "handslagverify " + string(h.statement.Org()) + " " + d.saved.name
	d.sees(line)
	d.taps("Kopiera")
	if got := fyne.CurrentApp().Clipboard().Content(); got != line {
		t.Errorf("%q is copied", got)
	}

	verifies := func(data []byte) (int, string) {
		path := filepath.Join(t.TempDir(), d.saved.name)
		ok(t, os.WriteFile(path, data, 0o600))
		var out, errs bytes.Buffer
		return verify.Run(&out, &errs, []string{h.statement.Org().Grouped(), path}), out.String() + errs.String()
	}
	if code, said := verifies(d.saved.Bytes()); code != 0 || !strings.Contains(said, "record.opened") {
		t.Errorf("%d: %s", code, said)
	}
	changed := bytes.Clone(d.saved.Bytes())
	changed[len(changed)/2] ^= 1
	if code, _ := verifies(changed); code == 0 {
		t.Error("what was changed passes")
	}
	h.stop()
	d.taps("Kontrollera")
	d.sees("Ingen täckning")
}

// TestADeviceTellsWhatItHasSeenOfTheLog in calm words.
func TestADeviceTellsWhatItHasSeenOfTheLog(t *testing.T) {
	h := newHouse(t)
	a := h.enrolled("anna.lind", nil)
	d := h.desk(newMainLoop(), a, ui.Preferences{})
	h.worksFor(11*time.Minute, a)
	h.syncs(a)
	d.goes(ui.PlaceMe)
	seen, err := a.Seen()
	ok(t, err)
	if seen.Size == 0 || seen.Vouched != seen.Size || seen.Contradicted {
		t.Errorf("%+v", seen)
	}
	d.sees("Loggen, sedd härifrån", "Loggen har bara vuxit, så långt enheten har sett.", "Sedd senast", "Gått i god för")
	d.seesNot("motsagt sig", "säkerhetskopia")
	d.picture("me-witness")
}

// worksFor moves the clock, while somebody works on the device.
func (h *house) worksFor(d time.Duration, a *agent.Agent) {
	for range 4 {
		h.mu.Lock()
		h.now = h.now.Add(d / 4)
		h.mu.Unlock()
		a.Touch()
	}
}
