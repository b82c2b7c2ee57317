package signed

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// SideBySide does n things on as many cores as there are, since no signature waits for another; one alone stays where
// it is. It returns the first error, after which nothing more is begun.
func SideBySide(n int, do func(i int) error) error {
	var next atomic.Int64
	var failed atomic.Pointer[error]
	work := func() {
		for i := int(next.Add(1)); i <= n && failed.Load() == nil; i = int(next.Add(1)) {
			if err := do(i - 1); err != nil {
				failed.CompareAndSwap(nil, &err)
			}
		}
	}
	var others sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) - 1 {
		others.Go(work)
	}
	work()
	others.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}
