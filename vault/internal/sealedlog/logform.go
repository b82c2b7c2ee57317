package sealedlog

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"

	"handslag/vault/internal/fault"
	"handslag/vault/internal/frame"
)

// A sealed log is a file that grows by sealed records and is durable after each. Its first
// record is a snapshot, all that counts up to its index; each later one is a change. Indices count
// on when a new snapshot begins a new file, so an index says how much has happened ever, and a
// log whose end is behind where it once was has been cut or put back.
//
//	frame(id (16) ‖ index of the snapshot (8)) ‖ *record
//	record = index (8) ‖ length of box (4) ‖ CRC-32C of id, index and length (4) ‖ box
//
// AAD of a box = "handslag/1/vault-log" ‖ 0 ‖ vault ‖ kind ‖ version (2) ‖ id ‖ index (8). The sum
// is for telling a torn end from damage; against people there is the seal.
type Form struct {
	Kind  byte
	vault []byte
	id    [logIDSize]byte // random, of this file alone
}

const (
	logIDSize  = 16
	Head       = frame.Extra + logIDSize + 8
	RecordHead = 8 + 4 + 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (f Form) begin(index uint64) []byte {
	body := binary.BigEndian.AppendUint64(f.id[:], index)
	return frame.Frame{Kind: f.Kind, Version: frame.Format, Body: body}.Encode()
}

func (f Form) context(index uint64) []byte {
	c := slices.Concat([]byte("handslag/1/vault-log\x00"), f.vault, []byte{f.Kind, 0, frame.Format}, f.id[:])
	return binary.BigEndian.AppendUint64(c, index)
}

// record is a record as it is appended.
func (f Form) record(index uint64, box []byte) []byte {
	head := binary.BigEndian.AppendUint64(make([]byte, 0, RecordHead+len(box)), index)
	head = binary.BigEndian.AppendUint32(head, uint32(len(box)))
	head = binary.BigEndian.AppendUint32(head, f.sum(head))
	return append(head, box...)
}

func (f Form) sum(head []byte) uint32 {
	return crc32.Update(crc32.Checksum(f.id[:], castagnoli), castagnoli, head)
}

// headAt reads the head of a record that may stand at the beginning of data.
func (f Form) headAt(data []byte) (index uint64, size int, ok bool) {
	if len(data) < RecordHead || binary.BigEndian.Uint32(data[12:]) != f.sum(data[:12]) {
		return 0, 0, false
	}
	return binary.BigEndian.Uint64(data), int(binary.BigEndian.Uint32(data[8:])), true
}

// Walk calls fn for each record of data, a whole file of kind and vault, with its index and box,
// and returns how many bytes and records are whole. What stands behind them is an append that
// was never finished, since each is durable before the next begins; where a later record stands
// behind it after all, that is damage. fn returns false for a box that does not open.
func (f *Form) Walk(data []byte, fn func(index uint64, box []byte) (bool, error)) (size int, next uint64, err error) {
	if len(data) < Head || !bytes.HasPrefix(data, []byte(frame.Magic)) { // nobody else's file lies there
		return 0, 0, fmt.Errorf("no head: %w", fault.ErrDamaged)
	}
	head, err := frame.Parse(data[:Head], f.Kind)
	if err != nil {
		return 0, 0, err
	}
	if head.Stage != 0 {
		return 0, 0, fmt.Errorf("stage of a log: %w", fault.ErrDamaged)
	}
	f.id = [logIDSize]byte(head.Body)
	first := binary.BigEndian.Uint64(head.Body[logIDSize:])
	for size, next = Head, first; ; next++ {
		index, length, ok := f.headAt(data[size:])
		if ok = ok && index == next && length <= len(data)-size-RecordHead; ok {
			ok, err = fn(index, data[size+RecordHead:][:length])
			if err != nil {
				return 0, 0, err
			}
		}
		switch {
		case ok:
			size += RecordHead + length
			continue
		case next == first: // the snapshot was durable before the file had its name
			return 0, 0, fmt.Errorf("its snapshot does not open: another vault's, or changed: %w", fault.ErrDamaged)
		case f.later(data[size:], next):
			return 0, 0, fmt.Errorf("record %d does not open, and there are later ones: %w", next, fault.ErrDamaged)
		}
		return size, next, nil
	}
}

// later looks for the head of a record beyond index anywhere in rest.
func (f Form) later(rest []byte, index uint64) bool {
	for at := range rest {
		if found, _, ok := f.headAt(rest[at:]); ok && found > index {
			return true
		}
	}
	return false
}
