package cellar

import (
	"encoding/binary"
	"fmt"
	"net/netip"
)

// Packet is what a frame says of itself, as far as a wire can see.
type Packet struct {
	Protocol string // tcp, udp, or what else it is: those are the kernels' own business
	From, To netip.AddrPort
	Size     int // bytes of the frame
}

func (p Packet) String() string { return fmt.Sprintf("%s %s → %s", p.Protocol, p.From, p.To) }

// Numbers of Ethernet's and IP's registries (IEEE, IANA).
const (
	etherHeader = 14
	etherIPv4   = 0x0800
	etherIPv6   = 0x86dd
	numberTCP   = 6
	numberUDP   = 17
)

// parse reads an Ethernet frame; anything is a packet of some kind.
func parse(frame []byte) Packet {
	p := Packet{Protocol: "other", Size: len(frame)}
	if len(frame) < etherHeader {
		return p
	}
	body := frame[etherHeader:]
	var from, to netip.Addr
	var number byte
	var rest []byte
	switch kind := binary.BigEndian.Uint16(frame[12:]); {
	case kind == etherIPv4 && len(body) >= 20:
		header := int(body[0]&15) * 4
		if header < 20 || len(body) < header {
			return p
		}
		from, to = netip.AddrFrom4([4]byte(body[12:16])), netip.AddrFrom4([4]byte(body[16:20]))
		number, rest = body[9], body[header:]
		if binary.BigEndian.Uint16(body[6:])&0x1fff != 0 { // a later fragment has no ports
			number = 0
		}
	case kind == etherIPv6 && len(body) >= 40:
		from, to = netip.AddrFrom16([16]byte(body[8:24])), netip.AddrFrom16([16]byte(body[24:40]))
		number, rest = body[6], body[40:]
	default:
		return p
	}
	p.From, p.To = netip.AddrPortFrom(from, 0), netip.AddrPortFrom(to, 0)
	if len(rest) < 4 || number != numberTCP && number != numberUDP {
		return p
	}
	p.Protocol = map[byte]string{numberTCP: "tcp", numberUDP: "udp"}[number]
	p.From = netip.AddrPortFrom(from, binary.BigEndian.Uint16(rest))
	p.To = netip.AddrPortFrom(to, binary.BigEndian.Uint16(rest[2:]))
	return p
}
