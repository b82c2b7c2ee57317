package folder

import (
	"errors"
	"os"

	"handslag/vault/internal/fault"
)

// At lock Badger writes its newest rows into a table, through a memory map, and on a full disk
// that ends the process with a signal. So while the view is open a file holds as much space as
// that takes, and makes room for it at the end.

const reserveName = "reserve"

// Hold takes the reserve, of size bytes.
func (f Folder) Hold(size int) error {
	file, err := os.OpenFile(f.Path(reserveName), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, FileMode)
	if err != nil {
		return fault.Named("reserve space", err)
	}
	err = allocate(file, size)
	if err = errors.Join(err, file.Close()); err != nil {
		f.LetGo()
	}
	return fault.Named("reserve space", err)
}

// LetGo gives the reserve up.
func (f Folder) LetGo() { _ = os.Remove(f.Path(reserveName)) }

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
