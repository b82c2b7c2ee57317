package peer

import (
	"bytes"
	"encoding/hex"
	"errors"
	"flag"
	"net/netip"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// sample is a payload with every field filled.
func sample() Payload {
	p := Payload{Purpose: HandOver, Form: OneCamera, Addrs: []netip.AddrPort{
		netip.MustParseAddrPort("192.168.43.1:40001"), netip.MustParseAddrPort("10.0.0.7:40002"), netip.MustParseAddrPort("[fd00::7]:40003")}}
	for i := range p.Key {
		p.Key[i] = byte(i)
	}
	for i := range p.Commit {
		p.Commit[i], p.Secret[i] = byte(0x40+i), byte(0x60+i)
	}
	p.Tag = TagOf("org", p.Commit)
	return p
}

// golden compares got with a file of named hexadecimal lines.
func golden(t *testing.T, file string, got [][2]string) {
	t.Helper()
	var b strings.Builder
	for _, line := range got {
		b.WriteString(line[0] + " " + line[1] + "\n")
	}
	path := "testdata/" + file
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("%s has changed:\n%s", path, b.String())
	}
}

func TestTheCodeFitsAndReadsBack(t *testing.T) {
	data, err := sample().Encode()
	if err != nil {
		t.Fatal(err)
	}
	if len(data) > OfferLimit {
		t.Errorf("%d bytes", len(data))
	}
	golden(t, "offer.golden", [][2]string{{"payload", hex.EncodeToString(data)}})
	back, err := ParseOffer(data)
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := back.Encode(); !bytes.Equal(again, data) {
		t.Error("it reads back as something else")
	}
}

func TestCodesThatAreNotTakenAndWhy(t *testing.T) {
	data, _ := sample().Encode()
	edit := func(f func(b []byte) []byte) []byte { return f(bytes.Clone(data)) }
	sentences := []struct {
		name string
		data []byte
		want error
	}{
		{"nothing", nil, ErrOfferKind},
		{"an organisation's letter", []byte("ho1qqqq"), ErrOfferKind},
		{"of an older program", edit(func(b []byte) []byte { b[1] = 0; return b }), ErrOfferTooOld},
		{"of a newer program", edit(func(b []byte) []byte { b[1] = 2; return b }), ErrOfferTooNew},
		{"of a newer program, longer", edit(func(b []byte) []byte { b[1] = 9; return append(b, 1, 2, 3) }), ErrOfferTooNew},
		{"with a byte too many", append(bytes.Clone(data), 0), ErrOfferTrailing},
		{"cut short", data[:len(data)-1], ErrOffer},
		{"cut to its head", data[:2], ErrOffer},
		{"with an unknown purpose", edit(func(b []byte) []byte { b[2] = 7; return b }), ErrOffer},
		{"with an unknown form", edit(func(b []byte) []byte { b[3] = b[3]&15 | 9<<4; return b }), ErrOffer},
		{"with a spare bit set", edit(func(b []byte) []byte { b[3] |= 8; return b }), ErrOffer},
		{"without an address", edit(func(b []byte) []byte { b[3] &= 0xf0; return b[:offerFixed] }), ErrOffer},
		{"with a port of zero", edit(func(b []byte) []byte { b[offerFixed+4], b[offerFixed+5] = 0, 0; return b }), ErrOffer},
		{"with a group's address", edit(func(b []byte) []byte { b[offerFixed] = 224; return b }), ErrOffer},
		{"with everybody's address", edit(func(b []byte) []byte { copy(b[offerFixed:], "\xff\xff\xff\xff"); return b }), ErrOffer},
		{"with one address twice", edit(func(b []byte) []byte { copy(b[offerFixed+6:offerFixed+12], b[offerFixed:]); return b }), ErrOffer},
		{"with an IPv4 address in IPv6's clothes", edit(func(b []byte) []byte {
			copy(b[offerFixed+12:], "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\x0a\x00\x00\x01")
			return b
		}), ErrOffer},
	}
	for _, s := range sentences {
		if _, err := ParseOffer(s.data); !errors.Is(err, s.want) {
			t.Errorf("a code %s: %v, want %v", s.name, err, s.want)
		}
	}
}

func TestTheTagSaysNothingToOthers(t *testing.T) {
	if TagOf("org", [16]byte{1}) == TagOf("org", [16]byte{2}) {
		t.Error("two codes of one organisation can be told to be so")
	}
	if TagOf("org", [16]byte{1}) == TagOf("other", [16]byte{1}) {
		t.Error("two organisations have one tag")
	}
}

func FuzzParseOffer(f *testing.F) {
	data, err := sample().Encode()
	if err != nil {
		f.Fatal(err)
	}
	short := sample()
	short.Addrs = short.Addrs[2:]
	small, err := short.Encode()
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range [][]byte{data, small, data[:40], append(bytes.Clone(data), 0), {offerKind, 2}, nil} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		p, err := ParseOffer(in)
		if err != nil {
			return
		}
		if again, err := p.Encode(); err != nil || !bytes.Equal(again, in) {
			t.Errorf("read and written it is another: %x, %v", again, err)
		}
	})
}
