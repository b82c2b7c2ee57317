package road

import (
	"encoding/binary"
	"fmt"
	"io"

	"handslag/identity/signed"
)

// On a stream each message stands behind its length, four bytes big endian.

// WriteFrame writes one message.
func WriteFrame(w io.Writer, data []byte) error {
	if _, err := w.Write(append(binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(data)), uint32(len(data))), data...)); err != nil {
		return fmt.Errorf("send message: %w", err)
	}
	return nil
}

// ReadFrame reads one message of at most limit bytes. It returns signed.ErrTooLarge before
// it makes room for a larger one, and io.EOF where the stream ended between messages.
func ReadFrame(r io.Reader, limit int) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		if err == io.EOF {
			return nil, err
		}
		return nil, fmt.Errorf("receive message: %w", err)
	}
	size := binary.BigEndian.Uint32(head[:])
	if uint64(size) > uint64(limit) {
		return nil, fmt.Errorf("receive message of %d bytes, limit %d: %w", size, limit, signed.ErrTooLarge)
	}
	data := make([]byte, size)
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, fmt.Errorf("receive message: %w", err)
	}
	return data, nil
}
