package ui_test

import (
	"bytes"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"handslag/app/agent"
	"handslag/ui"
	"handslag/ui/part"
	"handslag/vault/disk"
)

// haltingDisk calls halt at a chunk of an attachment, once it is armed; the chunk waits until halt returns.
type haltingDisk struct {
	disk.OS
	left atomic.Int64 // chunks before that; 0: it does not
	halt func()
}

func (d *haltingDisk) Fill(name string, into []byte) (int, error) {
	if filepath.Base(filepath.Dir(name)) == "blobs" && d.left.Add(-1) == 0 {
		d.halt()
	}
	return d.OS.Fill(name, into)
}

// film is an attachment of many chunks.
var film = bytes.Repeat([]byte("Vattnet rinner längs väggen.\n"), 300_000)

// aboutToGiveAFilm is Anna, verified, with U-2300 on the screen to hand over to Bo; the film belongs to it. Her disk can be told to
// halt on the way, and whole reports whether Bo has all of it.
func aboutToGiveAFilm(t *testing.T) (anna, bo *desk, slow *haltingDisk, whole func() bool) {
	t.Helper()
	slow = &haltingDisk{}
	anna, bo, _ = meetingWith(t, ui.Preferences{}, func(h *house, name string, c *agent.Config) {
		hasNoCamera(h, name, c)
		if name == "anna.lind" {
			c.Disk, c.VaultOptions.Disk = slow, slow
			h.attaches("r-maja", "Besiktning.txt", film)
		}
	})
	anna.h.syncs(anna.agent)
	anna.goes(ui.PlaceHandOver)
	anna.taps("Visa min QR-kod")
	bo.goes(ui.PlaceHandOver)
	bo.taps("Läs kollegans QR-kod")
	anna.typesDigits(bo.digits())
	anna.opensRow("U-2300")
	return anna, bo, slow, func() bool {
		files, err := bo.agent.Attachments(t.Context(), "r-maja")
		return err == nil && len(files) == 1 && files[0].Whole
	}
}

// TestTheRestGoesOn: a share that was ended half way offers the rest, in the same handshake, and that goes on from where it was.
func TestTheRestGoesOn(t *testing.T) {
	anna, bo, slow, whole := aboutToGiveAFilm(t)
	slow.halt = sync.OnceFunc(func() { // Bo wants no more of it now
		ui.Session(bo.ui).Refuse()
		for deadline := time.Now().Add(5 * time.Minute); time.Now().Before(deadline); {
			if ui.Session(anna.ui).Progress().Ending {
				return
			}
			<-time.After(5 * time.Millisecond)
		}
		t.Error("she never heard that he wants no more")
	})
	slow.left.Store(4)
	anna.taps("Lämna över till Bo Ek")
	anna.sees("Överlämningen avbröts innan allt hade kommit fram.", "[Lämna över resten]")
	if whole() {
		t.Fatal("all of it came although he wanted no more")
	}
	anna.page("handover-rest", 1100)
	anna.taps("Lämna över resten")
	bo.until("the attachment is whole", whole)
	if p := ui.Session(anna.ui).Progress(); p.OfBytes == 0 || p.OfBytes >= uint64(len(film)) {
		t.Errorf("the rest of %d bytes was %d", len(film), p.OfBytes)
	}
	anna.seesNot("Lämna över resten")
}

// TestTheRestGoesOnInAnotherHandshake: where the colleague leaves half way the handshake is over, and the page that tells so
// offers another for what is left.
func TestTheRestGoesOnInAnotherHandshake(t *testing.T) {
	anna, bo, slow, whole := aboutToGiveAFilm(t)
	slow.halt = func() { ui.Session(bo.ui).Close() } // Bo leaves
	slow.left.Store(4)
	anna.taps("Lämna över till Bo Ek")
	anna.sees("Handslaget är avslutat.", "[Nytt handslag för resten]")
	anna.page("handover-resume", 900)
	if whole() {
		t.Fatal("all of it came although he had gone")
	}
	anna.taps("Nytt handslag för resten")
	anna.sees("U-2300 lämnas över så snart ni har gjort handslaget.")
	anna.taps("Visa min QR-kod")
	bo.goes(ui.PlaceHandOver)
	bo.taps("Nytt handslag")
	bo.taps("Läs kollegans QR-kod")
	anna.typesDigits(bo.digits())
	bo.until("the attachment is whole", whole)
	anna.sees("U-2300 är överlämnad till Bo Ek.")
	if p := ui.Session(anna.ui).Progress(); p.OfBytes == 0 || p.OfBytes >= uint64(len(film)) {
		t.Errorf("the rest of %d bytes was %d", len(film), p.OfBytes)
	}
}

// TestCtrlVPastesTheCode where no field has the keyboard; a dialog keeps what is pasted to itself.
func TestCtrlVPastesTheCode(t *testing.T) {
	anna, bo, _ := meetingWith(t, ui.Preferences{}, func(_ *house, _ string, c *agent.Config) { c.Camera = nil })
	board := fyne.CurrentApp().Clipboard()
	paste := func(d *desk) {
		d.window.keys.TypedShortcut(&fyne.ShortcutPaste{Clipboard: board})
		d.loop.run()
	}
	anna.goes(ui.PlaceHandOver)
	anna.taps("Visa min QR-kod")
	anna.taps("Kopiera koden som text")
	anna.sees("Koden är kopierad.")
	code := board.Content()
	paste(bo) // on another screen it means nothing
	bo.goes(ui.PlaceHandOver)
	bo.taps("Läs kollegans QR-kod")
	board.SetContent("mötet är flyttat")
	paste(bo)
	bo.sees("På urklipp finns varken en kod eller en bildfil.")
	board.SetContent(code)
	paste(bo)
	for _, d := range []*desk{anna, bo} {
		d.until("digits to read out and digits to type", func() bool { return len(all[*part.CodeEntry](d)) == 2 })
	}
}
