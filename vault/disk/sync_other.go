//go:build !linux

package disk

import "os"

// syncData is fsync; on macOS the runtime asks the drive to flush too (F_FULLFSYNC).
func syncData(file *os.File) error { return file.Sync() }
