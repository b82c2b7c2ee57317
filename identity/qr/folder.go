package qr

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Ticker starts a clock that says when to look again, and returns how to stop it.
type Ticker func() (ticks <-chan time.Time, stop func())

// Every is the Ticker of the wall clock.
func Every(period time.Duration) Ticker {
	return func() (<-chan time.Time, func()) {
		t := time.NewTicker(period)
		return t.C, t.Stop
	}
}

const (
	maxFolderEntries = 1024 // a folder of frames holds a handful; more is the wrong folder
	maxTriedFiles    = 4    // the newest that are looked at on one tick
)

// folder is a camera made of files: whoever writes a picture into the folder holds it before the camera.
type folder struct {
	dir   string
	ticks <-chan time.Time
	stop  func()

	closeOnce sync.Once
	closed    chan struct{}

	mu     sync.Mutex // one Next at a time
	shown  os.FileInfo
	broken map[string]os.FileInfo // files that did not decode, until they change
}

// FramesFromDir is a source of frames over a folder. Next yields the newest picture (.png, .jpg, .jpeg, .gif by
// modification time) at once and then whenever another file or another content is the newest. Names with a leading dot,
// links, files over MaxPictureBytes and files that do not decode, such as one still being written, are passed
// over. A folder that is not there is ErrNoCamera.
func FramesFromDir(dir string, ticker Ticker) (Frames, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("open folder of frames: %w: %w", ErrNoCamera, err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("open folder of frames %s: not a folder: %w", dir, ErrNoCamera)
	}
	ticks, stop := ticker()
	return &folder{dir: dir, ticks: ticks, stop: stop, closed: make(chan struct{}), broken: map[string]os.FileInfo{}}, nil
}

func (f *folder) Next(ctx context.Context) (image.Image, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for {
		select {
		case <-f.closed:
			return nil, ErrClosed
		default:
		}
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("wait for a frame: %w", err)
		}
		img, err := f.look()
		if err != nil || img != nil {
			return img, err
		}
		select {
		case <-f.closed:
		case <-ctx.Done():
		case _, ok := <-f.ticks:
			if !ok {
				return nil, ErrClosed
			}
		}
	}
}

// Folder is where the pictures come from, so that a screen can say that no camera looks.
func (f *folder) Folder() string { return f.dir }

func (f *folder) Close() error {
	f.closeOnce.Do(func() {
		close(f.closed)
		f.stop()
	})
	return nil
}

// look returns the newest picture if it is not the one already shown, nil if there is none.
func (f *folder) look() (image.Image, error) {
	files, err := f.newest()
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		if f.shown != nil && sameFile(f.shown, file) {
			return nil, nil
		}
		img, opened, err := f.open(file)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue // replaced under our eyes: the next tick sees its successor
		case err != nil:
			f.broken[file.Name()] = file
			continue
		}
		f.shown = opened
		return img, nil
	}
	return nil, nil
}

// newest lists the pictures in the folder, newest first and without those known to be broken, and forgets broken ones
// that are gone or have changed.
func (f *folder) newest() ([]os.FileInfo, error) {
	dir, err := os.Open(f.dir)
	if err != nil {
		return nil, fmt.Errorf("look into folder of frames: %w: %w", ErrNoCamera, err)
	}
	defer dir.Close()
	entries, err := dir.ReadDir(maxFolderEntries + 1)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("list folder of frames: %w", err)
	}
	if len(entries) > maxFolderEntries {
		return nil, fmt.Errorf("list folder of frames %s: more than %d files: %w", f.dir, maxFolderEntries, ErrOversized)
	}
	var files []os.FileInfo
	broken := map[string]os.FileInfo{}
	for _, entry := range entries {
		if !isPicture(entry) {
			continue
		}
		info, err := entry.Info()
		if err != nil || info.Size() > MaxPictureBytes {
			continue
		}
		if seen, ok := f.broken[info.Name()]; ok && sameFile(seen, info) {
			broken[info.Name()] = seen
			continue
		}
		files = append(files, info)
	}
	f.broken = broken
	slices.SortFunc(files, func(a, b os.FileInfo) int {
		return cmp.Or(b.ModTime().Compare(a.ModTime()), strings.Compare(b.Name(), a.Name()))
	})
	return files[:min(len(files), maxTriedFiles)], nil
}

func isPicture(entry fs.DirEntry) bool {
	name := entry.Name()
	if !entry.Type().IsRegular() || strings.HasPrefix(name, ".") {
		return false
	}
	switch strings.ToLower(filepath.Ext(name)) {
	case ".png", ".jpg", ".jpeg", ".gif":
		return true
	}
	return false
}

// open decodes a file and says which one it really was: the name may have changed hands since the listing.
func (f *folder) open(listed os.FileInfo) (image.Image, os.FileInfo, error) {
	file, err := os.Open(filepath.Join(f.dir, listed.Name()))
	if err != nil {
		return nil, nil, fmt.Errorf("open frame: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, nil, fmt.Errorf("open frame: %w", err)
	}
	img, err := decodePicture(file)
	return img, info, err
}

func sameFile(a, b os.FileInfo) bool {
	return os.SameFile(a, b) && a.Name() == b.Name() && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}
