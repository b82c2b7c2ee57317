package vault

import (
	"bytes"
	"errors"
	"testing"

	"github.com/dgraph-io/badger/v4"
)

// raw is what Badger holds at a row's key.
func (w *world) raw(kind rowKind, id string) []byte {
	w.t.Helper()
	var value []byte
	must(w.t, w.vault.view.db.View(func(txn *badger.Txn) error {
		key := w.vault.view.seal.key(kind, id)
		item, err := txn.Get(key[:])
		must(w.t, err)
		value, err = item.ValueCopy(nil)
		return err
	}))
	return value
}

func (w *world) overwrite(kind rowKind, id string, value []byte) {
	w.t.Helper()
	must(w.t, w.vault.view.db.Update(func(txn *badger.Txn) error {
		key := w.vault.view.seal.key(kind, id)
		return txn.Set(key[:], value)
	}))
}

func TestARowOpensAtItsOwnPlaceOnly(t *testing.T) {
	w := newWorld(t)
	w.put(w.copy(rita, ritaS, 1, morning))
	w.put(w.copy(bosse, ritaS, 1, morning)) // of the same subject, so under the same key
	other := newWorld(t)
	other.put(other.copy(rita, ritaS, 1, morning))

	whole := w.raw(rowCard, string(rita))
	flipped := bytes.Clone(whole)
	flipped[len(flipped)-20] ^= 1
	revised := bytes.Clone(whole)
	revised[8]++
	unnamed := bytes.Clone(whole)
	clear(unnamed[9:rowHead])
	newer := bytes.Clone(whole)
	newer[0]++
	for what, value := range map[string][]byte{
		"a row from another key":      w.raw(rowCard, string(bosse)),
		"a row of another kind":       w.raw(rowPart, string(rita)),
		"the row of another vault":    other.raw(rowCard, string(rita)),
		"a flipped bit":               flipped,
		"another revision":            revised,
		"another key's name":          unnamed,
		"a newer schema":              newer,
		"a row cut short":             whole[:rowHead-1],
		"a row of nothing but a head": whole[:rowHead],
		"an empty row":                {},
	} {
		w.overwrite(rowCard, string(rita), value)
		if _, err := w.vault.Record(rita); !errors.Is(err, ErrView) {
			t.Errorf("%s: %v", what, err)
		}
		rows, err := w.vault.Records(RecordFilter{})
		if !errors.Is(err, ErrView) || len(rows) != 1 || rows[0].ID != bosse {
			t.Errorf("%s: the list: %d rows, %v", what, len(rows), err)
		}
		if _, err := w.vault.OpenPart(w.stamp(opened(rita, ritaS, 1)), rita, morning); !errors.Is(err, ErrView) {
			t.Errorf("%s: the part: %v", what, err)
		}
	}
	if !w.put(w.copy(rita, ritaS, 1, morning)) {
		t.Error("a damaged row is not written over")
	}
	if _, err := w.vault.OpenPart(w.stamp(opened(rita, ritaS, 1)), rita, morning); err != nil {
		t.Errorf("after it came anew: %v", err)
	}
}

func TestADestroyedSubjectKeyEndsItsRows(t *testing.T) {
	w := newWorld(t)
	w.put(w.copy(rita, ritaS, 1, morning))
	w.put(w.copy("rec-bosse", "subject-bosse", 1, morning))
	bag := w.vault.bag
	must(t, bag.log.stage(bag.log.index+1, bag.snapshot(map[keyID]bool{bag.idOf(ritaS): true})))
	must(t, bag.log.place())
	w.reopen()
	if _, err := w.vault.Record(rita); !errors.Is(err, ErrView) {
		t.Errorf("it still opens: %v", err)
	}
	if rows, _ := w.vault.Records(RecordFilter{}); len(rows) != 1 {
		t.Errorf("%d rows", len(rows))
	}
}
