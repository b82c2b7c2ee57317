package process

import (
	"errors"

	"golang.org/x/sys/unix"
)

// seclude asks for both, because neither is enough: a system that pipes cores to a program does
// not ask the limit, and what this process executes is dumpable again, while the limit is
// inherited. Where a process is not dumpable, only root reads /proc/PID/mem or attaches a
// debugger.
func seclude() error {
	return errors.Join(noCore(), unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0))
}
