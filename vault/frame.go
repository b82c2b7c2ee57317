package vault

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// A frame stands around each small file of the vault, in every format there will ever be,
// so that an old program can tell a newer vault from a damaged one:
//
//	"handslag" ‖ kind (1) ‖ stage (1) ‖ version (2) ‖ length of body (4) ‖ body ‖ SHA-256 of all before
//
// The sum is for accidents only; against people each body has its own seal, to which
// kind, stage and version belong.
type frame struct {
	kind    byte
	stage   byte
	version uint16
	body    []byte
}

const (
	frameMagic  = "handslag"
	frameHead   = len(frameMagic) + 8
	frameExtra  = frameHead + sha256.Size
	frameFormat = 1

	kindHeader    = 'h'
	kindKeybag    = 'k'
	kindProfile   = 'p'
	kindCatalogue = 'c'
)

// head is the frame's first bytes, which seals take as part of their AAD.
func (f frame) head() []byte {
	head := append([]byte(frameMagic), f.kind, f.stage)
	head = binary.BigEndian.AppendUint16(head, f.version)
	return binary.BigEndian.AppendUint32(head, uint32(len(f.body)))
}

func (f frame) encode() []byte {
	data := append(f.head(), f.body...)
	sum := sha256.Sum256(data)
	return append(data, sum[:]...)
}

// context is what a sealed body is bound to: its vault, and what the frame says of it but
// for the length, which the seal itself knows.
func (f frame) context(vault []byte) []byte {
	return append(append([]byte("handslag/1/vault-file\x00"), vault...), f.head()[:frameHead-4]...)
}

// parseFrame reads what encode wrote. It returns ErrFormat for what is no vault's file or
// has a newer version, ErrDamaged for what is not whole.
func parseFrame(data []byte, kind byte) (frame, error) {
	if n := min(len(data), len(frameMagic)); n > 0 && string(data[:n]) != frameMagic[:n] {
		return frame{}, fmt.Errorf("not a vault's file: %w", ErrFormat)
	}
	if len(data) < frameExtra {
		return frame{}, fmt.Errorf("cut short: %w", ErrDamaged)
	}
	body := data[frameHead : len(data)-sha256.Size]
	f := frame{
		kind:    data[len(frameMagic)],
		stage:   data[len(frameMagic)+1],
		version: binary.BigEndian.Uint16(data[len(frameMagic)+2:]),
		body:    body,
	}
	if uint64(binary.BigEndian.Uint32(data[frameHead-4:])) != uint64(len(body)) || f.kind != kind || !bytes.Equal(f.encode(), data) {
		return frame{}, fmt.Errorf("checksum: %w", ErrDamaged)
	}
	if f.version != frameFormat {
		return frame{}, fmt.Errorf("version %d: %w", f.version, ErrFormat)
	}
	return f, nil
}
