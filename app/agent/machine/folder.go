// Package machine is the folder that the profiles of one machine share: its ID, what their lock screens show, the segments
// of journals, sealed, and the erasure orders that a locked profile will find. It reads no segment and verifies no order.
package machine

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"handslag/vault/disk"
)

// Folder is the machine-wide folder: journal segments, the machine's ID, and what the lock
// screens show of each profile.
type Folder struct {
	outbox  string
	profile string // name of this profile's file there
}

const (
	journalsName   = "journal"
	smallFileLimit = 4 << 10 // bytes
)

// Open is the folder outbox as the profile sees it whose vault lies in vaultDir; it makes nothing yet.
func Open(outbox, vaultDir string) (Folder, error) {
	abs, err := filepath.Abs(vaultDir)
	if err != nil {
		return Folder{}, fmt.Errorf("find vault: %w", err)
	}
	sum := sha256.Sum256([]byte(abs))
	return Folder{outbox: outbox, profile: filepath.Join(outbox, profilesName, hex.EncodeToString(sum[:8])+".json")}, nil
}

// folder is the folder called name in the outbox, made where it is missing: as open as the outbox itself,
// which whoever set the machine up decides, for its login or for all. Where others may write too
// nobody takes away what is not theirs.
func (p Folder) folder(name string) (string, error) {
	dir := filepath.Join(p.outbox, name)
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	if err := os.MkdirAll(p.outbox, 0o700); err != nil {
		return "", err
	}
	info, err := os.Stat(p.outbox)
	if err != nil {
		return "", err
	}
	mode := info.Mode() & (fs.ModePerm | fs.ModeSetgid)
	if mode&0o022 != 0 {
		mode |= fs.ModeSticky
	}
	err = os.Mkdir(dir, mode.Perm())
	if errors.Is(err, fs.ErrExist) {
		return dir, nil
	}
	if err == nil {
		err = errors.Join(os.Chmod(dir, mode), disk.OS{}.SyncDir(p.outbox)) // what umask took away
	}
	return dir, err
}

// readable is the mode of a file in the outbox that other logins may read where they may read the outbox.
func (p Folder) readable() fs.FileMode {
	info, err := os.Stat(p.outbox)
	if err != nil {
		return 0o600
	}
	return 0o600 | info.Mode().Perm()&0o044
}

func readSmall(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, smallFileLimit+1))
	if err == nil && len(data) > smallFileLimit {
		return nil, errors.New("the file is too large")
	}
	return data, err
}

// write makes a file in the outbox, or in a folder of it, durable.
func (p Folder) write(path string, data []byte, mode fs.FileMode) error {
	err := os.MkdirAll(p.outbox, 0o700)
	if dir := filepath.Dir(path); dir != p.outbox {
		_, err = p.folder(filepath.Base(dir))
	}
	if err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Chmod(mode), file.Sync(), file.Close())
}
