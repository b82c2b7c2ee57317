package journal

import (
	"bytes"
	"encoding/binary"
	"testing"

	"handslag/identity"
	"handslag/identity/signed"
)

// sealedSegment is a segment of n frames and its keys.
func sealedSegment(t testing.TB, n int) (data []byte, start int, server *identity.SealPrivate, device *signed.PrivateKey) {
	t.Helper()
	device, err := signed.PrivateKeyFromSeed(bytes.Repeat([]byte{1}, 32))
	if err != nil {
		t.Fatal(err)
	}
	if server, err = identity.SealPrivateFromBytes(bytes.Repeat([]byte{2}, 32)); err != nil {
		t.Fatal(err)
	}
	keys := bytes.Repeat([]byte{7}, 64)
	h := SegmentHeader{Version: 1, ID: bytes.Repeat([]byte{8}, 16), Device: identity.DeviceIDOf(device.Public()), Generation: 1, First: 1, Algorithm: FrameAlgorithm}
	if h.Whole, err = identity.Seal(server.Public(), WholeInfo(h.Device, h.ID), keys); err != nil {
		t.Fatal(err)
	}
	body, err := signed.Sign(signed.DomainSegment, device, h)
	if err != nil {
		t.Fatal(err)
	}
	data = WrapFile(SegmentMagic, body)
	start = len(data)
	aead, err := identity.NewAEAD(keys[:32])
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if data, err = AppendFrame(data, aead, h.ID, uint32(i), Frame{Version: 1, Entry: bytes.Repeat([]byte{byte(i)}, 40)}); err != nil {
			t.Fatal(err)
		}
	}
	return data, start, server, device
}

// Whoever has a true segment may lay behind it what costs a reader time at each byte.
func TestHeadsLaidOutToCostTimeEndTheWalk(t *testing.T) {
	data, start, server, _ := sealedSegment(t, 3)
	h, _, err := PeekSegment(data)
	if err != nil {
		t.Fatal(err)
	}
	key, _, err := h.OpenWhole(server)
	if err != nil {
		t.Fatal(err)
	}
	aead, err := identity.NewAEAD(key)
	if err != nil {
		t.Fatal(err)
	}
	genuine := bytes.Clone(data[start:])
	for len(data) < 1<<20 {
		at := len(data)
		data = binary.BigEndian.AppendUint32(data, FrameLimit)
		data = binary.BigEndian.AppendUint32(data, 3)
		data = binary.BigEndian.AppendUint32(data, 0)
		data = binary.BigEndian.AppendUint32(data, checksum(data[at:]))
	}
	w, err := WalkFrames(data, start, aead, h.ID)
	if err != nil || len(w.Frames) != 3 || !w.Spoilt || w.Torn {
		t.Fatalf("%d frames, torn %v, spoilt %v, %v", len(w.Frames), w.Torn, w.Spoilt, err)
	}
	if limit := 16*len(data) + FrameHead + FrameLimit; w.vain > limit || w.vain < 16*len(data) {
		t.Errorf("%d bytes looked at in vain, at most %d", w.vain, limit)
	}
	// Random bytes of the same size do not: the frames behind them are found.
	noise := bytes.Repeat([]byte{0xa7, 0x31, 0x5c}, 100<<10)
	behind := append(append(bytes.Clone(genuine[:len(genuine)/3]), noise...), genuine[len(genuine)/3:]...)
	if w, err = WalkFrames(behind, 0, aead, h.ID); err != nil || len(w.Frames) != 3 || w.vain > len(behind) {
		t.Fatalf("behind noise %d frames, %v", len(w.Frames), err)
	}
}

// FuzzSealed: what a stranger hands in never panics a reader; what a survey counts of a true
// segment the walk finds, and a header that opens is what the device signed.
func FuzzSealed(f *testing.F) {
	seed, start, server, device := sealedSegment(f, 3)
	if len(seed) < 1000 {
		f.Fatal("no seed")
	}
	f.Add(seed)
	f.Add(seed[:start])
	f.Add(seed[:len(seed)-5])
	f.Add(seed[:start/2])
	f.Add(append(bytes.Clone(seed), make([]byte, 64)...))
	f.Add([]byte(SegmentMagic))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		h, start, err := PeekSegment(data)
		if err != nil {
			return
		}
		survey := SurveyFrames(data, start)
		if survey.Rest < 0 || survey.Entries > SegmentEntries || survey.Entries > 0 && survey.Next < uint32(survey.Entries) {
			t.Fatalf("%+v", survey)
		}
		verified, _, err := OpenSegment(data, h.Device, device.Public())
		if err != nil {
			return
		}
		body, err := signed.Sign(signed.DomainSegment, device, verified)
		if err != nil || !bytes.Equal(WrapFile(SegmentMagic, body), data[:start]) {
			t.Fatal("read → write is not the identity")
		}
		key, _, err := verified.OpenWhole(server)
		if err != nil {
			t.Fatal(err)
		}
		aead, err := identity.NewAEAD(key)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := WalkFrames(data, start, aead, verified.ID); err != nil {
			t.Fatal(err) // nobody without the key makes a foreign frame
		}
	})
}
