package connected_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"

	"handslag/app/connected/feed"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
)

// exporter is a device whose person may take the log into another system.
func (h *house) exporter() *device {
	h.t.Helper()
	ok(h.t, h.gate.GrantRole(context.Background(), "dora.alm", "exporter"))
	return h.enrolled("dora.alm")
}

// exports asks for the page behind a cursor.
func (d *device) exports(after string) []feed.Line {
	d.h.t.Helper()
	return linesOf(d.h.t, must[[]byte](d.h.t)(d.client.ExportLog(context.Background(), after, "")))
}

func linesOf(t testing.TB, text []byte) (all []feed.Line) {
	t.Helper()
	for line := range bytes.Lines(text) {
		var one feed.Line
		d := json.NewDecoder(bytes.NewReader(line))
		d.DisallowUnknownFields()
		ok(t, d.Decode(&one))
		all = append(all, one)
	}
	return all
}

// export is the administrator's, from a cursor on.
func (h *house) export(after string) []feed.Line {
	h.t.Helper()
	var b bytes.Buffer
	ok(h.t, h.gate.ExportLog(context.Background(), must[feed.Cursor](h.t)(feed.ParseCursor(after)), func(e feed.Entry) error {
		line, err := feed.Lines.Write(e, h.statement.Org())
		b.Write(append(line, '\n'))
		return err
	}))
	return linesOf(h.t, b.Bytes())
}

// Two processes take journals in while somebody follows the log through both: each entry comes once, in one
// order, and with nothing missing; who reads it all later reads the same.
func TestTheLogIsExportedOnceWhileItGrows(t *testing.T) {
	h := newHouse(t, live)
	dora := h.exporter()
	houses := []*house{h, h.beside()}
	var writers sync.WaitGroup
	for i := range 4 {
		d := h.enrolled("bo.ek").visits(houses[i%2])
		writers.Go(func() {
			for range 12 {
				d.hands(d.batch(d.items(5)...))
			}
		})
	}
	done := make(chan struct{})
	go func() { writers.Wait(); close(done) }()
	there := []*device{dora, dora.visits(houses[1])}
	var got []feed.Line
	cursor, over := "", false
	for i := 0; ; i++ {
		page := there[i%2].exports(cursor)
		got = append(got, page...)
		if len(page) > 0 {
			cursor = page[len(page)-1].Cursor
			continue
		}
		if over {
			break
		}
		select {
		case <-done:
			over = true
		default:
		}
	}
	said, signers := 0, h.signers()
	for i, line := range got {
		if line.Place != int64(i+1) {
			t.Fatalf("line %d is entry %d", i+1, line.Place)
		}
		e := must[journal.Entry](t)(journal.OpenEntry(line.Entry, signers[line.Device])) // as anybody can who has the public keys
		if line.Kind != e.Kind || line.Device != e.Device || line.Seq != e.Seq {
			t.Errorf("line %+v is of %+v", line, e)
		}
		if !line.System {
			said++
		}
	}
	if said != 4*12*5 {
		t.Errorf("%d entries of devices came", said)
	}
	if again := h.export(""); len(again) < len(got) || !slices.Equal(cursors(again[:len(got)]), cursors(got)) {
		t.Errorf("read later the log has %d lines, or others", len(again))
	}
	h.sound()
}

func cursors(lines []feed.Line) (all []string) {
	for _, line := range lines {
		all = append(all, line.Cursor+" "+line.ID+" "+line.Time)
	}
	return all
}

// signers are the keys under which each device's entries verify.
func (h *house) signers() map[identity.DeviceID]signed.Key {
	h.t.Helper()
	db := h.database()
	defer db.Close()
	rows := must[*sql.Rows](h.t)(db.Query("SELECT body FROM credentials"))
	defer rows.Close()
	keys := map[identity.DeviceID]signed.Key{identity.DeviceIDOf(h.statement.Log[0]): h.statement.Log[0]}
	for rows.Next() {
		var body []byte
		ok(h.t, rows.Scan(&body))
		c := must[identity.Credential](h.t)(identity.OpenCredential(body, h.statement.Org(), h.statement.Issuing))
		keys[c.Device()] = c.Keys.Signing
	}
	ok(h.t, rows.Err())
	return keys
}

// Who takes the log is in it; who would get nothing but that gets it without more, so that following comes to rest.
func TestTakingTheLogIsInTheLog(t *testing.T) {
	h := newHouse(t, live)
	dora := h.exporter()
	first := dora.exports("")
	behind := first[len(first)-1].Cursor
	own := dora.exports(behind)
	if len(own) != 1 || own[0].Kind != journal.LogExported || own[0].Code != "http" || own[0].Count != uint64(len(first)) || own[0].Peer != dora.keys.Device() {
		t.Fatalf("behind the first page stands %+v", own)
	}
	if rest := dora.exports(own[0].Cursor); len(rest) != 0 {
		t.Errorf("and behind that %+v", rest)
	}
	if again := dora.exports(behind); len(again) != 1 || again[0].ID != own[0].ID {
		t.Errorf("asked again it is %+v", again)
	}
	file := h.export(behind)
	if len(file) != 1 {
		t.Errorf("the administrator's export of what was there has %d lines", len(file))
	}
	if after := dora.exports(own[0].Cursor); len(after) != 1 || after[0].Code != "file" || after[0].Count != 1 || after[0].Person != "" {
		t.Errorf("the administrator's export is told as %+v", after)
	} else if told := dora.exports(after[0].Cursor); len(told) != 1 || told[0].Code != "http" || told[0].Count != 1 {
		t.Errorf("that she has heard of another's export is told as %+v", told)
	}
	var notes []string
	for _, row := range h.enrolled("anna.lind").log(link.LogFilter{Kind: journal.LogExported}).Rows {
		notes = append(notes, row.Note)
	}
	if want := []string{"after " + own[0].Cursor, "after " + behind, "after "}; !slices.Equal(notes[len(notes)-3:], want) {
		t.Errorf("it is said that they went on %q, want %q", notes, want)
	}
}

// A cursor that names what is not there is refused, whatever it is.
// Two systems that follow the log hear of each other's asking, and do not answer it for ever.
func TestTwoWhoFollowTheLogComeToRest(t *testing.T) {
	h := newHouse(t, live)
	dora := h.exporter()
	ok(t, h.gate.GrantRole(context.Background(), "bo.ek", "exporter"))
	bo := h.enrolled("bo.ek")
	at := map[*device]string{}
	for range 3 {
		for _, d := range []*device{dora, bo} {
			if lines := d.exports(at[d]); len(lines) > 0 {
				at[d] = lines[len(lines)-1].Cursor
			}
		}
	}
	for _, d := range []*device{dora, bo} {
		if lines := d.exports(at[d]); len(lines) != 0 {
			t.Errorf("behind what both have there is %+v", lines)
		}
	}
}

func TestACursorOfAnotherLogIsRefused(t *testing.T) {
	h, ctx := newHouse(t, live), context.Background()
	dora := h.exporter()
	lines := dora.exports("")
	last := lines[len(lines)-1].Cursor
	parts := strings.Split(last, "-")
	for cursor, want := range map[string]link.Code{
		"x": link.CodeBadRequest, "-1": link.CodeBadRequest, last + "0": link.CodeBadRequest, strings.ToUpper(last) + "A": link.CodeBadRequest,
		"1-3-0000000000000000":                link.CodeCursor, // another entry stands there
		"1-99999-" + parts[2]:                 link.CodeCursor, // nothing does
		"2-" + parts[1] + "-" + parts[2]:      link.CodeCursor, // of a generation that is still to come
		"1-9223372036854775807-" + parts[2]:   link.CodeCursor,
		parts[0] + "-" + "1" + "-" + parts[2]: link.CodeCursor,
	} {
		if _, err := dora.client.ExportLog(ctx, cursor, ""); code(t, err) != want {
			t.Errorf("%s: %v, want %s", cursor, err, want)
		}
	}
	if _, err := dora.client.ExportLog(ctx, "", "xml"); code(t, err) != link.CodeBadRequest {
		t.Errorf("a format that is none: %v", err)
	}
}

// The log was restored from a backup of its first entries: who had read further goes on behind the backup, and
// hears what stands there now.
func TestAnExportGoesOnBehindARestore(t *testing.T) {
	h := newHouse(t, live)
	dora, bo := h.exporter(), h.enrolled("bo.ek")
	bo.hands(bo.batch(bo.items(3)...))
	lines := dora.exports("")
	size := len(lines) - 2
	keys := h.config.Keys
	keys.Parsed.Number++
	keys.Parsed.Generations = []identity.LogGeneration{{Number: 2, Size: uint64(size), Root: make([]byte, 32)}}
	ok(t, h.gate.SetKeys(keys))
	for name, row := range map[string]struct {
		after string
		first int64
	}{
		"read further than the backup": {lines[len(lines)-1].Cursor, int64(size + 1)},
		"read as far":                  {lines[size-1].Cursor, int64(size + 1)},
		"read less":                    {lines[2].Cursor, 4},
	} {
		page := dora.exports(row.after)
		if len(page) == 0 || page[0].Place != row.first || !strings.HasPrefix(page[0].Cursor, "2-") {
			t.Errorf("%s: it goes on with %+v", name, page)
		}
	}
	// In the new generation the same place is held to its hash again.
	page := dora.exports(lines[2].Cursor)
	if next := dora.exports(page[len(page)-1].Cursor); len(next) > 0 && next[0].Place != page[len(page)-1].Place+1 {
		t.Errorf("behind %d comes %d", page[len(page)-1].Place, next[0].Place)
	}
}

// names are what must leave in no export: an ID may, and a code.
func names() (all []string) {
	ids := []string{"r-maj", "s-maj", "s-other", "W-2002"}
	for _, name := range planted() {
		if !slices.Contains(ids, name) {
			all = append(all, name)
		}
	}
	return all
}

// A whole morning leaves in every format, and names nobody.
func TestAnExportNamesNobody(t *testing.T) {
	h, ctx := newHouse(t, live), context.Background()
	bo, anna, dora := h.enrolled("bo.ek"), h.enrolled("anna.lind"), h.exporter()
	page := bo.changes("")
	bo.hands(bo.batch(
		bo.say(journal.Entry{Kind: journal.RecordOpened, Subject: "s-maj", Record: "r-maj", RecordVersion: 1}, &journal.Details{Reason: "Fuktfläck hos Maj"}),
		bo.say(journal.Entry{Kind: journal.RecordsSearched}, &journal.Details{Note: "Vintergrind 070-174"}),
		bo.signsWork(t, page, "W-2002", "Fläcken är torr")))
	anna.log(link.LogFilter{Subject: "s-maj", Person: "bo.ek"})
	h.attaches("b-maj", "r-maj", "hissen.txt", []byte("Hissen står."))
	stranger := h.newDevice("carl.ask")
	if _, err := stranger.client.Enrol(ctx, stranger.ask("gissning")); code(t, err) != link.CodeWrongPassword {
		t.Fatal(err)
	}
	h.post(t, "/v1/okänd.person", []byte("Maja Vintergrind"))
	h.erases("s-other")
	formats := map[string][]byte{}
	for _, format := range []string{"json", "ocsf"} {
		formats[format] = must[[]byte](t)(dora.client.ExportLog(ctx, "", format))
	}
	var syslog bytes.Buffer
	messages := feed.NewMessages(h.statement, feed.Lines)
	ok(t, h.gate.ExportLog(ctx, feed.Cursor{}, func(e feed.Entry) error {
		text, err := messages.Write(e)
		syslog.Write(bytes.ReplaceAll(text, []byte(" 127.0.0.1 handslag "), []byte(" host handslag "))) // the server's own name
		return err
	}))
	formats["syslog"] = syslog.Bytes()
	for format, text := range formats {
		if !bytes.Contains(text, []byte("r-maj")) || !bytes.Contains(text, []byte("W-2002")) {
			t.Errorf("%s lacks what it is about", format)
		}
		for _, line := range linesIf(t, format, text) {
			text = append(text, line.Entry...) // what is signed too
		}
		for _, name := range names() {
			if bytes.Contains(bytes.ToLower(text), []byte(strings.ToLower(name))) {
				t.Errorf("%s names %s", format, name)
			}
		}
	}
}

func linesIf(t *testing.T, format string, text []byte) []feed.Line {
	t.Helper()
	if format != "json" {
		return nil
	}
	return linesOf(t, text)
}

// Who hangs up in the middle of the administrator's export has a log that says that it began.
func TestAnExportThatIsCutWasBegun(t *testing.T) {
	h := newHouse(t, live)
	before := h.export("")
	n := 0
	err := h.gate.ExportLog(context.Background(), feed.Cursor{}, func(feed.Entry) error {
		if n++; n == 3 {
			return context.Canceled
		}
		return nil
	})
	if err == nil || n != 3 {
		t.Fatalf("after %d entries: %v", n, err)
	}
	after := h.export(before[len(before)-1].Cursor)
	if len(after) != 2 || after[1].Kind != journal.LogExported || after[1].Count != uint64(len(before)+1) {
		t.Errorf("the log says %+v", after)
	}
}
