package connected_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"handslag/sync/link"
	"handslag/vault/journal"
	"handslag/vault/journal/evidence"
)

// shown is what a bundle shows to somebody who has the organisation ID.
func (h *house) shown(bundle []byte) evidence.Report {
	h.t.Helper()
	return must[evidence.Report](h.t)(evidence.Verify(bundle, h.statement.Org()))
}

// last is the place of the newest entry that a device wrote.
func (d *device) last(reviewer *device) int64 {
	d.h.t.Helper()
	for _, row := range reviewer.log(link.LogFilter{Device: d.keys.Device()}).Rows {
		if !row.System {
			return row.ID
		}
	}
	d.h.t.Fatal("it has said nothing")
	return 0
}

func TestEvidenceShowsAnEntryWithoutTheServer(t *testing.T) {
	h := newHouse(t, live)
	anna, bo, carl := h.enrolled("anna.lind"), h.enrolled("bo.ek"), h.enrolled("carl.ask")
	bo.hands(bo.batch(bo.say(journal.Entry{Kind: journal.RecordOpened, Subject: "s-maj", Record: "r-maj"}, &journal.Details{Reason: "läcka"})))
	opened := bo.last(anna)
	size := must[link.Witnesses](t)(anna.client.Witnesses(context.Background())).Size
	bo.handsCosigned(bo.vouches(opened - 1)) // too short a log to say anything of it
	anna.handsCosigned(anna.vouches(int64(size)))
	carl.handsCosigned(carl.vouches(opened))
	h.clock.pass(time.Hour)
	for _, how := range []struct {
		by  string
		get func() ([]byte, error)
	}{
		{"a reviewer", func() ([]byte, error) { return anna.client.Evidence(context.Background(), []int64{opened, 1}) }},
		{"an administrator", func() ([]byte, error) { return h.gate.Evidence(context.Background(), []int64{opened, 1, opened}) }},
	} {
		r := h.shown(must[[]byte](t)(how.get()))
		if !r.Sound() || len(r.Entries) != 2 || r.Organisation != h.statement.Name {
			t.Fatalf("%s: %+v", how.by, r)
		}
		system, one := r.Entries[0], r.Entries[1]
		if !system.System || system.Place != 1 || system.Receipt {
			t.Errorf("%s: %+v", how.by, system)
		}
		if one.Kind != journal.RecordOpened || one.Subject != "s-maj" || one.Person.Username != "bo.ek" || one.Device != bo.keys.Device() || !one.Receipt || one.System {
			t.Errorf("%s: %+v", how.by, one)
		}
		var names []string
		for _, w := range r.Witnesses {
			names = append(names, w.Person.Username)
		}
		if slices.Sort(names); !slices.Equal(names, []string{"anna.lind", "carl.ask"}) {
			t.Errorf("%s: %v vouch for it", how.by, names)
		}
		if n := len(r.Checkpoints); n != 3 || r.Checkpoints[0].Size != opened || r.Checkpoints[n-1].Size <= int64(size) {
			t.Errorf("%s: %+v", how.by, r.Checkpoints)
		}
	}
	looked := map[string]int{}
	for _, row := range anna.log(link.LogFilter{}).Rows {
		if row.Kind == journal.LogRead && strings.HasPrefix(row.Note, "entries=") {
			looked[row.Person.Username+" "+row.Code+" "+row.Note]++
		}
	}
	if len(looked) != 2 {
		t.Errorf("that it was taken out stands in the log as %v", looked)
	}
	h.sound()
}

func TestEvidenceIsBounded(t *testing.T) {
	h := newHouse(t, live)
	anna := h.enrolled("anna.lind")
	for query, want := range map[string]link.Code{
		"entries=1": "", "entries=3,1,2,2": "", "": link.CodeBadRequest, "entries=": link.CodeBadRequest, "entries=0": link.CodeBadRequest,
		"entries=-1": link.CodeBadRequest, "entries=1,": link.CodeBadRequest, "entries=1&more=2": link.CodeBadRequest, "entries=1&entries=2": link.CodeBadRequest,
		"entries=900000": link.CodeNotFound, "entries=1,900000": link.CodeNotFound,
		"entries=" + strings.TrimSuffix(strings.Repeat("1,", evidence.MaxEntries+1), ","): link.CodeBadRequest,
	} {
		if got := anna.asks(link.PathEvidence, query); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	if _, err := h.gate.Evidence(context.Background(), nil); err == nil {
		t.Error("evidence about nothing")
	}
}

// Of somebody who has been erased the entry and its proof stand as before.
func TestEvidenceOutlivesAnErasure(t *testing.T) {
	h := newHouse(t, live)
	anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
	bo.hands(bo.batch(bo.say(journal.Entry{Kind: journal.RecordOpened, Subject: "s-maj"}, &journal.Details{Reason: "läcka"})))
	opened := bo.last(anna)
	if _, err := h.gate.EraseSubject(context.Background(), "s-maj"); err != nil {
		t.Fatal(err)
	}
	if r := h.shown(must[[]byte](t)(anna.client.Evidence(context.Background(), []int64{opened}))); !r.Sound() || r.Entries[0].Subject != "s-maj" {
		t.Errorf("%+v", r)
	}
}

// The largest bundle that can be asked for stays far below its bound.
func TestAFullBundleHasRoom(t *testing.T) {
	h := newHouse(t, live)
	anna := h.enrolled("anna.lind")
	anna.hands(anna.batch(anna.items(evidence.MaxEntries)...))
	last := anna.last(anna)
	var places []int64
	for i := range int64(evidence.MaxEntries) {
		places = append(places, last-i)
	}
	for i, d := range []*device{anna, h.enrolled("bo.ek"), h.enrolled("carl.ask")} {
		d.handsCosigned(d.vouches(last + int64(i)))
	}
	bundle := must[[]byte](t)(anna.client.Evidence(context.Background(), places))
	if r := h.shown(bundle); !r.Sound() || len(r.Entries) != evidence.MaxEntries || len(bundle) > evidence.Limit/8 {
		t.Errorf("%d entries in %d bytes: %v", len(r.Entries), len(bundle), r.Problems)
	}
}
