package vault

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dgraph-io/badger/v4"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/internal/folder"
	"handslag/vault/journal"
	"handslag/vault/journalfile"
)

// files are a folder's files: how large each is, and its bytes up to the last that is not zero.
type files map[string]image

type image struct {
	size int
	data []byte
}

func filesOf(t *testing.T, dir string) files {
	t.Helper()
	all := files{}
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		must(t, err)
		if d.IsDir() || d.Name() == folder.Lock || d.Name() == "LOCK" {
			return nil
		}
		data, err := os.ReadFile(path)
		must(t, err)
		name, err := filepath.Rel(dir, path)
		must(t, err)
		all[name] = image{len(data), bytes.Clone(bytes.TrimRight(data, "\x00"))}
		return nil
	}))
	return all
}

func (f files) lay(t testing.TB, dir string) {
	t.Helper()
	must(t, os.RemoveAll(dir))
	for name, i := range f {
		path := filepath.Join(dir, name)
		must(t, os.MkdirAll(filepath.Dir(path), folder.Mode))
		must(t, os.WriteFile(path, i.data, folder.FileMode))
		must(t, os.Truncate(path, int64(i.size)))
	}
}

// named are the files whose names end so, sorted; there must be some.
func (f files) named(t *testing.T, suffix string) []string {
	t.Helper()
	var names []string
	for name := range f {
		if strings.HasSuffix(name, suffix) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		t.Fatalf("no file is called %s: the test tests nothing", suffix)
	}
	slices.Sort(names)
	return names
}

// with is the same with some files of another's, or without them where the other has none.
func (f files) with(other files, names ...string) files {
	out := maps.Clone(f)
	for _, name := range names {
		if i, ok := other[name]; ok {
			out[name] = i
		} else {
			delete(out, name)
		}
	}
	return out
}

// without is the same without the files that some suffix names.
func (f files) without(t *testing.T, suffix string) files { return f.with(nil, f.named(t, suffix)...) }

// cut is the same with files cut to at most size bytes.
func (f files) cut(t *testing.T, suffix string, size int) files {
	t.Helper()
	out := maps.Clone(f)
	for _, name := range f.named(t, suffix) {
		i := f[name]
		out[name] = image{min(i.size, size), i.data[:min(len(i.data), size)]}
	}
	return out
}

// flipped is the same with one bit of one such file changed, where a seed says; last bounds the
// bytes from the end, 0: anywhere.
func (f files) flipped(t *testing.T, suffix string, seed uint64, last int) (files, string) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 7))
	names := f.named(t, suffix)
	name := names[r.IntN(len(names))]
	i := f[name]
	data := bytes.Clone(i.data)
	from := 0
	if last > 0 {
		from = max(0, len(data)-last)
	}
	at, bit := from+r.IntN(len(data)-from), r.IntN(8)
	data[at] ^= 1 << bit
	out := maps.Clone(f)
	out[name] = image{i.size, data}
	return out, fmt.Sprintf("%s, byte %d of %d, bit %d (seed %d)", name, at, len(data), bit, seed)
}

// siege is a vault with what somebody has copied of it over time.
type siege struct {
	*world
	outbox  string
	seal    *identity.SealPrivate
	truth   map[journal.RecordID]uint64 // versions
	old     files                       // with an older version of rita, and without the last record
	crashed files                       // the newest, as kill -9 leaves it: rows in Badger's .mem
	closed  files                       // the newest, locked: rows in tables
	mark    uint64
}

const siegeRecords = 12

func newSiege(t *testing.T) *siege {
	t.Helper()
	s := &siege{world: newWorld(t), outbox: filepath.Join(t.TempDir(), "outbox"), truth: map[journal.RecordID]uint64{}}
	var err error
	s.seal, err = identity.NewSealPrivate()
	must(t, err)
	file := s.open()
	_, err = file.Append(journalfile.Draft{Entry: opened(rita, ritaS, 1)}, journalfile.Draft{Entry: opened(rita, ritaS, 2)})
	must(t, err)
	must(t, file.Close())
	s.put(s.copy(rita, ritaS, 1, morning))
	for n := range siegeRecords {
		id := journal.RecordID(fmt.Sprint("rec-", n))
		s.put(s.copy(id, journal.SubjectID("subject-"+id), 1, morning))
		s.truth[id] = 1
	}
	must(t, s.vault.Close())
	s.old = filesOf(t, s.dir)
	v, err := Open(s.dir, passphrase, cheap)
	must(t, err)
	s.vault = v
	s.put(s.copy(rita, ritaS, 2, morning))
	s.put(s.copy(bosse, bosseS, 1, morning))
	s.truth[rita], s.truth[bosse] = 2, 1
	must(t, v.Apply(Run{1, 1, 2}, func(tx *Tx) error { return tx.SetSetting("said", []byte("the newest")) }))
	s.crashed = filesOf(t, s.dir)
	must(t, v.Close())
	s.closed = filesOf(t, s.dir)
	s.mark = v.Mark()
	return s
}

func (s *siege) open() *journalfile.File {
	s.t.Helper()
	root, err := s.vault.SegmentKeys()
	must(s.t, err)
	keys, err := s.vault.Keys()
	must(s.t, err)
	file, err := journalfile.Open(journalfile.Config{Dir: s.outbox, Device: keys.Device(), Sign: keys.SignContent, Verify: keys.Public().Signing,
		Root: root, Seal: s.seal.Public(), Clock: func() (signed.Time, int64, signed.Time) { return morning, 0, morning }})
	must(s.t, err)
	return file
}

// suffer unlocks the vault as somebody left it and looks at all that it shows; it says what was
// noticed: nil, or an error by its name.
func (s *siege) suffer(what string, left files) error {
	s.t.Helper()
	left.lay(s.t, s.dir)
	v, noticed := Open(s.dir, passphrase, cheap)
	if noticed != nil && (!errors.Is(noticed, ErrView) || v == nil) {
		s.t.Fatalf("%s: it shuts the vault: %v", what, noticed)
	}
	s.vault = v
	see := func(err error) bool {
		if err != nil && !errors.Is(err, ErrView) {
			s.t.Errorf("%s: %v", what, err)
		}
		if noticed == nil {
			noticed = err
		}
		return err == nil
	}
	see(v.CheckMark(s.mark))
	rows, err := v.Records(RecordFilter{})
	if see(err); err == nil && len(rows) != len(s.truth) {
		s.t.Errorf("%s: %d rows of %d, and nobody says so", what, len(rows), len(s.truth))
	}
	for _, row := range rows {
		if s.truth[row.ID] != row.Number {
			s.t.Errorf("%s: a row that is false: %s version %d", what, row.ID, row.Number)
		}
	}
	for id, number := range s.truth {
		if row, err := v.Record(id); see(err) && row.Number != number {
			s.t.Errorf("%s: a record that is false: %s version %d", what, id, row.Number)
		}
		if _, err := v.Copy(id); err != nil {
			see(err)
		}
	}
	if at, err := v.Position(); see(err) && at.Seq != 2 {
		s.t.Errorf("%s: a position that is false: %+v", what, at)
	}
	if said, err := v.Setting("said"); see(err) && string(said) != "the newest" {
		s.t.Errorf("%s: a setting that is false: %q", what, said)
	}
	return noticed
}

// recover mends what was noticed and brings everything anew; the journal has its entries.
func (s *siege) recover(what string, noticed error) {
	s.t.Helper()
	v := s.vault
	file := s.open()
	entries := 0
	for _, err := range file.Entries(0, 0) {
		must(s.t, err)
		entries++
	}
	must(s.t, file.Close())
	if entries != 2 {
		s.t.Errorf("%s: %d entries are left", what, entries)
	}
	if errors.Is(noticed, ErrOlder) || v.view == nil {
		must(s.t, v.ResetView())
	} else if noticed != nil {
		if _, err := v.MendView(); err != nil {
			s.t.Errorf("%s: mend: %v", what, err)
		}
		if _, err := v.Position(); err != nil {
			s.t.Errorf("%s: position after the mending: %v", what, err)
		}
	}
	var err error
	s.keys, err = v.Keys()
	must(s.t, err)
	for id, number := range s.truth {
		subject := journal.SubjectID("subject-" + id)
		switch id {
		case rita:
			subject = ritaS
		case bosse:
			subject = bosseS
		}
		s.put(s.copy(id, subject, number, morning))
	}
	must(s.t, v.CheckMark(s.mark))
	s.reopen()
	rows, err := s.vault.Records(RecordFilter{})
	if err != nil || len(rows) != len(s.truth) {
		s.t.Errorf("%s: after the rebuild: %d rows, %v", what, len(rows), err)
	}
	for id := range s.truth {
		if _, err := s.vault.Copy(id); err != nil {
			s.t.Errorf("%s: after the rebuild: %s: %v", what, id, err)
		}
	}
	must(s.t, s.vault.Close())
}

// mem is Badger's .mem of a view that attack writes, and without a key where it has none.
func memOf(t *testing.T, key []byte, attack func(db *badger.DB)) image {
	t.Helper()
	dir := t.TempDir()
	o := badgerOptions(dir, key)
	if key == nil {
		o = badger.DefaultOptions(dir).WithLogger(nil).WithMemTableSize(memTable).WithValueLogFileSize(valueFile)
	}
	db, err := badger.Open(o)
	must(t, err)
	attack(db)
	all := filesOf(t, dir)
	must(t, db.Close())
	return all[all.named(t, ".mem")[0]]
}

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
	w.vault.view.snapshots.drop() // the next reader sees it at once
}

// takeAway removes a row from Badger behind the vault's back.
func (w *world) takeAway(kind rowKind, id string) {
	w.t.Helper()
	must(w.t, w.vault.view.db.Update(func(txn *badger.Txn) error {
		key := w.vault.view.seal.key(kind, id)
		return txn.Delete(key[:])
	}))
	w.vault.view.snapshots.drop()
}
