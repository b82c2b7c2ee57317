package main

// #cgo pkg-config: sqlcipher
// #include <sqlite3.h>
// #include <stdlib.h>
//
// // Go can not write SQLITE_TRANSIENT, a pointer that points nowhere.
// static int bind_blob(sqlite3_stmt *s, int at, const void *data, int size) {
//     return sqlite3_bind_blob(s, at, data, size, SQLITE_TRANSIENT);
// }
import "C"

import (
	"encoding/hex"
	"fmt"
	"unsafe"
)

// database is an open SQLCipher database; for one goroutine.
type database struct{ db *C.sqlite3 }

// openDatabase makes an encrypted database at path, under a raw key of 32 bytes: no
// derivation is measured. journal is "wal" or "delete"; both sync before a commit returns.
func openDatabase(path string, key []byte, journal string) (*database, error) {
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	d := &database{}
	if code := C.sqlite3_open(name, &d.db); code != C.SQLITE_OK {
		return nil, fmt.Errorf("open database: code %d", code)
	}
	for _, pragma := range []string{
		`PRAGMA key = "x'` + hex.EncodeToString(key) + `'"`, "PRAGMA journal_mode = " + journal, "PRAGMA synchronous = FULL",
	} {
		if err := d.run(pragma); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (d *database) close() { C.sqlite3_close(d.db) }

// run carries out one statement and drops its rows.
func (d *database) run(text string) error {
	s, err := d.prepare(text)
	if err != nil {
		return err
	}
	defer s.close()
	_, err = s.blob()
	return err
}

// text is the first column of a statement's first row.
func (d *database) text(statement string) (string, error) {
	s, err := d.prepare(statement)
	if err != nil {
		return "", err
	}
	defer s.close()
	data, err := s.blob()
	return string(data), err
}

// statement is prepared once and run many times.
type statement struct {
	db   *database
	stmt *C.sqlite3_stmt
}

func (d *database) prepare(text string) (*statement, error) {
	c := C.CString(text)
	defer C.free(unsafe.Pointer(c))
	s := &statement{db: d}
	if code := C.sqlite3_prepare_v2(d.db, c, -1, &s.stmt, nil); code != C.SQLITE_OK {
		return nil, d.failed(text)
	}
	return s, nil
}

func (s *statement) close() { C.sqlite3_finalize(s.stmt) }

// blob runs the statement with values and returns the first column of its first row, nil where
// there is none.
func (s *statement) blob(values ...[]byte) ([]byte, error) {
	defer C.sqlite3_reset(s.stmt)
	for i, v := range values {
		if code := C.bind_blob(s.stmt, C.int(i+1), unsafe.Pointer(unsafe.SliceData(v)), C.int(len(v))); code != C.SQLITE_OK {
			return nil, s.db.failed("bind")
		}
	}
	var first []byte
	for {
		switch C.sqlite3_step(s.stmt) {
		case C.SQLITE_DONE:
			return first, nil
		case C.SQLITE_ROW:
			if first == nil {
				data := C.sqlite3_column_blob(s.stmt, 0)
				first = C.GoBytes(data, C.sqlite3_column_bytes(s.stmt, 0))
			}
		default:
			return nil, s.db.failed("step")
		}
	}
}

func (d *database) failed(what string) error {
	return fmt.Errorf("%s: %s", what, C.GoString(C.sqlite3_errmsg(d.db)))
}
