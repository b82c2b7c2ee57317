package ui_test

import (
	"os"
	"strings"
	"testing"

	"handslag/app/agent"
	"handslag/ui"
	"handslag/vault/disk/faulty"
)

// TestAnOlderCopyPutBackIsToldAndMendedInTheWindow: nothing of it is shown, what was done stays, and a sync brings all back.
func TestAnOlderCopyPutBackIsToldAndMendedInTheWindow(t *testing.T) {
	h := newHouse(t)
	var conf agent.Config
	a := h.enrolled("anna.lind", func(c *agent.Config) { conf = *c })
	ok(t, a.Lock())
	older := t.TempDir() + "/older"
	ok(t, os.CopyFS(older, os.DirFS(conf.Vault)))
	ok(t, a.Unlock(t.Context(), passphrase))
	_, err := a.Open(t.Context(), "r-maj", agent.Reason{Text: "Det som kopian inte vet om"})
	ok(t, err)
	ok(t, a.Close())
	h.stop()
	ok(t, os.RemoveAll(conf.Vault))
	ok(t, os.CopyFS(conf.Vault, os.DirFS(older)))
	b, err := agent.New(conf)
	ok(t, err)
	t.Cleanup(func() { b.Close() })

	d := h.desk(newMainLoop(), b, ui.Preferences{})
	d.writes("Lösenfras", passphrase)
	d.enter()
	d.sees("En äldre kopia av det som enheten visar har lagts tillbaka.", "Inget av det används", "[Synka nu]")
	d.picture("me-older")
	d.goes(ui.PlaceRecords)
	d.seesNot("> Maj Ripsele")
	h.back()
	d.goes(ui.PlaceMe)
	d.taps("Synka nu")
	d.sees("Allt är tillbaka. Akter: 2.")
	d.picture("me-restored")
	d.closes("En äldre kopia")
	d.seesNot("lagts tillbaka")
	d.sees("Allt är tillbaka.")
	d.goes(ui.PlaceRecords)
	d.sees("> Maj Ripsele")
	d.goes(ui.PlaceLog)
	d.sees("Det som kopian inte vet om", "gjorde om det som den visar")
}

// TestAFullDiskShowsNothingAndStillLocks: the opening is refused with its sentence, the lock takes its entry, and room brings
// everything back.
func TestAFullDiskShowsNothingAndStillLocks(t *testing.T) {
	h, small := newHouse(t), faulty.New()
	a := h.enrolled("anna.lind", func(c *agent.Config) { c.Disk = small })
	d := h.desk(newMainLoop(), a, ui.Preferences{})
	small.Room = 1
	for n := 0; ; n++ { // into the space that was made ready before
		_, err := a.Open(t.Context(), "r-maj", agent.Reason{Text: strings.Repeat("medan det fanns plats ", 50)})
		if agent.CodeOf(err) == agent.DiskFull {
			break
		}
		if ok(t, err); n > 10_000 {
			t.Fatal("the disk is never full")
		}
	}
	d.goes(ui.PlaceRecords)
	d.opensRow("U-2300")
	d.writes("Beskriv skälet", "Vattnet rinner")
	d.taps("Öppna skyddad del")
	d.sees("Disken är full.", "Inget är öppnat", "Frigör utrymme")
	d.seesNot("Vintergrind")
	d.picture("record-full-disk")
	d.goes(ui.PlaceLock)
	d.sees("Hej Anna")
	small.Room = 0
	d.writes("Lösenfras", passphrase)
	d.enter()
	d.goes(ui.PlaceRecords)
	d.opensRow("U-2300")
	d.writes("Beskriv skälet", "Vattnet rinner")
	d.taps("Öppna skyddad del")
	d.sees("Maja Vintergrind")
}
