//go:build !linux

package postgres

import "os/exec"

func (a *account) runs(*exec.Cmd) {}

// keep starts cmd and closes done when it has ended.
func keep(cmd *exec.Cmd, started chan<- error, done chan<- struct{}) {
	err := cmd.Start()
	started <- err
	if err == nil {
		_ = cmd.Wait() // it is killed
	}
	close(done)
}
