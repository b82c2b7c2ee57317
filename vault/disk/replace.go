package disk

import (
	"errors"
	"fmt"
	"path/filepath"
)

// DraftSuffix ends the name of a file that is not in force yet; whoever owns the folder may
// remove it at any time.
const DraftSuffix = ".new"

// Replace puts data at name, durably: at any moment, and after any crash, there is the old file
// or the new one, whole.
func Replace(d Disk, name string, data []byte) error {
	if err := Stage(d, name, data); err != nil {
		return err
	}
	return Place(d, name)
}

// Stage writes what is to take name's place beside it, under name and DraftSuffix; what is there
// stays in force. The draft's bytes are durable, its name only with Place or SyncDir.
func Stage(d Disk, name string, data []byte) error {
	draft := name + DraftSuffix
	if err := d.Remove(draft); err != nil {
		return fmt.Errorf("clear the way: %w", err)
	}
	file, err := d.Create(draft)
	if err != nil {
		return fmt.Errorf("create: %w", err)
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		Unstage(d, name)
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// Place puts what was staged in name's place, durably.
func Place(d Disk, name string) error {
	if err := d.Rename(name+DraftSuffix, name); err != nil {
		Unstage(d, name)
		return fmt.Errorf("rename: %w", err)
	}
	if err := d.SyncDir(filepath.Dir(name)); err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	return nil
}

// Unstage removes what was staged; where that fails, the next Stage does.
func Unstage(d Disk, name string) { _ = d.Remove(name + DraftSuffix) }
