package backup

import (
	"bytes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"handslag/identity"
	"handslag/identity/signed"
)

// File is one whose signature and every byte hold.
type File struct {
	Header    Header
	Manifest  Manifest
	Statement identity.Statement
}

// Check reads a whole file and verifies it as org's: the statement in it under the root key, the
// manifest under that statement's log keys, and the manifest's hash over all that stands before.
// It opens nothing that is encrypted.
func Check(r io.Reader, org identity.OrgID) (File, error) {
	f, err := check(r, org)
	if err != nil {
		return File{}, fmt.Errorf("check backup: %w", err)
	}
	return f, nil
}

func check(r io.Reader, org identity.OrgID) (f File, err error) {
	kind, head, body, err := readFrame(r, nil)
	if err != nil {
		return f, err
	}
	if kind != frameHeader || signed.Decode(body, headerLimit, &f.Header) != nil {
		return f, ErrFile
	}
	if err := f.Header.check(); err != nil {
		return f, err
	}
	if f.Statement, err = identity.OpenStatement(f.Header.Statement, org); err != nil {
		return f, fmt.Errorf("%w: %w", ErrForeign, err)
	}
	sum := sha256.New()
	sum.Write(head)
	sum.Write(body)
	buffer := make([]byte, frameLimit)
	for ended := false; ; {
		kind, head, body, err := readFrame(r, buffer)
		switch {
		case err != nil:
			return f, err
		case kind == frameManifest && ended:
			return f, f.finish(r, body, sum.Sum(nil))
		case kind == frameLast && !ended:
			ended = true
		case kind != frameChunk || ended:
			return f, ErrFile
		}
		sum.Write(head)
		sum.Write(body)
	}
}

func (f *File) finish(r io.Reader, message, sum []byte) error {
	m := &f.Manifest
	if err := signed.OpenAny(signed.DomainBackup, f.Statement.Log, message, manifestLimit, m); err != nil {
		return fmt.Errorf("%w: %w", ErrForeign, err)
	}
	if m.Version != 1 || m.Org != f.Statement.Org() || !bytes.Equal(m.ID, f.Header.ID) || m.Part != f.Header.Part ||
		m.Made != f.Header.Made || len(m.Root) != sha256.Size || !bytes.Equal(m.Hash, sum) {
		return ErrFile
	}
	if _, err := io.ReadFull(r, make([]byte, 1)); !errors.Is(err, io.EOF) {
		return ErrFile // something stands behind it
	}
	return nil
}

// Lines reads a file that has been checked once more, opens it with one of the sealing keys, and
// hands out its lines. That it is the same file shows at the end only: what each has done until
// then does not count where Lines returns an error.
func (f File) Lines(r io.Reader, sealing []*identity.SealPrivate, each func([]byte) error) error {
	if err := f.lines(r, sealing, each); err != nil {
		return fmt.Errorf("read backup: %w", err)
	}
	return nil
}

func (f File) lines(r io.Reader, sealing []*identity.SealPrivate, each func([]byte) error) error {
	aead, err := f.open(sealing)
	if err != nil {
		return err
	}
	sum := sha256.New()
	in := &chunks{r: io.TeeReader(r, sum), header: f.Header, aead: aead}
	if _, _, _, err := readFrame(in.r, nil); err != nil {
		return err
	}
	var lines uint64
	for size := make([]byte, 4); ; lines++ {
		switch _, err := io.ReadFull(in, size); {
		case errors.Is(err, io.EOF):
			if lines != f.Manifest.Lines || !bytes.Equal(sum.Sum(nil), f.Manifest.Hash) {
				return ErrFile
			}
			return nil
		case err != nil:
			return fmt.Errorf("%w: %w", ErrFile, err)
		}
		n := binary.BigEndian.Uint32(size)
		if n > LineLimit {
			return fmt.Errorf("%w: a line of %d bytes", ErrFile, n)
		}
		var line bytes.Buffer // grows with what is there, not with what is claimed
		if _, err := io.CopyN(&line, in, int64(n)); err != nil {
			return fmt.Errorf("%w: %w", ErrFile, err)
		}
		if err := each(line.Bytes()); err != nil {
			return err
		}
	}
}

func (f File) open(sealing []*identity.SealPrivate) (cipher.AEAD, error) {
	for _, key := range sealing {
		if secret, err := key.Open(f.Header.info(f.Statement.Org()), f.Header.Key); err == nil {
			defer clear(secret)
			return identity.NewAEAD(secret)
		}
	}
	return nil, ErrSealedFor
}

// chunks is the plaintext of a file.
type chunks struct {
	r      io.Reader
	header Header
	aead   cipher.AEAD
	index  uint64
	left   []byte
	ended  bool
}

func (c *chunks) Read(p []byte) (int, error) {
	for len(c.left) == 0 {
		if c.ended {
			return 0, io.EOF
		}
		kind, _, body, err := readFrame(c.r, nil)
		if err != nil {
			return 0, err
		}
		if kind != frameChunk && kind != frameLast {
			return 0, ErrFile
		}
		c.ended = kind == frameLast
		if c.left, err = c.aead.Open(nil, nil, body, c.header.context(c.index, c.ended)); err != nil {
			return 0, ErrFile
		}
		c.index++
	}
	n := copy(p, c.left)
	c.left = c.left[n:]
	return n, nil
}
