package peer

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// side calls fn for 0 to n-1, on as many processors as there are, and returns when all have.
func side(n int, fn func(int)) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				fn(i)
			}
		})
	}
	all.Wait()
}
