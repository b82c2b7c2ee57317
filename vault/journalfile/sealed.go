package journalfile

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/disk"
	"handslag/vault/journal"
)

// Sealed is a segment as whoever has its file sees it, without any key: nothing of it is
// verified but its form and its checksums.
type Sealed struct {
	Path       string
	Device     identity.DeviceID
	Generation uint64
	First      uint64 // number of its first entry
	Entries    int    // whole frames, until one is not
	Rest       int    // bytes behind them: an unfinished write, or damage
	Size       int    // bytes
	Created    signed.Time
	Sum        [sha256.Size]byte // of the file
}

// Refused is a file that is no segment which could be carried. It stays where it is.
type Refused struct {
	Path string
	Err  error // ErrFormat, ErrDamaged, or what the disk said
}

// ErrDamaged says that a file is no segment, or that its beginning is damaged.
var ErrDamaged = journal.ErrFileDamaged

const (
	sealedFiles   = 4096 // segments looked at in one folder
	sealedFolders = 1024 // devices looked at in one outbox
)

// ReadSealed reads the segment file at path, whole; data is its bytes, without the zeroes that stand
// behind the entries of a segment that is still being written. It follows no link.
func ReadSealed(path string) (s Sealed, data []byte, err error) {
	info, err := os.Lstat(path)
	if err != nil {
		return Sealed{}, nil, fmt.Errorf("read segment: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > segmentLimit {
		return Sealed{}, nil, fmt.Errorf("read segment: no file, or too large: %w", ErrDamaged)
	}
	file, err := os.Open(path)
	if err != nil {
		return Sealed{}, nil, fmt.Errorf("read segment: %w", err)
	}
	defer file.Close()
	data, err = io.ReadAll(io.LimitReader(file, segmentLimit))
	if err != nil {
		return Sealed{}, nil, fmt.Errorf("read segment: %w", err)
	}
	if s, data, err = PeekSealed(data); err == nil {
		s.Path = path
	}
	return s, data, err
}

// PeekSealed is ReadSealed of bytes that came otherwise; Path is empty.
func PeekSealed(all []byte) (s Sealed, data []byte, err error) {
	h, start, err := journal.PeekSegment(all)
	if err != nil {
		return Sealed{}, nil, err
	}
	survey := journal.SurveyFrames(all, start)
	data = all[:survey.Size+survey.Rest] // not the space that is ready for more
	return Sealed{
		Device: h.Device, Generation: h.Generation, First: h.First, Entries: survey.Entries, Rest: survey.Rest,
		Size: len(data), Created: h.Created, Sum: sha256.Sum256(data),
	}, data, nil
}

// ListSealed lists the segments in dir, in the order of what they hold, and what has their name
// and is none. A folder that is missing holds none.
func ListSealed(dir string) ([]Sealed, []Refused, error) {
	paths, err := SealedFiles(dir)
	if err != nil {
		return nil, nil, err
	}
	var all []Sealed
	var refused []Refused
	for _, path := range paths {
		s, _, err := ReadSealed(path)
		switch {
		case errors.Is(err, fs.ErrNotExist): // dropped meanwhile
		case err != nil:
			refused = append(refused, Refused{path, err})
		default:
			all = append(all, s)
		}
	}
	slices.SortStableFunc(all, func(a, b Sealed) int {
		return cmp.Or(cmp.Compare(a.Device, b.Device), cmp.Compare(a.Generation, b.Generation), cmp.Compare(a.First, b.First))
	})
	return all, refused, nil
}

// Outboxes are the folders of devices in a machine-wide outbox.
func Outboxes(root string) ([]string, error) {
	entries, err := os.ReadDir(root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list outbox: %w", err)
	}
	var dirs []string
	for _, e := range entries {
		if _, err := identity.ParseDeviceID(e.Name()); err == nil && e.IsDir() && len(dirs) < sealedFolders {
			dirs = append(dirs, filepath.Join(root, e.Name()))
		}
	}
	return dirs, nil
}

// SealedFiles are the paths of what is named like a segment in dir, unread, by name and so
// in the order of what a journal's folder holds. A folder that is missing holds none.
func SealedFiles(dir string) ([]string, error) {
	names, err := disk.OS{}.List(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list segments: %w", err)
	}
	var paths []string
	for _, name := range names {
		if strings.HasSuffix(name, segmentSuffix) && len(paths) < sealedFiles {
			paths = append(paths, filepath.Join(dir, name))
		}
	}
	return paths, nil
}

// CopySealed puts the segment at path into dir, as KeepSealed does.
func CopySealed(path, dir string) (bool, error) {
	_, data, err := ReadSealed(path)
	if err != nil {
		return false, err
	}
	return KeepSealed(data, dir)
}

// KeepSealed puts a segment into dir, whole and durable, under a name of its own; false where dir
// has it already. One that has grown since replaces what it was; two that say different things
// both stay. What is no segment is an error: ErrFormat, ErrDamaged.
func KeepSealed(data []byte, dir string) (bool, error) {
	s, data, err := PeekSealed(data)
	if err != nil {
		return false, err
	}
	h, _, err := journal.PeekSegment(data)
	if err != nil {
		return false, err
	}
	real := disk.OS{}
	if err := real.MakeDir(dir); err != nil {
		return false, fmt.Errorf("copy segment: %w", err)
	}
	stem := fmt.Sprintf("%s.%s", h.Device, strings.TrimSuffix(h.Name(), segmentSuffix))
	for _, name := range []string{stem, fmt.Sprintf("%s.%x", stem, s.Sum[:8])} {
		target := filepath.Join(dir, name+segmentSuffix)
		there, err := real.Read(target, segmentLimit+1)
		switch {
		case err == nil && bytes.HasPrefix(there, data): // it, or it and what came after
			return false, nil
		case err == nil && !bytes.HasPrefix(data, there):
			continue // another branch of a copied device, or a damaged copy: keep both
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return false, fmt.Errorf("copy segment: %w", err)
		}
		if err := disk.Replace(real, target, data); err != nil {
			return false, fmt.Errorf("copy segment: %w", failure(err))
		}
		return true, nil
	}
	return false, fmt.Errorf("copy segment: %w", fs.ErrExist) // under its own sum lies something else
}
