// Package frame is what stands around each small file of the vault, in every format there will ever be: it tells
// a newer one from a damaged one, and opens none.
package frame

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"handslag/vault/internal/fault"
)

// A frame stands around each small file of the vault, in every format there will ever be,
// so that an old program can tell a newer vault from a damaged one:
//
//	"handslag" ‖ kind (1) ‖ stage (1) ‖ version (2) ‖ length of body (4) ‖ body ‖ SHA-256 of all before
//
// The sum is for accidents only; against people each body has its own seal, to which
// kind, stage and version belong.
type Frame struct {
	Kind    byte
	Stage   byte
	Version uint16
	Body    []byte
}

const (
	Magic    = "handslag"
	HeadSize = len(Magic) + 8
	Extra    = HeadSize + sha256.Size
	Format   = 1

	KindHeader    = 'h'
	KindKeybag    = 'k'
	KindProfile   = 'p'
	KindCatalogue = 'c'
)

// head is the frame's first bytes, which seals take as part of their AAD.
func (f Frame) head() []byte {
	head := append([]byte(Magic), f.Kind, f.Stage)
	head = binary.BigEndian.AppendUint16(head, f.Version)
	return binary.BigEndian.AppendUint32(head, uint32(len(f.Body)))
}

func (f Frame) Encode() []byte {
	data := append(f.head(), f.Body...)
	sum := sha256.Sum256(data)
	return append(data, sum[:]...)
}

// Context is what a sealed body is bound to: its vault, and what the frame says of it but
// for the length, which the seal itself knows.
func (f Frame) Context(vault []byte) []byte {
	return append(append([]byte("handslag/1/vault-file\x00"), vault...), f.head()[:HeadSize-4]...)
}

// Parse reads what encode wrote. It returns ErrFormat for what is no vault's file or
// has a newer version, ErrDamaged for what is not whole.
func Parse(data []byte, kind byte) (Frame, error) {
	if n := min(len(data), len(Magic)); n > 0 && string(data[:n]) != Magic[:n] {
		return Frame{}, fmt.Errorf("not a vault's file: %w", fault.ErrFormat)
	}
	if len(data) < Extra {
		return Frame{}, fmt.Errorf("cut short: %w", fault.ErrDamaged)
	}
	body := data[HeadSize : len(data)-sha256.Size]
	f := Frame{
		Kind:    data[len(Magic)],
		Stage:   data[len(Magic)+1],
		Version: binary.BigEndian.Uint16(data[len(Magic)+2:]),
		Body:    body,
	}
	if uint64(binary.BigEndian.Uint32(data[HeadSize-4:])) != uint64(len(body)) || f.Kind != kind || !bytes.Equal(f.Encode(), data) {
		return Frame{}, fmt.Errorf("checksum: %w", fault.ErrDamaged)
	}
	if f.Version != Format {
		return Frame{}, fmt.Errorf("version %d: %w", f.Version, fault.ErrFormat)
	}
	return f, nil
}
