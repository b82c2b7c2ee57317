package journalfile

import (
	"errors"
	"os"
	"syscall"
)

// syncData is fdatasync: the size is synced with the data where it changed, times are not.
func syncData(file *os.File) error {
	for {
		err := syscall.Fdatasync(int(file.Fd()))
		if !errors.Is(err, syscall.EINTR) {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}
