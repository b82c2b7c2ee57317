package journalfile

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"handslag/identity/signed"
	"handslag/vault/disk"
	"handslag/vault/journal"
)

// handed is what whoever handed a segment in for its device leaves beside it: which bytes
// these were, and the connected system's signed receipt for the device. Another profile may
// write it, so it is worth what its receipt's signature is worth.
type handed struct {
	Version uint64 `cbor:"1,keyasint"`
	Sum     []byte `cbor:"2,keyasint"` // SHA-256 of the file that was handed in
	Receipt []byte `cbor:"3,keyasint"` // signed
}

const (
	handedMagic  = "HSHAND"
	handedSuffix = ".handed"
)

// MarkHanded keeps, beside s, that it was handed in and what the connected system answered.
func MarkHanded(s Sealed, receipt []byte) error {
	if len(receipt) > journal.ReceiptLimit {
		return fmt.Errorf("mark segment: %w", signed.ErrTooLarge)
	}
	body, err := signed.Encode(handed{Version: formatVersion, Sum: s.Sum[:], Receipt: receipt})
	if err != nil {
		return fmt.Errorf("mark segment: %w", err)
	}
	if err := disk.Replace(disk.OS{}, s.Path+handedSuffix, journal.WrapFile(handedMagic, body)); err != nil {
		return fmt.Errorf("mark segment: %w", failure(err))
	}
	return nil
}

// Handed is the signed receipt, unverified, that lies beside exactly these bytes of s; nil where
// there is none. What does not read is none: then the segment is handed in once more.
func Handed(s Sealed) []byte {
	m, ok := readHanded(disk.OS{}, s.Path+handedSuffix)
	if !ok || string(m.Sum) != string(s.Sum[:]) {
		return nil
	}
	return m.Receipt
}

// Unreceived are the paths of this journal's segments that hold an entry without a receipt, the
// oldest first: what somebody could carry home for this device.
func (f *File) Unreceived() []string {
	f.mu.RLock()
	defer f.mu.RUnlock()
	var paths []string
	for _, s := range f.segments {
		if f.cover.waiting(s) > 0 {
			paths = append(paths, s.path)
		}
	}
	return paths
}

// Receipts are the signed receipts, unverified, that others left for this journal's device
// when they handed its segments in.
func (f *File) Receipts() [][]byte {
	names, err := f.disk.List(f.cfg.Dir)
	if err != nil {
		return nil
	}
	var all [][]byte
	for _, name := range names {
		if !strings.HasSuffix(name, segmentSuffix+handedSuffix) || len(all) == sealedFiles {
			continue
		}
		if m, ok := readHanded(f.disk, filepath.Join(f.cfg.Dir, name)); ok {
			all = append(all, m.Receipt)
		}
	}
	return all
}

// ForgetHanded removes what lies beside the segments in dir: they are handed in once more. It is
// for whoever has learned that the connected system was restored from a backup.
func ForgetHanded(dir string) error {
	real := disk.OS{}
	names, err := real.List(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, name := range names {
		if err == nil && strings.HasSuffix(name, segmentSuffix+handedSuffix) {
			err = real.Remove(filepath.Join(dir, name))
		}
	}
	if err == nil {
		err = real.SyncDir(dir)
	}
	if err != nil {
		return fmt.Errorf("forget what was handed in: %w", err)
	}
	return nil
}

// RemoveSealed removes a carried segment and its mark: for copies that somebody brought, never
// for a folder that a journal writes to.
func RemoveSealed(s Sealed) error {
	real := disk.OS{}
	err := errors.Join(real.Remove(s.Path), real.Remove(s.Path+handedSuffix))
	if err == nil {
		err = real.SyncDir(filepath.Dir(s.Path))
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove segment: %w", err)
	}
	return nil
}

func readHanded(disk disk.Disk, path string) (handed, bool) {
	data, err := disk.Read(path, headerLimit)
	if err != nil {
		return handed{}, false
	}
	body, _, err := journal.UnwrapFile(handedMagic, data)
	if err != nil {
		return handed{}, false
	}
	var m handed
	err = signed.Decode(body, journal.FileBodyLimit, &m)
	return m, err == nil && m.Version == formatVersion && len(m.Receipt) <= journal.ReceiptLimit
}
