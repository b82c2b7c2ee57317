package vault

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dgraph-io/badger/v4"

	"handslag/vault/internal/folder"
	"handslag/vault/internal/frame"
	"handslag/vault/internal/sealedlog"
)

// What Badger does not promise, and what somebody who can write to the vault's files may try
// without its keys. Each time: it is noticed and named, nothing false is served, the entries in
// the journal stay, and the view can be rebuilt or mended.

func TestEveryAttackOnTheFilesIsNoticedAndMends(t *testing.T) {
	s := newSiege(t)
	other := newSiege(t)
	view := func(f files) (names []string) {
		for name := range f {
			if strings.HasPrefix(name, folder.View+string(filepath.Separator)) {
				names = append(names, name)
			}
		}
		return names
	}
	viewOf := func(f, theirs files) files { return f.with(nil, view(f)...).with(theirs, view(theirs)...) }
	empty := s.closed.with(nil, view(s.closed)...)
	empty[filepath.Join(folder.View, "left")] = image{}
	mem := s.crashed.named(t, ".mem")[0]

	// The strongest: rows of before, sealed and named rightly, in a plaintext .mem that is newer.
	var key, value []byte
	s.old.lay(t, s.dir)
	v, err := Open(s.dir, passphrase, cheap)
	must(t, err)
	s.vault = v
	place := v.view.seal.key(rowCard, string(rita))
	key, value = place[:], s.raw(rowCard, string(rita))
	must(t, v.Close())
	plant := func(db *badger.DB) {
		for range 200 { // so that its version is the newest
			must(t, db.Update(func(txn *badger.Txn) error { return txn.Set(key, value) }))
		}
	}
	planted := maps.Clone(s.closed)
	planted[filepath.Join(folder.View, "00099.mem")] = memOf(t, nil, plant)
	alone := maps.Clone(s.crashed)
	alone[mem] = memOf(t, nil, plant)

	for _, attack := range []struct {
		what string
		left files
	}{
		{"the view is gone", s.closed.with(nil, view(s.closed)...)},
		{"the view is emptied", empty},
		{"an older view", viewOf(s.closed, s.old)},
		{"an older view after a crash", viewOf(s.crashed, s.old)},
		{"another vault's view", viewOf(s.closed, other.closed)},
		{"an older copy of the whole vault", s.old},
		{"a deleted .mem", s.crashed.without(t, ".mem")},
		{"an emptied .mem", s.crashed.cut(t, ".mem", 0)},
		{"a .mem cut short", s.crashed.cut(t, ".mem", len(s.crashed[mem].data)/2)},
		{"another vault's .mem", s.crashed.with(other.crashed, mem)},
		{"a plaintext .mem instead of ours", alone},
		{"a plaintext .mem beside ours, with an older row", planted},
		{"every table gone", s.closed.without(t, ".sst")},
		{"another vault's tables", s.closed.with(other.closed, s.closed.named(t, ".sst")...)},
		{"a table cut in half", s.closed.cut(t, ".sst", 500)},
		{"a table cut to nothing", s.closed.cut(t, ".sst", 0)},
		{"a torn key registry", s.closed.cut(t, "KEYREGISTRY", 20)},
		{"a deleted key registry", s.closed.without(t, "KEYREGISTRY")},
		{"another vault's key registry", s.closed.with(other.closed, s.closed.named(t, "KEYREGISTRY")...)},
		{"a torn manifest", s.closed.cut(t, "MANIFEST", 3)},
		{"a manifest cut in the middle", s.closed.cut(t, "MANIFEST", s.closed[s.closed.named(t, "MANIFEST")[0]].size-5)},
		{"a deleted manifest", s.closed.without(t, "MANIFEST")},
		{"a deleted catalogue", s.closed.without(t, folder.Catalogue)},
		{"an older catalogue", s.closed.with(s.old, folder.Catalogue)},
		{"another vault's catalogue", s.closed.with(other.closed, folder.Catalogue)},
		{"a deleted keybag", s.closed.without(t, folder.Keybag)},
		{"an older keybag", s.closed.with(s.old, folder.Keybag)},
		{"another vault's keybag", s.closed.with(other.closed, folder.Keybag)},
		{"older view and catalogue", viewOf(s.closed, s.old).with(s.old, folder.Catalogue)},
		{"older catalogue and keybag", s.closed.with(s.old, folder.Catalogue, folder.Keybag)},
	} {
		noticed := s.suffer(attack.what, attack.left)
		if noticed == nil {
			t.Errorf("%s: nobody notices", attack.what)
		}
		s.recover(attack.what, noticed)
	}
	if noticed := s.suffer("nothing, after a crash", s.crashed); noticed != nil {
		t.Errorf("a crash alone: %v", noticed)
	}
	s.recover("nothing, after a crash", nil)
}

func TestALogCutBetweenItsRecordsIsNoticed(t *testing.T) {
	s := newSiege(t)
	for _, name := range []string{folder.Keybag, folder.Catalogue} {
		ends := []int{sealedlog.Head}
		form := sealedlog.Form{Kind: s.closed[name].data[len(frame.Magic)]}
		_, _, err := form.Walk(s.closed[name].data, func(_ uint64, box []byte) (bool, error) {
			ends = append(ends, ends[len(ends)-1]+sealedlog.RecordHead+len(box))
			return true, nil
		})
		must(t, err)
		if len(ends) < siegeRecords {
			t.Fatalf("%s has %d records", name, len(ends))
		}
		for n, end := range ends[:len(ends)-1] {
			if n%3 != 0 && n < len(ends)-3 {
				continue
			}
			what := fmt.Sprintf("%s cut behind record %d of %d", name, n, len(ends)-1)
			noticed := s.suffer(what, s.closed.cut(t, name, end))
			if name == folder.Catalogue && n == len(ends)-2 {
				if noticed != nil { // what a crash leaves too: Badger has the last change
					t.Errorf("%s: %v", what, noticed)
				}
			} else if noticed == nil {
				t.Errorf("%s: nobody notices", what)
			}
			s.recover(what, noticed)
		}
	}
}

func TestAFlippedBitIsNoticedWhereverItIs(t *testing.T) {
	s := newSiege(t)
	rounds := 20
	if testing.Short() {
		rounds = 4
	}
	for _, c := range []struct {
		suffix string
		of     files
		last   int
		least  int // of 20; Badger overlooks some, and what is shown is true all the same
	}{
		{".mem", s.crashed, 0, 20},
		{".mem", s.crashed, 600, 20},
		{".sst", s.closed, 0, 15},
		{".sst", s.closed, 40, 15},
		{"KEYREGISTRY", s.closed, 0, 15},
		{"MANIFEST", s.closed, 0, 15},
		{".vlog", s.closed, 0, 0},           // empty but for its head: no value is large enough for it
		{folder.Catalogue, s.closed, 0, 10}, // its last record may as well be one that a crash cut off
		{folder.Keybag, s.closed, 0, 20},
	} {
		seen := 0
		for seed := range uint64(rounds) {
			left, what := c.of.flipped(t, c.suffix, seed, c.last)
			noticed := s.suffer(what, left)
			if noticed != nil {
				seen++
			} else if c.least == 20 {
				t.Errorf("%s: nobody notices", what)
			}
			if seed == 0 {
				s.recover(what, noticed)
			} else {
				must(t, s.vault.Close())
			}
		}
		if seen*20 < c.least*rounds {
			t.Errorf("%s: %d of %d noticed", c.suffix, seen, rounds)
		}
	}
}

func TestAWholeViewCanBeResetToo(t *testing.T) {
	w := newWorld(t)
	w.put(w.copy(rita, ritaS, 1, morning))
	for range 2 {
		must(t, w.vault.ResetView())
	}
	if rows, err := w.vault.Records(RecordFilter{}); err != nil || len(rows) != 0 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}

// A catalogue that is gone takes its count with it. The rows of before fit no more all the same.
func TestRowsOfBeforeAResetFitNoMore(t *testing.T) {
	w := newWorld(t)
	w.put(w.copy(bosse, bosseS, 1, morning))
	w.put(w.copy(rita, ritaS, 1, morning))
	old := w.raw(rowCard, string(rita))
	must(t, w.vault.Close())
	must(t, os.Remove(filepath.Join(w.dir, folder.Catalogue)))
	v, err := Open(w.dir, passphrase, cheap)
	if !errors.Is(err, ErrView) {
		t.Fatal(err)
	}
	w.vault = v
	must(t, v.ResetView())
	w.put(w.copy(rita, ritaS, 2, morning))
	if newest := w.raw(rowCard, string(rita)); !bytes.Equal(newest[:rowHead], old[:rowHead]) {
		t.Fatalf("not the same revision: %x, %x: the test tests nothing", newest[:rowHead], old[:rowHead])
	}
	w.overwrite(rowCard, string(rita), old)
	if _, err := v.Record(rita); !errors.Is(err, ErrView) {
		t.Errorf("%v", err)
	}
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
		if _, err := w.open(w.stamp(opened(rita, ritaS, 1)), rita, morning); !errors.Is(err, ErrView) {
			t.Errorf("%s: the part: %v", what, err)
		}
	}
	if !w.put(w.copy(rita, ritaS, 1, morning)) {
		t.Error("a damaged row is not written over")
	}
	if _, err := w.open(w.stamp(opened(rita, ritaS, 1)), rita, morning); err != nil {
		t.Errorf("after it came anew: %v", err)
	}
}

// Whoever can write to Badger with the right key, and has old rows, can not make the vault serve
// anything but what was written last.
func TestARowThatIsNotTheOneWrittenLastIsNotServed(t *testing.T) {
	w := newWorld(t)
	w.put(w.copy(bosse, "subject-bosse", 1, morning))
	w.put(w.copy(rita, ritaS, 1, morning))
	oldCard, oldPart := w.raw(rowCard, string(rita)), w.raw(rowPart, string(rita))
	w.put(w.copy(rita, ritaS, 2, morning))
	card, part := w.raw(rowCard, string(rita)), w.raw(rowPart, string(rita))
	for what, attack := range map[string]func(){
		"an older row planted back":      func() { w.overwrite(rowCard, string(rita), oldCard) },
		"an older card with its part":    func() { w.overwrite(rowCard, string(rita), oldCard); w.overwrite(rowPart, string(rita), oldPart) },
		"a row taken away":               func() { w.takeAway(rowCard, string(rita)) },
		"a row taken away with its part": func() { w.takeAway(rowCard, string(rita)); w.takeAway(rowPart, string(rita)) },
	} {
		attack()
		if _, err := w.vault.Record(rita); !errors.Is(err, ErrView) {
			t.Errorf("%s: %v", what, err)
		}
		if rows, err := w.vault.Records(RecordFilter{}); !errors.Is(err, ErrView) || len(rows) != 1 || rows[0].ID != bosse {
			t.Errorf("%s: the list: %d rows, %v", what, len(rows), err)
		}
		if _, err := w.open(w.stamp(opened(rita, ritaS, 1)), rita, morning); !errors.Is(err, ErrView) {
			t.Errorf("%s: the part: %v", what, err)
		}
		w.reopen()
		w.journal = nil // another, with the keys of this unlock
		if rows, err := w.vault.Records(RecordFilter{}); !errors.Is(err, ErrView) || len(rows) != 1 || rows[0].ID != bosse || w.vault.Whole() == nil {
			t.Errorf("%s: the list after the next unlock: %d rows, %v", what, len(rows), err)
		}
		w.overwrite(rowCard, string(rita), card)
		w.overwrite(rowPart, string(rita), part)
		w.reopen()
		w.journal = nil
		if err := w.vault.Whole(); err != nil {
			t.Errorf("%s, and its own again: %v", what, err)
		}
	}
	for what, attack := range map[string]func(){
		"an older part": func() { w.overwrite(rowPart, string(rita), oldPart) },
		"no part":       func() { w.takeAway(rowPart, string(rita)) },
	} {
		attack()
		if _, err := w.open(w.stamp(opened(rita, ritaS, 2)), rita, morning); !errors.Is(err, ErrView) {
			t.Errorf("%s: %v", what, err)
		}
		if _, err := w.vault.Copy(rita); !errors.Is(err, ErrView) {
			t.Errorf("%s: copied: %v", what, err)
		}
		w.overwrite(rowPart, string(rita), part)
	}
	if _, err := w.open(w.stamp(opened(rita, ritaS, 2)), rita, morning); err != nil {
		t.Errorf("with its own rows again: %v", err)
	}
	must(t, w.vault.Update(func(tx *Tx) error { return tx.RemoveRecord(rita) }))
	w.overwrite(rowCard, string(rita), card)
	w.overwrite(rowPart, string(rita), part)
	if _, err := w.vault.Record(rita); !errors.Is(err, ErrView) {
		t.Errorf("a removed record that came back: %v", err)
	}
	if rows, err := w.vault.Records(RecordFilter{}); err != nil || len(rows) != 1 {
		t.Errorf("a removed record in the list: %d rows, %v", len(rows), err)
	}
	w.reopen()
	if rows, err := w.vault.Records(RecordFilter{}); !errors.Is(err, ErrView) || len(rows) != 1 {
		t.Errorf("a removed record in the list, after the next unlock: %d rows, %v", len(rows), err)
	}
}

// The marks that the journal takes down only grow, and tell an older copy of the vault.
func TestAnOlderCopyOfTheVaultIsToldByTheMark(t *testing.T) {
	w := newWorld(t)
	w.put(w.copy(rita, ritaS, 1, morning))
	mark := w.vault.Mark()
	if mark == 0 {
		t.Fatal("a transaction leaves no mark")
	}
	must(t, w.vault.Close())
	older := filepath.Join(t.TempDir(), "older")
	must(t, os.CopyFS(older, os.DirFS(w.dir)))
	v, err := Open(w.dir, passphrase, cheap)
	must(t, err)
	w.vault = v
	if v.Mark() != mark {
		t.Errorf("mark %d after a restart, %d before", v.Mark(), mark)
	}
	stale := w.copy(rita, ritaS, 1, morning)
	w.put(w.copy(rita, ritaS, 2, morning))
	newest := v.Mark()
	if err := errors.Join(v.CheckMark(mark), v.CheckMark(newest)); err != nil || newest <= mark {
		t.Errorf("marks %d, %d: %v", mark, newest, err)
	}
	must(t, v.Close())
	must(t, os.RemoveAll(w.dir))
	must(t, os.CopyFS(w.dir, os.DirFS(older)))

	v, err = Open(w.dir, passphrase, cheap)
	must(t, err)
	w.vault = v
	if err := v.CheckMark(newest); !errors.Is(err, ErrOlder) || !errors.Is(err, ErrView) {
		t.Fatalf("an older copy: %v", err)
	}
	if _, err := v.Record(rita); !errors.Is(err, ErrOlder) {
		t.Errorf("a row of an older copy: %v", err)
	}
	if _, err := v.PutRecords([]RecordCopy{stale}); !errors.Is(err, ErrOlder) {
		t.Errorf("a write to an older copy: %v", err)
	}
	must(t, v.ResetView())
	if got := v.Mark(); got <= newest {
		t.Errorf("after the reset the mark is %d, %d was before", got, newest)
	}
	must(t, v.CheckMark(newest))
	w.keys, err = v.Keys()
	must(t, err)
	w.put(w.copy(rita, ritaS, 2, morning))
	w.reopen()
	if row, err := w.vault.Record(rita); err != nil || row.Number != 2 {
		t.Errorf("after the rebuild: %+v, %v", row, err)
	}
}
