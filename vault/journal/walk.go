package journal

import (
	"bytes"
	"crypto/cipher"
)

// FoundFrame is a frame and where it lay.
type FoundFrame struct {
	Frame
	Index  uint32
	Offset int
	Size   int // with its head
}

// LostFrames is a place where frames should be and none can be read.
type LostFrames struct {
	Offset, Size int
	From, To     uint32 // the indexes that are missing; To is one past the last, From where none is
}

// Walked is what a walk over a segment's frames saw.
type Walked struct {
	Frames []FoundFrame
	Lost   []LostFrames
	Next   uint32
	End    int  // where the last good frame ends
	Torn   bool // what follows End is what a power cut leaves of a write, or space made ready: cut it
	Spoilt bool // what follows End is something else: it may have been an entry

	vain int // bytes looked at that were no frame
}

// rescue reads the next frame where it fills all from end to at and only its head is damaged:
// a flipped bit in a length must not look like a write that never ended.
func (w *Walked) rescue(data []byte, at int, aead cipher.AEAD, segment []byte) error {
	if at-w.End <= FrameHead {
		return nil
	}
	fr, err := OpenFrame(data[w.End+FrameHead:at], aead, segment, w.Next)
	if err != nil {
		if isFormat(err) {
			return err
		}
		return nil
	}
	w.Lost = append(w.Lost, LostFrames{Offset: w.End, Size: FrameHead, From: w.Next, To: w.Next})
	w.Frames = append(w.Frames, FoundFrame{fr, w.Next, w.End, at - w.End})
	w.Next, w.End = w.Next+1, at
	return nil
}

// walkWork is how many bytes a walk looks at in vain, for each byte of its segment: what
// accidents leave needs less than one, and heads that somebody laid out to cost time end it.
const walkWork = 16

// WalkFrames reads every genuine frame from offset on. It finds its way around damage by
// looking at each byte for the head of a later frame; a wild length costs a comparison.
func WalkFrames(data []byte, offset int, aead cipher.AEAD, segment []byte) (Walked, error) {
	w := Walked{End: offset}
	written := offset + len(bytes.TrimRight(data[offset:], "\x00")) // space that was made ready is zero
	for at := offset; at < written; at++ {
		fr, index, size, err := frameAt(data, at, aead, segment, w.Next)
		if err != nil {
			if isFormat(err) {
				return w, err
			}
			if w.vain += size; w.vain > walkWork*len(data) {
				w.Spoilt = true // whatever it is, no power cut left it
				return w, nil
			}
			continue
		}
		if err := w.rescue(data, at, aead, segment); err != nil {
			return w, err
		}
		if at > w.End || index > w.Next {
			w.Lost = append(w.Lost, LostFrames{Offset: w.End, Size: at - w.End, From: w.Next, To: index})
		}
		w.Frames = append(w.Frames, FoundFrame{fr, index, at, size})
		w.Next, w.End = index+1, at+size
		at = w.End - 1
	}
	for at, next := written, w.Next; at <= min(written+boxZeroes, len(data)) && w.Next == next; at++ {
		if err := w.rescue(data, at, aead, segment); err != nil {
			return w, err
		}
	}
	w.judgeEnd(data, written)
	return w, nil
}

// Survey is what can be told of a segment's frames without its key.
type Survey struct {
	Entries int    // frames that are whole by their checksum, from the first on
	Next    uint32 // index behind the last of them
	Size    int    // bytes of the file up to there
	Rest    int    // bytes behind them that are not just space made ready: an unfinished write, or damage
}

// SurveyFrames counts whole frames from offset on, until one is not; it decrypts nothing, so
// that it says only what accidents have left.
func SurveyFrames(data []byte, offset int) Survey {
	s := Survey{Size: offset}
	for {
		rest := data[offset:]
		head, ok := headAt(rest)
		if !ok || head.size() > len(rest) || head.index < s.Next || head.index >= SegmentEntries || checksum(rest[FrameHead:head.size()]) != head.sum {
			s.Rest = len(bytes.TrimRight(rest, "\x00"))
			return s
		}
		s.Entries, s.Next = s.Entries+1, head.index+1
		offset += head.size()
		s.Size = offset
	}
}
