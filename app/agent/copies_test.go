package agent

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"handslag/vault/disk"
	"handslag/vault/journal"
)

// copyingDisk is the real disk. From begin to end it copies the folders of a device before and after
// whatever is done to them: what each copy holds is what kill -9 there would have left.
type copyingDisk struct {
	disk.OS
	mu     sync.Mutex
	copy   func()
	failed error
}

func (d *copyingDisk) begin(t *testing.T, cfg Config) (copies func() []Config) {
	t.Helper()
	base, all := t.TempDir(), []Config(nil)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.copy = func() {
		one := cfg
		dir := filepath.Join(base, fmt.Sprint(len(all)))
		one.Vault, one.Outbox = filepath.Join(dir, "vault"), filepath.Join(dir, "outbox")
		for from, to := range map[string]string{cfg.Vault: one.Vault, cfg.Outbox: one.Outbox} {
			if err := copyTree(from, to); err != nil {
				d.failed = err
			}
		}
		one.Disk, one.VaultOptions.Disk = nil, nil
		all = append(all, one)
	}
	return func() []Config {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.copy = nil
		ok(t, d.failed)
		return all
	}
}

// around copies, does something, and copies again; nobody else does anything meanwhile, or a copy
// would lack what was renamed while it was made.
func (d *copyingDisk) around(deed func() error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.copy == nil {
		return deed()
	}
	d.copy()
	err := deed()
	d.copy()
	return err
}

func (d *copyingDisk) Rename(from, to string) error {
	return d.around(func() error { return d.OS.Rename(from, to) })
}
func (d *copyingDisk) Create(name string) (disk.Appender, error) { return d.open(d.OS.Create, name) }
func (d *copyingDisk) Extend(name string) (disk.Appender, error) { return d.open(d.OS.Extend, name) }

func (d *copyingDisk) open(how func(string) (disk.Appender, error), name string) (disk.Appender, error) {
	file, err := how(name)
	if err != nil {
		return nil, err
	}
	return copyingFile{file, d}, nil
}

type copyingFile struct {
	disk.Appender
	disk *copyingDisk
}

func (f copyingFile) Write(data []byte) (n int, err error) {
	err = f.disk.around(func() error { n, err = f.Appender.Write(data); return err })
	return n, err
}

func (f copyingFile) WriteAt(data []byte, offset int64) (n int, err error) {
	err = f.disk.around(func() error { n, err = f.Appender.WriteAt(data, offset); return err })
	return n, err
}

func (f copyingFile) WriteBlocks(data []byte, offset int64) error {
	return f.disk.around(func() error { return f.Appender.WriteBlocks(data, offset) })
}

func (f copyingFile) Sync() error { return f.disk.around(f.Appender.Sync) }

// copyTree copies a folder; what is empty in its files takes no room in the copy.
func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			if os.IsNotExist(err) {
				return nil // Badger has compacted it away meanwhile
			}
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(to, rel), 0o700)
		}
		data, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			return nil // removed meanwhile
		}
		if err != nil {
			return err
		}
		file, err := os.OpenFile(filepath.Join(to, rel), os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		defer file.Close()
		empty := make([]byte, 64<<10)
		for at := 0; at < len(data); at += len(empty) {
			some := data[at:min(len(data), at+len(empty))]
			if bytes.Equal(some, empty[:len(some)]) {
				continue
			}
			if _, err := file.WriteAt(some, int64(at)); err != nil {
				return err
			}
		}
		return file.Truncate(int64(len(data)))
	})
}

// Bo is killed at every step of receiving a record, before and after each write. Whenever his journal
// says that he has it, he can open it; whenever it does not, there is nothing of it.
func TestAReceivedRecordSurvivesAKillAtEveryStep(t *testing.T) {
	h := newHouse(t)
	bodisk := &copyingDisk{}
	anna, bo := h.enrolled("anna.lind"), h.tablet("bo.ek")
	bo.cfg.Disk, bo.cfg.VaultOptions.Disk = bodisk, bodisk
	bo.begin()
	ok(t, bo.Enrol(t.Context(), Enrolment{Org: h.statement.Org(), Username: "bo.ek", Password: passwordOf("bo.ek"), Passphrase: passphrase}))
	anna.sync()
	bo.sync()
	h.stop()
	mine, theirs := anna.meets(bo)
	copies := bodisk.begin(t, bo.cfg)
	_, err := mine.Give(t.Context(), Gift{Records: []journal.RecordID{"r-maja"}})
	ok(t, err)
	all := copies()
	mine.Close()
	<-theirs.Done()
	ok(t, bo.Lock())

	without, with := 0, 0
	for n, cfg := range all {
		again := &tablet{h: h, name: "bo.ek", m: bo.m, cfg: cfg}
		again.begin()
		if err := again.Unlock(t.Context(), passphrase); err != nil {
			t.Fatalf("copy %d of %d: unlock: %v", n, len(all), unwrapped(err))
		}
		s, err := again.current()
		ok(t, err)
		said := false
		for st, err := range s.journal.Entries(0, 0) {
			ok(t, err)
			said = said || st.Entry.Kind == journal.ShareReceived
		}
		opening, err := again.Open(t.Context(), "r-maja", Reason{Assignment: "U-2300"})
		switch {
		case said && (err != nil || len(opening.Fields) == 0):
			t.Errorf("copy %d of %d: the journal says that it came, and: %v", n, len(all), unwrapped(err))
		case said:
			with++
		case CodeOf(err) != NoRecord:
			t.Errorf("copy %d of %d: the journal does not say that it came, and: %v", n, len(all), unwrapped(err))
		default:
			without++
		}
		ok(t, again.Close())
		ok(t, os.RemoveAll(filepath.Dir(cfg.Vault)))
	}
	if without < 5 || with < 5 {
		t.Errorf("%d copies without the entry, %d with it", without, with)
	}
}
