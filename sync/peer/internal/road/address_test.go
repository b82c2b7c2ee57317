package road

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
)

func TestWhichAddressesAreOffered(t *testing.T) {
	a := netip.MustParseAddr
	sentences := []struct {
		name string
		near []candidate
		want string
	}{
		{"a hotspot and a cable", []candidate{{"wlan0", a("192.168.43.2")}, {"eth0", a("10.1.1.1")}}, "192.168.43.2 10.1.1.1"},
		{"containers are no network", []candidate{{"docker0", a("172.17.0.1")}, {"br-12ab", a("172.18.0.1")}, {"virbr0", a("192.168.122.1")}}, ""},
		{"tunnels come last", []candidate{{"wg0", a("10.9.0.1")}, {"wlan0", a("192.168.43.2")}, {"eth0", a("10.1.1.1")}}, "192.168.43.2 10.1.1.1"},
		{"an address that nobody gave comes after one that somebody did", []candidate{{"eth0", a("169.254.7.7")}, {"wlan0", a("192.168.43.2")}}, "192.168.43.2 169.254.7.7"},
		{"one IPv6 and none that holds on one cable only", []candidate{{"wlan0", a("fe80::1")}, {"wlan0", a("fd00::1")}, {"wlan0", a("fd00::2")}}, "fd00::1"},
		{"two IPv4 at most", []candidate{{"a", a("10.0.0.1")}, {"b", a("10.0.0.2")}, {"c", a("10.0.0.3")}}, "10.0.0.1 10.0.0.2"},
		{"the machine itself is no network", []candidate{{"lo", a("127.0.0.1")}, {"lo", a("::1")}}, ""},
		{"nothing", nil, ""},
	}
	for _, s := range sentences {
		got, err := choose(s.near)
		var text []string
		for _, addr := range got {
			text = append(text, addr.String())
		}
		if strings.Join(text, " ") != s.want || (s.want == "") != errors.Is(err, ErrNoNetwork) {
			t.Errorf("%s: %v %v, want %q", s.name, text, err, s.want)
		}
	}
}
