package machine

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"handslag/identity/signed"
	"handslag/vault/record"
)

// Erasure orders lie on the machine as they were signed, for the profiles there that are
// locked: each carries out what it finds, before it opens anything. They name nobody, so all who
// share the outbox may read them; who puts something else there puts nothing.

const (
	ordersName  = "erasures"
	orderSuffix = ".order"
	maxOrders   = 4096                // files that are looked at
	keepOrders  = 30 * 24 * time.Hour // longer than any loan: after that nothing opens without a sync
)

func (p Folder) OrdersFolder() string { return filepath.Join(p.outbox, ordersName) }

// Order is a verified erasure order, and the bytes that were signed.
type Order struct {
	record.Erasure
	Signed []byte
}

// LeaveOrders puts orders there, and takes away those that are too old to matter at floor. open verifies what lies there.
func (p Folder) LeaveOrders(orders []Order, floor signed.Time, open func(signed []byte) (Order, error)) error {
	old := floor.Add(-keepOrders)
	dir, err := p.folder(ordersName)
	if err != nil {
		return fmt.Errorf("leave erasure orders: %w", err)
	}
	for _, o := range orders {
		if o.At < old {
			continue
		}
		sum := sha256.Sum256(o.Signed)
		path := filepath.Join(dir, fmt.Sprintf("%d-%x%s", o.Number, sum[:8], orderSuffix))
		if _, err := os.Lstat(path); err == nil {
			continue
		}
		if err := leave(path, o.Signed, p.readable()); err != nil {
			return fmt.Errorf("leave erasure orders: %w", err)
		}
	}
	for path, o := range p.found(open) {
		if o.At < old {
			_ = os.Remove(path) // it may be another user's
		}
	}
	return nil
}

// leave writes a file, whole or not at all.
func leave(path string, data []byte, mode fs.FileMode) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	err = errors.Join(err, file.Chmod(mode), file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name())
	}
	return err
}

// Orders are the orders there that open verifies, the oldest first.
func (p Folder) Orders(open func(signed []byte) (Order, error)) []Order {
	var orders []Order
	for _, o := range p.found(open) {
		orders = append(orders, o)
	}
	slices.SortFunc(orders, func(a, b Order) int { return cmp.Compare(a.Number, b.Number) })
	return slices.CompactFunc(orders, func(a, b Order) bool { return a.Number == b.Number })
}

// found are the signed orders there by their files. Whatever else lies there is passed over.
func (p Folder) found(open func(signed []byte) (Order, error)) map[string]Order {
	dir, err := os.Open(p.OrdersFolder())
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(maxOrders) // of more than that, those that come
	all := map[string]Order{}
	for _, name := range names {
		if !strings.HasSuffix(name, orderSuffix) {
			continue
		}
		path := filepath.Join(p.OrdersFolder(), name)
		data, err := readOrder(path)
		if err != nil {
			continue
		}
		if o, err := open(data); err == nil {
			all[path] = o
		}
	}
	return all
}

func readOrder(path string) ([]byte, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > record.ErasureLimit {
		return nil, fs.ErrInvalid // a pipe would never end
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, record.ErasureLimit))
}
