package connected_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"handslag/app/connected/gate"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
)

// passes is one handing over of r-maj: both halves, which each hands in where they do.
func passes(from, to *device, until time.Duration, told ...*device) {
	h, pair := from.h, make([]byte, 32)
	rand.Read(pair)
	e := journal.Entry{Subject: "s-maj", Record: "r-maj", RecordVersion: 1, Pair: pair, Until: signed.At(h.clock.Now().Add(until))}
	sent, received := e, e
	sent.Kind, sent.Peer = journal.ShareSent, to.keys.Device()
	received.Kind, received.Peer = journal.ShareReceived, from.keys.Device()
	for _, d := range told {
		half := sent
		if d == to {
			half = received
		}
		d.hands(d.batch(d.say(half, nil)))
	}
}

func (d *device) spread(f link.SpreadFilter) link.Spread {
	d.h.t.Helper()
	return must[link.Spread](d.h.t)(d.client.Spread(context.Background(), f))
}

// drawing is the tree, one word for each thing that matters.
func drawing(s link.Spread) string {
	var lines []string
	for lead, c := range s.Drawn() {
		if c.SpreadCopy == nil {
			lines = append(lines, fmt.Sprintf("%s%d more", lead, c.Folded))
			continue
		}
		line := lead + strings.Split(c.Person.Username, ".")[0] + " " + string(c.Way) + " " + string(c.State)
		for _, word := range []struct {
			text string
			is   bool
		}{{" again", c.Again}, {" unseen", c.Unseen}, {" promise " + c.Promise, c.Promise != ""}} {
			if word.is {
				line += word.text
			}
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// The connected system lends a record to Anna, she hands it to Bo, he to Carl and to Dora; Carl has it from Anna too.
func TestTheSpreadOfARecordIsATreeOfWhoGaveItToWhom(t *testing.T) {
	h := newHouse(t, live)
	anna, bo, carl, dora := h.enrolled("anna.lind"), h.enrolled("bo.ek"), h.enrolled("carl.ask"), h.enrolled("dora.alm")
	if s := anna.spread(link.SpreadFilter{Record: "r-maj"}); len(s.Copies) != 0 || s.NoCopyAfter != 0 || s.Devices != 0 || s.SubjectName != "Maj Ripsele" {
		t.Errorf("before anybody has it: %+v", s)
	}
	dora.hands(dora.batch(dora.say(journal.Entry{Kind: journal.Enrolled, Code: "keyring"}, nil)))
	anna.changes("")
	h.clock.pass(time.Minute)
	passes(anna, bo, 48*time.Hour, anna, bo)
	h.clock.pass(time.Minute)
	passes(bo, carl, 24*time.Hour, bo, carl)
	passes(bo, dora, 36*time.Hour, bo) // Dora has not been in since
	h.clock.pass(time.Minute)
	passes(anna, carl, 12*time.Hour, anna, carl)

	s := anna.spread(link.SpreadFilter{Record: "r-maj"})
	want := `└─ anna sync open
   ├─ bo hand_over open
   │  ├─ carl hand_over open
   │  └─ dora hand_over open unseen promise best-effort
   └─ carl hand_over open again`
	if got := drawing(s); got != want {
		t.Errorf("the tree is\n%s\nnot\n%s", got, want)
	}
	annas := s.Copies[0]
	if lent := signed.At(h.clock.Now().Add(7*24*time.Hour - 3*time.Minute)); annas.Until != lent || s.NoCopyAfter != lent || annas.Record != 1 {
		t.Errorf("Anna's loan ends %v, and no copy opens after %v", annas.Until.Time(), s.NoCopyAfter.Time())
	}
	if s.Devices != 4 || s.Open != 4 || s.Unpromised != 4 {
		t.Errorf("%d devices, %d open, %d unpromised", s.Devices, s.Open, s.Unpromised)
	}
	if bos := annas.Copies[0]; bos.Halves != 2 || bos.Until != bos.First.Add(48*time.Hour) || annas.Copies[0].Copies[1].Halves != 1 {
		t.Errorf("Bo's: %+v", bos)
	}
	// A part of it alone.
	if got := drawing(bo.h.part(anna, bo.keys.Device(), "")); got != "├─ carl hand_over open\n└─ dora hand_over open unseen promise best-effort" {
		t.Errorf("from Bo on:\n%s", got)
	}
	if got := drawing(bo.h.part(anna, bo.keys.Device(), carl.keys.Device())); got != "└─ dora hand_over open unseen promise best-effort" {
		t.Errorf("from Bo on, behind Carl:\n%s", got)
	}

	// Carl's copy is gone, Bo's device erases what an order says, Dora is not heard of again.
	carl.hands(carl.batch(carl.say(journal.Entry{Kind: journal.RecordExpired, Subject: "s-maj", Record: "r-maj", RecordVersion: 1}, nil)))
	anna.hands(anna.batch(anna.say(journal.Entry{Kind: journal.FactorsChanged, Code: "keyring+tpm"}, nil)))
	done := h.erases("s-maj")
	bo.hands(bo.batch(bo.say(journal.Entry{Kind: journal.SubjectErased, Subject: "s-maj", Count: done.Number, Code: "none"}, nil)))
	h.clock.pass(37 * time.Hour)
	s = anna.spread(link.SpreadFilter{Record: "r-maj"})
	want = `└─ anna sync open promise full
   ├─ bo hand_over erased promise none
   │  ├─ carl hand_over gone
   │  └─ dora hand_over ended unseen promise best-effort
   └─ carl hand_over gone again`
	if got := drawing(s); got != want {
		t.Errorf("the tree is\n%s\nnot\n%s", got, want)
	}
	answer := s.Copies[0].Copies[0].Answer
	if answer == nil || answer.At < done.At || len(answer.Hash) != 32 {
		t.Fatalf("Bo's receipt: %+v", answer)
	}
	rows := anna.log(link.LogFilter{Subject: "s-maj", Kind: journal.SubjectErased}).Rows
	if len(rows) != 1 || rows[0].ID != answer.Entry || !slices.Equal(rows[0].Hash, answer.Hash) {
		t.Errorf("the receipt is entry %d: %+v", answer.Entry, rows)
	}
	report := must[gate.Erasure](t)(h.gate.Erasure(context.Background(), "s-maj"))
	if s.NoCopyAfter != report.NoCopyAfter || s.Ordered != done.At || s.Open != 1 || s.Unpromised != 3 {
		t.Errorf("no copy opens after %v, or %v; open %d, unpromised %d", s.NoCopyAfter.Time(), report.NoCopyAfter.Time(), s.Open, s.Unpromised)
	}
}

// What became of one copy, and after when it does not open: by what its device said, by its loan, by what was taken back.
func TestWhatBecomesOfACopy(t *testing.T) {
	day := 24 * time.Hour
	says := func(kind journal.Kind) func(bo, anna *device) {
		return func(bo, _ *device) {
			bo.hands(bo.batch(bo.say(journal.Entry{Kind: kind, Subject: "s-maj", Record: "r-maj", RecordVersion: 1}, nil)))
		}
	}
	gets := func(until time.Duration) func(bo, anna *device) {
		return func(bo, anna *device) { passes(anna, bo, until, anna, bo) }
	}
	waits := func(d time.Duration) func(bo, anna *device) {
		return func(bo, _ *device) { bo.h.clock.pass(d) }
	}
	cursor := ""
	syncs := func(bo, _ *device) { cursor = bo.changes(cursor).Cursor }
	given := func(to string) func(bo, anna *device) {
		return func(bo, _ *device) {
			must[gate.Imported](t)(bo.h.gate.Import(context.Background(), strings.NewReader(strings.Replace(things, `"record":"r-maj","unit":"norra","people":["bo.ek"]`, `"record":"r-maj","unit":"norra","people":["`+to+`"]`, 1))))
		}
	}
	const backups = 30 // days
	for what, c := range map[string]struct {
		steps []func(bo, anna *device)
		state link.SpreadState
		after int // days from the beginning until no copy opens
	}{
		"it is open":                               {[]func(bo, anna *device){gets(2 * day)}, link.CopyOpen, 2},
		"its loan has ended":                       {[]func(bo, anna *device){gets(2 * day), waits(3 * day)}, link.CopyEnded, 2},
		"it got a shorter loan later":              {[]func(bo, anna *device){gets(5 * day), gets(day), waits(3 * day)}, link.CopyOpen, 5},
		"it got three, the longest between":        {[]func(bo, anna *device){gets(day), gets(6 * day), gets(2 * day), waits(3 * day)}, link.CopyOpen, 6},
		"it got a longer loan later":               {[]func(bo, anna *device){gets(day), gets(2 * day), waits(3 * day)}, link.CopyEnded, 2},
		"its device says that it is for ever":      {[]func(bo, anna *device){gets(900 * day)}, link.CopyOpen, 14},
		"its device removed it":                    {[]func(bo, anna *device){gets(2 * day), says(journal.RecordExpired)}, link.CopyGone, 2},
		"removed, and it came again":               {[]func(bo, anna *device){gets(2 * day), says(journal.RecordExpired), gets(3 * day)}, link.CopyOpen, 3},
		"its device was wiped":                     {[]func(bo, anna *device){gets(2 * day), says(journal.Wiped)}, link.CopyWiped, 2},
		"wiped, and it came again":                 {[]func(bo, anna *device){gets(2 * day), says(journal.Wiped), gets(3 * day)}, link.CopyOpen, 3},
		"it was synced":                            {[]func(bo, anna *device){syncs}, link.CopyOpen, 7},
		"synced, and given to another":             {[]func(bo, anna *device){syncs, given("anna.lind")}, link.CopyOpen, 7},
		"synced, given to another, and asked on":   {[]func(bo, anna *device){syncs, given("anna.lind"), syncs, syncs}, link.CopyWithdrawn, 7},
		"the same, but a colleague gave it too":    {[]func(bo, anna *device){syncs, gets(day), given("anna.lind"), syncs, syncs}, link.CopyOpen, 7},
		"ordered to be erased, and nobody answers": {[]func(bo, anna *device){gets(2 * day), func(bo, _ *device) { bo.h.erases("s-maj") }}, link.CopyOpen, backups},
	} {
		t.Run(what, func(t *testing.T) {
			h := newHouse(t, live)
			anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
			begun := signed.At(h.clock.Now())
			for cursor = ""; len(c.steps) > 0; c.steps = c.steps[1:] {
				c.steps[0](bo, anna)
			}
			s := anna.spread(link.SpreadFilter{Record: "r-maj"})
			var bos *link.SpreadCopy
			for _, one := range s.Drawn() {
				if one.SpreadCopy != nil && one.Device == bo.keys.Device() && !one.Again {
					bos = one.SpreadCopy
				}
			}
			if bos == nil || bos.State != c.state {
				t.Fatalf("it is %+v, not %s", bos, c.state)
			}
			if want := begun.Add(time.Duration(c.after) * day); s.NoCopyAfter != want {
				t.Errorf("no copy opens after %v, not %v", s.NoCopyAfter.Time(), want.Time())
			}
		})
	}
}

// Which devices can not promise that an old copy of their files brings nothing back: by what guards them, and once they
// have erased by what they say then.
func TestWhoCanNotPromiseItIsNamed(t *testing.T) {
	for what, c := range map[string]struct {
		said       []journal.Entry
		promise    string
		unpromised int
	}{
		"nothing is known":                   {nil, "", 1},
		"a keyring":                          {[]journal.Entry{{Kind: journal.Enrolled, Code: "keyring"}}, "best-effort", 1},
		"a passphrase alone":                 {[]journal.Entry{{Kind: journal.Enrolled, Code: "passphrase"}}, "none", 1},
		"a TPM":                              {[]journal.Entry{{Kind: journal.Enrolled, Code: "keyring+tpm"}}, "full", 0},
		"a TPM that was taken out":           {[]journal.Entry{{Kind: journal.Enrolled, Code: "tpm"}, {Kind: journal.FactorsChanged, Code: "keyring"}}, "best-effort", 1},
		"a TPM that came later":              {[]journal.Entry{{Kind: journal.Enrolled, Code: "keyring"}, {Kind: journal.FactorsChanged, Code: "tpm"}}, "full", 0},
		"a TPM, and it erased without one":   {[]journal.Entry{{Kind: journal.Enrolled, Code: "tpm"}, {Kind: journal.SubjectErased, Subject: "s-maj", Count: 1, Code: "none"}}, "none", 1},
		"a keyring, and it erased under TPM": {[]journal.Entry{{Kind: journal.Enrolled, Code: "keyring"}, {Kind: journal.SubjectErased, Subject: "s-maj", Count: 1, Code: "full"}}, "full", 0},
	} {
		h := newHouse(t, live)
		anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
		bo.changes("")
		for _, e := range c.said {
			bo.hands(bo.batch(bo.say(e, nil)))
		}
		s := anna.spread(link.SpreadFilter{Record: "r-maj"})
		if s.Devices != 1 || s.Copies[0].Promise != c.promise || s.Unpromised != c.unpromised {
			t.Errorf("%s: it promises %q, %d of %d do not", what, s.Copies[0].Promise, s.Unpromised, s.Devices)
		}
	}
}

func (h *house) part(d *device, from, after identity.DeviceID) link.Spread {
	return d.spread(link.SpreadFilter{Record: "r-maj", From: from, After: after})
}

// Who hands on a copy that nobody has told of stands at the top, and a ring of givers ends.
func TestASpreadWithoutABeginningIsDrawnAllTheSame(t *testing.T) {
	h := newHouse(t, live)
	anna, bo, carl, dora := h.enrolled("anna.lind"), h.enrolled("bo.ek"), h.enrolled("carl.ask"), h.enrolled("dora.alm")
	passes(bo, carl, time.Hour, carl)
	passes(carl, dora, time.Hour, dora)
	passes(dora, bo, time.Hour, bo)
	want := `└─ bo unknown open
   └─ carl hand_over open
      └─ dora hand_over open
         └─ bo hand_over open again`
	if got := drawing(anna.spread(link.SpreadFilter{Record: "r-maj"})); got != want {
		t.Errorf("the tree is\n%s\nnot\n%s", got, want)
	}
}

// What was sent and not taken is no copy; one that nobody answered for may be.
func TestARefusedShareIsNoCopy(t *testing.T) {
	h := newHouse(t, live)
	anna, bo, carl := h.enrolled("anna.lind"), h.enrolled("bo.ek"), h.enrolled("carl.ask")
	anna.changes("")
	pair := make([]byte, 32)
	rand.Read(pair)
	share := journal.Entry{Kind: journal.ShareSent, Subject: "s-maj", Record: "r-maj", RecordVersion: 1, Peer: carl.keys.Device(), Pair: pair, Until: signed.At(h.clock.Now().Add(time.Hour))}
	anna.hands(anna.batch(anna.say(share, nil)))
	share.Kind, share.Peer, share.Code, share.Until = journal.ShareRefused, anna.keys.Device(), "peer_no_right", 0
	carl.hands(carl.batch(carl.say(share, nil)))
	bo.hands(bo.batch(bo.say(journal.Entry{Kind: journal.ShareRefused, Subject: "s-maj", Record: "r-maj", Peer: anna.keys.Device(), Code: "peer_no_right"}, nil)))
	s := anna.spread(link.SpreadFilter{Record: "r-maj"})
	if got := drawing(s); got != "└─ anna sync open\n   └─ carl hand_over refused" || s.Devices != 1 {
		t.Errorf("%d devices:\n%s", s.Devices, got)
	}
}

// A record that went to a thousand devices is told of in parts.
func TestAWideSpreadIsFolded(t *testing.T) {
	h := newHouse(t, live)
	anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
	anna.changes("")
	passes(anna, bo, time.Hour, anna, bo)
	const many = 230
	var items []journal.Item
	for range many {
		pair := make([]byte, 32)
		rand.Read(pair)
		items = append(items, bo.say(journal.Entry{Kind: journal.ShareSent, Subject: "s-maj", Record: "r-maj", RecordVersion: 1,
			Peer: identity.DeviceIDOf(newKey(t).Public()), Pair: pair, Until: signed.At(h.clock.Now().Add(time.Hour))}, nil))
	}
	bo.hands(bo.batch(items...))
	seen := map[identity.DeviceID]bool{}
	s := anna.spread(link.SpreadFilter{Record: "r-maj"})
	below := s.Copies[0].Copies[0]
	copies, folded, parts := below.Copies, below.Folded, 1
	if s.Devices != many+2 || len(copies)+folded != many {
		t.Fatalf("%d devices, %d and %d below Bo", s.Devices, len(copies), folded)
	}
	for {
		for _, c := range copies {
			seen[c.Device] = true
		}
		if folded == 0 {
			break
		}
		s := h.part(anna, bo.keys.Device(), copies[len(copies)-1].Device)
		copies, folded = s.Copies, s.Folded
		parts++
	}
	if len(seen) != many || parts != 3 {
		t.Errorf("%d devices in %d parts", len(seen), parts)
	}
}

// Each look is an entry: by whom, with what filter, and about whom. Break it: say nothing in reviewer.look.
func TestLookingIsLoggedWithWhomItConcerned(t *testing.T) {
	h := newHouse(t, live)
	ctx := context.Background()
	anna := h.enrolled("anna.lind")
	anna.log(link.LogFilter{Record: "r-maj"})
	anna.log(link.LogFilter{Assignment: "W-2300"})
	anna.log(link.LogFilter{Unit: "norra", Kind: journal.RecordOpened, Day: "2026-11-23"})
	anna.spread(link.SpreadFilter{Record: "r-maj"})
	must[link.FindingPage](t)(anna.client.Findings(ctx, link.FindingFilter{Open: true}))
	must[link.LogPage](t)(h.gate.ReadLog(ctx, link.LogFilter{Subject: "s-maj"}))
	must[link.Spread](t)(h.gate.ReadSpread(ctx, link.SpreadFilter{Record: "r-maja"}))
	must[link.FindingPage](t)(h.gate.ReadFindings(ctx, link.FindingFilter{}))
	first := anna.log(link.LogFilter{Kind: journal.LogRead, Limit: 5})
	rows := append(first.Rows, anna.log(link.LogFilter{Kind: journal.LogRead, Limit: 5, After: first.Cursor}).Rows...)
	var got []string
	for _, r := range rows {
		got = append(got, strings.TrimSpace(fmt.Sprint(r.Person.Username, r.Reason, " ", r.Subject, " ", r.Route, " ", r.Note)))
	}
	want := []string{ // newest first; the look at the second page stands before it, and not on it
		"the tester   all",
		"the tester s-maja  record=r-maja",
		"the tester s-maj  subject=s-maj",
		"anna.lind  /v1/findings open=true",
		"anna.lind s-maj /v1/spread record=r-maj",
		"anna.lind  /v1/log day=2026-11-23&kind=record.opened&unit=norra",
		"anna.lind s-maja /v1/log assignment=W-2300",
		"anna.lind s-maj /v1/log record=r-maj",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the log says of looks:\n%s\nnot:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for name, err := range map[string]error{
		"bad_request": second(anna.client.Spread(ctx, link.SpreadFilter{Record: "r/../maj"})),
		"not_found":   second(anna.client.Spread(ctx, link.SpreadFilter{Record: "r-none"})),
	} {
		if got := code(t, err); string(got) != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := h.gate.ReadSpread(ctx, link.SpreadFilter{Record: "r-none"}); !errors.Is(err, gate.ErrUnknown) {
		t.Errorf("of no record: %v", err)
	}
	if _, err := h.gate.ReadLog(ctx, link.LogFilter{Unit: "a b"}); !errors.Is(err, gate.ErrInput) {
		t.Errorf("of no unit: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

// Pages by unit have what was said by who served there then; by kind and by assignment too.
func TestTheLogByUnitKindAndAssignment(t *testing.T) {
	h := newHouse(t, live)
	anna, bo, carl := h.enrolled("anna.lind"), h.enrolled("bo.ek"), h.enrolled("carl.ask")
	for _, d := range []*device{bo, carl} {
		d.hands(d.batch(d.say(journal.Entry{Kind: journal.RecordOpened, Subject: "s-maj", Record: "r-maj", Assignment: "W-2002"}, nil),
			d.say(journal.Entry{Kind: journal.RecordClosed, Subject: "s-maj", Record: "r-maj"}, nil)))
	}
	must[gate.Imported](t)(h.gate.Import(context.Background(), strings.NewReader(strings.ReplaceAll(staff, `"last":"Ek","unit":"norra"`, `"last":"Ek","unit":"sodra"`))))
	for name, c := range map[string]struct {
		filter link.LogFilter
		want   string
	}{
		"opened":               {link.LogFilter{Kind: journal.RecordOpened}, "carl.ask Södra, bo.ek Norra"},
		"opened in Norra":      {link.LogFilter{Kind: journal.RecordOpened, Unit: "norra"}, "bo.ek Norra"},
		"for an assignment":    {link.LogFilter{Assignment: "W-2002", Kind: journal.RecordOpened}, "carl.ask Södra, bo.ek Norra"},
		"closed by Bo":         {link.LogFilter{Kind: journal.RecordClosed, Person: "bo.ek"}, "bo.ek Norra"},
		"closed in Södra":      {link.LogFilter{Kind: journal.RecordClosed, Unit: "sodra"}, "carl.ask Södra"},
		"Bo in Södra":          {link.LogFilter{Kind: journal.RecordClosed, Unit: "sodra", Person: "bo.ek"}, ""},
		"a unit of nobody":     {link.LogFilter{Unit: "vastra"}, ""},
		"Carl's device, today": {link.LogFilter{Device: carl.keys.Device(), Day: "2026-11-23", Kind: journal.RecordOpened}, "carl.ask Södra"},
	} {
		var got []string
		for _, r := range anna.log(c.filter).Rows {
			got = append(got, r.Person.Username+" "+r.Units[0].Name)
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%s: %v, not %s", name, got, c.want)
		}
	}
}
