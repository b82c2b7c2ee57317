package connected_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"handslag/app/connected/gate"
	"handslag/identity"
	"handslag/sync/link"
	"handslag/testnet/demo"
	"handslag/vault/journal"
)

func TestTheDemoOrganisationComesInWhole(t *testing.T) {
	h := newHouse(t, live)
	ctx := context.Background()
	o := demo.Organisation(demo.DefaultSeed, h.clock.Now())
	var lines bytes.Buffer
	ok(t, o.WriteJSONL(&lines))
	data := lines.Bytes()
	first := must[gate.Imported](t)(h.gate.Import(ctx, bytes.NewReader(data)))
	if first.Lines != len(o.Units)+len(o.Roles)+len(o.Users)+len(o.Records)+len(o.Assignments) {
		t.Errorf("imported %+v", first)
	}
	again := must[gate.Imported](t)(h.gate.Import(ctx, bytes.NewReader(data)))
	if again.Added+again.Changed != 0 {
		t.Errorf("again: %+v", again)
	}
	bo, anna := h.enrolled(demo.BoUsername), h.enrolled(demo.AnnaUsername)
	for _, r := range all(bo).Records {
		if bytes.Contains(r.Record, []byte(demo.MorningRecordID)) {
			t.Error("Bo was sent the record that only Anna holds")
		}
	}
	found, work := false, false
	for _, r := range all(anna).Records {
		found = found || bytes.Contains(r.Record, []byte(demo.MorningRecordID))
	}
	for _, a := range all(bo).Assignments {
		work = work || bytes.Contains(a.Assignment, []byte(demo.MorningAssignmentID))
	}
	if !found || !work {
		t.Errorf("Anna has the record: %v; Bo has the assignment: %v", found, work)
	}
	h.sound()
}

// all follows the cursor to the end.
func all(d *device) link.Page {
	whole := d.changes("")
	for page := whole; page.More; {
		page = d.changes(page.Cursor)
		whole.Records = append(whole.Records, page.Records...)
		whole.Assignments = append(whole.Assignments, page.Assignments...)
	}
	return whole
}

func TestAnImportIsAllOrNothingAndNamesTheLine(t *testing.T) {
	h := newHouse(t, live)
	ctx := context.Background()
	good := `{"type":"unit","id":"ny","name":"Ny"}` + "\n\n"
	for name, c := range map[string]struct {
		line string
		want error
	}{
		"no JSON":                          {`{"type":"unit"`, gate.ErrInput},
		"two objects":                      {`{"type":"unit","id":"a","name":"A"} {}`, gate.ErrInput},
		"an unknown type":                  {`{"type":"building"}`, gate.ErrInput},
		"a key with a slip":                {`{"type":"record","heldby":[]}`, gate.ErrInput},
		"a unit without a name":            {`{"type":"unit","id":"a"}`, gate.ErrInput},
		"an ID with spaces":                {`{"type":"unit","id":"a b","name":"A"}`, gate.ErrInput},
		"a right nobody knows":             {`{"type":"role","id":"x","name":"X","grants":[{"right":"record.write","scope":"own"}]}`, gate.ErrInput},
		"a user of an unknown unit":        {`{"type":"user","username":"x","first":"X","last":"Y","unit":"borta"}`, gate.ErrUnknown},
		"a user of an unknown role":        {`{"type":"user","username":"x","first":"X","last":"Y","roles":["kung"]}`, gate.ErrUnknown},
		"a username in capitals":           {`{"type":"user","username":"X","first":"X","last":"Y"}`, gate.ErrInput},
		"a record with an unknown person":  {`{"type":"record","id":"r","kind":"person","subject":"s","unit":"norra","people":["x.y"],"card":{"title":"T"}}`, gate.ErrUnknown},
		"a record without a card":          {`{"type":"record","id":"r","kind":"person","subject":"s","unit":"norra"}`, gate.ErrInput},
		"a record that changes its person": {`{"type":"record","id":"r-maj","kind":"person","subject":"s-new","unit":"norra","card":{"title":"T"}}`, gate.ErrInput},
		"a street on a protected card":     {`{"type":"record","id":"r","kind":"person","subject":"s","unit":"norra","protected_identity":true,"card":{"title":"U-1","street":"Gatan 1"}}`, gate.ErrInput},
		"a name on a protected card":       {`{"type":"record","id":"r","kind":"person","subject":"s","unit":"norra","protected_identity":true,"card":{"title":"Maja V"},"protected":{"name":"Maja V"}}`, gate.ErrInput},
		"a protected part with a list":     {`{"type":"record","id":"r","kind":"person","subject":"s","unit":"norra","card":{"title":"T"},"protected":{"phones":["1"]}}`, gate.ErrInput},
		"a protected field twice":          {`{"type":"record","id":"r","kind":"person","subject":"s","unit":"norra","card":{"title":"T"},"protected":{"a":"1","a":"2"}}`, gate.ErrInput},
		"an assignment of no record":       {`{"type":"assignment","id":"U","record":"r-none","unit":"norra","title":"T"}`, gate.ErrUnknown},
		"an assignment due some day":       {`{"type":"assignment","id":"U","unit":"norra","title":"T","due":"i morgon"}`, gate.ErrInput},
		"a name that moves the cursor":     {`{"type":"user","username":"x","first":"X\u001b[2J","last":"Y"}`, gate.ErrInput},
		"a unit on two lines":              {`{"type":"unit","id":"a","name":"A\nB"}`, gate.ErrInput},
		"a title written backwards":        {`{"type":"record","id":"r","kind":"person","subject":"s","unit":"norra","card":{"title":"T\u202eU"}}`, gate.ErrInput},
		"an assignment on two lines":       {`{"type":"assignment","id":"U","unit":"norra","title":"T\r\nU"}`, gate.ErrInput},
		"an endless line":                  {`{"type":"unit","id":"a","name":"` + strings.Repeat("a", 600<<10) + `"}`, gate.ErrInput},
	} {
		_, err := h.gate.Import(ctx, strings.NewReader(good+c.line+"\n"))
		if !errors.Is(err, c.want) || !strings.Contains(fmt.Sprint(err), "line 3:") {
			t.Errorf("%s: %v", name, err)
		}
		if len(fmt.Sprint(err)) > 300 || strings.Contains(fmt.Sprint(err), "Maja") {
			t.Errorf("%s: the error repeats the line", name)
		}
	}
	for _, unit := range must[[]identity.Unit](t)(h.gate.ListUnits(ctx)) {
		if unit.ID == "ny" {
			t.Error("half an import stays")
		}
	}
	h.sound()
}

func FuzzImport(f *testing.F) {
	seeds := 0
	for _, line := range strings.Split(strings.TrimSpace(staff+things), "\n") {
		f.Add([]byte(line))
		seeds++
	}
	if seeds == 0 {
		f.Fatal("no seeds")
	}
	f.Add([]byte(staff + things))
	h := newHouse(f, live)
	f.Fuzz(func(t *testing.T, data []byte) {
		first, err := h.gate.Import(context.Background(), bytes.NewReader(data))
		if err != nil {
			return
		}
		again, err := h.gate.Import(context.Background(), bytes.NewReader(data))
		if err != nil || again.Lines != first.Lines {
			t.Errorf("taken once as %+v, then %+v, %v", first, again, err)
		}
	})
}

func FuzzHandIn(f *testing.F) {
	h := newHouse(f, live)
	bo := h.enrolled("bo.ek")
	all := bo.items(3)
	words := bo.say(journal.Entry{Kind: journal.RecordOpened, Subject: "s-maj"}, &journal.Details{Reason: "läcka"})
	for _, batch := range [][]byte{bo.batch(all...), bo.batch(all[2]), bo.batch(words), bo.batch(all[0], all[0]), {}, {0xa0}} {
		f.Add(batch)
	}
	handler := h.server.Config.Handler
	runs := 0
	f.Fuzz(func(t *testing.T, data []byte) {
		h.t = t
		h.clock.pass(time.Minute)
		request := httptest.NewRequest(http.MethodPost, link.PathJournal, bytes.NewReader(data))
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request)
		switch answer.Code {
		case http.StatusOK:
			bo.reach(answer.Body.Bytes())
		case http.StatusBadRequest:
		default:
			t.Errorf("status %d: %s", answer.Code, answer.Body)
		}
		if runs++; runs%32 == 1 { // the log grows, and each verification reads all of it
			h.sound()
		}
	})
}
