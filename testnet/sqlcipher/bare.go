package main

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

const bareRoom = 16 << 20 // bytes

// bare is the least that anything durable costs: one write of size bytes and fdatasync, into space
// that is written and synced before.
func bare(dir string, size int) (*contestant, error) {
	file, err := os.Create(filepath.Join(dir, "bare"))
	if err != nil {
		return nil, err
	}
	if _, err := file.Write(make([]byte, bareRoom)); err != nil {
		return nil, err
	}
	if err := file.Sync(); err != nil {
		return nil, err
	}
	data := make([]byte, size)
	return &contestant{name: "write and fdatasync, preallocated", deeds: 1, do: func(round int) error {
		if _, err := file.WriteAt(data, int64(round*size%(bareRoom-size))); err != nil {
			return err
		}
		return unix.Fdatasync(int(file.Fd()))
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
