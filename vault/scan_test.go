package vault

import (
	"runtime"
	"sync"
	"testing"

	"github.com/dgraph-io/badger/v4"
)

// However many parts a scan goes in, it comes to every row of its kind once, at the edges too, and to no
// other kind's.
func TestAScanSeesEveryRowOnce(t *testing.T) {
	w := newWorld(t)
	before, after := rowKind(rowWork+1), rowKind(rowWork-1)
	want := map[rowKey]bool{}
	must(t, w.vault.view.db.Update(func(txn *badger.Txn) error {
		for first := range 256 {
			for _, last := range []byte{0, 1, 0xff} {
				key := rowKey{byte(rowWork), byte(first)}
				key[len(key)-1] = last
				want[key] = true
				for _, k := range []rowKey{key, key.as(before), key.as(after)} {
					if err := txn.Set(k[:], []byte("x")); err != nil {
						return err
					}
				}
			}
		}
		return nil
	}))
	procs := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(procs)
	for n := 1; n <= 9; n++ {
		runtime.GOMAXPROCS(n)
		var mu sync.Mutex
		seen := map[rowKey]int{}
		must(t, w.vault.view.scan(rowWork, func(part int, key rowKey, _ func(any) error) error {
			mu.Lock()
			defer mu.Unlock()
			if part < 0 || part >= scanParts() {
				t.Errorf("part %d of %d", part, scanParts())
			}
			seen[key]++
			return nil
		}))
		for key := range want {
			if seen[key] != 1 {
				t.Fatalf("in %d parts: %x was seen %d times", scanParts(), key, seen[key])
			}
		}
		if len(seen) != len(want) {
			t.Errorf("in %d parts: %d rows, not %d", scanParts(), len(seen), len(want))
		}
	}
}
