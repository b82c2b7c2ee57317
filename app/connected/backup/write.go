package backup

import (
	"bytes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"

	"handslag/identity"
	"handslag/identity/signed"
)

// NewID names a backup.
func NewID() []byte {
	id := make([]byte, idSize)
	rand.Read(id)
	return id
}

// Writer writes one file, line by line.
type Writer struct {
	out    io.Writer // the file and its hash
	hash   hash.Hash
	org    identity.OrgID
	header Header
	aead   cipher.AEAD
	chunk  []byte
	index  uint64
	lines  uint64
}

// NewWriter begins a file. statement is the organisation's, as it was signed, and org its ID.
func NewWriter(w io.Writer, org identity.OrgID, statement []byte, id []byte, part Part, made signed.Time) (*Writer, error) {
	s, err := identity.OpenStatement(statement, org)
	if err != nil {
		return nil, fmt.Errorf("begin backup: %w", err)
	}
	key := make([]byte, identity.AEADKeySize)
	rand.Read(key)
	defer clear(key)
	h := Header{Version: 1, ID: bytes.Clone(id), Part: part, Made: made, Statement: statement}
	if err := h.check(); err != nil {
		return nil, fmt.Errorf("begin backup: %w", err)
	}
	if h.Key, err = identity.Seal(s.Sealing[0], h.info(org), key); err != nil {
		return nil, fmt.Errorf("begin backup: %w", err)
	}
	aead, err := identity.NewAEAD(key)
	if err != nil {
		return nil, fmt.Errorf("begin backup: %w", err)
	}
	head, err := signed.Encode(h)
	if err != nil {
		return nil, fmt.Errorf("begin backup: %w", err)
	}
	out := &Writer{hash: sha256.New(), org: org, header: h, aead: aead, chunk: make([]byte, 0, ChunkSize)}
	out.out = io.MultiWriter(w, out.hash)
	return out, writeFrame(out.out, frameHeader, head)
}

// Line writes one line, of at most LineLimit bytes.
func (w *Writer) Line(data []byte) error {
	if len(data) > LineLimit {
		return errors.New("write backup: a line is too long")
	}
	w.lines++
	if err := w.write(binary.BigEndian.AppendUint32(nil, uint32(len(data)))); err != nil {
		return err
	}
	return w.write(data)
}

func (w *Writer) write(data []byte) error {
	for len(data) > 0 {
		if len(w.chunk) == ChunkSize {
			if err := w.flush(frameChunk); err != nil {
				return err
			}
		}
		n := min(len(data), ChunkSize-len(w.chunk))
		w.chunk = append(w.chunk, data[:n]...)
		data = data[n:]
	}
	return nil
}

func (w *Writer) flush(kind byte) error {
	box := w.aead.Seal(nil, nil, w.chunk, w.header.context(w.index, kind == frameLast))
	clear(w.chunk)
	w.chunk = w.chunk[:0]
	w.index++
	return writeFrame(w.out, kind, box)
}

// Close writes what is left and the manifest, whose Schema, Size, Root and Until the caller says.
func (w *Writer) Close(key *signed.PrivateKey, m Manifest) error {
	if err := w.flush(frameLast); err != nil {
		return fmt.Errorf("end backup: %w", err)
	}
	m.Version, m.Org, m.ID, m.Part, m.Made = 1, w.org, w.header.ID, w.header.Part, w.header.Made
	m.Lines, m.Hash = w.lines, w.hash.Sum(nil)
	message, err := signed.Sign(signed.DomainBackup, key, m)
	if err != nil {
		return fmt.Errorf("end backup: %w", err)
	}
	return writeFrame(w.out, frameManifest, message)
}
