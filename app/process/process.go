// Package process keeps what a program of ours has in memory within it: no core dump, and no
// look into its memory by other programs of the same user, as far as the operating system
// takes such a wish: the first thing that every main does. And it overwrites what was freed, when
// somebody locks, and keeps the heap small.
//
// It does nothing about swap. Locking all memory (mlockall) is refused to an ordinary user: Go
// reserves 1.2 GiB of addresses, all of which count against a limit that is 8 MiB on this
// kind of system (measured on Debian 12, Linux, Go 1.26). Locking the pages of single keys (mlock) would promise
// more than it keeps: beside each key stand the schedules that AES expands from it, and
// Argon2id works in 64 MiB, which lie where Go puts them, with protected text as a screen
// shows it. What keeps swap from telling is encrypted swap, or none; README says so.
package process

import (
	"fmt"
	"io"
)

// Seclude shuts others out of this process's memory from now on. Where the system does not let
// it, the program goes on as it is and says so: staff who can not open their work are no
// better off.
func Seclude(said io.Writer) {
	if err := seclude(); err != nil {
		fmt.Fprintf(said, "memory can not be kept out of core dumps: %v\n", err)
	}
}
