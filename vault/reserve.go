package vault

import (
	"errors"
	"os"
)

// At lock Badger writes its newest rows into a table, through a memory map, and on a full disk
// that ends the process with a signal. So while the view is open a file holds as much space as
// that takes, and makes room for it at the end.

const (
	reserveName = "reserve"
	reserveSize = memTable + 4<<20 // bytes: a table of all that Badger keeps in memory, with its index
)

// hold takes the reserve.
func (f folder) hold() error {
	file, err := os.OpenFile(f.path(reserveName), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, fileMode)
	if err != nil {
		return named("reserve space", err)
	}
	err = allocate(file, reserveSize)
	if err = errors.Join(err, file.Close()); err != nil {
		f.letGo()
	}
	return named("reserve space", err)
}

// letGo gives the reserve up.
func (f folder) letGo() { _ = os.Remove(f.path(reserveName)) }

// fill allocates by writing, where there is nothing better.
func fill(file *os.File, size int) error {
	zeroes := make([]byte, 1<<20)
	for ; size > 0; size -= len(zeroes) {
		if _, err := file.Write(zeroes); err != nil {
			return err
		}
	}
	return nil
}
