package process

import (
	"bytes"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"testing"
	"unsafe"
)

// garbage makes objects of many sizes that hold a pattern, and lets go of all but every third,
// which keep their neighbours' pages in use. It returns where the freed ones lay.
func garbage(pattern byte) (freed []uintptr, kept [][]byte) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a freed place that is taken again would look like one that stands
	for i := range 30000 {
		data := bytes.Repeat([]byte{pattern}, 16+i%3000)
		if i%3 == 0 {
			kept = append(kept, data)
		} else {
			freed = append(freed, uintptr(unsafe.Pointer(&data[0])))
		}
	}
	return freed, kept
}

// standing counts the places that still hold eight bytes of the pattern.
func standing(t *testing.T, places []uintptr, pattern byte) int {
	t.Helper()
	memory, err := os.Open("/proc/self/mem") // not through pointers, which would keep what they point to
	if err != nil {
		t.Skip("this process may not read its own memory: ", err)
	}
	defer memory.Close()
	n := 0
	now, want := make([]byte, 8), bytes.Repeat([]byte{pattern}, 8)
	for _, at := range places {
		if _, err := memory.ReadAt(now, int64(at)); err == nil && bytes.Equal(now, want) {
			n++
		}
	}
	return n
}

func TestForgetOverwritesWhatWasFreed(t *testing.T) {
	freed, kept := garbage(0xa7)
	runtime.GC()
	runtime.GC()
	before := standing(t, freed, 0xa7)
	if before < len(freed)/2 {
		t.Fatalf("%d of %d stand after a collection: there is nothing here to overwrite", before, len(freed))
	}
	Forget()
	if after := standing(t, freed, 0xa7); after > len(freed)/1000 { // a stack may still point to one
		t.Errorf("%d of %d stand after Forget, %d before", after, len(freed), before)
	}
	for i, data := range kept {
		if data[0] != 0xa7 || data[len(data)-1] != 0xa7 {
			t.Fatalf("object %d was in use and is overwritten", i)
		}
	}
}

func TestManyMayForgetAtOnce(t *testing.T) {
	before := debug.SetGCPercent(77)
	defer debug.SetGCPercent(before)
	var all sync.WaitGroup
	for range 4 {
		all.Go(Forget)
	}
	all.Wait()
	if pace := debug.SetGCPercent(77); pace != 77 {
		t.Errorf("the collector's pace is %d, and was 77", pace)
	}
}
