package vault

import (
	"errors"
	"fmt"
	"testing"

	"github.com/dgraph-io/badger/v4"

	"handslag/vault/internal/folder"
	"handslag/vault/journal"
)

// What was read is kept, and is served only as long as the rows would be.
func TestWhatIsNearIsNoOlderThanItsRows(t *testing.T) {
	for what, c := range map[string]struct {
		then func(w *world)
		want error
		says uint64 // version
	}{
		"nothing happens":           {func(*world) {}, nil, 1},
		"another record is written": {func(w *world) { w.put(w.copy(bosse, bosseS, 1, morning)) }, nil, 1},
		"a newer version comes":     {func(w *world) { w.put(w.copy(rita, ritaS, 2, morning)) }, nil, 2},
		"its loan is made less":     {func(w *world) { w.shorten(rita, morning-1) }, nil, 1},
		"it is removed":             {func(w *world) { must(t, w.vault.Update(func(tx *Tx) error { return tx.RemoveRecord(rita) })) }, ErrNotFound, 0},
		"its person is erased":      {func(w *world) { must(t, w.vault.Erase(ritaS)) }, ErrNotFound, 0},
		"the view is begun anew":    {func(w *world) { must(t, w.vault.ResetView()) }, ErrNotFound, 0},
		"the device is locked":      {func(w *world) { must(t, w.vault.Close()) }, ErrClosed, 0},
		"its person is erased while nothing can be written": {func(w *world) {
			w.vault.folder.Free = func(string) (uint64, error) { return folder.ViewReserve, nil }
			must(t, w.vault.Erase(ritaS))
		}, ErrView, 0},
	} {
		w := newWorld(t)
		w.put(w.copy(rita, ritaS, 1, morning))
		_, err := w.vault.Prepare(rita)
		must(t, err)
		if n := len(w.vault.view.list.cache.records); n != 1 {
			t.Fatalf("%d records are kept", n)
		}
		c.then(w)
		p, err := w.vault.Prepare(rita)
		if !errors.Is(err, c.want) || err == nil && p.Row().Number != c.says {
			t.Errorf("%s: %v, %+v", what, err, p)
		}
		row, until := RecordRow{}, morning
		if what == "its loan is made less" {
			until--
		}
		if p != nil {
			row = p.Row()
		}
		if err == nil && row.Until != until {
			t.Errorf("%s: it is lent until %d", what, row.Until)
		}
	}
}

// A key that goes between a reader's look at the rows and its taking them down ends them there too.
func TestWhatIsNearEndsWithItsKey(t *testing.T) {
	w := newWorld(t)
	w.put(w.copy(rita, ritaS, 1, morning))
	_, err := w.vault.Prepare(rita)
	must(t, err)
	cached := &w.vault.view.list.cache
	kept := *cached.records[w.vault.view.seal.key(rowCard, string(rita))]
	w.vault.folder.Free = func(string) (uint64, error) { return folder.ViewReserve, nil }
	must(t, w.vault.Erase(ritaS))
	if len(cached.records) != 0 {
		t.Error("it is kept after the erasure")
	}
	cached.put(w.vault.view.seal.key(rowCard, string(rita)), &kept)
	if p, err := w.vault.Prepare(rita); !errors.Is(err, ErrView) {
		t.Errorf("it is served: %+v, %v", p, err)
	}
}

// Nothing that a transaction has written is kept before it is durable.
func TestWhatIsWrittenIsNotNearBeforeItIsDurable(t *testing.T) {
	w := newWorld(t)
	w.put(w.copy(rita, ritaS, 1, morning))
	failed := errors.New("no")
	err := w.vault.Update(func(tx *Tx) error {
		if _, err := tx.PutRecord(w.copy(rita, ritaS, 2, morning)); err != nil {
			return err
		}
		if o, err := tx.stored(rita); err != nil || o.record.Number != 2 {
			t.Errorf("version %d, %v", o.record.Number, err)
		}
		return failed
	})
	if !errors.Is(err, failed) {
		t.Fatal(err)
	}
	if p, err := w.vault.Prepare(rita); err != nil || p.Row().Number != 1 {
		t.Errorf("%+v, %v", p, err)
	}
}

// However many are opened, few are kept; and none in a vault that is locked.
func TestFewAreNear(t *testing.T) {
	w := newWorld(t)
	var copies []RecordCopy
	for i := range cacheRecords + 5 {
		copies = append(copies, w.copy(journal.RecordID(fmt.Sprintf("r-%03d", i)), ritaS, 1, morning))
	}
	_, err := w.vault.PutRecords(copies)
	must(t, err)
	cached := &w.vault.view.list.cache
	for i := range copies {
		_, err := w.vault.Prepare(journal.RecordID(fmt.Sprintf("r-%03d", i)))
		must(t, err)
	}
	bytes := 0
	for _, r := range cached.records {
		bytes += len(r.part.part.Cipher)
	}
	if len(cached.records) != cacheRecords || len(cached.order) != cacheRecords || cached.bytes != bytes {
		t.Errorf("%d records in %d places, %d bytes of %d", len(cached.records), len(cached.order), cached.bytes, bytes)
	}
	if _, ok := cached.records[w.vault.view.seal.key(rowCard, "r-000")]; ok {
		t.Error("the oldest is still kept")
	}
	cached.put(rowKey{1}, &cachedRecord{part: openable{part: partRow{Cipher: make([]byte, cacheBytes)}}})
	if len(cached.records) != 1 || cached.bytes != cacheBytes {
		t.Errorf("beside a large one are %d", len(cached.records)-1)
	}
	cached.put(rowKey{2}, &cachedRecord{part: openable{part: partRow{Cipher: make([]byte, cacheBytes+1)}}})
	if _, ok := cached.records[rowKey{2}]; ok {
		t.Error("one is kept that is too large")
	}
	must(t, w.vault.Close())
	if len(cached.records)+len(cached.order) != 0 {
		t.Error("some are kept after the lock")
	}
}

// A look into memory is no way past the catalogue: it asks Badger for nothing, and so serves nothing
// that Badger could bring back.
func TestWhatIsNearIsNotReadAgain(t *testing.T) {
	w := newWorld(t)
	w.put(w.copy(rita, ritaS, 1, morning))
	_, err := w.vault.Prepare(rita)
	must(t, err)
	key := w.vault.view.seal.key(rowPart, string(rita))
	must(t, w.vault.view.db.Update(func(txn *badger.Txn) error { return txn.Delete(key[:]) }))
	w.vault.view.snapshots.drop()
	part, err := w.open(w.stamp(opened(rita, ritaS, 1)), rita, morning)
	if err != nil || len(part.Fields) == 0 {
		t.Errorf("what was read and checked is served as it was: %v", err)
	}
	w.vault.view.list.cache = cache{}
	if _, err := w.open(w.stamp(opened(rita, ritaS, 1)), rita, morning); !errors.Is(err, ErrView) {
		t.Errorf("a part that is gone: %v", err)
	}
}
