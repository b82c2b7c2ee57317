package peer

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// ErrNoNetwork says that the device has no interface that a colleague's could reach: a
// phone's hotspot that both join is the cure.
var ErrNoNetwork = errors.New("no network that a colleague's device can reach")

// virtual are prefixes of names that interfaces for containers, virtual machines and tunnels
// bear: nobody in the same room is behind them, so they come last.
var virtual = []string{"docker", "br-", "veth", "virbr", "vmnet", "vboxnet", "tun", "tap", "wg", "tailscale", "zt", "utun", "vEthernet"}

// LocalAddresses are the addresses to offer, best first: up to two IPv4 and one IPv6 of
// interfaces that are up. With loopback it is 127.0.0.1 and nothing else, for two programs
// on one machine. It returns ErrNoNetwork where there is none.
func LocalAddresses(loopback bool) ([]netip.Addr, error) {
	if loopback {
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}, nil
	}
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("look for a network: %w: %w", ErrNoNetwork, err)
	}
	var near []candidate
	for _, i := range interfaces {
		if i.Flags&net.FlagUp == 0 || i.Flags&net.FlagLoopback != 0 || i.Flags&net.FlagPointToPoint != 0 {
			continue
		}
		addrs, err := i.Addrs()
		if err != nil {
			continue
		}
		for _, a := range addrs {
			if prefix, err := netip.ParsePrefix(a.String()); err == nil {
				near = append(near, candidate{i.Name, prefix.Addr().Unmap()})
			}
		}
	}
	return choose(near)
}

// candidate is an address and the name of its interface.
type candidate struct {
	name string
	addr netip.Addr
}

func choose(near []candidate) ([]netip.Addr, error) {
	rank := func(c candidate) int {
		for _, prefix := range virtual {
			if strings.HasPrefix(c.name, prefix) {
				return 2
			}
		}
		if c.addr.Is4() && c.addr.IsLinkLocalUnicast() {
			return 1 // nobody gave it an address: a direct cable, perhaps
		}
		return 0
	}
	slices.SortStableFunc(near, func(a, b candidate) int { return rank(a) - rank(b) })
	var v4, v6 []netip.Addr
	for _, c := range near {
		switch {
		case c.addr.IsLoopback(), checkAddr(netip.AddrPortFrom(c.addr, 1)) != nil, slices.Contains(v4, c.addr):
		case c.addr.Is4() && len(v4) < maxIPv4:
			v4 = append(v4, c.addr)
		case c.addr.Is6() && len(v6) < maxIPv6:
			v6 = append(v6, c.addr)
		}
	}
	if len(v4)+len(v6) == 0 {
		return nil, fmt.Errorf("look for a network: %w", ErrNoNetwork)
	}
	return append(v4, v6...), nil
}
