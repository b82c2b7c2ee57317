//go:build !linux

package port

import (
	"net"
	"testing"
)

// Keep returns an address of loopback that is free; here nothing keeps it while nobody listens there.
func Keep(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}
