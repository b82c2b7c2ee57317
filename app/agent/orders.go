package agent

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

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

func (p place) orders() string { return filepath.Join(p.outbox, ordersName) }

// leaveOrders puts orders there, and takes away those that are too old to matter.
func (p place) leaveOrders(s *session, orders []order) error {
	old := s.clock.Read().Floor.Add(-keepOrders)
	dir, err := p.folder(ordersName)
	if err != nil {
		return fmt.Errorf("leave erasure orders: %w", err)
	}
	for _, o := range orders {
		if o.At < old {
			continue
		}
		sum := sha256.Sum256(o.signed)
		path := filepath.Join(dir, fmt.Sprintf("%d-%x%s", o.Number, sum[:8], orderSuffix))
		if _, err := os.Lstat(path); err == nil {
			continue
		}
		if err := leave(path, o.signed, p.readable()); err != nil {
			return fmt.Errorf("leave erasure orders: %w", err)
		}
	}
	for path, o := range p.found(s) {
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

// ordersLeft are the orders there that the organisation signed, the oldest first.
func (p place) ordersLeft(s *session) []order {
	var orders []order
	for _, o := range p.found(s) {
		orders = append(orders, o)
	}
	slices.SortFunc(orders, func(a, b order) int { return cmp.Compare(a.Number, b.Number) })
	return slices.CompactFunc(orders, func(a, b order) bool { return a.Number == b.Number })
}

// ErasureOrders are the organisation's erasure orders that lie on this machine, as a connected system that was
// restored from a backup takes them: base64 of each signed order, one a line, oldest first. They are those of
// the last thirty days, and name nobody. n counts them.
func (a *Agent) ErasureOrders() (file []byte, n int, err error) {
	s, err := a.current()
	if err != nil {
		return nil, 0, err
	}
	for _, o := range a.place.ordersLeft(s) {
		file = append(base64.StdEncoding.AppendEncode(file, o.signed), '\n')
		n++
	}
	return file, n, nil
}

// found are the signed orders there by their files. Whatever else lies there is passed over.
func (p place) found(s *session) map[string]order {
	dir, err := os.Open(p.orders())
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(maxOrders) // of more than that, those that come
	all := map[string]order{}
	for _, name := range names {
		if !strings.HasSuffix(name, orderSuffix) {
			continue
		}
		path := filepath.Join(p.orders(), name)
		if o, err := readOrder(s, path); err == nil {
			all[path] = o
		}
	}
	return all
}

func readOrder(s *session, path string) (order, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return order{}, err
	}
	if !info.Mode().IsRegular() || info.Size() > record.ErasureLimit {
		return order{}, fs.ErrInvalid // a pipe would never end
	}
	file, err := os.Open(path)
	if err != nil {
		return order{}, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, record.ErasureLimit))
	if err != nil {
		return order{}, err
	}
	return s.openOrder(data)
}
