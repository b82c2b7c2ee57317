package vault

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/dgraph-io/badger/v4"

	"handslag/vault/internal/folder"
	"handslag/vault/journal"
)

const bosse = journal.RecordID("rec-bosse")

// A row that does not fit is written over by the one that comes anew; what is left of the damage
// goes with MendView, and nothing else does.
func TestDamagedRowsMendAndTheRestStays(t *testing.T) {
	w := newWorld(t)
	ids := []journal.RecordID{rita, bosse, "rec-gone", "rec-partless", "rec-removed", "rec-whole"}
	for _, id := range ids {
		w.put(w.copy(id, journal.SubjectID("subject-"+id), 1, morning))
	}
	must(t, w.vault.Apply(Run{1, 1, 9}, func(tx *Tx) error { return tx.SetSync(Sync{Cursor: "c9"}) }))
	card, part := w.raw(rowCard, "rec-removed"), w.raw(rowPart, "rec-removed")
	must(t, w.vault.Update(func(tx *Tx) error { return tx.RemoveRecord("rec-removed") }))
	w.overwrite(rowCard, string(rita), []byte("damaged"))
	w.overwrite(rowCard, string(bosse), []byte("damaged"))
	w.takeAway(rowCard, "rec-gone")
	w.takeAway(rowPart, "rec-partless")
	w.overwrite(rowCard, "rec-removed", card)
	w.overwrite(rowPart, "rec-removed", part)
	must(t, w.vault.view.db.Update(func(txn *badger.Txn) error { return txn.Set([]byte("c, but no row's key"), nil) }))
	if !w.put(w.copy(rita, ritaS, 1, morning)) {
		t.Error("a damaged row is not written over")
	}
	if _, err := w.vault.Record(rita); err != nil {
		t.Errorf("a row that came anew: %v", err)
	}
	if _, err := w.vault.Records(RecordFilter{}); !errors.Is(err, ErrView) {
		t.Errorf("the others: %v", err)
	}
	if rows, err := w.vault.MendView(); err != nil || rows == 0 {
		t.Fatalf("mended %d rows, %v", rows, err)
	}
	w.reopen()
	rows, err := w.vault.Records(RecordFilter{})
	if err != nil || len(rows) != 2 {
		t.Errorf("after the mending: %d rows, %v", len(rows), err)
	}
	for _, id := range []journal.RecordID{rita, "rec-whole"} {
		if _, err := w.vault.Copy(id); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	if at, err := w.vault.Position(); err != nil || at != (Position{}) {
		t.Errorf("position %+v, %v: the journal would not be replayed", at, err)
	}
	if s, err := w.vault.Sync(); err != nil || s.Cursor != "" {
		t.Errorf("sync %+v, %v: nothing would come anew", s, err)
	}
	for _, id := range ids {
		w.put(w.copy(id, journal.SubjectID("subject-"+id), 1, morning))
	}
	if rows, err := w.vault.Records(RecordFilter{}); err != nil || len(rows) != len(ids) {
		t.Errorf("after the sync: %d rows, %v", len(rows), err)
	}
	if rows, err := w.vault.MendView(); err != nil || rows != 0 {
		t.Errorf("a whole view is mended: %d rows, %v", rows, err)
	}
}

// Between Badger's commit and the catalogue's there may be a crash, or a full disk.
func TestTheCatalogueCatchesUpWithWhatBadgerHas(t *testing.T) {
	w := newWorld(t)
	w.put(w.copy(bosse, "subject-bosse", 1, morning))
	path := filepath.Join(w.dir, folder.Catalogue)
	before, err := os.ReadFile(path)
	must(t, err)
	w.put(w.copy(rita, ritaS, 1, morning))
	mark := w.vault.Mark()
	must(t, w.vault.Close())
	whole, err := os.ReadFile(path)
	must(t, err)
	for cut := len(before); cut < len(whole); cut += 7 {
		must(t, os.WriteFile(path, whole[:cut], folder.FileMode))
		w.vault, err = Open(w.dir, passphrase, cheap)
		must(t, err)
		if rows, err := w.vault.Records(RecordFilter{}); err != nil || len(rows) != 2 || w.vault.Mark() != mark {
			t.Fatalf("cut at %d: %d rows, mark %d, %v", cut, len(rows), w.vault.Mark(), err)
		}
		must(t, w.vault.Close())
	}
	w.reopen()
	c := w.vault.view.catalogue
	room := uint64(1 << 40)
	c.log.Folder.Free = func(string) (uint64, error) { return room, nil }
	room = 0
	w.put(w.copy(rita, ritaS, 2, morning)) // durable in Badger, though the catalogue can not say so
	if w.vault.Mark() != mark {
		t.Error("a mark that the catalogue does not have")
	}
	if row, err := w.vault.Record(rita); err != nil || row.Number != 2 {
		t.Errorf("%+v, %v", row, err)
	}
	if _, err := w.vault.PutRecords([]RecordCopy{w.copy(rita, ritaS, 3, morning)}); !errors.Is(err, ErrFull) {
		t.Errorf("another before the first is settled: %v", err)
	}
	w.reopen()
	if row, err := w.vault.Record(rita); err != nil || row.Number != 2 || w.vault.Mark() != mark+1 {
		t.Errorf("after a restart: %+v, mark %d, %v", row, w.vault.Mark(), err)
	}
}

// A crash leaves Badger one transaction ahead, and nothing else does.
func TestAViewThatIsFurtherOffThanACrashLeavesItIsNotOpened(t *testing.T) {
	for what, old := range map[string]string{"an older view": folder.View, "an older catalogue": folder.Catalogue} {
		w := newWorld(t)
		w.put(w.copy(rita, ritaS, 1, morning))
		must(t, w.vault.Close())
		before := filepath.Join(t.TempDir(), "before")
		must(t, os.CopyFS(before, os.DirFS(w.dir)))
		w.reopen()
		for version := range uint64(2) { // rows that a list needs stay as they were
			must(t, w.vault.Update(func(tx *Tx) error { return tx.SetSetting("seen", []byte{byte(version)}) }))
		}
		must(t, w.vault.Close())
		must(t, os.RemoveAll(filepath.Join(w.dir, old)))
		must(t, os.Rename(filepath.Join(before, old), filepath.Join(w.dir, old)))
		v, err := Open(w.dir, passphrase, cheap)
		if !errors.Is(err, ErrView) {
			t.Errorf("%s: %v", what, err)
		}
		w.vault = v
		must(t, v.ResetView())
	}
}

// What became of a commit that failed, only the next unlock knows.
func TestAfterACommitThatFailedNothingMoreIsWritten(t *testing.T) {
	w := newWorld(t)
	w.put(w.copy(rita, ritaS, 1, morning))
	if err := w.vault.Update(func(tx *Tx) error {
		must(t, tx.SetSetting("said", []byte("perhaps")))
		return w.vault.view.db.Close() // so that the commit fails
	}); !errors.Is(err, ErrView) {
		t.Errorf("the commit: %v", err)
	}
	if _, err := w.vault.PutRecords([]RecordCopy{w.copy(rita, ritaS, 2, morning)}); !errors.Is(err, ErrView) {
		t.Errorf("the next: %v", err)
	}
	w.vault.Close()
	v, err := Open(w.dir, passphrase, cheap)
	must(t, err)
	w.vault = v
	if row, err := v.Record(rita); err != nil || row.Number != 1 {
		t.Errorf("%+v, %v", row, err)
	}
}

// A transaction costs one sync of the catalogue, one of the keybag where a subject is new, and what
// Badger's own commit costs.
func TestWhatATransactionCosts(t *testing.T) {
	p := newPoweredWorld(t)
	costs := func(what string, want int, do func() error) {
		t.Helper()
		before := p.disk.Syncs()
		must(t, do())
		if syncs := p.disk.Syncs() - before; syncs != want {
			t.Errorf("%s: %d syncs", what, syncs)
		}
	}
	many := func(number uint64) (copies []RecordCopy) {
		for n := range 32 {
			id := journal.RecordID(fmt.Sprint("rec-", n))
			copies = append(copies, p.copy(id, journal.SubjectID("subject-"+id), number, morning))
		}
		return copies
	}
	put := func(copies []RecordCopy) func() error {
		return func() error {
			return p.vault.Update(func(tx *Tx) error {
				for _, c := range copies {
					if _, err := tx.PutRecord(c); err != nil {
						return err
					}
				}
				return nil
			})
		}
	}
	costs("32 records of new subjects", 2, put(many(1)))
	costs("newer versions of them", 1, put(many(2)))
	costs("the same again", 0, put(many(2)))
	costs("a setting", 1, func() error { return p.vault.Update(func(tx *Tx) error { return tx.SetSetting("x", nil) }) })
	costs("a reading", 0, func() error { _, err := p.vault.Records(RecordFilter{}); return err })
}

func TestAHundredThousandRowsAreCheapToName(t *testing.T) {
	c := &catalogue{rows: map[rowKey]uint64{}, count: map[rowKind]int{}}
	for n := range 100_000 {
		c.set(rowKey([]byte(fmt.Sprintf("c%015d", n))), uint64(n/32))
	}
	if size := len(c.snapshot()); size > 25*100_000 {
		t.Errorf("%d bytes", size)
	}
	again := &catalogue{rows: map[rowKey]uint64{}, count: map[rowKind]int{}}
	must(t, again.restore(c.snapshot()))
	if len(again.rows) != 100_000 || again.count[rowCard] != 100_000 || again.rows[rowKey([]byte("c000000000000640"))] != 20 {
		t.Error("it is not read as it was written")
	}
}

// goldenCatalogue is a catalogue of two rows, one of which a change removed.
func goldenCatalogue(t testing.TB) (snapshot, change []byte) {
	t.Helper()
	c := &catalogue{era: era{1}, bag: 3, rows: map[rowKey]uint64{}, count: map[rowKind]int{}}
	c.set(rowKey{'c', 1}, 7)
	c.set(rowKey{'a', 2}, 9)
	change, err := encodeChange(4, map[rowKey]bool{{'c', 1}: false, {'s', 3}: true})
	must(t, err)
	return c.snapshot(), change
}

func TestTheCataloguesRecordsAreRead(t *testing.T) {
	c := &catalogue{}
	c.count = map[rowKind]int{}
	read := func(name string) []byte {
		t.Helper()
		text, err := os.ReadFile(filepath.Join("testdata", name+".hex"))
		must(t, err)
		data, err := hex.DecodeString(string(text[:len(text)-1]))
		must(t, err)
		return data
	}
	must(t, c.restore(read("snapshot")))
	if c.era != (era{1}) || c.rows[rowKey{'c', 1}] != 7 || c.rows[rowKey{'a', 2}] != 9 || c.bag != 3 {
		t.Errorf("snapshot: %+v", c)
	}
	must(t, c.apply(read("change"), 10))
	if _, there := c.rows[rowKey{'c', 1}]; there || c.rows[rowKey{'s', 3}] != 10 || c.bag != 4 || c.count[rowCard] != 0 || c.count[rowSetting] != 1 {
		t.Errorf("change: %+v", c)
	}
	if err := c.apply(read("snapshot"), 11); !errors.Is(err, ErrDamaged) {
		t.Errorf("a snapshot where a change should be: %v", err)
	}
	if err := c.restore(read("change")); !errors.Is(err, ErrDamaged) {
		t.Errorf("a change where a snapshot should be: %v", err)
	}
	older, err := encodeChange(3, nil)
	must(t, err)
	if err := c.apply(older, 11); !errors.Is(err, ErrDamaged) {
		t.Errorf("a change that needs an older keybag: %v", err)
	}
}

func FuzzCatalogue(f *testing.F) {
	snapshot, change := goldenCatalogue(f)
	f.Add(snapshot, change)
	f.Add(change, snapshot)
	f.Add([]byte{}, []byte{0x80})
	f.Fuzz(func(t *testing.T, snapshot, change []byte) {
		c := &catalogue{rows: map[rowKey]uint64{}, count: map[rowKind]int{}}
		named := func(err error) {
			if err != nil && !errors.Is(err, ErrDamaged) {
				t.Fatalf("an error without a name: %v", err)
			}
		}
		err := c.restore(snapshot)
		named(err)
		if err == nil && string(c.snapshot()) != string(snapshot) {
			t.Fatal("written again it differs")
		}
		named(c.apply(change, 5))
		total := 0
		for _, n := range c.count {
			total += n
		}
		if total != len(c.rows) {
			t.Fatalf("%d rows, counted %d", len(c.rows), total)
		}
	})
}
