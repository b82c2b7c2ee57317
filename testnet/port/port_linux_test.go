package port

import (
	"errors"
	"net"
	"syscall"
	"testing"
)

// Its owner comes and goes there, and nobody else gets it, who asks for any port, until there is none left.
func TestAPortIsItsOwners(t *testing.T) {
	at := Keep(t)
	for range 3 {
		if _, err := net.Dial("tcp", at); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Fatalf("while nobody listens: %v", err)
		}
		owner, err := net.Listen("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		conn, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		accepted, err := owner.Accept()
		if err != nil {
			t.Fatal(err)
		}
		accepted.Close() // first, so that a trace of it stays at this port
		conn.Close()
		owner.Close()
	}
	// Nobody who shares nothing may have it, and be it by name.
	other, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(other)
	addr, err := net.ResolveTCPAddr("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Bind(other, &syscall.SockaddrInet4{Port: addr.Port, Addr: [4]byte{127, 0, 0, 1}}); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("somebody else has it: %v", err)
	}
}
