package vault

import (
	"errors"
	"fmt"
	"io/fs"
	"math"

	"handslag/vault/disk"
)

// sealedLog is one open file of the form logForm. It is not safe for concurrent use.
type sealedLog struct {
	form   logForm
	folder folder
	name   string
	key    []byte // its owner's, who wipes it
	limit  int    // bytes of the file

	file  disk.Appender // nil: nothing can be appended before the next snapshot
	size  int           // bytes that are whole and durable
	base  int           // of them, up to the end of the snapshot
	torn  bool          // there is more behind size
	index uint64        // of the last record

	staged struct {
		form  logForm
		index uint64
		size  int
	}
}

// logSlack is how many bytes of changes a log may have before a snapshot replaces them, however
// small that is.
const logSlack = 64 << 10

func newLog(f folder, name string, kind byte, vault, key []byte, limit int) *sealedLog {
	return &sealedLog{form: logForm{kind: kind, vault: vault}, folder: f, name: name, key: key, limit: limit}
}

// load reads the log from the file called name and hands the plaintexts to apply, the snapshot
// first; they are wiped afterwards. Errors: ErrDamaged, also where there is no file; ErrFormat;
// apply's.
func (l *sealedLog) load(name string, apply func(index uint64, snapshot bool, plain []byte) error) error {
	data, err := l.folder.read(name, l.limit)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read %s: %w: %w", name, ErrDamaged, err)
	}
	if err != nil {
		return err
	}
	base := 0
	size, next, err := l.form.walk(data, func(index uint64, box []byte) (bool, error) {
		plain, err := open(l.key, box, l.form.context(index))
		if err != nil {
			return false, nil
		}
		defer clear(plain)
		snapshot := base == 0
		if snapshot {
			base = logHead + logRecordHead + len(box)
		}
		return true, apply(index, snapshot, plain)
	})
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	l.size, l.base, l.torn, l.index = size, base, size < len(data), next-1
	return nil
}

// extend opens what was loaded for more, and cuts what is torn at its end.
func (l *sealedLog) extend() error {
	file, err := l.folder.disk.Extend(l.folder.path(l.name))
	if err != nil {
		return named("open "+l.name, err)
	}
	if l.torn {
		if err := errors.Join(file.Truncate(int64(l.size)), file.Sync()); err != nil {
			return named("cut the torn end of "+l.name, errors.Join(err, file.Close()))
		}
	}
	l.file, l.torn = file, false
	return nil
}

// due reports whether the next change needs a new snapshot: the changes have outgrown the one that there is.
func (l *sealedLog) due() bool { return l.file == nil || l.size-l.base > max(l.base, logSlack) }

// add makes a change durable, as a record of its own or, where one is due, in a new snapshot, which counts the change in. After an error it may be there or not, and is tried
// again by adding whatever is to be added next.
func (l *sealedLog) add(change []byte, snapshot func() []byte) error {
	if l.due() {
		err := l.stage(l.index+1, snapshot())
		if err == nil {
			return l.place()
		}
		if l.file == nil {
			return err
		}
	}
	return l.append(change)
}

func (l *sealedLog) append(plain []byte) error {
	data := l.form.record(l.index+1, seal(l.key, plain, l.form.context(l.index+1)))
	if err := l.fits(l.size + len(data)); err != nil {
		return err
	}
	if err := l.folder.space(len(data), fileReserve); err != nil {
		return fmt.Errorf("append to %s: %w", l.name, err)
	}
	_, err := l.file.Write(data)
	if err == nil {
		err = l.file.Sync()
	}
	if err != nil {
		if undo := errors.Join(l.file.Truncate(int64(l.size)), l.file.Sync()); undo != nil {
			l.close() // where it ends now, nobody knows
		}
		return named("append to "+l.name, err)
	}
	l.size += len(data)
	l.index++
	return nil
}

// stage makes a new file durable beside the old one, which stays in force until place. It
// begins with a snapshot that counts up to index.
func (l *sealedLog) stage(index uint64, snapshot []byte) error {
	defer clear(snapshot)
	form := logForm{kind: l.form.kind, vault: l.form.vault, id: [logIDSize]byte(random(logIDSize))}
	data := append(form.begin(index), form.record(index, seal(l.key, snapshot, form.context(index)))...)
	if err := l.fits(len(data)); err != nil {
		return err
	}
	if err := l.folder.stage(l.name, data); err != nil {
		return err
	}
	l.staged.form, l.staged.index, l.staged.size = form, index, len(data)
	return nil
}

// place puts what was staged in the old file's place. After an error either is there, whole, or
// both are, and only a new snapshot can follow.
func (l *sealedLog) place() error {
	l.close() // or Windows would not let it be replaced
	if err := l.folder.rename(l.name); err != nil {
		return err
	}
	l.form, l.index, l.size, l.base, l.torn = l.staged.form, l.staged.index, l.staged.size, l.staged.size, false
	return l.extend()
}

func (l *sealedLog) fits(size int) error {
	if size > l.limit || size > math.MaxUint32 {
		return fmt.Errorf("write %s: %w", l.name, ErrTooLarge)
	}
	return nil
}

func (l *sealedLog) close() {
	if l.file != nil {
		l.file.Close()
		l.file = nil
	}
}
