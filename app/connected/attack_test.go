package connected_test

import (
	"context"
	"database/sql"
	"math"
	"net"
	"os"
	"slices"
	"testing"
	"time"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
)

// A device that lies about the time it last knew can not hide what it did from whoever
// reviews the day it came.
func TestNoEntryHidesFromEveryDay(t *testing.T) {
	h := newHouse(t, live)
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	bo.hands(bo.batch(bo.say(journal.Entry{Kind: journal.RecordOpened, Subject: "s-maj", After: math.MaxInt64, Clock: math.MaxInt64}, nil)))
	for _, row := range anna.log(link.LogFilter{Day: "2026-11-23", Person: "bo.ek"}).Rows {
		if row.Kind == journal.RecordOpened {
			return
		}
	}
	t.Error("the opening is on no day")
}

// A server that was restored from before a device was enrolled does not know it, and takes
// its journal by the credential that it once signed.
func TestARestoredServerTakesTheJournalOfADeviceItDoesNotKnow(t *testing.T) {
	h := newHouse(t, live)
	address := h.server.Listener.Addr().String()
	h.stop()
	putBack := h.backup()
	h.start(must[net.Listener](t)(net.Listen("tcp", address)))
	bo := h.enrolled("bo.ek")
	items := bo.items(2)
	h.stop()
	putBack()
	h.start(must[net.Listener](t)(net.Listen("tcp", address)))
	if to := bo.hands(bo.batch(items...)); to != 2 {
		t.Errorf("the receipt reaches entry %d", to)
	}
	anna := h.enrolled("anna.lind")
	if got := bo.finds(anna); got != "unknown_device open" {
		t.Errorf("findings: %s", got)
	}
	h.sound()
}

// An enrolment whose answer was lost and that goes on after the credential has expired
// gets one that is in force, for the same request.
func TestALostAnswerMayBeFetchedAfterItHasExpired(t *testing.T) {
	h := newHouse(t, live)
	bo := h.enrolled("bo.ek")
	h.clock.pass(identity.MaxValidity + time.Hour)
	issued := must[link.Issued](t)(bo.client.Enrol(context.Background(), bo.ask(passwordOf("bo.ek"))))
	c := must[identity.Credential](t)(identity.OpenCredential(issued.Credential, h.statement.Org(), h.statement.Issuing))
	if err := c.ValidAt(signed.At(h.clock.Now())); err != nil {
		t.Errorf("epoch %d: %v", c.Epoch, err)
	}
	again := must[link.Issued](t)(bo.client.Enrol(context.Background(), bo.ask(passwordOf("bo.ek"))))
	if string(again.Credential) != string(issued.Credential) {
		t.Error("the same request gives another")
	}
}

// A copy's entries that come first, ahead of what is missing, are seen as a fork when the
// other branch has grown past them.
func TestAForkThatCameAheadOfItsGapIsSeen(t *testing.T) {
	h := newHouse(t, live)
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	start := bo.chain
	left := bo.items(4)
	bo.chain = start
	same := left[0]
	opened := must[journal.Entry](t)(journal.OpenEntry(same.Entry, bo.keys.Public().Signing))
	bo.chain = bo.chain.Extend(opened, same.Entry)
	right := []journal.Item{bo.say(journal.Entry{Kind: journal.Locked}, nil), bo.say(journal.Entry{Kind: journal.Unlocked}, nil)}
	if to := bo.hands(bo.batch(right[1])); to != 0 {
		t.Errorf("ahead, the receipt reaches entry %d", to)
	}
	if to := bo.hands(bo.batch(left...)); to != 4 {
		t.Errorf("the whole branch: entry %d", to)
	}
	if got := bo.finds(anna); got != "fork open, gap closed" {
		t.Errorf("findings: %s", got)
	}
	if v := h.sound(); v.Held != 1 {
		t.Errorf("held %d", v.Held)
	}
}

// What was damaged in the file hides nothing else from reviewers, and is marked.
func TestADamagedRowDoesNotBlindTheLog(t *testing.T) {
	h := newHouse(t, live)
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	bo.hands(bo.batch(bo.say(journal.Entry{Kind: journal.RecordOpened, Subject: "s-maj", Record: "r-maj", Assignment: "W-2002"}, &journal.Details{Reason: "läcka"})))
	db := h.database()
	defer db.Close()
	for _, damage := range []string{
		`UPDATE entries SET payload = ` + h.zeros(64) + ` WHERE kind = 'record.opened'`,
		`UPDATE records SET body = ` + h.zeros(64) + ` WHERE id = 'r-maj'`,
		`UPDATE assignment_versions SET body = ` + h.zeros(64) + ` WHERE assignment_id = 'W-2002'`,
	} {
		must[sql.Result](t)(db.Exec(damage))
		row := find(anna.log(link.LogFilter{}).Rows, journal.RecordOpened)
		if row == nil || !slices.Contains(row.Findings, "payload") {
			t.Errorf("after %s: %+v", damage, row)
		}
	}
}

// A sign-in in a name that nobody has waits for a commit too, so that it takes as long as one
// in a name that somebody has.
func TestAskingAfterAStrangerTakesACommit(t *testing.T) {
	h := newHouse(t, live)
	nils := h.newDevice("nils.nej")
	if _, err := nils.client.Enrol(context.Background(), nils.ask("gissning")); code(t, err) != link.CodeWrongPassword {
		t.Fatal(err)
	}
	db := h.database()
	defer db.Close()
	var n int
	if err := db.QueryRow(`SELECT value FROM counters WHERE name = 'strangers'`).Scan(&n); err != nil || n != 1 {
		t.Errorf("%d commits: %v", n, err)
	}
}

// A system that was put back from a backup knows no more how many credentials it gave, nor how often
// its list of the revoked changed. Both go on after what devices have seen, or colleagues would refuse
// the device, and hear of no revocation.
func TestARestoredSystemCountsOnAfterWhatDevicesHaveSeen(t *testing.T) {
	h := newHouse(t, live)
	ctx := context.Background()
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	renew := func() identity.Credential {
		h.clock.pass(2 * time.Hour)
		bo.credential = must[link.Issued](t)(bo.client.Credential(ctx)).Credential
		return must[identity.Credential](t)(identity.OpenCredential(bo.credential, h.statement.Org(), h.statement.Issuing))
	}
	listed := func() identity.Revocations {
		page := must[link.Page](t)(anna.client.Changes(ctx, "", link.Had{Statement: 1}))
		return must[identity.Revocations](t)(identity.OpenRevocations(page.Revocations, h.statement.Org(), h.statement.Issuing))
	}
	h.stop()
	backup := readIfThere(t, h.config.Path)
	h.restartOn(t, h.statement.URL)
	var seen identity.Credential
	for range 3 {
		seen = renew()
		ok(t, h.gate.DisableUser(ctx, "carl.ask"))
		ok(t, h.gate.EnableUser(ctx, "carl.ask"))
	}
	items, heard := bo.items(1), listed()
	h.stop()
	for _, side := range []string{"-wal", "-shm"} {
		ok(t, os.RemoveAll(h.config.Path+side))
	}
	ok(t, os.WriteFile(h.config.Path, backup, 0o600))
	h.restartOn(t, h.statement.URL)
	bo.hands(bo.batch(items...))
	if next := renew(); next.Epoch <= seen.Epoch {
		t.Errorf("epoch %d after %d: who has met the device takes it for a copy", next.Epoch, seen.Epoch)
	}
	ok(t, h.gate.DisableUser(ctx, "carl.ask"))
	if next := listed(); next.Number <= heard.Number {
		t.Errorf("list %d after %d: nobody takes it", next.Number, heard.Number)
	}
}
