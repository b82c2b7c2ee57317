package road

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// ErrNoNetwork says that the device has no interface that a colleague's could reach: a
// phone's hotspot that both join is the cure.
var ErrNoNetwork = errors.New("no network that a colleague's device can reach")

// Names of interfaces that nobody in the same room is behind. Bridges of containers and virtual
// machines on this one are never a network to meet on, so that a cellar without one is noticed.
// Tunnels and switches may be where the machine's own address went: they come last.
var (
	inward  = []string{"docker", "br-", "veth", "virbr", "vnet", "cni", "podman", "lxcbr", "lxdbr", "incusbr", "vmnet", "vboxnet"}
	outward = []string{"tun", "tap", "wg", "tailscale", "zt", "utun", "vEthernet"}
)

// The most addresses that a device offers, of each kind: more do not fit in a code that is easily read.
const (
	MaxIPv4 = 2
	MaxIPv6 = 1
)

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
		const wanted = net.FlagUp | net.FlagRunning // an interface without cable or radio keeps its address
		if i.Flags&wanted != wanted || i.Flags&(net.FlagLoopback|net.FlagPointToPoint) != 0 {
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

func bears(name string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// lookAgain is how often a device without a network looks for one.
const lookAgain = time.Second

// AwaitNetwork returns once there is an address to offer, or with ctx's error.
func AwaitNetwork(ctx context.Context, loopback bool) error {
	again := time.NewTicker(lookAgain)
	defer again.Stop()
	for {
		if _, err := LocalAddresses(loopback); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for a network: %w", ctx.Err())
		case <-again.C:
		}
	}
}

// Dialable refuses what no device listens on, so that a forged code makes nobody send
// packets to a group or to itself by another name.
func Dialable(addr netip.AddrPort) bool {
	ip := addr.Addr()
	return ip.IsValid() && addr.Port() != 0 && !ip.IsUnspecified() && !ip.IsMulticast() && !ip.Is4In6() && ip.Zone() == "" &&
		ip != netip.AddrFrom4([4]byte{255, 255, 255, 255}) && !(ip.Is6() && ip.IsLinkLocalUnicast())
}

// candidate is an address and the name of its interface.
type candidate struct {
	name string
	addr netip.Addr
}

func choose(near []candidate) ([]netip.Addr, error) {
	near = slices.DeleteFunc(slices.Clone(near), func(c candidate) bool { return bears(c.name, inward) })
	rank := func(c candidate) int {
		switch {
		case bears(c.name, outward):
			return 2
		case c.addr.Is4() && c.addr.IsLinkLocalUnicast():
			return 1 // nobody gave it an address: a direct cable, perhaps
		}
		return 0
	}
	slices.SortStableFunc(near, func(a, b candidate) int { return rank(a) - rank(b) })
	var v4, v6 []netip.Addr
	for _, c := range near {
		switch {
		case c.addr.IsLoopback(), !Dialable(netip.AddrPortFrom(c.addr, 1)), slices.Contains(v4, c.addr):
		case c.addr.Is4() && len(v4) < MaxIPv4:
			v4 = append(v4, c.addr)
		case c.addr.Is6() && len(v6) < MaxIPv6:
			v6 = append(v6, c.addr)
		}
	}
	if len(v4)+len(v6) == 0 {
		return nil, fmt.Errorf("look for a network: %w", ErrNoNetwork)
	}
	return append(v4, v6...), nil
}
