package journalfile

import (
	"errors"
	"syscall"
)

// SyncDir does nothing: Windows has no such call, and NTFS logs its folders.
func (osDisk) SyncDir(string) error { return nil }

// Windows' words for a full disk.
const (
	errorHandleDiskFull = syscall.Errno(39)
	errorDiskFull       = syscall.Errno(112)
)

// isFull reports whether err says that the disk is full.
func isFull(err error) bool {
	return errors.Is(err, errorHandleDiskFull) || errors.Is(err, errorDiskFull)
}
