package directory

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	addressPrefix = "addresses-"
	addressSuffix = ".log"
	maxAddressLog = 16 << 20 // bytes in one file; what strangers cause must not fill the disk
	filesKept     = 24       // a file covers this part of the time that addresses are kept
)

// addressLog keeps the callers' addresses, with the time of each call, and nothing about
// what was asked. Each file covers a 24th of the time that addresses are kept and is
// deleted whole, so early that not even its first line outlives that time.
type addressLog struct {
	folder string
	keep   time.Duration
	now    func() time.Time

	mutex sync.Mutex
	file  *os.File
	start time.Time // of the period that file covers
	size  int64
	full  bool
}

func openAddressLog(folder string, keep time.Duration, now func() time.Time) (*addressLog, error) {
	if keep < time.Hour {
		return nil, errors.New("open address log: addresses are kept for an hour at least")
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("open address log: %w", err)
	}
	l := &addressLog{folder: folder, keep: keep, now: now}
	if err := l.purge(); err != nil {
		return nil, fmt.Errorf("open address log: %w", err)
	}
	return l, nil
}

func (l *addressLog) period() time.Duration { return l.keep / filesKept }

// note keeps one caller. Past the bound of a file it keeps no more until the next file:
// answering is worth more than a complete list of a flood.
func (l *addressLog) note(address string) error {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	now := l.now().UTC()
	if err := l.turn(now); err != nil {
		return fmt.Errorf("log address: %w", err)
	}
	line := now.Format(time.RFC3339) + " " + address + "\n"
	if l.full {
		return nil
	}
	if l.size+int64(len(line)) > maxAddressLog {
		l.full, line = true, now.Format(time.RFC3339)+" full\n"
	}
	n, err := l.file.WriteString(line)
	l.size += int64(n)
	if err != nil {
		return fmt.Errorf("log address: %w", err)
	}
	return nil
}

// turn opens the file of the period that now is in, and deletes what is due.
func (l *addressLog) turn(now time.Time) error {
	start := now.Truncate(l.period())
	if l.file != nil && start.Equal(l.start) {
		return nil
	}
	if err := l.purgeAt(now); err != nil {
		return err
	}
	path := filepath.Join(l.folder, addressPrefix+strconv.FormatInt(start.Unix(), 10)+addressSuffix)
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return err
	}
	if l.file != nil {
		l.file.Close()
	}
	l.file, l.start, l.size, l.full = file, start, info.Size(), info.Size() >= maxAddressLog
	return nil
}

// purge deletes what is due; Serve calls it by the clock too, so that a directory that
// nobody calls forgets as well.
func (l *addressLog) purge() error {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.purgeAt(l.now().UTC())
}

// purgeAt deletes files whose first line may be as old as addresses may become by the
// next time anybody looks, and files from a future that cannot be: the clock was wrong.
func (l *addressLog) purgeAt(now time.Time) error {
	entries, err := os.ReadDir(l.folder)
	if err != nil {
		return err
	}
	var failed error
	for _, entry := range entries {
		name, ok := strings.CutPrefix(entry.Name(), addressPrefix)
		name, log := strings.CutSuffix(name, addressSuffix)
		if !ok || !log {
			continue
		}
		seconds, err := strconv.ParseInt(name, 10, 64)
		start := time.Unix(seconds, 0)
		if err == nil && now.Sub(start) < l.keep-l.period() && start.Sub(now) < l.period() {
			continue
		}
		path := filepath.Join(l.folder, entry.Name())
		if l.file != nil && l.file.Name() == path {
			l.file.Close()
			l.file = nil
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

func (l *addressLog) close() error {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.file == nil {
		return nil
	}
	err := l.file.Close()
	l.file = nil
	return err
}
