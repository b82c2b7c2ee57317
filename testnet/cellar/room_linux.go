package cellar

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// Room is a network namespace. It begins with nothing but its own loopback.
type Room struct {
	ns *os.File
}

// Here is the room that this process is in.
func Here() (*Room, error) {
	ns, err := os.Open("/proc/self/ns/net")
	if err != nil {
		return nil, fmt.Errorf("find this network namespace: %w", err)
	}
	r := &Room{ns}
	return r, r.IP("link", "set", "lo", "up")
}

// NewRoom makes one.
func NewRoom() (*Room, error) {
	r := &Room{}
	err := onThread(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("make a network namespace: %w", err)
		}
		var err error
		r.ns, err = os.Open(fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid()))
		return err
	})
	if err != nil {
		return nil, err
	}
	return r, r.IP("link", "set", "lo", "up")
}

// Close lets go of it; what still runs there goes on.
func (r *Room) Close() error { return r.ns.Close() }

// Do runs f on a thread in the room: sockets that it opens, and programs that it starts, are there.
// Goroutines that it starts are not.
func (r *Room) Do(f func() error) error {
	return onThread(func() error {
		if err := unix.Setns(int(r.ns.Fd()), unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("enter a network namespace: %w", err)
		}
		return f()
	})
}

// onThread runs f on a thread that ends with it.
func onThread(f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked
		done <- f()
	}()
	return <-done
}

// Start starts a program in the room.
func (r *Room) Start(cmd *exec.Cmd) error { return r.Do(cmd.Start) }

// IP runs ip(8) in the room.
func (r *Room) IP(args ...string) error {
	out, err := r.Output("ip", args...)
	if err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}

// Output is what a program says there.
func (r *Room) Output(name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := r.Start(cmd); err != nil {
		return "", err
	}
	err := cmd.Wait()
	return said.String(), err
}
