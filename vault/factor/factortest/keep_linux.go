package factortest

import (
	"os/exec"
	"runtime"
	"syscall"
)

// keep starts cmd, closes done when it has ended, and has the kernel kill it if this process ends
// first, even by kill -9: the thread that starts it lives as long.
func keep(cmd *exec.Cmd, started chan<- error, done chan<- struct{}) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	err := cmd.Start()
	started <- err
	if err == nil {
		_ = cmd.Wait() // it is killed
	}
	close(done)
}
