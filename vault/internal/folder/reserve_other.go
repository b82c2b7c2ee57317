//go:build !linux

package folder

import "os"

// allocate gives file space on the disk.
func allocate(file *os.File, size int) error { return fill(file, size) }
