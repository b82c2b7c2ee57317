package connected_test

import (
	"bytes"
	"context"
	"crypto/cipher"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"handslag/app/connected/gate"
	"handslag/identity"
	"handslag/sync/link"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// attaches is an administrator's file on a record.
func (h *house) attaches(id journal.AttachmentID, to journal.RecordID, name string, content []byte) gate.Attached {
	h.t.Helper()
	return must[gate.Attached](h.t)(h.gate.Attach(context.Background(), gate.NewAttachment{ID: id, Record: to, Name: name, File: bytes.NewReader(content), Size: int64(len(content))}))
}

// made is an attachment that a device made and has not handed in yet.
type made struct {
	draft  record.Attachment
	key    []byte
	chunks [][]byte
	ask    link.MadeAttachment
	body   []byte // of the call that begins it
	entry  journal.Entry
}

// makes seals text as an attachment of the device.
func (d *device) makes(to journal.RecordID, subject journal.SubjectID, text string) *made {
	d.h.t.Helper()
	return d.sealsAttachment(record.Attachment{Record: to, Subject: subject}, record.Label{Name: "bild från källaren.txt", Type: record.Text}, text)
}

func (d *device) sealsAttachment(a record.Attachment, label record.Label, text string) *made {
	d.h.t.Helper()
	m := &made{}
	a.Org, a.ID, a.Device, a.Size = d.h.statement.Org(), journal.AttachmentID("b-"+d.keys.Device()[:8]), d.keys.Device(), uint64(len(text))
	var err error
	m.draft, m.key, err = record.SealAttachment(a, label, strings.NewReader(text), func(_ record.ChunkHash, cipher []byte) error {
		m.chunks = append(m.chunks, bytes.Clone(cipher))
		return nil
	})
	ok(d.h.t, err)
	m.ask = link.MadeAttachment{Draft: must[[]byte](d.h.t)(m.draft.EncodeDraft()),
		ContentKey: must[[]byte](d.h.t)(identity.Seal(d.h.statement.Sealing[0], record.MadeKeyInfo(a.Org, a.ID, a.Device), m.key))}
	m.body = must[[]byte](d.h.t)(json.Marshal(m.ask))
	m.entry = journal.Entry{Kind: journal.AttachmentAdded, Record: a.Record, Subject: a.Subject, Assignment: a.Assignment, Attachment: a.ID,
		Content: must[[]byte](d.h.t)(m.draft.Digest())}
	return m
}

// files are the attachments on a device's first page, opened, by name.
func (d *device) files(cursor string) map[string]string {
	d.h.t.Helper()
	files := map[string]string{}
	page := d.changes(cursor)
	unwrap := must[cipher.AEAD](d.h.t)(page.OpenKey(d.h.statement.Org(), d.keys))
	for _, f := range page.Attachments {
		a := must[record.Attachment](d.h.t)(record.OpenAttachment(f.Attachment, d.h.statement.Org(), d.h.statement.Issuing))
		key := must[[]byte](d.h.t)(unwrap.Open(nil, nil, f.ContentKey, []byte(record.AttachmentKeyInfo(a.Org, a.ID, d.keys.Device()))))
		var text []byte
		for i := range a.Count() {
			cipher := must[[]byte](d.h.t)(d.client.Chunk(context.Background(), a, i))
			text = append(text, must[[]byte](d.h.t)(record.OpenChunk(key, a, i, cipher))...)
		}
		files[must[record.Label](d.h.t)(record.OpenLabel(key, a)).Name] = string(text)
	}
	return files
}

func (d *device) fetches(id journal.AttachmentID) error {
	a := record.Attachment{ID: id, Size: 1, Chunks: make([]byte, 32)}
	_, err := d.client.Chunk(context.Background(), a, 0)
	return err
}

func TestAnAttachmentReachesWhoMayHaveItsRecord(t *testing.T) {
	h := newHouse(t, live)
	content := strings.Repeat("Hissen i trapphus B står. ", 100_000) // two and a half chunks
	h.attaches("b-1", "r-maj", "/home/anna/Trapphus B.txt", []byte(content))
	h.attaches("b-frost", "r-frost", "Begränsad.txt", []byte("Behandlingen är begränsad."))
	h.attaches("b-other", "r-other", "Annans.txt", []byte("Dora har akten på sin lista och ingen rätt till den."))
	bo, anna, dora := h.enrolled("bo.ek"), h.enrolled("anna.lind"), h.enrolled("dora.alm")
	if err := bo.fetches("b-1"); code(t, err) != link.CodeNotFound {
		t.Errorf("a chunk of what Bo was not sent yet: %v", err)
	}
	for _, d := range []*device{bo, anna} {
		if files := d.files(""); len(files) != 1 || files["Trapphus B.txt"] != content {
			t.Errorf("%s gets %d files", d.name, len(files))
		}
	}
	if files := dora.files(""); len(files) != 0 {
		t.Error("Dora gets it")
	}
	for _, id := range []journal.AttachmentID{"b-1", "b-frost", "b-none"} { // all the same to who has no right to it
		if err := dora.fetches(id); code(t, err) != link.CodeForbidden {
			t.Errorf("Dora fetches a chunk of %s: %v", id, err)
		}
	}
	if files := bo.files(bo.changes("").Cursor); len(files) != 0 {
		t.Error("what Bo has comes again")
	}
	cursor := bo.changes("").Cursor
	h.clock.pass(24 * time.Hour)
	if files := bo.files(cursor); len(files) != 1 {
		t.Error("it does not come along with a new loan")
	}
	ok(t, h.gate.TakeRole(context.Background(), "bo.ek", "caretaker"))
	if err := bo.fetches("b-1"); code(t, err) != link.CodeForbidden {
		t.Errorf("Bo, whose role was taken, fetches another chunk: %v", err)
	}
	sent := 0
	for _, row := range anna.log(link.LogFilter{Record: "r-maj"}).Rows {
		if row.Kind == journal.AttachmentSent && row.Attachment == "b-1" {
			sent++
		}
	}
	if sent == 0 {
		t.Error("the log does not say who was sent it")
	}
	if v := h.sound(); v.Attachments != 3 {
		t.Errorf("%+v", v)
	}
}

func TestAChunkGoesOnWhereItWasCut(t *testing.T) {
	h := newHouse(t, live)
	h.attaches("b-1", "r-maj", "a.txt", bytes.Repeat([]byte("a"), 1000))
	bo := h.enrolled("bo.ek")
	bo.changes("")
	query := "attachment=b-1&chunk=0"
	get := func(from string) (int, string, []byte) {
		t.Helper()
		request := must[*http.Request](t)(http.NewRequest(http.MethodGet, h.statement.URL+link.PathChunks+"?"+query, nil))
		request.Header.Set("Authorization", now(h, bo, http.MethodGet, link.PathChunks, query, nil))
		request.Header.Set("Range", from)
		answer := must[*http.Response](t)(h.server.Client().Do(request))
		defer answer.Body.Close()
		return answer.StatusCode, answer.Header.Get("Content-Range"), must[[]byte](t)(io.ReadAll(answer.Body))
	}
	_, _, whole := get("")
	if len(whole) != 1028 {
		t.Fatalf("%d bytes", len(whole))
	}
	for asked, want := range map[string]struct {
		status int
		rng    string
		body   []byte
	}{
		"bytes=1000-":   {206, "bytes 1000-1027/1028", whole[1000:]},
		"bytes=0-":      {206, "bytes 0-1027/1028", whole},
		"bytes=1028-":   {416, "bytes */1028", []byte(`{"type":"about:blank","title":"Requested Range Not Satisfiable","status":416,"code":"range"}`)},
		"bytes=-5":      {200, "", whole},
		"bytes=1-2,4-5": {200, "", whole},
		"chunks=1-":     {200, "", whole},
		"bytes=x-":      {200, "", whole},
	} {
		if status, rng, body := get(asked); status != want.status || rng != want.rng || !bytes.Equal(body, want.body) {
			t.Errorf("%s: %d %q, %d bytes", asked, status, rng, len(body))
		}
	}
	ok(t, h.gate.RevokeDevice(context.Background(), bo.keys.Device()))
	if status, _, body := get("bytes=1000-"); status != 403 || bytes.Contains(body, whole[1000:]) {
		t.Errorf("the rest for a device that was revoked meanwhile: %d", status)
	}
}

// A photograph from the cellar: said, handed in over two restarts, signed, with everybody.
func TestWhatADeviceMakesComesUpChunkByChunk(t *testing.T) {
	h := newHouse(t, live)
	ctx := context.Background()
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	text := strings.Repeat("Fuktfläcken är stor. ", 120_000) // three chunks
	m := bo.sealsAttachment(record.Attachment{Record: "r-maj", Subject: "s-maj", Assignment: "W-2002"}, record.Label{Name: "Fläcken.txt", Type: record.Text}, text)
	if _, err := bo.client.Made(ctx, m.ask); code(t, err) != link.CodeUnsaid {
		t.Errorf("nobody said it: %v", err)
	}
	bo.hands(bo.batch(bo.say(m.entry, nil)))
	handed := must[link.Handed](t)(bo.client.Made(ctx, m.ask))
	if !slices.Equal(handed.Missing, []int{0, 1, 2}) {
		t.Fatalf("missing %v", handed.Missing)
	}
	if handed := must[link.Handed](t)(bo.client.HandInChunk(ctx, m.draft.ID, 1, m.chunks[1])); handed.Attachment != nil {
		t.Error("it is whole with one chunk")
	}
	if len(anna.changes("").Attachments) != 0 {
		t.Error("Anna gets half of it")
	}
	h.restart()
	for what, c := range map[string]struct {
		d      *device
		number int
		chunk  []byte
		want   link.Code
	}{
		"another chunk":        {bo, 0, m.chunks[1], link.CodeChunk},
		"a chunk that was cut": {bo, 0, m.chunks[0][:1000], link.CodeChunk},
		"no chunk":             {bo, 0, nil, link.CodeChunk},
		"a chunk too many":     {bo, 3, m.chunks[0], link.CodeChunk},
		"from another's":       {h.enrolled("bo.ek"), 0, m.chunks[0], link.CodeNotFound},
	} {
		if _, err := c.d.client.HandInChunk(ctx, m.draft.ID, c.number, c.chunk); code(t, err) != c.want {
			t.Errorf("%s: %v", what, err)
		}
	}
	if handed := must[link.Handed](t)(bo.client.Made(ctx, m.ask)); !slices.Equal(handed.Missing, []int{0, 2}) {
		t.Errorf("missing %v after a restart", handed.Missing)
	}
	must[link.Handed](t)(bo.client.HandInChunk(ctx, m.draft.ID, 2, m.chunks[2]))
	ok(t, h.gate.TakeRole(ctx, "bo.ek", "caretaker"))
	if _, err := bo.client.HandInChunk(ctx, m.draft.ID, 0, m.chunks[0]); code(t, err) != link.CodeForbidden {
		t.Errorf("Bo, whose role was taken, hands on: %v", err)
	}
	ok(t, h.gate.GrantRole(ctx, "bo.ek", "caretaker"))
	whole := must[link.Handed](t)(bo.client.HandInChunk(ctx, m.draft.ID, 0, m.chunks[0]))
	again := must[link.Handed](t)(bo.client.HandInChunk(ctx, m.draft.ID, 0, m.chunks[0]))
	once := must[link.Handed](t)(bo.client.Made(ctx, m.ask))
	a := must[record.Attachment](t)(record.OpenAttachment(whole.Attachment, h.statement.Org(), h.statement.Issuing))
	if !a.Same(m.draft) || a.Assignment != "W-2002" || !bytes.Equal(again.Attachment, whole.Attachment) || !bytes.Equal(once.Attachment, whole.Attachment) {
		t.Error("what is signed is not what was made")
	}
	for _, d := range []*device{anna, bo} {
		if files := d.files(""); files["Fläcken.txt"] != text {
			t.Errorf("%s does not get it", d.name)
		}
	}
	taken := false
	for _, row := range anna.log(link.LogFilter{Record: "r-maj"}).Rows {
		taken = taken || row.Kind == journal.AttachmentTaken && row.Attachment == a.ID && row.Peer == bo.keys.Device()
	}
	if !taken {
		t.Error("the log does not say that it came")
	}
	h.sound()
}

func TestWhatDoesNotFitIsNotTaken(t *testing.T) {
	for what, spoil := range map[string]struct {
		change func(*made, *device)
		want   link.Code
	}{
		"in another device's name": {func(m *made, d *device) {
			m.draft.Device = d.h.newDevice("bo.ek").keys.Device()
			m.ask.Draft = must[[]byte](d.h.t)(m.draft.EncodeDraft())
		}, link.CodeChunk},
		"about another subject": {func(m *made, d *device) {
			*m = *d.makes("r-maj", "s-maja", "a")
		}, link.CodeChunk},
		"on another's record": {func(m *made, d *device) {
			*m = *d.makes("r-other", "s-other", "a")
		}, link.CodeForbidden},
		"on no record": {func(m *made, d *device) {
			*m = *d.makes("r-none", "s-none", "a")
		}, link.CodeForbidden},
		"on another's restricted record": {func(m *made, d *device) {
			must[gate.Imported](d.h.t)(d.h.gate.Import(context.Background(), strings.NewReader(restricted("r-other"))))
			*m = *d.makes("r-other", "s-other", "a")
		}, link.CodeForbidden},
		"on a restricted record": {func(m *made, d *device) {
			*m = *d.makes("r-frost", "s-frost", "a")
		}, link.CodeRestricted},
		"for another record's assignment": {func(m *made, d *device) {
			*m = *d.sealsAttachment(record.Attachment{Record: "r-maj", Subject: "s-maj", Assignment: "W-2300"}, record.Label{Name: "a", Type: record.Text}, "a")
		}, link.CodeChunk},
		"under another key": {func(m *made, d *device) {
			m.ask.ContentKey = must[[]byte](d.h.t)(identity.Seal(d.h.statement.Sealing[0], record.MadeKeyInfo(m.draft.Org, m.draft.ID, m.draft.Device), make([]byte, 32)))
		}, link.CodeChunk},
		"with a key that does not open": {func(m *made, d *device) { m.ask.ContentKey = nil }, link.CodeChunk},
		"with other chunks than were said": {func(m *made, d *device) {
			m.draft.Chunks = bytes.Repeat([]byte{1}, 32)
			m.ask.Draft = must[[]byte](d.h.t)(m.draft.EncodeDraft())
		}, link.CodeUnsaid},
		"larger than a device may": {func(m *made, d *device) {
			m.draft.Size, m.draft.Chunks = 257<<20, make([]byte, 257*32)
			m.ask.Draft = must[[]byte](d.h.t)(m.draft.EncodeDraft())
		}, link.CodeChunk},
		"that is none": {func(m *made, d *device) { m.ask.Draft = []byte("x") }, link.CodeChunk},
	} {
		h := newHouse(t, live)
		bo := h.enrolled("bo.ek")
		m := bo.makes("r-maj", "s-maj", "a")
		entry := bo.say(m.entry, nil)
		spoil.change(m, bo)
		bo.hands(bo.batch(entry, bo.say(m.entry, nil)))
		if _, err := bo.client.Made(context.Background(), m.ask); code(t, err) != spoil.want {
			t.Errorf("an attachment %s: %v", what, err)
		}
	}
}

func TestWhatIsNotWhatItSaysIsNotTaken(t *testing.T) {
	h := newHouse(t, live)
	bo := h.enrolled("bo.ek")
	m := bo.sealsAttachment(record.Attachment{Record: "r-maj", Subject: "s-maj"}, record.Label{Name: "bild.jpg", Type: record.JPEG}, "MZ\x90\x00 no picture")
	bo.hands(bo.batch(bo.say(m.entry, nil)))
	must[link.Handed](t)(bo.client.Made(context.Background(), m.ask))
	if _, err := bo.client.HandInChunk(context.Background(), m.draft.ID, 0, m.chunks[0]); code(t, err) != link.CodeChunk {
		t.Errorf("a program by the name of a picture: %v", err)
	}
	other := bo.makes("r-maj", "s-maj", "b")
	bo.hands(bo.batch(bo.say(other.entry, nil)))
	if _, err := bo.client.Made(context.Background(), other.ask); code(t, err) != link.CodeConflict {
		t.Errorf("another one under the same ID: %v", err)
	}
	if _, err := h.gate.Attach(context.Background(), gate.NewAttachment{Record: "r-maj", Name: "a.exe", File: strings.NewReader("MZ\x90\x00"), Size: 4}); err == nil {
		t.Error("an administrator attaches a program")
	}
	if _, err := h.gate.Attach(context.Background(), gate.NewAttachment{ID: "b-half", Record: "r-maj", Name: "a.txt", File: strings.NewReader("a"), Size: 2 << 20}); err == nil {
		t.Error("an administrator attaches what ends early")
	}
	if rows := must[[]gate.AttachmentRow](t)(h.gate.ListAttachments(context.Background(), "r-maj")); len(rows) != 1 || rows[0].Whole {
		t.Errorf("what stays: %+v", rows)
	}
	h.clock.pass(61 * 24 * time.Hour)
	h.attaches("b-new", "r-maj", "a.txt", []byte("a"))
	if rows := must[[]gate.AttachmentRow](t)(h.gate.ListAttachments(context.Background(), "r-maj")); len(rows) != 1 || rows[0].ID != "b-new" {
		t.Errorf("what never came whole stays for ever: %+v", rows)
	}
}

func TestErasureAndDetachingReachTheChunks(t *testing.T) {
	h := newHouse(t, live)
	content := strings.Repeat("Hissen står. ", 100_000)
	h.attaches("b-1", "r-maj", "Hissen.txt", []byte(content))
	h.attaches("b-2", "r-maj", "Dörren.txt", []byte("Dörren kärvar."))
	bo := h.enrolled("bo.ek")
	page := bo.changes("")
	a := must[record.Attachment](t)(record.OpenAttachment(page.Attachments[0].Attachment, h.statement.Org(), h.statement.Issuing))
	chunk := must[[]byte](t)(bo.client.Chunk(context.Background(), a, 0))
	piece := chunk[5000:5064]
	if !h.lies(piece) {
		t.Fatal("the chunk is not where it is looked for")
	}
	ok(t, h.gate.Detach(context.Background(), "b-2"))
	page = bo.changes(page.Cursor)
	if !slices.Equal(page.GoneFiles, []journal.AttachmentID{"b-2"}) || len(page.GoneRecords) != 0 {
		t.Errorf("Bo hears of %v", page.GoneFiles)
	}
	if err := bo.fetches("b-2"); code(t, err) != link.CodeForbidden { // as of one that never was
		t.Errorf("a chunk of what was detached: %v", err)
	}
	if done := h.erases("s-maj"); done.Attachments != 1 {
		t.Errorf("%+v", done)
	}
	if err := bo.fetches("b-1"); code(t, err) != link.CodeForbidden {
		t.Errorf("a chunk of who was erased: %v", err)
	}
	if h.config.Postgres == "" && h.lies(piece) { // PostgreSQL keeps ciphertexts until it needs the room; their keys are gone
		t.Error("the chunk lies in the file still")
	}
	h.sound()
}

// An order reaches no file that somebody saved outside; the report says that there are some, and whose.
func TestAnErasureTellsOfCopiesOutside(t *testing.T) {
	h := newHouse(t, live)
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	made := bo.makes("r-maja", "s-maja", "läcka") // which Bo was never lent
	bo.hands(bo.batch(bo.say(made.entry, nil)))
	anna.changes("")
	saved := journal.Entry{Kind: journal.AttachmentExported, Record: "r-maja", Subject: "s-maja", Attachment: made.draft.ID}
	anna.hands(anna.batch(anna.say(saved, &journal.Details{Reason: "hyresnämnden"}), anna.say(saved, &journal.Details{Reason: "igen"})))
	h.erases("s-maja")
	said := map[string]gate.ErasureDevice{}
	for _, d := range must[gate.Erasure](t)(h.gate.Erasure(context.Background(), "s-maja")).Devices {
		said[d.Person.Username] = d
	}
	if d := said["anna.lind"]; !d.Held || d.Exported != 2 || d.LentUntil == 0 {
		t.Errorf("Anna's: %+v", d)
	}
	if d := said["bo.ek"]; !d.Held || d.Exported != 0 || d.LentUntil != 0 {
		t.Errorf("Bo's: %+v", d)
	}
}

func TestNothingOfAnAttachmentStandsInTheClear(t *testing.T) {
	h := newHouse(t, live)
	h.attaches("b-1", "r-maj", "Kvitto Ripsele.txt", []byte("Hyran är betald av Maj."))
	bo := h.enrolled("bo.ek")
	m := bo.sealsAttachment(record.Attachment{Record: "r-maj", Subject: "s-maj"}, record.Label{Name: "Brev Ripsele.txt", Type: record.Text}, "Hyran är inte betald.")
	bo.hands(bo.batch(bo.say(m.entry, nil)))
	must[link.Handed](t)(bo.client.Made(context.Background(), m.ask))
	bo.files("")
	if !h.lies([]byte("norra")) {
		t.Fatal("the database is not where it is looked for")
	}
	for _, word := range []string{"Kvitto", "Brev Rip", "Hyran", "betald"} {
		if h.lies([]byte(word)) {
			t.Errorf("%q stands in the database", word)
		}
	}
}

// Whoever has the file can change it; VerifyAll says so.
func TestAChangedAttachmentIsNotSound(t *testing.T) {
	const chunk, column = "a chunk is not what was signed", "its signature or a column does not hold"
	for name, c := range map[string]struct{ change, says string }{
		"nothing":                  {`UPDATE attachments SET whole = whole`, ""},
		"a chunk flipped":          {`UPDATE attachment_chunks SET cipher = ZEROS WHERE attachment_id = 'b-1' AND number = 0`, chunk},
		"a chunk's hash":           {`UPDATE attachment_chunks SET hash = ZEROS WHERE attachment_id = 'b-1' AND number = 0`, chunk},
		"a chunk gone":             {`DELETE FROM attachment_chunks WHERE attachment_id = 'b-1' AND number = 1`, "chunks are missing"},
		"chunks exchanged":         {`UPDATE attachment_chunks SET number = CASE number WHEN 0 THEN -2 ELSE -1 END WHERE attachment_id = 'b-1'; UPDATE attachment_chunks SET number = -number - 1 WHERE number < 0`, chunk},
		"a chunk too many":         {`INSERT INTO attachment_chunks SELECT attachment_id, 7, hash, cipher FROM attachment_chunks WHERE attachment_id = 'b-1' AND number = 0`, "stands outside of it"},
		"a chunk before the first": {`INSERT INTO attachment_chunks SELECT attachment_id, -7, hash, cipher FROM attachment_chunks WHERE attachment_id = 'b-1' AND number = 0`, "chunks are missing"},
		"another's chunk":          {`UPDATE attachment_chunks SET cipher = (SELECT cipher FROM attachment_chunks WHERE attachment_id = 'b-2') WHERE attachment_id = 'b-1' AND number = 1`, chunk},
		"another's key":            {`UPDATE attachments SET content_key = (SELECT content_key FROM attachments WHERE id = 'b-2') WHERE id = 'b-1'`, "does not decrypt"},
		"another's body":           {`UPDATE attachments SET body = (SELECT body FROM attachments WHERE id = 'b-2') WHERE id = 'b-1'`, "does not decrypt"},
		"moved to another":         {`UPDATE attachments SET record_id = 'r-maja' WHERE id = 'b-1'`, column},
		"made by another device":   {`UPDATE attachments SET device_id = 'x' WHERE id = 'b-1'`, column},
		"longer than it is":        {`UPDATE attachments SET chunks = chunks + 1 WHERE id = 'b-1'`, column},
		"a draft passed as done":   {`UPDATE attachments SET whole = 0 WHERE id = 'b-1'`, column},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, live)
			h.attaches("b-1", "r-maj", "a.txt", bytes.Repeat([]byte("a"), record.ChunkSize+1))
			h.attaches("b-2", "r-maj", "a.txt", []byte("b"))
			h.sound()
			h.sql(strings.ReplaceAll(c.change, "ZEROS", h.zeros(32)))
			says := strings.Join(must[gate.Verification](t)(h.gate.VerifyAll(context.Background())).Problems, "\n")
			if (says == "") != (c.says == "") || !strings.Contains(says, c.says) {
				t.Errorf("verify says %q", says)
			}
		})
	}
}

// Of one under way verify sees as much, and does not fall over what cannot be.
func TestAChangedDraftIsNotSound(t *testing.T) {
	for number, says := range map[int]string{1: "", 0: "not what was signed", 2: "stands outside of it", -1: "stands outside of it"} {
		h := newHouse(t, live)
		bo := h.enrolled("bo.ek")
		m := bo.makes("r-maj", "s-maj", strings.Repeat("Fukt. ", 200_000)) // two chunks
		bo.hands(bo.batch(bo.say(m.entry, nil)))
		must[link.Handed](t)(bo.client.Made(context.Background(), m.ask))
		must[link.Handed](t)(bo.client.HandInChunk(context.Background(), m.draft.ID, 1, m.chunks[1]))
		h.sql(fmt.Sprintf(`UPDATE attachment_chunks SET number = %d`, number))
		got := strings.Join(must[gate.Verification](t)(h.gate.VerifyAll(context.Background())).Problems, "\n")
		if (got == "") != (says == "") || !strings.Contains(got, says) {
			t.Errorf("as number %d: verify says %q", number, got)
		}
	}
}

func TestAttachmentsAreImported(t *testing.T) {
	h := newHouse(t, live)
	ctx := context.Background()
	files := fstest.MapFS{"bilder/hissen.txt": {Data: []byte("Hissen står.")}, "bilder/annan.txt": {Data: []byte("Hissen går.")}, "bilder/x.exe": {Data: []byte("MZ\x00")}}
	line := `{"type":"attachment","id":"b-1","record":"r-maj","file":"bilder/hissen.txt"}` + "\n"
	if done := must[gate.Imported](t)(h.gate.ImportFiles(ctx, strings.NewReader(line), files)); done.Added != 1 {
		t.Errorf("%+v", done)
	}
	if done := must[gate.Imported](t)(h.gate.ImportFiles(ctx, strings.NewReader(line), files)); done.Unchanged != 1 {
		t.Errorf("again: %+v", done)
	}
	for what, line := range map[string]string{
		"another file under its ID": `{"type":"attachment","id":"b-1","record":"r-maj","file":"bilder/annan.txt"}`,
		"a program":                 `{"type":"attachment","id":"b-2","record":"r-maj","file":"bilder/x.exe"}`,
		"a file that is not there":  `{"type":"attachment","id":"b-2","record":"r-maj","file":"bilder/none.txt"}`,
		"a folder":                  `{"type":"attachment","id":"b-2","record":"r-maj","file":"bilder"}`,
		"a file outside":            `{"type":"attachment","id":"b-2","record":"r-maj","file":"../hissen.txt"}`,
		"on no record":              `{"type":"attachment","id":"b-2","record":"r-none","file":"bilder/annan.txt"}`,
		"without an ID":             `{"type":"attachment","record":"r-maj","file":"bilder/annan.txt"}`,
	} {
		if _, err := h.gate.ImportFiles(ctx, strings.NewReader(line), files); err == nil || strings.Contains(err.Error(), "bilder") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := h.gate.Import(ctx, strings.NewReader(line)); err == nil {
		t.Error("without files an attachment is taken")
	}
	if files := h.enrolled("bo.ek").files(""); files["hissen.txt"] != "Hissen står." {
		t.Errorf("Bo gets %v", files)
	}
	h.sound()
}

// What is begun and not ended takes up a device's room, not the organisation's: nothing has come of it yet, and no
// more of it is promised than a gibibyte.
func TestADeviceBeginsSoMuchAtOnceAndNoMore(t *testing.T) {
	h := newHouse(t, live)
	bo := h.enrolled("bo.ek")
	begin := func(n int, size uint64) link.Code {
		m := bo.makes("r-maj", "s-maj", "a")
		m.draft.ID, m.draft.Size, m.draft.Chunks = journal.AttachmentID(fmt.Sprintf("b-%d", n)), size, bytes.Repeat([]byte{byte(n)}, 32*int((size+record.ChunkSize-1)/record.ChunkSize))
		again, key, err := record.SealAttachment(record.Attachment{Org: m.draft.Org, ID: m.draft.ID, Record: m.draft.Record, Subject: m.draft.Subject, Device: m.draft.Device, Size: 1},
			record.Label{Name: "a", Type: record.Text}, strings.NewReader("a"), func(record.ChunkHash, []byte) error { return nil })
		ok(t, err)
		again.Size, again.Chunks = m.draft.Size, m.draft.Chunks
		entry := m.entry
		entry.Attachment, entry.Content = again.ID, must[[]byte](t)(again.Digest())
		bo.hands(bo.batch(bo.say(entry, nil)))
		_, err = bo.client.Made(context.Background(), link.MadeAttachment{Draft: must[[]byte](t)(again.EncodeDraft()),
			ContentKey: must[[]byte](t)(identity.Seal(h.statement.Sealing[0], record.MadeKeyInfo(again.Org, again.ID, again.Device), key))})
		return code(t, err)
	}
	for n := range 8 {
		if got := begin(n, 128<<20); got != "" {
			t.Fatalf("number %d: %s", n, got)
		}
	}
	if got := begin(9, 1); got != link.CodeTooMany {
		t.Errorf("beyond a gibibyte: %s", got)
	}
}
