package vault

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"handslag/identity/signed"
)

// What the catalogue's records say.

// rowChange is what one transaction wrote and removed: row keys one behind the other, in order.
type rowChange struct {
	_       struct{} `cbor:",toarray"`
	Bag     uint64
	Written []byte
	Removed []byte
}

// rowSnapshot is all rows, in order, and of each its revision, 8 bytes.
type rowSnapshot struct {
	_         struct{} `cbor:",toarray"`
	Era       []byte
	Bag       uint64
	Keys      []byte
	Revisions []byte
}

const revisionSize = 8

// readRowKeys reads keys that stand one behind the other, in order.
func readRowKeys(data []byte) ([]rowKey, error) {
	if len(data)%len(rowKey{}) != 0 {
		return nil, fmt.Errorf("half a row key: %w", ErrDamaged)
	}
	keys := make([]rowKey, 0, len(data)/len(rowKey{}))
	for part := range slices.Chunk(data, len(rowKey{})) {
		key := rowKey(part)
		if n := len(keys); n > 0 && bytes.Compare(keys[n-1][:], key[:]) >= 0 {
			return nil, fmt.Errorf("row keys out of order: %w", ErrDamaged)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

func sortedRowKeys(keys []rowKey) []rowKey {
	slices.SortFunc(keys, func(x, y rowKey) int { return bytes.Compare(x[:], y[:]) })
	return keys
}

// encodeChange is the change of a transaction that left rows written (true) or removed.
func encodeChange(bag uint64, rows map[rowKey]bool) ([]byte, error) {
	change := rowChange{Bag: bag, Written: []byte{}, Removed: []byte{}}
	for _, key := range sortedRowKeys(slices.Collect(maps.Keys(rows))) {
		if rows[key] {
			change.Written = append(change.Written, key[:]...)
		} else {
			change.Removed = append(change.Removed, key[:]...)
		}
	}
	return signed.Encode(change)
}

// apply takes up what a transaction of this revision changed: all of it or nothing.
func (c *catalogue) apply(plain []byte, revision uint64) error {
	var change rowChange
	if err := signed.Decode(plain, catalogueLimit, &change); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	written, err := readRowKeys(change.Written)
	if err != nil {
		return err
	}
	removed, err := readRowKeys(change.Removed)
	if err != nil {
		return err
	}
	if change.Bag < c.bag {
		return fmt.Errorf("needs an older keybag than the one before: %w", ErrDamaged)
	}
	c.bag = change.Bag
	for _, key := range written {
		c.set(key, revision)
	}
	for _, key := range removed {
		c.drop(key)
	}
	return nil
}

func (c *catalogue) snapshot() []byte {
	s := rowSnapshot{
		Era: c.era[:], Bag: c.bag,
		Keys: make([]byte, 0, len(c.rows)*len(rowKey{})), Revisions: make([]byte, 0, len(c.rows)*revisionSize),
	}
	for _, key := range sortedRowKeys(slices.Collect(maps.Keys(c.rows))) {
		s.Keys = append(s.Keys, key[:]...)
		s.Revisions = binary.BigEndian.AppendUint64(s.Revisions, c.rows[key])
	}
	plain, err := signed.Encode(s)
	if err != nil {
		panic(err) // numbers and bytes have an encoding
	}
	return plain
}

func (c *catalogue) restore(plain []byte) error {
	var s rowSnapshot
	if err := signed.Decode(plain, catalogueLimit, &s); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	keys, err := readRowKeys(s.Keys)
	if err != nil {
		return err
	}
	if len(s.Era) != len(era{}) || len(s.Revisions) != len(keys)*revisionSize {
		return fmt.Errorf("malformed catalogue: %w", ErrDamaged)
	}
	c.era, c.bag = era(s.Era), s.Bag
	c.rows = make(map[rowKey]uint64, len(keys))
	for n, key := range keys {
		c.set(key, binary.BigEndian.Uint64(s.Revisions[n*revisionSize:]))
	}
	return nil
}
