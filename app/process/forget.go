package process

import (
	"runtime"
	"runtime/debug"
	"sync"
	"unsafe"
)

// Forget overwrites what the garbage collector frees, which Go leaves as it was: copies of keys
// in the schedules of ciphers, texts that were decoded, buffers that grew. What something still
// points to stays, and so do registers and the stacks of goroutines. It takes some tens of
// milliseconds, and is for the moment of a lock.
//
// It leans on two things that Go does and does not promise: memory is zeroed when it is given
// out, and freed places are given out before fresh ones. Package runtime/secret is to promise
// more; it is an experiment still, and must be built in.
func Forget() {
	forgetting.Lock()
	defer forgetting.Unlock()
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // one that began meanwhile would hide what is free
	runtime.GC()                                     // what a sync.Pool holds lives through one collection
	runtime.GC()
	fillFree[byte](0)
	fillFree[*byte](8)
	debug.FreeOSMemory() // pages that are free as a whole, and what was just taken
}

// forgetting is held by one at a time: each puts the collector's pace back where it was.
var forgetting sync.Mutex

const (
	largestClass = 32 << 10  // bytes; larger objects have pages of their own
	headless     = 512       // bytes; larger objects with pointers begin with a word of Go's
	fillStep     = 128 << 10 // bytes: more than any run of pages that small objects share
)

// fillFree takes places of each size that Go keeps apart, until it is given fresh pages for
// them. Objects with and without pointers lie apart, too; head is what Go puts before large ones,
// in bytes.
func fillFree[E any](head int) {
	for size := 8; size <= largestClass; size = nextClass(size) {
		length := size
		if size > headless {
			length -= head
		}
		var kept [][][]E
		for {
			batch := make([][]E, fillStep/size)
			before := heapInUse()
			for i := range batch {
				batch[i] = make([]E, length/int(unsafe.Sizeof(*new(E))))
			}
			kept = append(kept, batch)
			if heapInUse() >= before+fillStep/2 {
				break
			}
		}
		runtime.KeepAlive(kept)
	}
}

// nextClass is the next larger size that Go has places of.
func nextClass(size int) int { return cap(append([]byte(nil), make([]byte, size+1)...)) }

func heapInUse() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}
