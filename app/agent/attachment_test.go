package agent

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"handslag/app/connected/gate"
	"handslag/sync/link"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// attaches is an administrator's file on a record.
func (h *house) attaches(to journal.RecordID, name, content string) {
	h.t.Helper()
	_, err := h.gate.Attach(h.t.Context(), gate.NewAttachment{Record: to, Name: name, File: strings.NewReader(content), Size: int64(len(content))})
	ok(h.t, err)
}

// photo is a JPEG, a grey one; more says how many bytes of something else follow its end.
func photo(t testing.TB, more int) string {
	t.Helper()
	var b bytes.Buffer
	ok(t, jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 64, 48)), nil))
	for i := range more / 16 {
		fmt.Fprintf(&b, "BILD %010d\n", i)
	}
	return b.String()
}

// makes has the person add a file.
func (d *tablet) makes(to Attach, name, content string) Attachment {
	d.h.t.Helper()
	a, err := d.Attach(d.h.t.Context(), to, name, strings.NewReader(content), int64(len(content)))
	ok(d.h.t, err)
	return a
}

// files are a record's attachments.
func (d *tablet) files(id journal.RecordID) []Attachment {
	d.h.t.Helper()
	all, err := d.Attachments(d.h.t.Context(), id)
	ok(d.h.t, err)
	return all
}

// reads opens an attachment and reads all of it.
func (d *tablet) reads(id journal.AttachmentID) (record.Label, string) {
	d.h.t.Helper()
	o, err := d.OpenAttachment(d.h.t.Context(), id, Reason{Text: "titta"})
	ok(d.h.t, err)
	defer o.Close()
	data, err := io.ReadAll(o)
	ok(d.h.t, err)
	ok(d.h.t, d.CloseAttachment(d.h.t.Context(), id))
	return o.Label, string(data)
}

func TestAnAttachmentOpensAgainstAnEntryAndForATime(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	h.attaches("r-maj", "Hissen.txt", strings.Repeat("Hissen står. ", 100_000))
	anna := h.enrolled("anna.lind")
	anna.sync()
	files := anna.files("r-maj")
	if len(files) != 1 || !files[0].Whole || files[0].Waiting || files[0].Size != 1_400_000 || files[0].Chunks != 2 {
		t.Fatalf("files %+v", files)
	}
	id := files[0].ID
	h.stop() // in the cellar
	_, err := anna.OpenAttachment(ctx, id, Reason{})
	refused(t, err, ReasonMissing)
	_, err = anna.OpenAttachment(ctx, "b-none", Reason{Text: "titta"})
	refused(t, err, NoAttachment)
	opening, err := anna.Open(ctx, "r-maj", Reason{Text: "hissen"})
	ok(t, err)
	if opening.Labels[id].Name != "Hissen.txt" || opening.Labels[id].Type != record.Text {
		t.Errorf("with the part come %+v", opening.Labels)
	}
	before := anna.Me().Waiting
	o, err := anna.OpenAttachment(ctx, id, Reason{}) // for the reason that the part is open for
	ok(t, err)
	if anna.Me().Waiting != before+1 || o.Label.Name != "Hissen.txt" || !o.Until.Equal(h.clock().Add(OpenFor)) {
		t.Errorf("opened %+v, %d entries", o, anna.Me().Waiting-before)
	}
	ok(t, anna.CloseRecord(ctx, "r-maj"))
	head := make([]byte, len("Hissen står."))
	if _, err := io.ReadFull(o, head); err != nil || string(head) != "Hissen står." {
		t.Errorf("%q %v", head, err)
	}
	if _, err := o.Seek(-int64(len("Hissen står. ")), io.SeekEnd); err != nil {
		t.Error(err)
	}
	if _, err := io.ReadFull(o, head); err != nil || string(head) != "Hissen står." {
		t.Errorf("at its end: %q %v", head, err)
	}
	h.pass(OpenFor)
	if _, err := o.Read(head); CodeOf(err) != ReasonMissing {
		t.Errorf("when its time is up: %v", err)
	}
	s, err := anna.current()
	ok(t, err)
	anna.tick(s)
	if got := anna.kinds(4); got != "record.opened attachment.opened record.closed attachment.closed(timeout)" {
		t.Errorf("the entries say %s", got)
	}
	o, err = anna.OpenAttachment(ctx, id, Reason{Text: "hissen igen"})
	ok(t, err)
	ok(t, anna.Lock())
	if _, err := o.Read(head); err == nil {
		t.Error("it is read while the vault is locked")
	}
	ok(t, anna.Unlock(ctx, passphrase))
	if got := anna.kinds(4); got != "attachment.opened attachment.closed device.locked device.unlocked" {
		t.Errorf("the entries say %s", got)
	}
	for _, e := range anna.entries(journal.AttachmentOpened) {
		if e.Record != "r-maj" || e.Subject != "s-maj" || e.Attachment != id || e.Until == 0 || len(e.Payload) == 0 {
			t.Errorf("an entry %+v", e)
		}
	}
	h.back()
	h.revokes(anna)
	_, err = anna.Sync(ctx)
	refused(t, err, DeviceRevoked)
	_, err = anna.OpenAttachment(ctx, id, Reason{Text: "på en återkallad enhet"})
	refused(t, err, DeviceRevoked)
	if got := anna.kinds(1); got != "attachment.refused(device_revoked)" {
		t.Errorf("the entries say %s", got)
	}
}

func TestAnAttachmentIsLentWithItsRecord(t *testing.T) {
	h := newHouse(t)
	h.attaches("r-maj", "Hissen.txt", "Hissen står.")
	anna := h.enrolled("anna.lind")
	anna.sync()
	id := anna.files("r-maj")[0].ID
	h.pass(8 * 24 * time.Hour)
	_, err := anna.OpenAttachment(t.Context(), id, Reason{Text: "för sent"})
	refused(t, err, LoanEnded)
	if got := anna.kinds(1); got != "attachment.refused(loan_ended)" {
		t.Errorf("the entries say %s", got)
	}
	anna.sync() // lends both anew
	if _, got := anna.reads(id); got != "Hissen står." {
		t.Errorf("it reads %q", got)
	}
}

// Bo photographs the stain in the cellar; Anna sees it when he has come up.
func TestAPhotographFromTheCellar(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	bo.sync()
	anna.sync()
	h.stop()
	picture := photo(t, 3<<20)
	stain := bo.makes(Attach{Assignment: "U-2002"}, "/home/bo/Bilder/fläck i taket.jpg", picture)
	leak := bo.makes(Attach{Assignment: "U-2300"}, "läcka.jpg", photo(t, 0)) // of a record that Bo does not have
	if !stain.Waiting || !stain.Whole || stain.Record != "r-maj" || stain.Assignment != "U-2002" || leak.Record != "r-maja" {
		t.Errorf("made %+v and %+v", stain, leak)
	}
	if label, got := bo.reads(stain.ID); got != picture || label != (record.Label{Name: "fläck i taket.jpg", Type: record.JPEG}) {
		t.Errorf("what Bo made reads %d bytes as %+v", len(got), label)
	}
	_, err := bo.OpenAttachment(ctx, leak.ID, Reason{Text: "titta"})
	refused(t, err, NoRecord)
	_, err = bo.Sync(ctx)
	refused(t, err, ServerAway)
	bo.die()
	ok(t, bo.Unlock(ctx, passphrase))
	if files := bo.files("r-maj"); len(files) != 1 || !files[0].Waiting || !files[0].Whole {
		t.Errorf("after a crash: %+v", files)
	}
	h.back()
	bo.sync()
	if files := bo.files("r-maj"); len(files) != 1 || files[0].Waiting || !files[0].Whole || files[0].Refused != "" {
		t.Errorf("after the sync: %+v", files)
	}
	if files := bo.files("r-maja"); len(files) != 0 {
		t.Errorf("what is handed in stays without its record: %+v", files)
	}
	anna.sync()
	for id, want := range map[journal.AttachmentID]string{stain.ID: picture, leak.ID: photo(t, 0)} {
		if label, got := anna.reads(id); got != want || label.Type != record.JPEG {
			t.Errorf("Anna reads %d bytes of %s", len(got), id)
		}
	}
	if v, err := h.gate.VerifyAll(ctx); err != nil || !v.Sound() || v.Attachments != 2 {
		t.Errorf("%+v %v", v, err)
	}
	if result := bo.sync(); result.Files != 0 {
		t.Errorf("there is more to move: %+v", result)
	}
}

func TestWhatIsNotTakenStaysAndSaysWhy(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	bo.sync()
	made := bo.makes(Attach{Assignment: "U-2002"}, "fläck.txt", "Fläcken är stor.")
	ok(t, h.gate.TakeRole(ctx, "bo.ek", "caretaker"))
	bo.sync()
	if files := bo.files("r-maj"); len(files) != 1 || !files[0].Waiting || files[0].Refused != NoRight {
		t.Fatalf("files %+v", files)
	}
	bo.holds() // the record has gone, what was made for it stays
	ok(t, bo.Lock())
	ok(t, bo.Unlock(ctx, passphrase))
	_, err := bo.Attach(ctx, Attach{Record: "r-maj"}, "a.txt", strings.NewReader("a"), 1)
	refused(t, err, NoRecord)
	ok(t, h.gate.GrantRole(ctx, "bo.ek", "caretaker"))
	bo.sync()
	anna.sync()
	if _, got := anna.reads(made.ID); got != "Fläcken är stor." {
		t.Errorf("Anna reads %q", got)
	}
	bo.sync()
	if files := bo.files("r-maj"); len(files) != 1 || files[0].Waiting || files[0].Refused != "" {
		t.Errorf("files %+v", files)
	}
}

func TestWhatCanNotBeAttachedIsNot(t *testing.T) {
	h := newHouse(t)
	bo, carl := h.enrolled("bo.ek"), h.enrolled("carl.ask")
	bo.sync()
	carl.sync()
	bomb := []byte(photo(t, 0))
	i := bytes.Index(bomb, []byte{0xff, 0xc0})
	copy(bomb[i+5:], "\xff\xff\xff\xff")
	for what, c := range map[string]struct {
		d    *tablet
		to   Attach
		file io.ReaderAt
		size int64
		want Code
	}{
		"a program":                     {bo, Attach{Record: "r-maj"}, strings.NewReader("MZ\x90\x00"), 4, AttachmentKind},
		"nothing":                       {bo, Attach{Record: "r-maj"}, strings.NewReader(""), 0, AttachmentKind},
		"a picture that is a bomb":      {bo, Attach{Record: "r-maj"}, bytes.NewReader(bomb), int64(len(bomb)), PictureLarge},
		"too much":                      {bo, Attach{Record: "r-maj"}, strings.NewReader("a"), attachMost + 1, AttachmentLarge},
		"less than was said":            {bo, Attach{Record: "r-maj"}, strings.NewReader("text"), 400, FileUnreadable},
		"to no record":                  {bo, Attach{Record: "r-none"}, strings.NewReader("a"), 1, NoRecord},
		"to a record that is not here":  {bo, Attach{Record: "r-maja"}, strings.NewReader("a"), 1, NoRecord},
		"to no assignment":              {bo, Attach{Assignment: "U-none"}, strings.NewReader("a"), 1, NoAssignment},
		"to another record's":           {bo, Attach{Record: "r-maja", Assignment: "U-2002"}, strings.NewReader("a"), 1, NoAssignment},
		"by who has nothing to do here": {carl, Attach{Record: "r-maj"}, strings.NewReader("a"), 1, NoRecord},
	} {
		before := c.d.Me().Waiting
		_, err := c.d.Attach(t.Context(), c.to, "a", c.file, c.size)
		if CodeOf(err) != c.want || c.d.Me().Waiting != before {
			t.Errorf("%s: %v", what, unwrapped(err))
		}
	}
	if files := bo.files("r-maj"); len(files) != 0 {
		t.Errorf("files %+v", files)
	}
}

// The view can be made anew; what was made here and is nowhere else comes back with it.
func TestWhatWasMadeOutlivesItsView(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	bo.sync()
	h.stop()
	picture := photo(t, 2<<20)
	made := bo.makes(Attach{Assignment: "U-2002"}, "fläck.jpg", picture)
	ok(t, bo.Lock())
	ok(t, os.RemoveAll(filepath.Join(bo.cfg.Vault, "view")))
	ok(t, bo.Unlock(ctx, passphrase))
	h.back()
	bo.sync()
	anna.sync()
	if _, got := anna.reads(made.ID); got != picture {
		t.Errorf("Anna reads %d bytes", len(got))
	}
}

// A line that is cut between chunks costs none of those that passed, in either direction.
func TestChunksGoOnWhereTheLineWasCut(t *testing.T) {
	h := newHouse(t)
	anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
	bo.sync()
	picture := photo(t, 3<<20)
	made := bo.makes(Attach{Assignment: "U-2002"}, "fläck.jpg", picture)
	passed := map[string]int{}
	only := func(most int) func(*http.Request) bool {
		return func(r *http.Request) bool {
			if r.URL.Path != link.PathChunks {
				return false
			}
			if most--; most >= 0 {
				passed[r.Method+" "+r.URL.Query().Get("chunk")]++
			}
			return most < 0
		}
	}
	for _, d := range []*tablet{bo, anna} {
		syncs := 0
		for range made.Chunks - 1 {
			h.cut(only(1))
			result := d.sync()
			if result.Files == 0 {
				t.Errorf("%s thinks that all has moved: %+v", d.name, result)
			}
			syncs++
			if files := d.files("r-maj"); d == anna && (files[0].Here != syncs || files[0].Whole) || d == bo && !files[0].Waiting {
				t.Errorf("%s after %d syncs: %+v", d.name, syncs, files)
			}
		}
		h.cut(only(1))
		if result := d.sync(); result.Files != 0 {
			t.Errorf("%s has more to move: %+v", d.name, result)
		}
	}
	for what, times := range passed {
		if times != 1 {
			t.Errorf("%s passed %d times", what, times)
		}
	}
	if len(passed) != 2*made.Chunks {
		t.Errorf("passed: %v", passed)
	}
	if _, got := anna.reads(made.ID); got != picture {
		t.Errorf("Anna reads %d bytes", len(got))
	}
}

func TestAFewChunksComeAtATime(t *testing.T) {
	h := newHouse(t)
	anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
	bo.sync()
	pictures := map[journal.AttachmentID]string{}
	for _, name := range []string{"a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg"} {
		picture := photo(t, len(pictures))
		pictures[bo.makes(Attach{Assignment: "U-2002"}, name, picture).ID] = picture
	}
	bo.sync()

	// The first chunk waits for a second one that is asked for beside it, and each waits for its own end.
	var mu sync.Mutex
	under, most, second := 0, 0, make(chan struct{})
	h.mu.Lock()
	h.holds = func(r *http.Request) {
		if r.URL.Path != link.PathChunks {
			return
		}
		mu.Lock()
		if under++; under == 2 && most < 2 {
			close(second)
		}
		most = max(most, under)
		mu.Unlock()
		<-second
		mu.Lock()
		under--
		mu.Unlock()
	}
	h.mu.Unlock()
	if result := anna.sync(); result.Files != 0 {
		t.Errorf("there is more to move: %+v", result)
	}
	if most > fetchAtOnce {
		t.Errorf("%d chunks were asked for at once", most)
	}
	for id, picture := range pictures {
		if _, got := anna.reads(id); got != picture {
			t.Errorf("Anna reads %d bytes of %d", len(got), len(picture))
		}
	}
}

func TestADamagedChunkComesAnew(t *testing.T) {
	h := newHouse(t)
	h.attaches("r-maj", "Hissen.txt", strings.Repeat("Hissen står. ", 200_000))
	anna := h.enrolled("anna.lind")
	anna.sync()
	id := anna.files("r-maj")[0].ID
	chunks := anna.under("vault", "blobs")
	if len(chunks) != 3 {
		t.Fatalf("chunks %v", chunks)
	}
	data, err := os.ReadFile(chunks[1])
	ok(t, err)
	data[100] ^= 1
	ok(t, os.WriteFile(chunks[1], data, 0o600))
	o, err := anna.OpenAttachment(t.Context(), id, Reason{Text: "titta"})
	ok(t, err)
	if _, err := io.Copy(io.Discard, o); CodeOf(err) != AttachmentAway {
		t.Errorf("a damaged chunk is read: %v", err)
	}
	if files := anna.files("r-maj"); files[0].Whole || files[0].Here != 2 {
		t.Errorf("files %+v", files)
	}
	_, err = anna.OpenAttachment(t.Context(), id, Reason{Text: "titta"})
	refused(t, err, AttachmentAway)
	anna.sync()
	if _, got := anna.reads(id); len(got) != 2_800_000 {
		t.Errorf("%d bytes", len(got))
	}
}

// under are the files below a folder of the device's.
func (d *tablet) under(parts ...string) (all []string) {
	d.h.t.Helper()
	root := filepath.Join(append([]string{filepath.Dir(d.cfg.Vault)}, parts...)...)
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			all = append(all, path)
		}
		return err
	})
	ok(d.h.t, err)
	return all
}

func TestAnErasureEndsAttachmentsAndDrafts(t *testing.T) {
	h := newHouse(t)
	h.attaches("r-maj", "Hissen.txt", "Hissen står.")
	bo := h.enrolled("bo.ek")
	bo.sync()
	o, err := bo.OpenAttachment(t.Context(), bo.files("r-maj")[0].ID, Reason{Text: "hissen"})
	ok(t, err)
	bo.makes(Attach{Assignment: "U-2002"}, "fläck.txt", "Fläcken är stor.")
	if n := len(bo.under("vault", "blobs")); n != 2 {
		t.Fatalf("%d chunks", n)
	}
	h.erases("s-maj")
	bo.sync()
	if _, err := o.Read(make([]byte, 10)); err == nil {
		t.Error("what was open is read on")
	}
	if files := bo.files("r-maj"); len(files) != 0 || len(bo.under("vault", "blobs")) != 0 {
		t.Errorf("files %+v, chunks %v", files, bo.under("vault", "blobs"))
	}
	if got := bo.kinds(3); !strings.Contains(got, "attachment.closed(erased)") {
		t.Errorf("the entries say %s", got)
	}
	ok(t, bo.Lock())
	ok(t, bo.Unlock(t.Context(), passphrase))
	if files := bo.files("r-maj"); len(files) != 0 {
		t.Errorf("a replay brings back %+v", files)
	}
}

func TestACopyOutsideIsAnEntryAndARight(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	h.attaches("r-maj", "Hyresavtal.txt", "Hyran är 7 400 kronor.")
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	bo.sync()
	anna.sync()
	id, path := bo.files("r-maj")[0].ID, filepath.Join(t.TempDir(), "avtal.txt")
	refused(t, bo.ExportAttachment(ctx, id, Reason{Text: "skriva ut"}, path), NoRight)
	if _, err := os.Stat(path); err == nil || bo.kinds(1) != "attachment.refused(no_right)" {
		t.Errorf("the entries say %s", bo.kinds(1))
	}
	if bo.MayExport("r-maj") || !anna.MayExport("r-maj") || !bo.MayAttach(Attach{Record: "r-maj"}) || !bo.MayAttach(Attach{Assignment: "U-2300"}) || bo.MayAttach(Attach{Record: "r-maja"}) {
		t.Error("the screens offer what is refused, or do not offer what is not")
	}
	refused(t, anna.ExportAttachment(ctx, id, Reason{}, path), ReasonMissing)
	ok(t, anna.ExportAttachment(ctx, id, Reason{Text: "hyresnämnden"}, path))
	data, err := os.ReadFile(path)
	ok(t, err)
	info, err := os.Stat(path)
	ok(t, err)
	if string(data) != "Hyran är 7 400 kronor." || info.Mode().Perm() != 0o600 || anna.kinds(1) != "attachment.exported" {
		t.Errorf("%q, %v, the entries say %s", data, info.Mode(), anna.kinds(1))
	}
	refused(t, anna.ExportAttachment(ctx, id, Reason{Text: "igen"}, path), FileExists)
	refused(t, anna.ExportAttachment(ctx, id, Reason{Text: "igen"}, filepath.Join(path, "x")), FileUnwritable)
	s, err := anna.current()
	ok(t, err)
	ok(t, s.journal.Close())
	other := filepath.Join(t.TempDir(), "avtal.txt")
	if err := anna.ExportAttachment(ctx, id, Reason{Text: "utan händelse"}, other); err == nil {
		t.Error("a copy without an entry")
	}
	if _, err := os.Stat(other); err == nil {
		t.Error("a file without an entry")
	}
}

// Neither content nor name stands in the clear in any file of either end, nor in a log.
func TestNothingOfAnAttachmentLiesInTheClear(t *testing.T) {
	h := newHouse(t)
	h.attaches("r-maj", "PLANTERAD nyckel.txt", strings.Repeat("HEMLIGHET ett. ", 100))
	bo := h.enrolled("bo.ek")
	bo.sync()
	bo.makes(Attach{Assignment: "U-2002"}, "PLANTERAD bild.jpg", photo(t, 1<<20))
	bo.reads(bo.files("r-maj")[0].ID)
	seen := 0
	look := func(when string) {
		t.Helper()
		for _, path := range append(bo.under("vault"), append(bo.under("outbox"), h.config.Path, h.config.Path+"-wal")...) {
			data, _ := os.ReadFile(path)
			seen++
			for _, word := range []string{"PLANTERAD", "HEMLIGHET", "BILD 00000"} {
				if bytes.Contains(data, []byte(word)) {
					t.Errorf("%s: %s stands in %s", when, word, filepath.Base(path))
				}
			}
		}
	}
	look("before it is handed in")
	bo.sync()
	look("after")
	ok(t, bo.Lock())
	look("locked")
	if seen < 30 {
		t.Errorf("only %d files were looked at", seen)
	}
}
