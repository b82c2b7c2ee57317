package factortest

import (
	"bytes"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-tpm/tpm2"
	"github.com/google/go-tpm/tpm2/transport"

	"handslag/vault/factor"
)

// TPM starts a software TPM of the test's own, which ends with it; it skips the test where
// swtpm is absent. The function it returns switches the machine off and on: what the TPM keeps
// stays, what it holds in memory goes.
func TPM(t testing.TB) (*factor.TPM, func()) {
	t.Helper()
	dial, restart := Chip(t)
	return factor.TPMAt(dial), restart
}

// OwnedTPM is a TPM whose lockout has a password, as an administrator gives it: it guards a PIN.
func OwnedTPM(t testing.TB) *factor.TPM {
	t.Helper()
	dial, _ := Chip(t)
	conn, err := dial()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, err = tpm2.HierarchyChangeAuth{
		AuthHandle: tpm2.AuthHandle{Handle: tpm2.TPMRHLockout, Auth: tpm2.PasswordAuth(nil)},
		NewAuth:    tpm2.TPM2BAuth{Buffer: []byte("lockout")},
	}.Execute(transport.FromReadWriter(conn))
	if err != nil {
		t.Fatal(err)
	}
	return factor.TPMAt(dial)
}

// Chip is as TPM, for who speaks to the TPM themselves.
func Chip(t testing.TB) (dial func() (io.ReadWriteCloser, error), restart func()) {
	t.Helper()
	program, err := exec.LookPath("swtpm")
	if err != nil {
		t.Skip("swtpm is not installed, so there is no TPM to speak to; `make deps-test` brings it")
	}
	dir, err := os.MkdirTemp("", "tpm") // short: a socket's path has at most 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "s")
	var chip *exec.Cmd
	var done chan struct{} // closed when it has ended
	var said bytes.Buffer
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("swtpm: %s", said.Bytes())
		}
	})
	stop := func() {
		if chip != nil {
			chip.Process.Kill()
			<-done
			chip = nil
		}
	}
	// We listen and swtpm accepts, so that nobody has to wait until it does.
	start := func() {
		t.Helper()
		os.Remove(socket)
		listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		listener.SetUnlinkOnClose(false)
		listening, err := listener.File()
		if err != nil {
			t.Fatal(err)
		}
		defer listening.Close()
		chip = exec.Command(program, "socket", "--tpm2", "--tpmstate", "dir="+dir, "--server", "type=unixio,fd=3", "--log", "level=1",
			"--flags", "not-need-init,startup-clear", "--seccomp", "action=none")
		chip.ExtraFiles = []*os.File{listening}
		chip.Stderr = &said
		started := make(chan error, 1)
		done = make(chan struct{})
		go keep(chip, started, done)
		if err := <-started; err != nil {
			chip = nil
			t.Fatal(err)
		}
	}
	start()
	t.Cleanup(stop)
	dial = func() (io.ReadWriteCloser, error) { return net.Dial("unix", socket) }
	return dial, func() {
		t.Helper()
		conn, err := dial()
		if err != nil {
			t.Fatal(err)
		}
		// As a kernel does: without it, what has used a guarded object counts as a wrong try.
		_, err = tpm2.Shutdown{ShutdownType: tpm2.TPMSUClear}.Execute(transport.FromReadWriter(conn))
		if conn.Close(); err != nil {
			t.Fatal(err)
		}
		stop()
		start()
	}
}
