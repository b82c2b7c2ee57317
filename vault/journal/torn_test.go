package journal

import (
	"bytes"
	"fmt"
	"testing"

	"handslag/identity"
)

// laid are frames in groups, as many as groups says, at an odd place in space that is ready for more;
// starts has where each begins, and the end of the last.
func laid(t testing.TB, groups ...int) (data []byte, starts []int) {
	t.Helper()
	aead, err := identity.NewAEAD(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	data = make([]byte, 333)
	data[332] = 1 // the header's end
	index := uint32(0)
	for _, n := range groups {
		group := index
		for range n {
			starts = append(starts, len(data))
			fr := Frame{Version: 1, Entry: bytes.Repeat([]byte{byte(index)}, 900), Group: group}
			if data, err = AppendFrame(data, aead, []byte("segment"), index, fr); err != nil {
				t.Fatal(err)
			}
			index++
		}
	}
	starts = append(starts, len(data))
	return append(data, make([]byte, 8<<10)...), starts
}

func walk(t testing.TB, data []byte) (w Walked, read string) {
	t.Helper()
	aead, err := identity.NewAEAD(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	if w, err = WalkFrames(data, 333, aead, []byte("segment")); err != nil {
		t.Fatal(err)
	}
	for _, fr := range w.Frames {
		read += fmt.Sprint(fr.Index)
	}
	return w, read
}

// zeroSector clears the sector that holds at, as if it had never reached the disk: what an earlier
// write put into it, before from, stays.
func zeroSector(data []byte, from, at int) {
	clear(data[max(from, at-at%sector) : at-at%sector+sector])
}

func TestWhatWasNeverSaidIsCutAndWhatMayHaveBeenIsTold(t *testing.T) {
	for _, c := range []struct {
		what   string
		change func(data []byte, starts []int)
		read   string
		lost   int
		torn   bool
		spoilt bool
	}{
		{"nothing", func([]byte, []int) {}, "012345", 0, true, false},
		{"the newest group lacks a sector of its first", func(b []byte, s []int) { zeroSector(b, s[3], s[3]+600) }, "012", 0, true, false},
		{"the newest group lacks the sector that it begins in", func(b []byte, s []int) { zeroSector(b, s[3], s[3]) }, "012", 0, true, false},
		{"the newest group lacks a sector of its second", func(b []byte, s []int) { zeroSector(b, s[3], s[4]+500) }, "0123", 0, true, false},
		{"the newest group lacks a sector of its last", func(b []byte, s []int) { zeroSector(b, s[3], s[5]+500) }, "01234", 0, true, false},
		{"the newest group lacks its last sectors", func(b []byte, s []int) { clear(b[s[5]-s[5]%sector+sector:]) }, "01234", 0, true, false},
		{"the newest group lacks all but its last sector", func(b []byte, s []int) { clear(b[s[3] : s[6]-s[6]%sector]) }, "012", 0, true, false},
		{"the newest group lacks two sectors", func(b []byte, s []int) { zeroSector(b, s[3], s[3]+600); zeroSector(b, s[3], s[5]+500) }, "012", 0, true, false},
		{"the newest group ends in its last", func(b []byte, s []int) { clear(b[s[6]-5:]) }, "01234", 0, true, false},
		{"the newest group ends in a head", func(b []byte, s []int) { clear(b[s[5]+9:]) }, "01234", 0, true, false},
		{"a group before lacks a sector", func(b []byte, s []int) { zeroSector(b, s[1], s[1]+600) }, "02345", 1, true, false},
		{"a group before lacks a sector, and so does the newest", func(b []byte, s []int) { zeroSector(b, s[1], s[1]+600); zeroSector(b, s[3], s[4]+500) }, "023", 1, true, false},
		{"the group before lacks all, and the newest its first", func(b []byte, s []int) { clear(b[s[1]:s[4]]) }, "045", 1, true, false},
		{"the newest's first is flipped", func(b []byte, s []int) { b[s[3]+100] ^= 1 }, "01245", 1, true, false},
		{"the last is flipped", func(b []byte, s []int) { b[s[5]+100] ^= 1 }, "01234", 0, false, true},
		{"the last byte is flipped", func(b []byte, s []int) { b[s[6]-1] ^= 1 }, "01234", 0, false, true},
		{"the last's length is flipped to more", func(b []byte, s []int) { b[s[5]+2] ^= 16 }, "012345", 1, true, false},
		{"the last's length is flipped to less", func(b []byte, s []int) { b[s[5]+3] ^= 128 }, "012345", 1, true, false},
		{"the last's length and the last itself are flipped", func(b []byte, s []int) { b[s[5]+2] ^= 16; b[s[5]+100] ^= 1 }, "01234", 0, false, true},
		{"the last is written over with other bytes", func(b []byte, s []int) {
			for i := s[5]; i < s[6]; i++ {
				b[i] = 0xaa
			}
		}, "01234", 0, false, true},
		{"something lies in the space behind", func(b []byte, s []int) { copy(b[s[6]+700:], bytes.Repeat([]byte{3}, 40)) }, "012345", 0, true, false},
		// What can not be told: only an anchor outside the folder sees these.
		{"the last was turned into zeroes", func(b []byte, s []int) { clear(b[s[5]:s[6]]) }, "01234", 0, true, false},
		{"the newest group was turned into zeroes", func(b []byte, s []int) { clear(b[s[3]:s[6]]) }, "012", 0, true, false},
	} {
		t.Run(c.what, func(t *testing.T) {
			data, starts := laid(t, 1, 2, 3)
			c.change(data, starts)
			w, read := walk(t, data)
			if read != c.read || len(w.Lost) != c.lost || w.Torn != c.torn || w.Spoilt != c.spoilt {
				t.Fatalf("read %s, %d lost, torn %v, spoilt %v; want %s, %d, %v, %v", read, len(w.Lost), w.Torn, w.Spoilt, c.read, c.lost, c.torn, c.spoilt)
			}
			// Cut where the walk says, it reads the same and is whole.
			if w.Torn {
				again, read := walk(t, data[:w.End])
				if read != c.read || again.Torn || again.Spoilt || len(again.Lost) != c.lost || again.Next != w.Next {
					t.Fatalf("cut, it reads %s", read)
				}
			}
		})
	}
}

// Without its key a segment shows how far it is whole, and the space behind is no part of it.
func TestASurveyKnowsSpaceFromARest(t *testing.T) {
	data, starts := laid(t, 1, 2)
	end := starts[3]
	// What a cipher ends with is a zero by chance at times, which reads as space: here it is not one.
	cut := func(b []byte) []byte { b[end-101] = 1; return b }
	for what, c := range map[string]struct {
		change        func([]byte) []byte
		entries, rest int
		size          int
	}{
		"as it is written":         {func(b []byte) []byte { return b }, 3, 0, end},
		"as it is closed":          {func(b []byte) []byte { return b[:end] }, 3, 0, end},
		"cut in the last":          {func(b []byte) []byte { return cut(b)[:end-100] }, 2, end - 100 - starts[2], starts[2]},
		"cut in the last, of more": {func(b []byte) []byte { clear(cut(b)[end-100:]); return b }, 2, end - 100 - starts[2], starts[2]},
		"flipped in the second":    {func(b []byte) []byte { b[starts[1]+50] ^= 1; b[end-1] = 1; return b }, 1, end - starts[1], starts[1]},
		"of nothing":               {func(b []byte) []byte { clear(b[333:]); return b }, 0, 0, 333},
	} {
		s := SurveyFrames(c.change(bytes.Clone(data)), 333)
		if s.Entries != c.entries || s.Rest != c.rest || s.Size != c.size {
			t.Errorf("%s: %+v", what, s)
		}
	}
}
