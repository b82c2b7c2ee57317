package journal

import (
	"bytes"
	"slices"
)

// What can stand behind the last genuine frame, or in its midst, and how it is told apart.
//
// Entries are written in groups, each with one sync, into space that is durable and zero, and
// nobody learns of a group before its sync has ended. A power cut leaves of the group being
// written any of its sectors, in any order, and zeroes for the others; a process that dies
// leaves a beginning of it. So a frame that does not read and lacks a sector, or its end, was never
// said, and neither was what its group wrote behind it: it is cut. Every frame names the
// first of its group, so what stands before a later group was synced, and never is cut.
//
// A frame that does not read and lacks nothing may have been said: flipped bits, bytes
// written over. It is told as damage, and the number that it had is not given again.
//
// What can not be told: that a disk has turned a whole sector of the newest group into zeroes, or
// everything behind some byte, or that somebody has cut off whole frames. It looks like
// a write that never ended, and like one that never began. Whoever has an anchor outside the
// folder sees it: see journalfile.Anchor.

const (
	sector    = 512 // what drives write whole; their larger ones are multiples
	zeroRun   = 8   // bytes of a sector that show that it is missing: no frame has so many zeroes in a row but by a chance of 2^-64
	boxZeroes = 4   // zeroes at a box's end: as many by a chance of 2^-32
)

// judgeEnd says what the rest is, and takes back what an unfinished group wrote behind the
// place where it lacks a sector. written is the end of what is not zero.
func (w *Walked) judgeEnd(data []byte, written int) {
	if len(w.Frames) > 0 {
		group := w.Frames[len(w.Frames)-1].Group
		for i, l := range w.Lost {
			if l.From < group || l.To <= l.From || !lacksSector(data, l.Offset, l.Offset+l.Size) {
				continue
			}
			w.Frames = slices.DeleteFunc(w.Frames, func(fr FoundFrame) bool { return fr.Offset > l.Offset })
			w.Lost, w.Next, w.End, w.Torn = w.Lost[:i], l.From, l.Offset, true
			return
		}
	}
	if w.End < len(data) {
		w.Torn = isTorn(data, w.End, written)
		w.Spoilt = !w.Torn
	}
}

// isTorn reports whether what lies behind from, where no genuine frame begins, was never said.
func isTorn(data []byte, from, written int) bool {
	if written < from+FrameHead {
		return true
	}
	head, ok := headAt(data[from:])
	if !ok {
		return lacksSector(data, from, written)
	}
	end := from + head.size()
	return end > len(data) || written+boxZeroes <= end || lacksSector(data, from, end)
}

// lacksSector reports whether a sector's part of data between from and to is nothing but zeroes.
func lacksSector(data []byte, from, to int) bool {
	for from < to {
		end := min(to, from-from%sector+sector)
		if end-from >= zeroRun && len(bytes.TrimLeft(data[from:end], "\x00")) == 0 {
			return true
		}
		from = end
	}
	return false
}
