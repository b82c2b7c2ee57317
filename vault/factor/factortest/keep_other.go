//go:build !linux

package factortest

import "os/exec"

// keep starts cmd and closes done when it has ended.
func keep(cmd *exec.Cmd, started chan<- error, done chan<- struct{}) {
	err := cmd.Start()
	started <- err
	if err == nil {
		_ = cmd.Wait() // it is killed
	}
	close(done)
}
