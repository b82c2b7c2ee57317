package connected_test

import (
	"crypto/rand"
	"testing"
	"time"

	"handslag/sync/link"
	"handslag/vault/journal"
)

func TestHalvesOfAShareFindEachOther(t *testing.T) {
	h := newHouse(t, live)
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	pair := make([]byte, 32)
	rand.Read(pair)
	sent := anna.say(journal.Entry{Kind: journal.ShareSent, Subject: "s-maja", Record: "r-maja", Peer: bo.keys.Device(), Pair: pair}, &journal.Details{Reason: "vattenläcka"})
	received := bo.say(journal.Entry{Kind: journal.ShareReceived, Subject: "s-maja", Record: "r-maja", Peer: anna.keys.Device(), Pair: pair}, nil)
	anna.hands(anna.batch(sent))
	alone := anna.log(link.LogFilter{Record: "r-maja", Person: "anna.lind"}).Rows
	if row := find(alone, journal.ShareSent); row == nil || !row.Alone || row.Other != nil || row.PeerName != "Bo Ek" {
		t.Fatalf("before Bo is in: %+v", row)
	}
	// Neither another record nor a third device makes the other half.
	other := bo.say(journal.Entry{Kind: journal.ShareReceived, Subject: "s-maj", Record: "r-maj", Peer: anna.keys.Device(), Pair: pair}, nil)
	dora := h.enrolled("dora.alm")
	third := dora.say(journal.Entry{Kind: journal.ShareReceived, Subject: "s-maja", Record: "r-maja", Peer: anna.keys.Device(), Pair: pair}, nil)
	dora.hands(dora.batch(third))
	bo.hands(bo.batch(other)) // ahead of the one before it
	if row := find(anna.log(link.LogFilter{Record: "r-maja", Person: "anna.lind"}).Rows, journal.ShareSent); row == nil || !row.Alone || row.Other != nil {
		t.Errorf("joined with what is no half of it: %+v", row)
	}
	bo.hands(bo.batch(received))
	row := find(anna.log(link.LogFilter{Record: "r-maja", Person: "anna.lind"}).Rows, journal.ShareSent)
	if row == nil || row.Alone || row.Other == nil || row.Other.Kind != journal.ShareReceived || row.Other.Person.Username != "bo.ek" || row.Other.Record != "r-maja" {
		t.Errorf("after: %+v", row)
	}
}

func TestALoneHalfBecomesAFinding(t *testing.T) {
	h := newHouse(t, live)
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	pair := make([]byte, 32)
	rand.Read(pair)
	sent := anna.say(journal.Entry{Kind: journal.ShareSent, Record: "r-maja", Peer: bo.keys.Device(), Pair: pair}, nil)
	anna.hands(anna.batch(sent))
	h.clock.pass(25 * time.Hour)
	if got := anna.finds(anna); got != "" {
		t.Errorf("Bo has not been in since, and the findings are: %s", got)
	}
	received := bo.say(journal.Entry{Kind: journal.ShareReceived, Record: "r-maja", Peer: anna.keys.Device(), Pair: pair}, nil)
	later := bo.say(journal.Entry{Kind: journal.Locked}, nil)
	bo.hands(bo.batch(later)) // without what he received
	if got := anna.finds(anna); got != "lone_half open" {
		t.Errorf("Bo has been in without it, and the findings are: %s", got)
	}
	bo.hands(bo.batch(received))
	if got := anna.finds(anna); got != "lone_half closed" {
		t.Errorf("it has come, and the findings are: %s", got)
	}
}

// A share that the other device refused has been told by both: no finding.
func TestARefusedShareIsNotAlone(t *testing.T) {
	h := newHouse(t, live)
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	pair := make([]byte, 32)
	rand.Read(pair)
	half := func(d *device, kind journal.Kind, peer *device) journal.Item {
		return d.say(journal.Entry{Kind: kind, Record: "r-maja", Peer: peer.keys.Device(), Pair: pair, Code: map[bool]string{true: "peer_no_right"}[kind == journal.ShareRefused]}, nil)
	}
	anna.hands(anna.batch(half(anna, journal.ShareSent, bo), half(anna, journal.ShareRefused, bo)))
	if row := find(anna.log(link.LogFilter{Person: "anna.lind"}).Rows, journal.ShareSent); row == nil || !row.Alone {
		t.Errorf("on Anna's word alone: %+v", row)
	}
	bo.hands(bo.batch(half(bo, journal.ShareRefused, anna)))
	row := find(anna.log(link.LogFilter{Person: "anna.lind"}).Rows, journal.ShareSent)
	if row == nil || row.Alone || row.Other == nil || row.Other.Kind != journal.ShareRefused {
		t.Errorf("after Bo's: %+v", row)
	}
	h.clock.pass(48 * time.Hour)
	anna.hands(anna.batch(anna.items(1)...))
	bo.hands(bo.batch(bo.items(1)...))
	if got := anna.finds(anna) + bo.finds(anna); got != "" {
		t.Errorf("findings: %s", got)
	}
}

func find(rows []link.LogRow, kind journal.Kind) *link.LogRow {
	for i := range rows {
		if rows[i].Kind == kind {
			return &rows[i]
		}
	}
	return nil
}
