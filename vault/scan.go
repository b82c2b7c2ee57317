package vault

import (
	"errors"
	"runtime"
	"sync"

	"github.com/dgraph-io/badger/v4"
)

// scanParts is in how many parts a scan goes: one for each processor.
func scanParts() int { return min(runtime.GOMAXPROCS(0), 8) }

// scan calls fn for every row of a kind, with its key and what reads it, in parts that go at the
// same time: fn must bear that, and is told the part, from 0 on. An error of fn ends its part and is
// returned. Nothing may be committed meanwhile.
func (w *view) scan(kind rowKind, fn func(part int, key rowKey, read func(out any) error) error) error {
	parts := scanParts()
	errs := make([]error, parts)
	var all sync.WaitGroup
	for n := range parts {
		// Keys are blinded, so their first byte parts them evenly.
		from, to := []byte{byte(kind), byte(n * 256 / parts)}, []byte{byte(kind), byte((n + 1) * 256 / parts)}
		if n == 0 {
			from = from[:1]
		}
		if n == parts-1 {
			to = []byte{byte(kind) + 1}
		}
		all.Go(func() { errs[n] = w.scanPart(n, from, to, fn) })
	}
	all.Wait()
	return errors.Join(errs...)
}

func (w *view) scanPart(part int, from, to []byte, fn func(part int, key rowKey, read func(out any) error) error) (err error) {
	defer func() {
		if cause := recover(); cause != nil { // Badger's, over a damaged file
			err = viewPanic("read view", cause)
		}
	}()
	return w.db.View(func(txn *badger.Txn) error {
		t := &Tx{view: w, txn: txn}
		return t.between(from, to, func(key rowKey, item *badger.Item) error {
			return fn(part, key, func(out any) error { return t.decode(key, item, out) })
		})
	})
}
