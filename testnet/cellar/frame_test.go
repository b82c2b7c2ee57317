package cellar

import (
	"encoding/hex"
	"testing"
)

// Frames as a kernel sends them, cut after the ports.
var frames = map[string]string{
	"ffffffffffff02000000000108004500003c0000400040060000c0a82b02c0a82b03c35000500000":                                              "tcp 192.168.43.2:50000 → 192.168.43.3:80",
	"ffffffffffff02000000000108004500003c0000400040110000c0a82b02e00000fb14e914e90000":                                              "udp 192.168.43.2:5353 → 224.0.0.251:5353",
	"ffffffffffff02000000000108004500003c0000201040060000c0a82b02c0a82b03c35000500000":                                              "other 192.168.43.2:0 → 192.168.43.3:0", // a later fragment
	"ffffffffffff02000000000186dd60000000001406" + "40fd000043000000000000000000000002fd000043000000000000000000000003c35000500000": "tcp [fd00:43::2]:50000 → [fd00:43::3]:80",
	"ffffffffffff0200000000010806": "other invalid AddrPort → invalid AddrPort",
	"":                             "other invalid AddrPort → invalid AddrPort",
}

func TestAFrameSaysWhoSpeaksToWhom(t *testing.T) {
	for text, want := range frames {
		data, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := parse(data); got.String() != want || got.Size != len(data) {
			t.Errorf("%s: %v, want %s", text, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for text := range frames {
		data, err := hex.DecodeString(text)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		if p := parse(frame); p.Size != len(frame) || p.Protocol == "" || p.String() == "" {
			t.Errorf("%v", p)
		}
	})
}
