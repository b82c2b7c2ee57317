package vault

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"

	"handslag/vault/disk"
	"handslag/vault/internal/fault"
	"handslag/vault/internal/folder"
	"handslag/vault/internal/seal"
)

// view is the open Badger with the seals of its rows. Badger's own encryption covers
// metadata only: it has no MAC, so nothing it returns is believed unless our seal opens.
type view struct {
	folder    folder.Folder
	db        *badger.DB
	seal      rowSeal
	catalogue *catalogue
	list      *list
	failed    error // a commit of which nobody knows what became
	cramped   bool  // it was opened for reading alone, since there was no room to write
	snapshots snapshots
}

const (
	damagedSuffix = ".damaged"

	memTable  = 10 << 20 // bytes; memory, and a mapped file of twice that; a transaction takes 15 % of it
	tableHead = 4 << 20  // bytes; the index of the largest table there can be, and more
	tableFile = 1 << 20  // bytes; a compaction holds a dozen of them, and twice as large ones, in memory
	valueFile = 1 << 20  // bytes; nothing stands in it: no row is as large as valueMax
	valueMax  = 1 << 20  // Badger reports errors of values in its tables, not of larger ones
)

// badgerOptions: small caches for a laptop that does other things, and every write synced.
func badgerOptions(dir string, key []byte) badger.Options {
	return badger.DefaultOptions(dir).
		WithLogger(nil).
		WithMetricsEnabled(false).
		WithSyncWrites(true).
		WithEncryptionKey(key).
		WithIndexCacheSize(8 << 20).
		WithBlockCacheSize(4 << 20).
		WithCompression(options.None).
		WithMemTableSize(memTable).
		WithBaseTableSize(tableFile).
		WithCompactL0OnClose(true). // rather when it is locked than when it is next unlocked
		WithNumMemtables(2).
		WithNumLevelZeroTables(2).
		WithNumLevelZeroTablesStall(4).
		WithNumCompactors(2).
		WithValueLogFileSize(valueFile).
		WithValueThreshold(valueMax).
		WithChecksumVerificationMode(options.OnBlockRead)
}

// dropUnborn removes Badger's logs that have no byte: a program that was killed between making such
// a file and giving it its size leaves one, and Badger opens nothing beside it. Nothing can
// have stood in it; where somebody has emptied one, the catalogue misses the rows.
func dropUnborn(dir string) error {
	entries, err := os.ReadDir(dir)
	for _, entry := range entries {
		if ext := filepath.Ext(entry.Name()); ext != ".mem" && ext != ".vlog" {
			continue
		}
		info, statErr := entry.Info()
		if statErr == nil && info.Mode().IsRegular() && info.Size() == 0 {
			statErr = os.Remove(filepath.Join(dir, entry.Name()))
		}
		err = errors.Join(err, statErr)
	}
	return fault.Named("open view", err)
}

// unclosed reports whether Badger has a log there that it has to read into its tables. It maps that into memory, where
// a full disk ends the program: on some file systems for the mere look at a place that was never written.
func unclosed(dir string) bool {
	logs, err := filepath.Glob(filepath.Join(dir, "*.mem"))
	return err != nil || len(logs) > 0
}

// openBadger turns Badger's panics over damaged files into errors.
func openBadger(dir string, root []byte, readOnly bool) (db *badger.DB, err error) {
	if err := dropUnborn(dir); err != nil {
		return nil, err
	}
	defer func() {
		if cause := recover(); cause != nil {
			db, err = nil, viewPanic("open view", cause)
		}
	}()
	db, err = badger.Open(badgerOptions(dir, seal.Key(root, "view-files")).WithReadOnly(readOnly))
	if err != nil {
		return nil, fmt.Errorf("open view: %w: %w", ErrView, err)
	}
	return db, nil
}

// openView opens catalogue and view, and compares them. ErrView: one of them is gone, damaged,
// another vault's, or older than the other, or the keybag is. On a full disk it is opened for reading alone,
// or not at all where it was not closed: ErrFull.
func (v *Vault) openView() (err error) {
	if v.bag.IsLost() {
		return fmt.Errorf("open view: the keybag is damaged: %w", ErrView)
	}
	c := newCatalogue(v.folder, v.header.Vault, v.root)
	defer func() {
		if err != nil {
			c.close()
		}
	}()
	if err := c.load(); err != nil {
		return fmt.Errorf("open view: %w", err)
	}
	v.mark.Store(c.revision())
	if has := v.bag.Revision(); has < c.bag {
		return fmt.Errorf("open view: the keybag is older than the view, revision %d of %d: %w", has, c.bag, ErrView)
	}
	if _, err := os.Lstat(v.folder.Path(folder.View)); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("open view: it is gone: %w", ErrView)
	}
	full := v.folder.Space(0, folder.ViewReserve)
	if full != nil && !errors.Is(full, ErrFull) {
		return fmt.Errorf("open view: %w", full)
	}
	if full != nil && unclosed(v.folder.Path(folder.View)) {
		return fmt.Errorf("open view: it was not closed, and can not be read without room: %w", full)
	}
	if err := checkTables(v.folder.Path(folder.View), seal.Key(v.root, "view-files")); err != nil {
		return err
	}
	if full == nil {
		if err := v.folder.Hold(memTable + tableHead); err != nil {
			return fmt.Errorf("open view: %w", err)
		}
	}
	db, err := openBadger(v.folder.Path(folder.View), v.root, full != nil)
	if err != nil && full != nil { // whether it is damaged, room will tell
		return fmt.Errorf("open view: %w: %v", full, err)
	}
	if err != nil {
		v.folder.LetGo()
		return err
	}
	w := &view{folder: v.folder, db: db, seal: newRowSeal(v.header.Vault, v.root, c.era, v.bag), catalogue: c, list: newList(), cramped: full != nil}
	if err = w.catchUp(); err == nil {
		err = errors.Join(w.list.load(w), tighten(v.folder.Path(folder.View)))
	}
	if err != nil {
		return errors.Join(err, w.close())
	}
	v.mark.Store(c.log.Index)
	v.view = w
	return nil
}

// viewPanic is the error for what Badger panics over: a damaged file.
func viewPanic(deed string, cause any) error {
	return fmt.Errorf("%s: %w: %v", deed, ErrView, cause)
}

// catchUp compares Badger's newest transaction with the catalogue's. One more is what a crash
// between the two leaves.
func (w *view) catchUp() error {
	key := w.seal.last
	return w.db.View(func(txn *badger.Txn) error {
		item, err := txn.Get(key[:])
		if err != nil {
			return fmt.Errorf("open view: it has been emptied, or is another's: %w: %w", ErrView, err)
		}
		return item.Value(func(value []byte) error {
			change, revision, err := w.seal.open(key, value, (&Tx{view: w}).rowKeyOf)
			if err != nil {
				return fmt.Errorf("open view: its newest transaction: %w", err)
			}
			switch has := w.catalogue.revision(); {
			case revision == has:
				return nil
			case revision == has+1:
				if err := w.catalogue.advance(change); err != nil {
					return fmt.Errorf("open view: %w: %w", ErrView, err)
				}
				_ = w.catalogue.settle()
				return nil
			default:
				return fmt.Errorf("open view: it is at revision %d and the catalogue at %d: %w", revision, has, ErrView)
			}
		})
	})
}

// makeView begins a new catalogue and an empty view at revision. The view is made beside its place
// and moved there when it is whole.
func (v *Vault) makeView(revision uint64) error {
	f := v.folder
	if err := f.Space(0, folder.ViewReserve); err != nil {
		return fmt.Errorf("make view: %w", err)
	}
	fresh, place := f.Path(folder.View+folder.NewSuffix), f.Path(folder.View)
	if err := errors.Join(os.RemoveAll(fresh), os.RemoveAll(place), os.Mkdir(fresh, folder.Mode)); err != nil {
		return fault.Named("make view", err)
	}
	c := newCatalogue(f, v.header.Vault, v.root)
	defer c.close()
	if err := c.create(revision, v.bag.Revision()); err != nil {
		return err
	}
	db, err := openBadger(fresh, v.root, false)
	if err != nil {
		return err
	}
	w := &view{folder: v.folder, db: db, seal: newRowSeal(v.header.Vault, v.root, c.era, v.bag), catalogue: c, list: newList()}
	err = db.Update(func(txn *badger.Txn) error {
		change, err := encodeChange(c.bag, nil)
		if err != nil {
			return err
		}
		return (&Tx{view: w, txn: txn, revision: revision}).set(w.seal.last, w.seal.own, change)
	})
	if err := errors.Join(err, w.close()); err != nil {
		return fault.Named("make view", err)
	}
	return fault.Named("make view", errors.Join(os.Rename(fresh, place), disk.OS{}.SyncDir(f.Dir)))
}

// tighten gives Badger's files the permissions of all others in the vault.
func tighten(dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // compacted away meanwhile
		}
		if err != nil || entry.IsDir() {
			return err
		}
		if err := os.Chmod(path, folder.FileMode); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	})
}

func (w *view) close() (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = viewPanic("close view", cause)
		}
	}()
	defer clear(w.seal.names)
	defer w.catalogue.close()
	defer w.list.wipe()
	w.snapshots.drop()
	w.folder.LetGo() // or there may be no room for what Badger writes now
	return errors.Join(w.db.Close(), tighten(w.db.Opts().Dir))
}

// ResetView moves the view aside, where it replaces an earlier damaged one, and begins an
// empty one, whose revisions go on after all that are known, here or by CheckMark. A keybag that is
// lost is begun anew too. Profile and journal stay as they are; Position is zero, so the caller
// replays the journal and syncs anew.
func (v *Vault) ResetView() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return ErrClosed
	}
	if err := v.folder.Space(0, folder.ViewReserve); err != nil {
		return fmt.Errorf("reset view: %w", err)
	}
	revision := max(v.mark.Load(), v.older.Load()) + 1
	if v.view != nil {
		v.view.close() // what it can not write any more is rebuilt
		v.view = nil
	}
	place, aside := v.folder.Path(folder.View), v.folder.Path(folder.View+damagedSuffix)
	if _, err := os.Lstat(place); !errors.Is(err, fs.ErrNotExist) {
		if err := errors.Join(err, os.RemoveAll(aside), os.Rename(place, aside)); err != nil {
			return fault.Named("reset view", err)
		}
	}
	if err := v.bag.Reset(revision); err != nil {
		return err
	}
	if err := v.makeView(revision); err != nil {
		return err
	}
	if err := v.openView(); err != nil {
		return err
	}
	v.older.Store(0)
	return nil
}
