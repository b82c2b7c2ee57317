//go:build unix

package process

import "golang.org/x/sys/unix"

// noCore sets the size of a core dump to nothing, for this process and those that it starts;
// hard, so that nothing in it sets it back.
func noCore() error { return unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}) }
