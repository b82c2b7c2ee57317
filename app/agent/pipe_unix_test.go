//go:build unix

package agent

import (
	"syscall"
	"testing"
)

// pipe is a file that a reader would wait at for ever.
func pipe(t *testing.T, path string) { ok(t, syscall.Mkfifo(path, 0o644)) }
