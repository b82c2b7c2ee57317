package cellar

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// inside is set in the environment of a program that Enter started.
const inside = "HANDSLAG_CELLAR"

// Inside reports whether this program runs in a network namespace of its own.
func Inside() bool { return os.Getenv(inside) != "" }

// Enter starts this very program once more, in a network namespace of its own, and waits for it: what
// it does to interfaces there reaches nobody else, and it needs no privilege where the system lets
// users have namespaces. An error says that it did not start.
func Enter() (status int, err error) {
	for _, as := range []*syscall.SysProcAttr{
		{Cloneflags: syscall.CLONE_NEWNET},
		{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWUSER,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}},
	} {
		again := exec.Command("/proc/self/exe", os.Args[1:]...)
		again.Args[0] = os.Args[0]
		again.Env = append(os.Environ(), inside+"=yes")
		again.Stdin, again.Stdout, again.Stderr = os.Stdin, os.Stdout, os.Stderr
		again.SysProcAttr = as
		var failed error
		if failed = again.Start(); failed != nil {
			err = errors.Join(err, failed)
			continue
		}
		failed = again.Wait()
		var ended *exec.ExitError
		if failed == nil || errors.As(failed, &ended) {
			return again.ProcessState.ExitCode(), nil
		}
		return 0, failed
	}
	return 0, fmt.Errorf("no network namespaces here: %w", err)
}
