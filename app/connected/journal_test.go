package connected_test

import (
	"bytes"
	"context"
	"crypto/cipher"
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/identity/signed/signedtest"
	"handslag/sync/link"
	"handslag/vault/journal"
)

// items are n plain entries of the device, in order.
func (d *device) items(n int) []journal.Item {
	var all []journal.Item
	for range n {
		all = append(all, d.say(journal.Entry{Kind: journal.Unlocked}, nil))
	}
	return all
}

func (d *device) finds(anna *device) string {
	return codes(anna.log(link.LogFilter{Device: d.keys.Device()}).Found)
}

func TestTheSameBatchTwiceChangesNothing(t *testing.T) {
	h := newHouse(t, live)
	bo := h.enrolled("bo.ek")
	batch := bo.batch(bo.items(3)...)
	bo.hands(batch)
	before := h.sound()
	if to := bo.hands(batch); to != 3 {
		t.Errorf("the receipt reaches entry %d", to)
	}
	if after := h.sound(); after.Entries != before.Entries || after.Covered != before.Covered || after.Held != before.Held {
		t.Errorf("before %+v, after %+v", before, after)
	}
}

func TestAGapIsHeldUntilItIsFilled(t *testing.T) {
	h := newHouse(t, live)
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	all := bo.items(5)
	if to := bo.hands(bo.batch(all[0], all[3], all[4])); to != 1 {
		t.Errorf("the receipt reaches entry %d over the gap", to)
	}
	if got := bo.finds(anna); got != "gap open" {
		t.Errorf("findings: %s", got)
	}
	if v := h.sound(); v.Held != 2 {
		t.Errorf("held %d", v.Held)
	}
	if to := bo.hands(bo.batch(all[1])); to != 2 {
		t.Errorf("half filled, the receipt reaches entry %d", to)
	}
	if to := bo.hands(bo.batch(all[2])); to != 5 {
		t.Errorf("filled, the receipt reaches entry %d", to)
	}
	if got := bo.finds(anna); strings.Contains(got, "open") {
		t.Errorf("findings: %s", got)
	}
	if v := h.sound(); v.Held != 0 {
		t.Errorf("held %d", v.Held)
	}
}

// Who follows RFC 8032 signs one thing in one way: another signature that holds tells of another
// program that has the device's key.
func TestAnEntrySignedTwiceIsSeen(t *testing.T) {
	h := newHouse(t, live)
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	said := bo.items(2)
	bo.hands(bo.batch(said...))
	if got := bo.finds(anna); got != "" {
		t.Errorf("findings before: %s", got)
	}
	again := said[1]
	again.Entry = signedtest.SignedAgain(t, signed.DomainEntry, bo.signing(), again.Entry)
	if to := bo.hands(bo.batch(said[0], again)); to != 2 {
		t.Errorf("the receipt reaches entry %d", to)
	}
	if got := bo.finds(anna); got != "fork open" {
		t.Errorf("findings: %s", got)
	}
	h.sound()
}

// signing is the device's signing key, which its keys give away wrapped only.
func (d *device) signing() *signed.PrivateKey {
	aead := must[cipher.AEAD](d.h.t)(identity.NewAEAD(make([]byte, identity.AEADKeySize)))
	plain := must[[]byte](d.h.t)(aead.Open(nil, nil, must[[]byte](d.h.t)(d.keys.Wrap(aead, nil)), nil))
	var keys struct {
		_                                    struct{} `cbor:",toarray"`
		Version                              uint64
		Signing, Transport, Sealing, Witness []byte
	}
	if err := signed.DecodeOwn(plain, &keys); err != nil {
		d.h.t.Fatal(err)
	}
	return must[*signed.PrivateKey](d.h.t)(signed.PrivateKeyFromSeed(keys.Signing))
}

func TestAForkIsStoredAndShown(t *testing.T) {
	h := newHouse(t, live)
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	first := bo.say(journal.Entry{Kind: journal.Unlocked}, nil)
	fork := bo.chain
	left := bo.items(2)
	bo.chain = fork
	right := []journal.Item{bo.say(journal.Entry{Kind: journal.Locked}, nil), bo.say(journal.Entry{Kind: journal.Locked}, nil)}
	bo.hands(bo.batch(first, left[0]))
	if to := bo.hands(bo.batch(right[0])); to != 2 {
		t.Errorf("the receipt reaches entry %d", to)
	}
	if got := bo.finds(anna); got != "fork open" {
		t.Errorf("findings: %s", got)
	}
	if to := bo.hands(bo.batch(right[1])); to != 2 {
		t.Errorf("the other branch goes on: the receipt reaches entry %d, on a branch that nobody vouched for", to)
	}
	if to := bo.hands(bo.batch(left[1])); to != 3 {
		t.Errorf("the first branch goes on: the receipt reaches entry %d", to)
	}
	if v := h.sound(); v.Held != 2 {
		t.Errorf("held %d of the other branch", v.Held)
	}
	marked := 0
	for _, row := range anna.log(link.LogFilter{Device: bo.keys.Device()}).Rows {
		if len(row.Findings) > 0 {
			marked++
		}
	}
	if marked != 2 {
		t.Errorf("%d rows are marked", marked)
	}
}

func TestForgedAndForeignEntriesAreNoEntries(t *testing.T) {
	h := newHouse(t, live)
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	good := bo.say(journal.Entry{Kind: journal.Unlocked}, nil)
	forged := journal.Item{Entry: bytes.Clone(good.Entry)}
	forged.Entry[len(forged.Entry)-1] ^= 1
	foreign := anna.say(journal.Entry{Kind: journal.Unlocked}, nil)
	before := h.sound()
	if to := bo.hands(bo.batch(forged, foreign, forged)); to != 0 {
		t.Errorf("the receipt reaches entry %d", to)
	}
	if after := h.sound(); after.Entries != before.Entries+1 { // what is noticed of it, once
		t.Errorf("%d entries came", after.Entries-before.Entries)
	}
	if got := bo.finds(anna); got != "bad_signature open" {
		t.Errorf("findings: %s", got)
	}
	if to := bo.hands(bo.batch(good)); to != 1 {
		t.Errorf("the real one: the receipt reaches entry %d", to)
	}
}

func TestABatchOfNobodysCredentialIsRefused(t *testing.T) {
	h := newHouse(t, live)
	bo := h.enrolled("bo.ek")
	item := bo.say(journal.Entry{Kind: journal.Unlocked}, nil)
	var c identity.Credential
	ok(t, signed.Unverified(bo.credential, identity.CredentialLimit, &c))
	self := *bo
	self.credential = must[[]byte](t)(signed.Sign(signed.DomainCredential, newKey(t), c))
	anna := h.enrolled("anna.lind")
	other := *bo
	other.credential = anna.credential
	whole := bo.batch(item)
	padded := append(bytes.Clone(whole), 0)
	for name, batch := range map[string][]byte{
		"a credential that another signed": self.batch(item), "another device's credential": other.batch(item),
		"half a batch": whole[:len(whole)/2], "a batch with a byte more": padded, "nothing": nil, "no CBOR": []byte("HS1:"),
		"a number written too long": bytes.Replace(whole, []byte{0x01, 0x01}, []byte{0x01, 0x18, 0x01}, 1),
	} {
		if _, err := bo.client.Journal(context.Background(), batch); code(t, err) != link.CodeBadRequest {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := bo.client.Journal(context.Background(), make([]byte, journal.BatchLimit+2<<10)); code(t, err) != link.CodeTooLarge {
		t.Errorf("a batch too large: %v", err)
	}
	if to := bo.hands(whole); to != 1 {
		t.Errorf("the whole batch reaches entry %d", to)
	}
}

func TestTheJournalOfARevokedDeviceIsTakenAndNothingMoreIsGiven(t *testing.T) {
	h := newHouse(t, live)
	ctx := context.Background()
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	page := bo.changes("")
	done := bo.signsWork(t, page, "W-2002", "klart")
	ok(t, h.gate.RevokeDevice(ctx, bo.keys.Device()))
	if _, err := bo.client.Changes(ctx, "", link.Had{Statement: 1}); code(t, err) != link.CodeDeviceRevoked {
		t.Errorf("changes: %v", err)
	}
	if to := bo.hands(bo.batch(done)); to != 1 {
		t.Errorf("the receipt reaches entry %d", to)
	}
	if got := bo.finds(anna); !strings.Contains(got, "revoked open") || !strings.Contains(got, "work_refused open") {
		t.Errorf("findings: %s", got)
	}
	if got := sentencesOf(anna.log(link.LogFilter{Device: bo.keys.Device()})); !strings.Contains(got, "assignment.done by bo.ek") || !strings.Contains(got, "system.call_refused by bo.ek") {
		t.Errorf("the log says\n%s", got)
	}
}

func TestADisabledPersonsAndAnExpiredDevicesJournalsAreTaken(t *testing.T) {
	h := newHouse(t, live)
	bo, dora := h.enrolled("bo.ek"), h.enrolled("dora.alm")
	ok(t, h.gate.DisableUser(context.Background(), "bo.ek"))
	if to := bo.hands(bo.batch(bo.items(1)...)); to != 1 {
		t.Errorf("disabled: the receipt reaches entry %d", to)
	}
	h.clock.pass(15 * 24 * time.Hour)
	if to := dora.hands(dora.batch(dora.items(1)...)); to != 1 {
		t.Errorf("expired: the receipt reaches entry %d", to)
	}
	anna := h.enrolled("anna.lind")
	if got := bo.finds(anna); got != "disabled open" {
		t.Errorf("findings about Bo: %s", got)
	}
	if got := dora.finds(anna); got != "expired open" {
		t.Errorf("findings about Dora: %s", got)
	}
}

func TestAnybodyMayCarryAJournal(t *testing.T) {
	h := newHouse(t, live)
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	items := bo.items(2)
	if to := anna.carries(bo, bo.batch(items[0])); to != 1 {
		t.Errorf("by Anna: the receipt reaches entry %d", to)
	}
	row := anna.log(link.LogFilter{Person: "bo.ek"}).Rows[0]
	if row.Carrier != anna.keys.Device() || row.Device != bo.keys.Device() {
		t.Errorf("carried by %s, written by %s", row.Carrier, row.Device)
	}
	status, answer := h.post(t, link.PathJournal, bo.batch(items[1]))
	if status != http.StatusOK || bo.reach(answer) != 2 {
		t.Errorf("by a stranger: %d", status)
	}
	for range 40 {
		status, _ = h.post(t, link.PathJournal, bo.batch(items[1]))
	}
	if status != http.StatusTooManyRequests {
		t.Errorf("by a stranger without end: %d", status)
	}
	if to := bo.hands(bo.batch(items...)); to != 2 {
		t.Errorf("Bo is not held up: entry %d", to)
	}
}

// post posts without a proof.
func (h *house) post(t *testing.T, path string, body []byte) (int, []byte) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	defer client.CloseIdleConnections()
	answer := must[*http.Response](t)(client.Post(h.statement.URL+path, "application/cbor", bytes.NewReader(body)))
	defer answer.Body.Close()
	var b bytes.Buffer
	_, err := b.ReadFrom(answer.Body)
	ok(t, err)
	if _, err := link.ReadTime(answer.Header.Get(link.HeaderTime), h.statement.Org(), h.statement.Log); err != nil {
		t.Errorf("an answer without the time: %v", err)
	}
	return answer.StatusCode, b.Bytes()
}

// Who carries a journal can not make the words of its entries vanish: without them they are
// held, until they come or the device itself says that there are none.
func TestACarrierCanNotLeaveWordsOut(t *testing.T) {
	h := newHouse(t, live)
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	whole := bo.say(journal.Entry{Kind: journal.RecordOpened, Subject: "s-maj"}, &journal.Details{Reason: "läcka"})
	bare := journal.Item{Entry: whole.Entry}
	garbled := whole
	garbled.Box = bytes.Repeat([]byte{7}, len(whole.Box))
	for _, item := range []journal.Item{bare, garbled, bare, garbled} {
		if to := anna.carries(bo, bo.batch(item)); to != 0 {
			t.Errorf("without its words the receipt reaches entry %d", to)
		}
	}
	if got := bo.finds(anna); got != "payload open, gap open" {
		t.Errorf("findings: %s", got)
	}
	if to := anna.carries(bo, bo.batch(whole)); to != 1 {
		t.Errorf("with its words the receipt reaches entry %d", to)
	}
	if got := sentencesOf(anna.log(link.LogFilter{Person: "bo.ek"})); !strings.Contains(got, "läcka") {
		t.Errorf("the log says\n%s", got)
	}
	lost := journal.Item{Entry: bo.say(journal.Entry{Kind: journal.RecordOpened}, &journal.Details{Reason: "borta"}).Entry}
	if to := bo.hands(bo.batch(lost)); to != 2 {
		t.Errorf("by the device itself, without words: entry %d", to)
	}
	h.sound()
}

func TestANewGenerationGoesOnFromTheOldHead(t *testing.T) {
	h := newHouse(t, live)
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	bo.hands(bo.batch(bo.items(2)...))
	bo.chain = journal.Chain{Generation: 2, Head: bo.chain.Head}
	if to := bo.hands(bo.batch(bo.items(2)...)); to != 2 {
		t.Errorf("the receipt reaches entry %d of generation 2", to)
	}
	if got := bo.finds(anna); got != "generation closed" {
		t.Errorf("findings: %s", got)
	}
	var nowhere journal.Hash
	rand.Read(nowhere[:])
	bo.chain = journal.Chain{Generation: 3, Head: nowhere}
	bo.hands(bo.batch(bo.items(1)...))
	if got := bo.finds(anna); got != "generation open, generation closed" {
		t.Errorf("findings: %s", got)
	}
	bo.chain = journal.Chain{Generation: 4} // it names nothing that it goes on from
	bo.hands(bo.batch(bo.items(1)...))
	if got := bo.finds(anna); got != "generation open, generation open, generation closed" {
		t.Errorf("findings: %s", got)
	}
	h.sound()
}

// A device that finds itself behind an anchor names both the head that it found and the one that
// it should have had. Nothing is lost where both are here.
func TestANewGenerationNamesWhatTheDeviceHasLost(t *testing.T) {
	h := newHouse(t, live)
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	said := bo.items(3)
	found, head := journal.HashOf(said[1].Entry), bo.chain.Head
	bo.hands(bo.batch(said...))
	var nowhere journal.Hash
	rand.Read(nowhere[:])
	want := ""
	for generation, c := range []struct {
		prev, ref journal.Hash
		finding   string
	}{
		{found, head, "closed"},
		{found, nowhere, "open"},
		{nowhere, head, "open"},
		{journal.Hash{}, head, "closed"}, // all that it had is gone, and is here
	} {
		bo.chain = journal.Chain{Generation: uint64(generation) + 2, Head: c.prev}
		bo.hands(bo.batch(bo.say(journal.Entry{Kind: journal.GenerationOpened, Ref: c.ref[:]}, nil)))
		want = strings.TrimSuffix("generation "+c.finding+", "+want, ", ")
		if got := bo.finds(anna); len(strings.Split(got, ",")) != generation+1 || strings.Count(got, "open") != strings.Count(want, "open") {
			t.Errorf("findings: %s, want in some order: %s", got, want)
		}
	}
	h.sound()
}

// Of what is stored beside the prefix, on another branch or behind a gap, the receipt says so, and
// how far into the prefix the entries go that it answers: a device may have but an older copy.
func TestAReceiptTellsWhatIsHeld(t *testing.T) {
	h := newHouse(t, live)
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	start := bo.chain
	said := bo.items(6)
	bo.chain = start.Extend(must[journal.Entry](t)(journal.OpenEntry(said[0].Entry, bo.keys.Public().Signing)), said[0].Entry)
	other := []journal.Item{bo.say(journal.Entry{Kind: journal.Locked}, nil), bo.say(journal.Entry{Kind: journal.Locked}, nil),
		bo.say(journal.Entry{Kind: journal.Locked}, nil)}
	worded := bo.say(journal.Entry{Kind: journal.RecordOpened}, &journal.Details{Reason: "läcka"})
	bare := journal.Item{Entry: worded.Entry}
	for _, c := range []struct {
		what string
		by   *device
		of   []journal.Item
		want string
	}{
		{"all in order", bo, said[:2], "1-2"},
		{"with a gap", bo, []journal.Item{said[4], said[5]}, "1-2 held 5-6"},
		{"once more", bo, []journal.Item{said[4], said[5]}, "1-2 held 5-6"},
		{"an older copy", bo, said[:1], "1-2 1-1"},
		{"one that forked", bo, []journal.Item{said[0], other[0], other[1]}, "1-2 1-1 held 2-3"},
		{"two runs", bo, []journal.Item{other[0], other[2], said[5]}, "1-2 held 2-2 4-4 6-6"},
		{"nothing new", bo, said[1:2], "1-2"},
		{"by a carrier, without its words", anna, []journal.Item{other[0], bare}, "1-2 held 2-2"},
		{"by a carrier, with them", anna, []journal.Item{worded}, "1-2 held 5-5"},
		{"what fills the gap", bo, []journal.Item{said[2], said[4], said[3]}, "1-6 1-5"},
		{"all of it", bo, append(slices.Clone(said), other...), "1-6 held 2-4"},
	} {
		message := must[[]byte](t)(c.by.client.Journal(context.Background(), bo.batch(c.of...)))
		r := must[journal.Receipt](t)(journal.OpenReceipt(message, h.statement.Org(), bo.keys.Device(), h.statement.Log))
		got := spans(t, "", r.Ranges, c.of, said)
		if len(r.Held) > 0 {
			got += " held" + spans(t, " ", r.Held, c.of, said)
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
	h.sound()
}

// spans are ranges in short, each with the hash of an entry that has its number.
func spans(t *testing.T, before string, ranges []journal.Range, all ...[]journal.Item) string {
	t.Helper()
	var out []string
	for _, rng := range ranges {
		if !slices.ContainsFunc(slices.Concat(all...), func(item journal.Item) bool {
			var e journal.Entry
			ok(t, signed.Unverified(item.Entry, journal.EntryLimit, &e))
			return e.Seq == rng.To && journal.HashOf(item.Entry) == journal.Hash(rng.Hash)
		}) {
			t.Errorf("a range ends at %d with another hash", rng.To)
		}
		out = append(out, fmt.Sprintf("%d-%d", rng.From, rng.To))
	}
	return before + strings.Join(out, " ")
}

func TestWorkIsNotDoneByWhoMayNotOrSignsSomethingElse(t *testing.T) {
	h := newHouse(t, live)
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	page := bo.changes("")
	item := bo.signsWork(t, page, "W-2002", "klart")
	e := must[journal.Entry](t)(journal.OpenEntry(item.Entry, bo.keys.Public().Signing))
	e.Assignment, e.Subject = "W-2300", "s-maja" // the signature is for another
	bo.chain = journal.Chain{Generation: 1}
	moved := bo.say(e, nil)
	bo.hands(bo.batch(moved))
	if got := bo.finds(anna); got != "bad_work open" {
		t.Errorf("findings: %s", got)
	}
	e.Assignment = "W-never" // it is work on nothing
	bo.hands(bo.batch(bo.say(e, nil)))
	if got := bo.finds(anna); got != "bad_work open, bad_work open" {
		t.Errorf("findings: %s", got)
	}
	e.Assignment, e.Subject = "W-2002", "s-maj" // the signature is for other words
	bo.hands(bo.batch(bo.say(e, &journal.Details{Note: "inte klart"})))
	if got := bo.finds(anna); got != "bad_work open, bad_work open, bad_work open" {
		t.Errorf("findings: %s", got)
	}
	ok(t, h.gate.TakeRole(context.Background(), "bo.ek", "caretaker"))
	bo.hands(bo.batch(bo.signsWork(t, page, "W-2002", "klart")))
	if got := bo.finds(anna); got != "work_refused open, bad_work open, bad_work open, bad_work open" {
		t.Errorf("findings: %s", got)
	}
	ok(t, h.gate.GrantRole(context.Background(), "bo.ek", "caretaker"))
	for _, a := range bo.changes("").Assignments {
		if len(a.Work) != 0 {
			t.Errorf("it counts as done: %+v", a.Work)
		}
	}
}

func TestAClockThatIsOffIsFlaggedAndLosesNothing(t *testing.T) {
	h := newHouse(t, live)
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	year := signed.At(h.clock.Now().AddDate(1, 0, 0))
	if to := bo.hands(bo.batch(bo.say(journal.Entry{Kind: journal.Unlocked, Clock: year}, nil), bo.say(journal.Entry{Kind: journal.Locked, Clock: year}, nil))); to != 2 {
		t.Errorf("the receipt reaches entry %d", to)
	}
	if got := bo.finds(anna); got != "clock closed" {
		t.Errorf("findings: %s", got)
	}
	for what, c := range map[string]struct {
		clock, after time.Duration // from now
		want         string
	}{
		"it is right":                               {0, 0, ""},
		"it is off by what nobody minds":            {9 * time.Minute, 0, ""},
		"it is ahead":                               {11 * time.Minute, 0, "clock closed"},
		"it is behind what the device itself knows": {-11 * time.Minute, 0, "clock closed"},
		"it is behind, and so is what it knows":     {-time.Hour, -time.Hour, ""},
		"it knows a time that has not come":         {11 * time.Minute, 11 * time.Minute, "clock closed"},
	} {
		dora := h.enrolled("dora.alm")
		at := func(d time.Duration) signed.Time { return signed.At(h.clock.Now().Add(d)) }
		dora.hands(dora.batch(dora.say(journal.Entry{Kind: journal.Unlocked, Clock: at(c.clock), After: at(c.after)}, nil)))
		if got := dora.finds(anna); got != c.want {
			t.Errorf("%s: findings: %s", what, got)
		}
	}
}
