package connected_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"handslag/app/connected/gate"
	"handslag/identity"
	"handslag/sync/link"
	"handslag/vault/journal"
	"handslag/vault/journal/evidence"
)

// southern is a record of the unit that Dora reviews, beside those of the other.
const southern = `{"type":"record","id":"r-sod","kind":"person","subject":"s-sod","unit":"sodra","people":["carl.ask"],"card":{"title":"Sune Söder","area":"Hamnen"},"protected":{"name":"Sune Söder"}}
`

// units is a house in which Dora may review what is of Södra, where she and Carl serve, and Anna everything.
type units struct {
	*house
	anna, bo, carl, dora *device
}

func newUnits(t *testing.T) units {
	h := newHouse(t, live)
	must[gate.Imported](t)(h.gate.Import(context.Background(), strings.NewReader(southern)))
	return units{h, h.enrolled("anna.lind"), h.enrolled("bo.ek"), h.enrolled("carl.ask"), h.enrolled("dora.alm")}
}

// opens has a device open a record.
func (d *device) opens(record journal.RecordID, subject journal.SubjectID) {
	d.hands(d.batch(d.say(journal.Entry{Kind: journal.RecordOpened, Record: record, Subject: subject}, nil)))
}

// skips has a device hand in an entry whose predecessor has not come: a gap.
func (d *device) skips() {
	d.say(journal.Entry{Kind: journal.Unlocked}, nil)
	d.hands(d.batch(d.say(journal.Entry{Kind: journal.Unlocked}, nil)))
}

// told is a page's rows, the oldest first: what was done by whom, with whose data, and to whom it went.
func told(page link.LogPage) string {
	var all []string
	for _, r := range slices.Backward(page.Rows) {
		line := strings.Split(r.Person.Username, ".")[0] + " " + string(r.Kind) + " " + string(r.Record)
		if r.SubjectName != "" {
			line += " (" + r.SubjectName + ")"
		}
		if r.PeerName != "" && !r.System {
			line += " with " + r.PeerName
		}
		if r.Other != nil {
			line += " and " + r.Other.Person.Username
		}
		all = append(all, line)
	}
	return strings.Join(all, "\n")
}

// What a unit's reviewer sees is what was said by who served there then; of others' records and assignments no names, and of
// two halves their own. Break it: leave out reach.bound, the halves' reach.entries, or what learnThings does not name.
func TestAUnitsReviewerSeesWhatWasSaidThere(t *testing.T) {
	h := newUnits(t)
	h.carl.opens("r-sod", "s-sod")
	h.carl.opens("r-maj", "s-maj")
	h.bo.opens("r-sod", "s-sod")
	pair := make([]byte, 32)
	rand.Read(pair)
	h.carl.hands(h.carl.batch(h.carl.say(journal.Entry{Kind: journal.ShareSent, Record: "r-sod", Subject: "s-sod", Peer: h.bo.keys.Device(), Pair: pair}, nil)))
	h.bo.hands(h.bo.batch(h.bo.say(journal.Entry{Kind: journal.ShareReceived, Record: "r-sod", Subject: "s-sod", Peer: h.carl.keys.Device(), Pair: pair}, nil)))
	carls := `carl system.signed_in 
carl record.opened r-sod (Sune Söder)
carl record.opened r-maj
carl share.sent r-sod (Sune Söder) with Bo Ek`
	for name, c := range map[string]struct {
		filter     link.LogFilter
		anna, dora string
	}{
		"by kind": {link.LogFilter{Kind: journal.RecordOpened}, `carl record.opened r-sod (Sune Söder)
carl record.opened r-maj (Maj Ripsele)
bo record.opened r-sod (Sune Söder)`, `carl record.opened r-sod (Sune Söder)
carl record.opened r-maj`},
		"by person":                    {link.LogFilter{Person: "carl.ask", Device: h.carl.keys.Device()}, strings.Replace(strings.Replace(carls, "r-maj", "r-maj (Maj Ripsele)", 1), "Bo Ek", "Bo Ek and bo.ek", 1), carls},
		"by another's person":          {link.LogFilter{Person: "bo.ek", Kind: journal.RecordOpened}, "bo record.opened r-sod (Sune Söder)", ""},
		"by another's device":          {link.LogFilter{Device: h.bo.keys.Device(), Kind: journal.RecordOpened}, "bo record.opened r-sod (Sune Söder)", ""},
		"by record":                    {link.LogFilter{Record: "r-sod", Kind: journal.RecordOpened}, "carl record.opened r-sod (Sune Söder)\nbo record.opened r-sod (Sune Söder)", "carl record.opened r-sod (Sune Söder)"},
		"by another's record":          {link.LogFilter{Record: "r-maj", Kind: journal.RecordOpened}, "carl record.opened r-maj (Maj Ripsele)", "carl record.opened r-maj"},
		"by subject and day":           {link.LogFilter{Subject: "s-sod", Day: "2026-11-23", Kind: journal.RecordOpened}, "carl record.opened r-sod (Sune Söder)\nbo record.opened r-sod (Sune Söder)", "carl record.opened r-sod (Sune Söder)"},
		"by one's own unit":            {link.LogFilter{Unit: "sodra", Kind: journal.ShareSent}, "carl share.sent r-sod (Sune Söder) with Bo Ek and bo.ek", "carl share.sent r-sod (Sune Söder) with Bo Ek"},
		"by another unit":              {link.LogFilter{Unit: "norra", Kind: journal.RecordOpened}, "bo record.opened r-sod (Sune Söder)", ""},
		"what a stranger was refused":  {link.LogFilter{Kind: journal.CallRefused}, "", ""},
		"of a person nobody is called": {link.LogFilter{Person: "nils.noll"}, "", ""},
	} {
		if got := told(h.anna.log(c.filter)); got != c.anna {
			t.Errorf("%s Anna sees\n%s\nnot\n%s", name, got, c.anna)
		}
		page := h.dora.log(c.filter)
		if got := told(page); got != c.dora || page.Cursor != "" || !reflect.DeepEqual(page.Within, []identity.Unit{{ID: "sodra", Name: "Södra"}}) {
			t.Errorf("%s Dora sees\n%s\nnot\n%s\ncursor %q", name, got, c.dora, page.Cursor)
		}
	}
	for _, r := range h.dora.log(link.LogFilter{}).Rows {
		if !slices.ContainsFunc(r.Units, func(u identity.Unit) bool { return u.ID == "sodra" }) {
			t.Errorf("Dora sees %+v", r)
		}
	}
}

// Each way past the bound that there might be ends as it does for what is not there.
func TestAUnitsReviewerDoesNotBreakOut(t *testing.T) {
	h, ctx := newUnits(t), context.Background()
	h.bo.opens("r-maj", "s-maj")
	h.carl.opens("r-sod", "s-sod")
	h.anna.changes("")
	bos := h.anna.log(link.LogFilter{Person: "bo.ek", Kind: journal.RecordOpened}).Rows[0]
	carls := h.anna.log(link.LogFilter{Person: "carl.ask", Kind: journal.RecordOpened}).Rows[0]
	refusal := func(err error) string {
		t.Helper()
		code(t, err)
		return fmt.Sprint(err)
	}
	// Evidence.
	absent := refusal(second(h.dora.client.Evidence(ctx, []int64{1 << 40})))
	for name, places := range map[string][]int64{"another's": {bos.ID}, "the system's": {1}, "among one's own": {carls.ID, bos.ID}} {
		if got := refusal(second(h.dora.client.Evidence(ctx, places))); got != absent {
			t.Errorf("evidence of an entry that is %s: %s, of none: %s", name, got, absent)
		}
	}
	for _, d := range []*device{h.bo, h.dora} {
		if refused := d.handsCosigned(d.vouches(carls.ID + 1)); refused != "" {
			t.Fatal(refused)
		}
	}
	bundle := must[[]byte](t)(h.dora.client.Evidence(ctx, []int64{carls.ID}))
	if one := must[evidence.Bundle](t)(evidence.Decode(bundle)); len(one.Entries) != 1 || len(one.Credentials) != 2 { // Carl's, and Dora's as a witness; Bo is one for who may see him
		t.Errorf("evidence of Carl's has %d entries and %d credentials", len(one.Entries), len(one.Credentials))
	}
	// A spread.
	nobodys := refusal(second(h.dora.client.Spread(ctx, link.SpreadFilter{Record: "r-none"})))
	if got := refusal(second(h.dora.client.Spread(ctx, link.SpreadFilter{Record: "r-maj"}))); got != nobodys || got == "<nil>" {
		t.Errorf("the spread of another's record: %s, of none: %s", got, nobodys)
	}
	passes(h.carl, h.bo, time.Hour, h.carl, h.bo)
	if s := h.dora.spread(link.SpreadFilter{Record: "r-sod"}); s.SubjectName != "Sune Söder" {
		t.Errorf("the spread of a record of hers: %+v", s)
	}
	// What takes the log away as a whole, or says how much there is.
	for name, err := range map[string]error{
		"export":    second(h.dora.client.ExportLog(ctx, "", "json")),
		"witnesses": second(h.dora.client.Witnesses(ctx)),
	} {
		if code(t, err) != link.CodeForbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Cursors of who sees more, and of nobody.
	for place, last := int64(1), h.anna.log(link.LogFilter{Limit: 1}).Rows[0].ID; place <= last; place++ {
		page, err := h.dora.client.Log(ctx, link.LogFilter{After: fmt.Sprint(place)})
		ok(t, err)
		for _, r := range append(page.Rows, link.LogRow{ID: place - 1, Units: []identity.Unit{{ID: "sodra"}}}) {
			if r.ID >= place || !slices.ContainsFunc(r.Units, func(u identity.Unit) bool { return u.ID == "sodra" }) {
				t.Errorf("behind %d Dora sees %+v", place, r)
			}
		}
	}
	// What one looks for says nothing of whether it is there, now or in the look's own entry.
	for _, pair := range [][2]link.LogFilter{
		{{Record: "r-maja"}, {Record: "r-nnnn"}}, {{Assignment: "W-2300"}, {Assignment: "W-9999"}}, {{Unit: "norra"}, {Unit: "vastr"}},
		{{Person: "bo.ek"}, {Person: "bo.ekk"}}, {{Subject: "s-maja"}, {Subject: "s-nnnn"}}, {{Device: h.anna.keys.Device()}, {Device: identity.DeviceIDOf(newKey(t).Public())}},
	} {
		there, gone := h.dora.log(pair[0]), h.dora.log(pair[1])
		looks := h.dora.log(link.LogFilter{Kind: journal.LogRead, Limit: 2}).Rows
		if !reflect.DeepEqual(there, gone) || looks[1].SubjectName != "" || looks[1].AssignmentTitle != "" || pair[0].Record != "" && looks[1].Subject != "" {
			t.Errorf("%+v answers %+v, and what is not there %+v; the look is %+v", pair[0], there, gone, looks[1])
		}
		if !strings.Contains(looks[1].Note, "within=sodra") {
			t.Errorf("the look says %q of how far it went", looks[1].Note)
		}
	}
}

// Findings are told of whose journal is of somebody who serves there now. Break it: let reach.person be true.
func TestAUnitsReviewerSeesItsFindings(t *testing.T) {
	h := newUnits(t)
	h.bo.skips()
	h.carl.skips()
	list := func(d *device, f link.FindingFilter) string {
		page := must[link.FindingPage](t)(d.client.Findings(context.Background(), f))
		var all []string
		for _, one := range page.Findings {
			all = append(all, one.Person.Username+" "+one.Code)
		}
		slices.Sort(all)
		if page.Cursor != "" {
			all = append(all, "and more")
		}
		return strings.Join(all, ", ")
	}
	for name, c := range map[string]struct {
		filter     link.FindingFilter
		anna, dora string
	}{
		"all":            {link.FindingFilter{}, "bo.ek gap, carl.ask gap", "carl.ask gap"},
		"one":            {link.FindingFilter{Limit: 1}, "carl.ask gap, and more", "carl.ask gap"},
		"open":           {link.FindingFilter{Open: true}, "bo.ek gap, carl.ask gap", "carl.ask gap"},
		"Carl's":         {link.FindingFilter{Person: "carl.ask"}, "carl.ask gap", "carl.ask gap"},
		"Bo's":           {link.FindingFilter{Person: "bo.ek"}, "bo.ek gap", ""},
		"by Bo's device": {link.FindingFilter{Device: h.bo.keys.Device()}, "bo.ek gap", ""},
	} {
		if anna, dora := list(h.anna, c.filter), list(h.dora, c.filter); anna != c.anna || dora != c.dora {
			t.Errorf("%s: Anna sees %q, Dora %q", name, anna, dora)
		}
	}
	if found := h.dora.log(link.LogFilter{}).Found; len(found) != 1 || found[0].Person.Username != "carl.ask" {
		t.Errorf("on the log's first page: %+v", found)
	}
	if found := h.dora.log(link.LogFilter{Person: "bo.ek"}).Found; len(found) != 0 {
		t.Errorf("on a page by Bo: %+v", found)
	}
}

// Findings of a unit behind more of others' than one look goes through are found by going on, not lost.
func TestAUnitsFindingsBehindManyOfOthers(t *testing.T) {
	h := newUnits(t)
	h.carl.skips()
	h.bo.skips()
	h.sql(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1100)
		INSERT INTO findings (id, code, device_id, person_id, generation, seq, hash, at, times, closed_at)
		SELECT 1000 + i, code, device_id, person_id, 7, i, hash, at, 1, 0 FROM findings, n WHERE device_id = '` + string(h.bo.keys.Device()) + `'`)
	for name, f := range map[string]link.FindingFilter{"all": {}, "one at a time": {Limit: 1}, "open": {Open: true}, "by code": {Code: "gap"}} {
		var all []string
		for pages := 0; pages == 0 || f.After != ""; pages++ {
			page := must[link.FindingPage](t)(h.dora.client.Findings(context.Background(), f))
			for _, one := range page.Findings {
				all = append(all, one.Person.Username)
			}
			if f.After = page.Cursor; pages > 9 {
				t.Fatalf("%s: no last page", name)
			}
		}
		if !slices.Equal(all, []string{"carl.ask"}) {
			t.Errorf("%s: Dora sees those of %v", name, all)
		}
	}
}

// How far somebody may see is judged anew at each call.
func TestAUnitsReviewerIsJudgedAtEachCall(t *testing.T) {
	h, ctx := newUnits(t), context.Background()
	h.bo.opens("r-maj", "s-maj")
	h.carl.opens("r-sod", "s-sod")
	opened := link.LogFilter{Kind: journal.RecordOpened}
	if got := told(h.dora.log(opened)); got != "carl record.opened r-sod (Sune Söder)" {
		t.Errorf("in Södra Dora sees %s", got)
	}
	move := func(to string) {
		t.Helper()
		must[gate.Imported](t)(h.gate.Import(ctx, strings.NewReader(strings.Replace(staff, `"last":"Alm","unit":"sodra"`, `"last":"Alm",`+to, 1))))
	}
	move(`"unit":"norra"`)
	if got := told(h.dora.log(opened)); got != "bo record.opened r-maj (Maj Ripsele)" {
		t.Errorf("in Norra Dora sees %s", got)
	}
	ok(t, h.gate.TakeRole(ctx, "dora.alm", "unit_reviewer"))
	if _, err := h.dora.client.Log(ctx, opened); code(t, err) != link.CodeForbidden {
		t.Errorf("without the role: %v", err)
	}
}

// A page by a record of one's own that others have opened thousands of times tells none of their places.
// Break it: return found where it was cut.
func TestACursorNamesNobodyElsesEntry(t *testing.T) {
	h := newUnits(t)
	h.carl.opens("r-sod", "s-sod")
	many := func(d *device, batches int, e journal.Entry) {
		for range batches {
			var items []journal.Item
			for range 400 {
				items = append(items, d.say(e, nil))
			}
			h.clock.pass(time.Minute)
			d.hands(d.batch(items...))
		}
	}
	many(h.bo, 4, journal.Entry{Kind: journal.RecordOpened, Record: "r-sod", Subject: "s-sod"})
	many(h.carl, 2, journal.Entry{Kind: journal.Unlocked}) // so that the record's entries lie further apart than the unit's
	page := h.dora.log(link.LogFilter{Record: "r-sod", Kind: journal.RecordOpened})
	if got := told(page); got != "carl record.opened r-sod (Sune Söder)" || page.Cursor != "" {
		t.Errorf("Dora sees %s, and goes on at %q", got, page.Cursor)
	}
}
