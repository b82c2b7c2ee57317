package agent

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"handslag/sync/link"
	"handslag/vault/journal"
	"handslag/vault/journalfile"
)

// beside is an enrolled profile of username on the same machine as other.
func (h *house) beside(other *tablet, username string) *tablet {
	h.t.Helper()
	d := h.tablet(username)
	d.cfg.Outbox = other.cfg.Outbox
	d.begin()
	h.enrolInto(d)
	return d
}

func (h *house) enrolInto(d *tablet) {
	h.t.Helper()
	ok(h.t, d.Enrol(h.t.Context(), Enrolment{Org: h.statement.Org(), Username: d.name, Password: passwordOf(d.name), Passphrase: passphrase}))
}

// leaves is Anna's tablet after a morning without coverage, locked, with entries that nobody
// has yet; and her reason, in words.
func (h *house) leaves(username string) (d *tablet, reason string) {
	h.t.Helper()
	t, reason := h.t, "ringde om läckan i köket"
	d = h.enrolled(username)
	d.sync()
	address := h.address
	h.stop()
	_, err := d.Open(t.Context(), "r-maj", Reason{Text: reason})
	ok(t, err)
	_, err = d.Finish(t.Context(), "U-2002", "bytte packningen", "")
	ok(t, err)
	ok(t, d.Lock())
	h.address = address
	h.back()
	return d, reason
}

// said is what the log holds of a device, and its findings.
func (h *house) said(reviewer *tablet, device *tablet) (rows []link.LogRow, text, found string) {
	h.t.Helper()
	page, err := reviewer.Log(h.t.Context(), link.LogFilter{Device: device.Me().Device})
	ok(h.t, err)
	var b strings.Builder
	for _, row := range page.Rows {
		b.WriteString(string(row.Kind) + " " + row.Reason + " " + row.Note + "\n")
	}
	for _, f := range page.Found {
		found += f.Code + " "
	}
	return page.Rows, b.String(), found
}

func (d *tablet) list() []SealedSegment {
	d.h.t.Helper()
	list, err := d.Outbox(d.h.t.Context())
	ok(d.h.t, err)
	return list
}

// mustNotRead fails where a file below dir holds a word in the clear.
func mustNotRead(t *testing.T, dir string, words ...string) {
	t.Helper()
	files := 0
	ok(t, filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		files++
		data, err := os.ReadFile(path)
		for _, word := range words {
			if bytes.Contains(data, []byte(word)) {
				t.Errorf("%s says %q", e.Name(), word)
			}
		}
		return err
	}))
	if files == 0 {
		t.Fatal("nothing to look at")
	}
}

func TestAForgottenPassphraseLosesNothingSinceAnotherProfileHandsItIn(t *testing.T) {
	h := newHouse(t)
	reviewer := h.enrolled("anna.lind")
	lost, reason := h.leaves("bo.ek")
	carl := h.beside(lost, "carl.ask")
	before, _, _ := h.said(reviewer, lost)
	result := carl.sync()
	if result.Carried != 1 {
		t.Fatalf("%+v", result)
	}
	rows, text, found := h.said(reviewer, lost)
	if len(rows) <= len(before) || !strings.Contains(text, reason) || !strings.Contains(text, "bytte packningen") || found != "" {
		t.Fatalf("the log holds\n%s%s", text, found)
	}
	if rows[0].Carrier != carl.Me().Device {
		t.Errorf("carried by %q", rows[0].Carrier)
	}
	if again := carl.sync(); again.Carried != 0 {
		t.Errorf("once more: %+v", again)
	}
	if list := carl.list(); len(list) != 2 || !list[0].Handed && !list[1].Handed {
		t.Errorf("%+v", list)
	}
	// The same files again, as after a restart that forgot, change nothing.
	ok(t, os.Remove(h.marks(carl)[0]))
	carl.carried = carried{}
	if again := carl.sync(); again.Carried != 1 {
		t.Errorf("without its mark: %+v", again)
	}
	if after, _, _ := h.said(reviewer, lost); len(after) != len(rows) {
		t.Errorf("%d rows became %d", len(rows), len(after))
	}
	// Bo remembers: his own journal believes the receipt that Carl got, without a network.
	h.stop()
	ok(t, lost.Unlock(t.Context(), passphrase))
	if me := lost.Me(); me.Waiting != 1 {
		t.Errorf("%d wait, the unlock alone should", me.Waiting)
	}
	tasks, err := lost.Assignments(t.Context(), "")
	ok(t, err)
	for _, task := range tasks {
		if task.ID == "U-2002" && (task.Done == nil || task.Done.Waiting) {
			t.Errorf("the work still waits: %+v", task.Done)
		}
	}
	h.back()
	lost.sync()
	if rows, _, found := h.said(reviewer, lost); found != "" || len(rows) != len(before)+5 {
		t.Errorf("%d rows, %s", len(rows), found)
	}
}

func TestAVaultThatIsWipedLeavesWhatItSaidForTheNextToHandIn(t *testing.T) {
	h := newHouse(t)
	reviewer := h.enrolled("anna.lind")
	bo, reason := h.leaves("bo.ek")
	device := bo.Me().Device
	ok(t, os.RemoveAll(bo.cfg.Vault))
	bo.begin()
	h.enrolInto(bo)
	if bo.Me().Device == device {
		t.Fatal("the same device again")
	}
	if result := bo.sync(); result.Carried != 1 {
		t.Errorf("%+v", result)
	}
	page, err := reviewer.Log(t.Context(), link.LogFilter{Device: device})
	ok(t, err)
	if len(page.Rows) == 0 || page.Rows[0].Carrier != bo.Me().Device {
		t.Fatalf("%+v", page.Rows)
	}
	var told bool
	for _, row := range page.Rows {
		told = told || row.Reason == reason
	}
	if !told || len(page.Found) != 0 {
		t.Errorf("%+v", page)
	}
}

// marks are the files beside segments that say they were handed in.
func (h *house) marks(d *tablet) []string {
	h.t.Helper()
	files, err := filepath.Glob(filepath.Join(d.cfg.Outbox, "*", "*", "*.handed"))
	ok(h.t, err)
	if len(files) == 0 {
		h.t.Fatal("no marks")
	}
	return files
}

func TestAStickCarriesHomeWhatNobodyOnTheWayReads(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	reviewer := h.enrolled("anna.lind")
	bo, reason := h.leaves("bo.ek")
	stick := filepath.Join(t.TempDir(), "stick")
	out, err := bo.ExportOutbox(ctx, stick) // locked
	ok(t, err)
	again, err := bo.ExportOutbox(ctx, stick)
	ok(t, err)
	if out.Copied != 1 || out.Known != 0 || again.Copied != 0 || again.Known != 1 {
		t.Fatalf("%+v, then %+v", out, again)
	}
	mustNotRead(t, stick, reason, "packningen", "r-maj", "bo.ek", passphrase)

	carl := h.tablet("carl.ask") // another machine
	for _, want := range []Carriage{{Copied: 1}, {Known: 1}} {
		got, err := carl.ImportOutbox(ctx, stick) // before he is even enrolled
		ok(t, err)
		if got.Copied != want.Copied || got.Known != want.Known || len(got.Refused) != 0 {
			t.Fatalf("%+v", got)
		}
	}
	if list := carl.list(); len(list) != 1 || !list[0].Brought || list[0].Own || list[0].Handed || list[0].Device != bo.Me().Device {
		t.Fatalf("%+v", list)
	}
	h.enrolInto(carl)
	if result := carl.sync(); result.Carried != 1 {
		t.Fatalf("%+v", result)
	}
	if _, text, found := h.said(reviewer, bo); !strings.Contains(text, reason) || found != "" {
		t.Fatalf("the log holds\n%s%s", text, found)
	}
	if list := carl.list(); len(list) != 2 || !list[1].Handed {
		t.Errorf("%+v", list)
	}
	// It stays as long as devices keep what has a receipt, and then goes.
	for range 3 {
		h.pass(keepReceipted/3 - time.Hour)
		carl.carried = carried{} // as after a restart
		carl.sync()
	}
	if list := carl.list(); len(list) < 2 || !list[len(list)-1].Brought {
		t.Errorf("%+v", list)
	}
	h.pass(4 * time.Hour)
	carl.carried = carried{}
	carl.sync()
	if list := carl.list(); list[len(list)-1].Brought {
		t.Errorf("%+v", list)
	}
	if _, err := os.ReadDir(stick); err != nil {
		t.Error(err)
	}
}

func TestAFileThatIsNoSegmentIsRefusedByNameAndKept(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	bo, _ := h.leaves("bo.ek")
	stick := t.TempDir()
	_, err := bo.ExportOutbox(ctx, stick)
	ok(t, err)
	files, err := filepath.Glob(filepath.Join(stick, "*.segment"))
	ok(t, err)
	data, err := os.ReadFile(files[0])
	ok(t, err)
	flipped := bytes.Clone(data)
	flipped[100] ^= 1
	for name, put := range map[string][]byte{"flipped.segment": flipped, "cut.segment": data[:200], "essay.segment": []byte("hej")} {
		ok(t, os.WriteFile(filepath.Join(stick, name), put, 0o600))
	}
	ok(t, os.WriteFile(filepath.Join(stick, "holiday.jpg"), []byte("not ours to look at"), 0o600))
	carl := h.enrolled("carl.ask")
	got, err := carl.ImportOutbox(ctx, stick)
	ok(t, err)
	if got.Copied != 1 || len(got.Refused) != 3 {
		t.Fatalf("%+v", got)
	}
	for _, one := range got.Refused {
		if one.Problem != SegmentDamaged {
			t.Errorf("%+v", one)
		}
		if _, err := os.Stat(filepath.Join(stick, one.File)); err != nil {
			t.Error(err)
		}
	}
	if _, err := carl.ImportOutbox(ctx, filepath.Join(stick, "no such")); err == nil {
		t.Error("a folder that is not there was imported")
	}

	// Another organisation's segment reads as one; the connected system says what it is.
	elsewhere := newHouse(t)
	dora, _ := elsewhere.leaves("bo.ek")
	foreign := t.TempDir()
	_, err = dora.ExportOutbox(ctx, foreign)
	ok(t, err)
	_, err = carl.ImportOutbox(ctx, foreign)
	ok(t, err)
	if result := carl.sync(); result.Carried != 1 {
		t.Errorf("%+v", result)
	}
	var named bool
	for _, one := range carl.list() {
		named = named || one.Device == dora.Me().Device && one.Problem == SegmentUnknown && !one.Handed
	}
	if !named {
		t.Errorf("%+v", carl.list())
	}
}

func TestARevokedDevicesSegmentsAreTakenAndARevokedDeviceCarries(t *testing.T) {
	h := newHouse(t)
	reviewer := h.enrolled("anna.lind")
	bo, reason := h.leaves("bo.ek")
	carl := h.beside(bo, "carl.ask")
	ok(t, h.gate.RevokeDevice(context.Background(), bo.Me().Device))
	ok(t, h.gate.RevokeDevice(context.Background(), carl.Me().Device))
	result, err := carl.Sync(t.Context())
	refused(t, err, DeviceRevoked)
	if result.Carried != 1 {
		t.Errorf("%+v", result)
	}
	if _, text, found := h.said(reviewer, bo); !strings.Contains(text, reason) || !strings.Contains(found, "revoked") {
		t.Errorf("the log holds\n%s%s", text, found)
	}
}

func TestAReceiptThatSomebodyMadeUpIsNotBelieved(t *testing.T) {
	h := newHouse(t)
	bo, _ := h.leaves("bo.ek")
	dir := bo.place.Journal(bo.Me().Device)
	all, _, err := journalfile.ListSealed(dir)
	ok(t, err)
	lie := journal.Receipt{Version: 1, Org: h.statement.Org(), Device: bo.Me().Device, Time: 1,
		Ranges: []journal.Range{{Generation: 1, From: 1, To: 5, Hash: make([]byte, 32)}}}
	forged, err := lie.Sign(newKey(t))
	ok(t, err)
	elsewhere, err := lie.Sign(h.config.Keys.Log) // signed, and not about this chain
	ok(t, err)
	for what, receipt := range map[string][]byte{"another key's": forged, "another chain's": elsewhere, "nonsense": []byte("yes, yes")} {
		ok(t, journalfile.MarkHanded(all[0], receipt))
		ok(t, bo.Unlock(t.Context(), passphrase))
		if me := bo.Me(); me.Waiting < 4 {
			t.Errorf("%s: only %d wait", what, me.Waiting)
		}
		ok(t, bo.Lock())
	}
	// Nor does one keep another profile from handing in: it counts where it verifies.
	ok(t, journalfile.MarkHanded(all[0], forged))
	carl := h.beside(bo, "carl.ask")
	all, _, err = journalfile.ListSealed(dir)
	ok(t, err)
	if result := carl.sync(); result.Carried != len(all) {
		t.Errorf("%d of %d segments went: a made-up mark kept one here", result.Carried, len(all))
	}
}
