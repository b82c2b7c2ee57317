package cellar_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"handslag/sync/peer"
	"handslag/testnet"
	"handslag/testnet/cellar"
)

// Each road by itself, on networks of each kind: guest networks that block one of them, networks of IPv6
// alone, and a direct cable.
func TestEveryRoadLeadsToAColleague(t *testing.T) {
	w := newTown(t)
	anna, bo := w.person("anna", "anna.lind"), w.person("bo", "bo.ek")
	w.descends(anna, bo)
	only := func(protocol string) func(cellar.Packet) bool {
		return func(p cellar.Packet) bool { return p.Protocol == protocol || p.Protocol == "other" }
	}
	for i, road := range []struct {
		name      string
		addresses [2]string
		passes    func(cellar.Packet) bool
		by        string // the protocol that carries it; TCP or, on a slow machine, what is tried after it where nothing is blocked
	}{
		{"a hotspot", [2]string{"192.168.43.2/24", "192.168.43.3/24"}, nil, "tcp"},
		{"a network that blocks TCP", [2]string{"192.168.43.2/24", "192.168.43.3/24"}, only("udp"), "udp"},
		{"a network that blocks UDP", [2]string{"192.168.43.2/24", "192.168.43.3/24"}, only("tcp"), "tcp"},
		{"IPv6 alone", [2]string{"fd00:43::2/64", "fd00:43::3/64"}, nil, "tcp"},
		{"IPv6 alone, TCP blocked", [2]string{"fd00:43::2/64", "fd00:43::3/64"}, only("udp"), "udp"},
		{"a cable, and nobody who gives addresses", [2]string{"169.254.7.2/16", "169.254.7.3/16"}, nil, "tcp"},
	} {
		t.Run(road.name, func(t *testing.T) {
			w := w.in(t)
			wire := cellar.NewWire()
			wire.Only(road.passes)
			name := fmt.Sprintf("eth%d", i)
			for j, p := range []*testnet.Person{anna, bo} {
				end, err := wire.Plug(w.at[p].room, name, road.addresses[j])
				w.must(err)
				defer func() { w.must(end.Pull()) }()
			}
			m, err := w.Meet(w.ctx, anna, bo)
			w.must(err)
			w.must(m.Give(w.ctx, anna, recordID(i)))
			w.must(m.End(w.ctx, bo))
			carried := map[string]int{}
			for p, bytes := range wire.Traffic() {
				carried[p.Protocol] += bytes
			}
			other := map[string]string{"tcp": "udp", "udp": "tcp"}[road.by]
			if road.passes == nil {
				if carried["tcp"] == 0 || carried["tcp"]+carried["udp"] < 8<<10 {
					t.Errorf("carried by %v, want TCP first", carried)
				}
			} else if carried[road.by] < 8<<10 || carried[road.by] < 2*carried[other] {
				t.Errorf("carried by %v, want %s", carried, road.by)
			}
		})
	}
	if n := w.holds(bo); n != 6 {
		t.Errorf("Bo holds %d records of 6", n)
	}
}

// A link that goes and comes, at every step, costs time and nothing else.
func TestALinkThatGoesAndComes(t *testing.T) {
	w := newTown(t)
	anna, bo := w.person("anna", "anna.lind"), w.person("bo", "bo.ek")
	w.descends(anna, bo)
	wire := cellar.NewWire()
	wire.In(cellar.Weather{Delay: 5 * time.Millisecond, Seed: 7})
	mine, theirs := w.joins(wire, anna, "wlan0", "192.168.43.2/24"), w.joins(wire, bo, "wlan0", "192.168.43.3/24")
	blink := func(end *cellar.End) {
		w.must(end.Switch(false))
		w.must(end.Switch(true))
	}
	m, err := w.Show(w.ctx, anna)
	w.must(err)
	blink(mine) // while the code is shown
	digits, err := m.Read(w.ctx, bo)
	w.must(err)
	blink(theirs) // while the digits are read out
	w.must(m.Type(w.ctx, digits))
	blink(mine) // verified
	w.must(m.Give(w.ctx, anna, recordID(0)))
	blink(theirs)
	w.must(m.Give(w.ctx, anna, recordID(1)))
	w.must(m.End(w.ctx, anna))
	if n := w.holds(bo); n != 2 {
		t.Errorf("Bo holds %d records of 2", n)
	}
}

// Which addresses a device offers, on interfaces as the kernel has them.
func TestAddressesOfRealInterfaces(t *testing.T) {
	needsRooms(t)
	wire := cellar.NewWire()
	for _, c := range []struct {
		name string
		room [][]string // what ip is told; "plug" plugs a wire in
		want string
	}{
		{"nothing", nil, ""},
		{"a hotspot", [][]string{{"plug", "wlan0", "192.168.43.2/24"}}, "192.168.43.2"},
		{"two networks", [][]string{{"plug", "eth0", "10.1.1.2/24"}, {"plug", "wlan0", "192.168.43.2/24"}}, "10.1.1.2 192.168.43.2"},
		{"two and a third", [][]string{{"plug", "eth0", "10.1.1.2/24"}, {"plug", "eth1", "10.1.2.2/24"}, {"plug", "wlan0", "192.168.43.2/24"}}, "10.1.1.2 10.1.2.2"},
		{"a cable that nobody gives an address on, and a hotspot", [][]string{{"plug", "eth0", "169.254.1.2/16"}, {"plug", "wlan0", "192.168.43.2/24"}}, "192.168.43.2 169.254.1.2"},
		{"IPv6 alone", [][]string{{"plug", "wlan0", "fd00:43::2/64"}}, "fd00:43::2"},
		{"both", [][]string{{"plug", "wlan0", "192.168.43.2/24", "fd00:43::2/64"}}, "192.168.43.2 fd00:43::2"},
		{"a bridge for containers, with one of them in it", [][]string{
			{"link", "add", "docker0", "type", "bridge"}, {"addr", "add", "172.17.0.1/16", "dev", "docker0"}, {"link", "set", "docker0", "up"},
			{"plug", "veth12"}, {"link", "set", "veth12", "master", "docker0"},
		}, ""},
		{"the same, and a hotspot", [][]string{
			{"link", "add", "docker0", "type", "bridge"}, {"addr", "add", "172.17.0.1/16", "dev", "docker0"}, {"link", "set", "docker0", "up"},
			{"plug", "veth12"}, {"link", "set", "veth12", "master", "docker0"}, {"plug", "wlan0", "192.168.43.2/24"},
		}, "192.168.43.2"},
		{"an interface that is switched off", [][]string{{"plug", "wlan0", "192.168.43.2/24"}, {"link", "set", "wlan0", "down"}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			room, err := cellar.NewRoom()
			if err != nil {
				t.Fatal(err)
			}
			defer room.Close()
			for _, line := range c.room {
				if line[0] == "plug" {
					end, err := wire.Plug(room, line[1], line[2:]...)
					if err != nil {
						t.Fatal(err)
					}
					defer end.Pull()
				} else if err := room.IP(line...); err != nil {
					t.Fatal(err)
				}
			}
			var got []netip.Addr
			err = room.Do(func() (err error) {
				got, err = peer.LocalAddresses(false)
				return err
			})
			var text []string
			for _, addr := range got {
				text = append(text, addr.String())
			}
			if strings.Join(text, " ") != c.want || (err == nil) != (c.want != "") {
				t.Errorf("offers %v (%v), want %q", text, err, c.want)
			}
		})
	}
}
