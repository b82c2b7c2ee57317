// Package sealedlog is a file that grows by sealed records and is durable after each: a torn end is cut, damage and
// another file in its place are told apart. It knows no record's meaning.
package sealedlog

import (
	"errors"
	"fmt"
	"io/fs"
	"math"

	"handslag/vault/disk"
	"handslag/vault/internal/fault"
	"handslag/vault/internal/folder"
	"handslag/vault/internal/seal"
)

// Log is one open file of the form logForm. It is not safe for concurrent use.
type Log struct {
	form   Form
	Folder folder.Folder
	name   string
	Key    []byte // its owner's, who wipes it
	limit  int    // bytes of the file

	file  disk.Appender // nil: nothing can be appended before the next snapshot
	size  int           // bytes that are whole and durable
	base  int           // of them, up to the end of the snapshot
	torn  bool          // there is more behind size
	Index uint64        // of the last record

	staged struct {
		form  Form
		index uint64
		size  int
	}
}

// logSlack is how many bytes of changes a log may have before a snapshot replaces them, however
// small that is.
const logSlack = 64 << 10

// New is the log in f's file called name, of at most limit bytes, unread: Stage and Place begin it, or Load reads it.
func New(f folder.Folder, name string, kind byte, vault, key []byte, limit int) *Log {
	return &Log{form: Form{Kind: kind, vault: vault}, Folder: f, name: name, Key: key, limit: limit}
}

// Load reads the log from the file called name and hands the plaintexts to apply, the snapshot
// first; they are wiped afterwards. Errors: ErrDamaged, also where there is no file; ErrFormat;
// apply's.
func (l *Log) Load(name string, apply func(index uint64, snapshot bool, plain []byte) error) error {
	data, err := l.Folder.Read(name, l.limit)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read %s: %w: %w", name, fault.ErrDamaged, err)
	}
	if err != nil {
		return err
	}
	base := 0
	size, next, err := l.form.Walk(data, func(index uint64, box []byte) (bool, error) {
		plain, err := seal.Open(l.Key, box, l.form.context(index))
		if err != nil {
			return false, nil
		}
		defer clear(plain)
		snapshot := base == 0
		if snapshot {
			base = Head + RecordHead + len(box)
		}
		return true, apply(index, snapshot, plain)
	})
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	l.size, l.base, l.torn, l.Index = size, base, size < len(data), next-1
	return nil
}

// Extend opens what was loaded for more, and cuts what is torn at its end.
func (l *Log) Extend() error {
	file, err := l.Folder.Disk.Extend(l.Folder.Path(l.name))
	if err != nil {
		return fault.Named("open "+l.name, err)
	}
	if l.torn {
		if err := errors.Join(file.Truncate(int64(l.size)), file.Sync()); err != nil {
			return fault.Named("cut the torn end of "+l.name, errors.Join(err, file.Close()))
		}
	}
	l.file, l.torn = file, false
	return nil
}

// Due reports whether the next change needs a new snapshot: the changes have outgrown the one that there is.
func (l *Log) Due() bool { return l.file == nil || l.size-l.base > max(l.base, logSlack) }

// Add makes a change durable, as a record of its own or, where one is due, in a new snapshot, which counts the change in. After an error it may be there or not, and is tried
// again by adding whatever is to be added next.
func (l *Log) Add(change []byte, snapshot func() []byte) error {
	if l.Due() {
		err := l.Stage(l.Index+1, snapshot())
		if err == nil {
			return l.Place()
		}
		if l.file == nil {
			return err
		}
	}
	return l.append(change)
}

func (l *Log) append(plain []byte) error {
	data := l.form.record(l.Index+1, seal.Box(l.Key, plain, l.form.context(l.Index+1)))
	if err := l.fits(l.size + len(data)); err != nil {
		return err
	}
	if err := l.Folder.Space(len(data), folder.FileReserve); err != nil {
		return fmt.Errorf("append to %s: %w", l.name, err)
	}
	_, err := l.file.Write(data)
	if err == nil {
		err = l.file.Sync()
	}
	if err != nil {
		if undo := errors.Join(l.file.Truncate(int64(l.size)), l.file.Sync()); undo != nil {
			l.Close() // where it ends now, nobody knows
		}
		return fault.Named("append to "+l.name, err)
	}
	l.size += len(data)
	l.Index++
	return nil
}

// Stage makes a new file durable beside the old one, which stays in force until place. It
// begins with a snapshot that counts up to index.
func (l *Log) Stage(index uint64, snapshot []byte) error {
	defer clear(snapshot)
	form := Form{Kind: l.form.Kind, vault: l.form.vault, id: [logIDSize]byte(seal.Random(logIDSize))}
	data := append(form.begin(index), form.record(index, seal.Box(l.Key, snapshot, form.context(index)))...)
	if err := l.fits(len(data)); err != nil {
		return err
	}
	if err := l.Folder.Stage(l.name, data); err != nil {
		return err
	}
	l.staged.form, l.staged.index, l.staged.size = form, index, len(data)
	return nil
}

// Place puts what was staged in the old file's place. After an error either is there, whole, or
// both are, and only a new snapshot can follow.
func (l *Log) Place() error {
	l.Close() // or Windows would not let it be replaced
	if err := l.Folder.Rename(l.name); err != nil {
		return err
	}
	l.form, l.Index, l.size, l.base, l.torn = l.staged.form, l.staged.index, l.staged.size, l.staged.size, false
	return l.Extend()
}

func (l *Log) fits(size int) error {
	if size > l.limit || size > math.MaxUint32 {
		return fmt.Errorf("write %s: %w", l.name, fault.ErrTooLarge)
	}
	return nil
}

func (l *Log) Close() {
	if l.file != nil {
		l.file.Close()
		l.file = nil
	}
}
