package testnet_test

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Minimal reach: no socket listens but while a verification is open, no connection goes
// anywhere but to the connected system, and a closed program says nothing.
func TestTheAgentTalksToNobodyElse(t *testing.T) {
	if _, err := os.Stat("/proc/self/net/tcp"); err != nil {
		t.Skip("this system does not show the sockets of a process")
	}
	w := newTown(t)
	if n, _, _ := w.DirectoryLine.Traffic(); n != 2 {
		t.Errorf("the directory was called %d times by two who enrolled", n)
	}
	idle := sockets(t, w.anna.PID())
	for _, s := range idle {
		if s.listens || s.remote != w.Line.Address() {
			t.Errorf("after a sync the agent has a socket %v", s)
		}
	}

	m, err := w.Show(w.ctx, w.anna)
	w.must(err)
	open := sockets(t, w.anna.PID())
	if !slices.ContainsFunc(open, func(s socket) bool { return s.listens }) {
		t.Error("nothing listens during a verification: the test looks in the wrong place")
	}
	digits, err := m.Read(w.ctx, w.bo)
	w.must(err)
	w.must(m.Type(w.ctx, digits))
	w.must(m.End(w.ctx, w.bo))
	for _, who := range []struct {
		name string
		pid  int
	}{{"anna", w.anna.PID()}, {"bo", w.bo.PID()}} {
		for _, s := range sockets(t, who.pid) {
			if s.listens || s.remote != w.Line.Address() {
				t.Errorf("after the verification %s has a socket %v", who.name, s)
			}
		}
	}

	w.must(w.anna.Close(w.ctx))
	w.must(w.bo.Close(w.ctx))
	before, _, _ := w.Line.Traffic()
	w.intact() // some time passes
	if after, _, _ := w.Line.Traffic(); after != before {
		t.Errorf("%d calls from closed programs", after-before)
	}
	if n, _, _ := w.DirectoryLine.Traffic(); n != 2 {
		t.Errorf("the directory was called %d times in all", n)
	}
}

// socket is one of a process, as the kernel tells.
type socket struct {
	protocol, local, remote string
	listens                 bool
}

// sockets are the network sockets of a process.
func sockets(t *testing.T, pid int) []socket {
	t.Helper()
	if pid == 0 {
		t.Fatal("no process")
	}
	own := map[string]bool{}
	links, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	if err != nil || len(links) == 0 {
		t.Fatal("the process shows no descriptors")
	}
	for _, l := range links {
		if to, err := os.Readlink(l); err == nil && strings.HasPrefix(to, "socket:[") {
			own[strings.TrimSuffix(strings.TrimPrefix(to, "socket:["), "]")] = true
		}
	}
	var all []socket
	for _, protocol := range []string{"tcp", "tcp6", "udp", "udp6"} {
		file, err := os.Open(fmt.Sprintf("/proc/%d/net/%s", pid, protocol))
		if err != nil {
			continue
		}
		lines := bufio.NewScanner(file)
		lines.Scan() // the heading
		for lines.Scan() {
			f := strings.Fields(lines.Text())
			if len(f) < 10 || !own[f[9]] {
				continue
			}
			const listen = "0A"
			s := socket{protocol: protocol, local: address(f[1]), remote: address(f[2]), listens: f[3] == listen}
			if strings.HasPrefix(protocol, "udp") && strings.HasSuffix(s.remote, ":0") {
				s.listens = true // takes datagrams from anybody
			}
			all = append(all, s)
		}
		file.Close()
	}
	return all
}

// address reads the kernel's hexadecimal, in words of the machine's byte order.
func address(text string) string {
	host, port, _ := strings.Cut(text, ":")
	raw, err := hex.DecodeString(host)
	if err != nil {
		return text
	}
	for i := 0; i+4 <= len(raw); i += 4 {
		binary.NativeEndian.PutUint32(raw[i:], binary.BigEndian.Uint32(raw[i:]))
	}
	ip, _ := netip.AddrFromSlice(raw)
	var number uint16
	fmt.Sscanf(port, "%04X", &number)
	return netip.AddrPortFrom(ip.Unmap(), number).String()
}
