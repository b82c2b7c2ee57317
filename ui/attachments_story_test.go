package ui_test

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"

	"handslag/app/agent"
	"handslag/app/connected/gate"
	"handslag/assets"
	"handslag/testnet/demo"
	"handslag/ui"
	"handslag/ui/part"
	"handslag/vault/journal"
)

// attaches is an administrator's file on a record.
func (h *house) attaches(to journal.RecordID, name string, content []byte) {
	h.t.Helper()
	_, err := h.gate.Attach(h.t.Context(), gate.NewAttachment{Record: to, Name: name, File: bytes.NewReader(content), Size: int64(len(content))})
	ok(h.t, err)
}

// shows reports whether a picture stands in the window.
func (d *desk) shows() (found *canvas.Image) {
	d.walk(func(o fyne.CanvasObject) bool {
		if img, is := o.(*canvas.Image); is && img.Visible() && img.Image != nil && img.FillMode == canvas.ImageFillContain && img.Size().Height > 100 {
			found = img
		}
		return true
	})
	return found
}

func TestAttachmentsStandOnTheRecordsPage(t *testing.T) {
	h := newHouse(t)
	photo, err := demo.Photograph(7, 1280, 960)
	ok(t, err)
	h.attaches("r-maja", "Huvudkranen i städskåpet.jpg", photo)
	h.attaches("r-maja", "Hyresavtal.pdf", []byte("%PDF-1.4\nHEMLIGT AVTAL"))
	h.attaches("r-maja", "Nycklar.txt", []byte("Reservnyckeln ligger i kuvert 14."))
	loop := newMainLoop()
	anna := h.desk(loop, h.enrolled("anna.lind", nil), ui.Preferences{})
	h.stop() // into the cellar
	anna.goes(ui.PlaceRecords)
	anna.opensRow("U-2300")
	anna.sees("3 bilagor. Namnen visas när den skyddade delen är öppen.", "Lägg till bild eller fil …")
	anna.seesNot("Huvudkranen", "Hyresavtal", "Nycklar")
	anna.picture("attachments-closed")

	anna.types("Beskriv skälet", "Vattnet ska stängas av")
	anna.taps("Öppna skyddad del")
	anna.sees("Huvudkranen i städskåpet.jpg", "Hyresavtal.pdf", "Nycklar.txt", "PDF · 22\u00a0B · på enheten")
	anna.page("attachments-named", 1150)
	anna.tapsBeside("Huvudkranen i städskåpet.jpg", "Visa")
	if anna.shows() == nil {
		t.Fatal("no picture is shown")
	}
	anna.sees("Bild · ", "Stäng bilagan", "Visa längre")
	anna.page("attachments-photo", 1500)
	anna.tapsBeside("Nycklar.txt", "Visa")
	anna.sees("Reservnyckeln ligger i kuvert 14.")
	if anna.shows() != nil {
		t.Error("the picture stands still beside another attachment")
	}
	anna.tapsBeside("Hyresavtal.pdf", "Visa")
	anna.sees("En PDF kan inte visas här")
	anna.seesNot("HEMLIGT", "kuvert 14")
	anna.page("attachments-pdf", 1250)
	folder := t.TempDir()
	anna.folder = folder
	anna.taps("Spara en kopia utanför programmet …")
	anna.sees("Kopian blir en vanlig fil")
	anna.picture("attachments-export")
	anna.taps("Välj mapp …")
	anna.sees("Sparad i klartext: ")
	if data, err := os.ReadFile(filepath.Join(folder, "Hyresavtal.pdf")); err != nil || string(data) != "%PDF-1.4\nHEMLIGT AVTAL" {
		t.Errorf("the copy is %q: %v", data, err)
	}
	anna.tapsBeside("Huvudkranen i städskåpet.jpg", "Visa")
	anna.passes(agent.OpenFor + time.Second)
	anna.seesNot("Huvudkranen", "Hyresavtal", "Nycklar")
	if anna.shows() != nil {
		t.Error("the picture stands when its time is up")
	}
}

func TestAPictureIsAddedFromTheWindow(t *testing.T) {
	h := newHouse(t)
	loop := newMainLoop()
	bo := h.desk(loop, h.enrolled("bo.ek", nil), ui.Preferences{Language: assets.English})
	h.stop()
	photo, err := demo.Photograph(8, 640, 480)
	ok(t, err)
	bo.file = filepath.Join(t.TempDir(), "rostig kran.jpg")
	ok(t, os.WriteFile(bo.file, photo, 0o600))
	bo.goes(ui.PlaceRecords)
	bo.opensRow("Maj Ripsele")
	bo.sees("Pictures, PDFs and texts that belong to the record appear here.")
	bo.taps("Add a picture or file …")
	bo.seesNot("rostig")
	bo.sees("The attachment was added", "The file that you chose is still where it was", "1 attachment.", "waits for coverage")
	bo.page("attachments-added-en", 1000)
	bo.file = filepath.Join(t.TempDir(), "program.exe")
	ok(t, os.WriteFile(bo.file, []byte("MZ\x90\x00\x03"), 0o600))
	bo.taps("Add a picture or file …")
	bo.sees("neither a picture (JPEG or PNG), a PDF nor a text")
	bo.window.drop(fyne.NewPos(1, 1), []fyne.URI{storage.NewFileURI(bo.file)})
	if files, err := bo.agent.Attachments(t.Context(), "r-maj"); err != nil || len(files) != 1 {
		t.Errorf("%d attachments: %v", len(files), err)
	}
	ok(t, os.WriteFile(bo.file, []byte("En text."), 0o600))
	bo.window.drop(fyne.NewPos(1, 1), []fyne.URI{storage.NewFileURI(bo.file)})
	bo.sees("2 attachments.")
	bo.file = filepath.Join(t.TempDir(), "läcka.jpg")
	ok(t, os.WriteFile(bo.file, photo, 0o600))
	bo.goes(ui.PlaceAssignments) // of a record that Bo does not have
	bo.opensRow("Vattenläcka under diskbänken")
	bo.page("attachments-assignment-en", 1300)
	bo.taps("Add a picture or file …")
	bo.sees("The attachment was added")
	if files, err := bo.agent.Attachments(t.Context(), "r-maja"); err != nil || len(files) != 1 || files[0].Assignment != "U-2300" {
		t.Errorf("%+v: %v", files, err)
	}
}

// page is the whole of a long page, as its screen would be with that height.
func (d *desk) page(name string, height float32) {
	d.t.Helper()
	if dir := os.Getenv("HANDSLAG_PICTURES"); dir != "" {
		d.loop.run()
		d.window.Resize(fyne.NewSize(1001, height))
		d.window.Resize(fyne.NewSize(1000, height))
		var out bytes.Buffer
		ok(d.t, png.Encode(&out, d.window.Canvas().Capture()))
		ok(d.t, os.MkdirAll(dir, 0o700))
		ok(d.t, os.WriteFile(filepath.Join(dir, name+".png"), out.Bytes(), 0o600))
		d.window.Resize(fyne.NewSize(1000, 700))
	}
}

// tapsBeside taps a button on the row of some words.
func (d *desk) tapsBeside(words, button string) {
	d.t.Helper()
	var found *part.Button
	d.walk(func(o fyne.CanvasObject) bool {
		row, is := o.(*fyne.Container)
		if !is {
			return true
		}
		named, only := false, 0
		var last *part.Button
		walk(row, func(o fyne.CanvasObject) bool {
			switch it := o.(type) {
			case *part.Text:
				named = named || strings.Contains(it.Text(), words)
			case *part.Button:
				last = it
				only++
			}
			return true
		})
		if named && only == 1 && last.Text == button {
			found = last
		}
		return true
	})
	if found == nil {
		d.t.Fatalf("no %q beside %q in:\n%s", button, words, d.words())
	}
	test.Tap(found)
	d.loop.run()
}
