package main

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

const bareRoom = 16 << 20 // bytes

// ground is a file with space that is written and synced before.
type ground struct {
	file *os.File
	data []byte
	at   int64
}

func newGround(path string, size, flags int) (*ground, error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	_, err = file.Write(make([]byte, bareRoom))
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return nil, err
	}
	file, err = os.OpenFile(path, os.O_WRONLY|flags, 0)
	return &ground{file: file, data: aligned(size)}, err
}

// aligned is size bytes that lie as O_DIRECT wants them.
func aligned(size int) []byte {
	room := make([]byte, size+blockSize)
	skip := -uintptr(unsafe.Pointer(unsafe.SliceData(room))) % blockSize
	return room[skip:][:size]
}

const blockSize = 4096

func (g *ground) write() error {
	if g.at+int64(len(g.data)) > bareRoom {
		g.at = 0
	}
	_, err := g.file.WriteAt(g.data, g.at)
	g.at += int64(len(g.data))
	return err
}

func (g *ground) writeAndSync() error {
	if err := g.write(); err != nil {
		return err
	}
	return unix.Fdatasync(int(g.file.Fd()))
}

// bare is the least that anything durable costs: one write of size bytes and fdatasync.
func bare(dir string, size int) (*contestant, error) {
	g, err := newGround(filepath.Join(dir, "bare"), size, 0)
	return &contestant{name: "write and fdatasync, preallocated", deeds: 1, do: func(int) error { return g.writeAndSync() }}, err
}

// through is the same promise by the shortest way that Linux has to a disk, past the page cache, a
// whole block at a time.
func through(dir string) (*contestant, error) {
	g, err := newGround(filepath.Join(dir, "through"), blockSize, unix.O_DIRECT|unix.O_DSYNC)
	return &contestant{name: "one block, O_DIRECT and O_DSYNC", deeds: 1, do: func(int) error { return g.write() }}, err
}

// signatures is what n openings cost where nothing is done but to sign them, on all cores, and to
// write and sync them once: no journal with a signature an entry is faster on this machine.
func signatures(dir string, n, size int) (*contestant, error) {
	blocks := (n*size + blockSize - 1) / blockSize
	g, err := newGround(filepath.Join(dir, fmt.Sprintf("signed-%d", n)), blocks*blockSize, unix.O_DIRECT|unix.O_DSYNC)
	if err != nil {
		return nil, err
	}
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	entry := make([]byte, size)
	what := "one signature"
	if n > 1 {
		what = fmt.Sprintf("%d signatures on %d cores", n, min(n, runtime.GOMAXPROCS(0)))
	}
	return &contestant{name: "bound: " + what + " and one write", deeds: n, do: func(int) error {
		var next atomic.Int64
		sign := func() {
			for int(next.Add(1)) <= n {
				ed25519.Sign(key, entry)
			}
		}
		var others sync.WaitGroup
		for range min(n, runtime.GOMAXPROCS(0)) - 1 {
			others.Go(sign)
		}
		sign()
		others.Wait()
		return g.write()
	}}, nil
}

// encrypted is SQLCipher inserting a row of a log and reading a record: nothing is signed and
// nothing chained.
func encrypted(dir, journal string, size, records int) (*contestant, error) {
	db, err := openDatabase(filepath.Join(dir, journal+".db"), make([]byte, 32), journal)
	if err != nil {
		return nil, err
	}
	for _, text := range []string{
		"CREATE TABLE log (seq INTEGER PRIMARY KEY, entry BLOB NOT NULL)", "CREATE TABLE record (id BLOB PRIMARY KEY, part BLOB NOT NULL)",
	} {
		if err := db.run(text); err != nil {
			return nil, err
		}
	}
	put, err := db.prepare("INSERT INTO record (id, part) VALUES (?, ?)")
	if err != nil {
		return nil, err
	}
	defer put.close()
	for i := range records {
		if _, err := put.blob([]byte{byte(i)}, make([]byte, partSize)); err != nil {
			return nil, err
		}
	}
	insert, err := db.prepare("INSERT INTO log (entry) VALUES (?)")
	if err != nil {
		return nil, err
	}
	read, err := db.prepare("SELECT part FROM record WHERE id = ?")
	if err != nil {
		return nil, err
	}
	version, err := db.text("PRAGMA cipher_version")
	if err != nil {
		return nil, err
	}
	mode, err := db.text("PRAGMA journal_mode")
	if err != nil {
		return nil, err
	}
	entry := make([]byte, size)
	return &contestant{name: "SQLCipher " + version + ", journal " + mode, deeds: 1, do: func(round int) error {
		if _, err := insert.blob(entry); err != nil {
			return err
		}
		_, err := read.blob([]byte{byte(round % records)})
		return err
	}}, nil
}
