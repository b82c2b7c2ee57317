// Package port keeps a port of loopback for a test whose server goes away and comes back: meanwhile the system gives it to
// nobody else, however many ports the tests beside this one ask for.
package port

import (
	"fmt"
	"net"
	"syscall"
	"testing"
)

// Keep returns an address of loopback that is the test's until its end. Who connects while nobody listens there is refused.
//
// What keeps it is a socket that is bound and does not listen. It shares its address (SO_REUSEADDR) with who
// listens there by name, as Go's listeners do, and with nobody whom the system looks for a free port.
func Keep(t testing.TB) string {
	t.Helper()
	keeper, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(fmt.Errorf("keep a port: %w", err))
	}
	t.Cleanup(func() { syscall.Close(keeper) })
	if err := syscall.SetsockoptInt(keeper, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		t.Fatal(fmt.Errorf("keep a port: %w", err))
	}
	if err := syscall.Bind(keeper, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(fmt.Errorf("keep a port: %w", err))
	}
	at, err := syscall.Getsockname(keeper)
	if err != nil {
		t.Fatal(fmt.Errorf("keep a port: %w", err))
	}
	return (&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: at.(*syscall.SockaddrInet4).Port}).String()
}
