package journalfile

import (
	"bytes"
	"testing"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/disk/faulty"
	"handslag/vault/journal"
)

// seedSegment is a whole segment with three entries.
func seedSegment(f testing.TB) []byte {
	disk, path, _ := written(f, cast(), 3)
	data := disk.Contents(path)
	if len(data) < 2000 {
		f.Fatal("no seed")
	}
	return data
}

// FuzzHeader: whatever reads as a header is what the device signed, byte for byte.
func FuzzHeader(f *testing.F) {
	p := cast()
	seed := seedSegment(f)
	_, end, err := journal.OpenSegment(seed, p.device(), p.signing.Public())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed[:end])
	f.Add(seed)
	f.Add(seed[:end-1])
	f.Add([]byte(journal.SegmentMagic))
	f.Add([]byte(journal.SegmentMagic + "\x00\x01\xff\xff\xff\xff\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		h, end, err := journal.OpenSegment(data, p.device(), p.signing.Public())
		if err != nil {
			return
		}
		body, err := signed.Sign(signed.DomainSegment, p.signing, h)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(journal.WrapFile(journal.SegmentMagic, body), data[:end]) {
			t.Fatal("read → write is not the identity")
		}
	})
}

// FuzzFrames: the frames of a segment, spoilt anyhow, are read without panic, each as it was
// written or not at all; one that is not spoilt is found.
func FuzzFrames(f *testing.F) {
	key, id := bytes.Repeat([]byte{7}, 32), bytes.Repeat([]byte{8}, 16)
	aead, err := identity.NewAEAD(key)
	if err != nil {
		f.Fatal(err)
	}
	var data []byte
	for i := range 4 {
		fr := frame{Version: 1, Entry: bytes.Repeat([]byte{byte(i)}, 30+i*20), Box: []byte("box"), Server: []byte("key"), Group: uint32(i)} // each was durable by itself
		if data, err = journal.AppendFrame(data, aead, id, uint32(i), fr); err != nil {
			f.Fatal(err)
		}
	}
	for _, seed := range [][]byte{{}, {0}, make([]byte, 40), bytes.Repeat([]byte{0xff}, 40), data[:20]} {
		f.Add(uint16(0), uint16(0), seed)
		f.Add(uint16(70), uint16(12), seed)
		f.Add(uint16(len(data)), uint16(0), seed)
		f.Add(uint16(len(data)-3), uint16(3), seed)
	}
	f.Fuzz(func(t *testing.T, at, gone uint16, put []byte) {
		begin := min(int(at), len(data))
		end := min(begin+int(gone), len(data))
		spoilt := append(append(bytes.Clone(data[:begin]), put...), data[end:]...)
		w, err := journal.WalkFrames(spoilt, 0, aead, id)
		if err != nil {
			t.Fatal(err) // nobody without the key makes a foreign frame
		}
		if fr, err := journal.OpenFrame(put, aead, id, 0); err == nil && !bytes.Equal(fr.Entry, bytes.Repeat([]byte{0}, 30)) {
			t.Fatal("a frame that nobody wrote opens")
		}
		var again []byte
		for _, fr := range w.Frames {
			if !bytes.Equal(fr.Entry, bytes.Repeat([]byte{byte(fr.Index)}, 30+int(fr.Index)*20)) || string(fr.Box) != "box" {
				t.Fatal("a frame is not what was written")
			}
			again = append(again, spoilt[fr.Offset:fr.Offset+fr.Size]...)
		}
		if len(w.Lost) == 0 && w.End == len(spoilt) && !bytes.Equal(again, spoilt) {
			t.Fatal("bytes are left over and nobody tells")
		}
		whole, pos := 0, 0
		for i := range 4 { // frames that the change has not touched
			size := journal.FrameHead + int(uint32(data[pos+2])<<8|uint32(data[pos+3]))
			if pos+size <= begin || pos >= end {
				whole++
			}
			pos += size
			_ = i
		}
		if len(w.Frames) < whole {
			t.Fatalf("%d frames found, %d are whole", len(w.Frames), whole)
		}
	})
}

// FuzzSegment: a whole file, spoilt anyhow, never panics Open, never hides the other segment,
// and never stops the journal from going on, unless it is of another format.
func FuzzSegment(f *testing.F) {
	p := cast()
	seed := seedSegment(f)
	f.Add(seed)
	f.Add(seed[:len(seed)-7])
	f.Add([]byte{})
	f.Add([]byte(journal.SegmentMagic))
	f.Fuzz(func(t *testing.T, data []byte) {
		disk := faulty.New()
		name := "/o/" + header{Generation: 1, First: 1, ID: make([]byte, 16)}.Name()
		disk.Put(name, data)
		j, err := Open(p.config("/o", disk))
		if err != nil {
			if !isFormat(err) {
				t.Fatal(err)
			}
			return
		}
		defer j.Close()
		chain := j.Chain()
		s := mustAppend(t, j, locked())[0]
		if s.Entry().Generation == chain.Generation && s.Entry().Seq != chain.Last+1 {
			t.Fatal("it does not go on")
		}
	})
}

// FuzzCursor: a spoilt cursor is told and never moves a mark.
func FuzzCursor(f *testing.F) {
	p := cast()
	disk := faulty.New()
	j := mustOpen(f, p.config("/o", disk))
	mustAppend(f, j, locked())
	if _, err := j.Receipt(receiptTo(j, 1, 5)); err != nil {
		f.Fatal(err)
	}
	want := j.cover.marks[1]
	j.Close()
	seed := disk.Contents("/o/" + cursorName)
	if len(seed) == 0 {
		f.Fatal("no seed")
	}
	f.Add(seed)
	f.Add(seed[:len(seed)-1])
	f.Add([]byte(cursorMagic))
	f.Fuzz(func(t *testing.T, data []byte) {
		j := &File{cfg: p.config("/o", disk), disk: faulty.New(), cover: newCover()}
		j.disk.(*faulty.Disk).Put("/o/"+cursorName, data)
		if err := j.loadCursor("/o/" + cursorName); err != nil {
			if !isFormat(err) {
				t.Fatal(err)
			}
			return
		}
		if m, ok := j.cover.marks[1]; ok && m != want || ok == (len(j.damage) > 0) || want.hash == (journal.Hash{}) {
			t.Fatalf("marks %v, damage %v", j.cover.marks, j.damage)
		}
	})
}
