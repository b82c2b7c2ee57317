package vault

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
)

// view is the open Badger with the seals of its rows. Badger's own encryption covers
// metadata only: it has no MAC, so nothing it returns is believed unless our seal opens.
type view struct {
	db   *badger.DB
	seal rowSeal
}

const (
	damagedSuffix = ".damaged"

	memTable  = 16 << 20 // bytes; memory, and a mapped file of twice that
	valueFile = 16 << 20
	valueMax  = 1 << 20 // Badger reports errors of values in its tables, not of larger ones

	markerName = "made"
)

// badgerOptions: small caches for a laptop that does other things, and every write synced.
func badgerOptions(dir string, key []byte) badger.Options {
	return badger.DefaultOptions(dir).
		WithLogger(nil).
		WithMetricsEnabled(false).
		WithSyncWrites(true).
		WithEncryptionKey(key).
		WithIndexCacheSize(8 << 20).
		WithBlockCacheSize(8 << 20).
		WithCompression(options.None).
		WithMemTableSize(memTable).
		WithNumMemtables(2).
		WithNumLevelZeroTables(2).
		WithNumLevelZeroTablesStall(4).
		WithNumCompactors(2).
		WithValueLogFileSize(valueFile).
		WithValueThreshold(valueMax).
		WithChecksumVerificationMode(options.OnTableRead)
}

// openBadger turns Badger's panics over damaged files into errors.
func openBadger(dir string, root []byte) (db *badger.DB, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			db, err = nil, fmt.Errorf("open view: %w: %v", ErrView, cause)
		}
	}()
	db, err = badger.Open(badgerOptions(dir, subkey(root, "view-files")))
	if err != nil {
		return nil, fmt.Errorf("open view: %w: %w", ErrView, err)
	}
	return db, nil
}

// openView opens the view and looks for the marker that makeView left in it, so that
// another vault's view, or one that Badger emptied, is seen.
func openView(f folder, vault, root []byte, bag *keybag) (*view, error) {
	if _, err := os.Lstat(f.path(viewName)); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open view: it is gone: %w", ErrView)
	}
	if err := f.space(0, viewReserve); err != nil {
		return nil, fmt.Errorf("open view: %w", err)
	}
	db, err := openBadger(f.path(viewName), root)
	if err != nil {
		return nil, err
	}
	v := &view{db: db, seal: newRowSeal(vault, root, bag)}
	if err := v.checkMarker(); err != nil {
		v.close()
		return nil, err
	}
	return v, tighten(f.path(viewName))
}

func (w *view) checkMarker() error {
	return w.db.View(func(txn *badger.Txn) error {
		tx := &Tx{view: w, txn: txn}
		if found, err := tx.get(rowSetting, markerName, new([]byte)); err != nil {
			return err
		} else if !found {
			return fmt.Errorf("open view: it has been emptied: %w", ErrView)
		}
		return nil
	})
}

// makeView makes an empty view beside its place and moves it there when it is whole.
func (f folder) makeView(vault, root []byte, bag *keybag) error {
	if err := f.space(0, viewReserve); err != nil {
		return fmt.Errorf("make view: %w", err)
	}
	fresh, place := f.path(viewName+newSuffix), f.path(viewName)
	if err := errors.Join(os.RemoveAll(fresh), os.Mkdir(fresh, folderMode)); err != nil {
		return named("make view", err)
	}
	db, err := openBadger(fresh, root)
	if err != nil {
		return err
	}
	w := &view{db: db, seal: newRowSeal(vault, root, bag)}
	err = db.Update(func(txn *badger.Txn) error {
		return (&Tx{view: w, txn: txn}).put(rowSetting, markerName, "", []byte{1})
	})
	if err := errors.Join(err, w.close()); err != nil {
		return named("make view", err)
	}
	if err := os.RemoveAll(place); err != nil {
		return named("make view", err)
	}
	return named("make view", errors.Join(os.Rename(fresh, place), f.sync()))
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
		if err := os.Chmod(path, fileMode); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	})
}

func (w *view) close() (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("close view: %w: %v", ErrView, cause)
		}
	}()
	defer clear(w.seal.names)
	return errors.Join(w.db.Close(), tighten(w.db.Opts().Dir))
}

// ResetView moves the view aside, where it replaces an earlier damaged one, and begins an
// empty one. Profile, keybag and journal stay as they are; Position is zero, so the caller
// replays the journal and syncs anew.
func (v *Vault) ResetView() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return ErrClosed
	}
	if err := v.folder.space(0, viewReserve); err != nil {
		return fmt.Errorf("reset view: %w", err)
	}
	if v.view != nil {
		v.view.close() // what it can not write any more is rebuilt
		v.view = nil
	}
	place, aside := v.folder.path(viewName), v.folder.path(viewName+damagedSuffix)
	if _, err := os.Lstat(place); !errors.Is(err, fs.ErrNotExist) {
		if err := errors.Join(err, os.RemoveAll(aside), os.Rename(place, aside)); err != nil {
			return named("reset view", err)
		}
	}
	if err := v.bag.reset(1); err != nil {
		return err
	}
	if err := v.folder.makeView(v.header.Vault, v.root, v.bag); err != nil {
		return err
	}
	var err error
	v.view, err = openView(v.folder, v.header.Vault, v.root, v.bag)
	return err
}
