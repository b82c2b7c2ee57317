package road

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"

	"handslag/identity/signed"
)

func FuzzReadFrame(f *testing.F) {
	var b bytes.Buffer
	if err := WriteFrame(&b, []byte("one message")); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte{0, 0, 0, 0})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, in []byte) {
		data, err := ReadFrame(bytes.NewReader(in), 64)
		switch {
		case errors.Is(err, io.EOF) && len(in) == 0, errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
			return
		case errors.Is(err, signed.ErrTooLarge):
			if binary.BigEndian.Uint32(in) <= 64 {
				t.Error("a message that fits is refused")
			}
		case err != nil:
			t.Errorf("%v", err)
		default:
			var again bytes.Buffer
			if err := WriteFrame(&again, data); err != nil || !bytes.HasPrefix(in, again.Bytes()) {
				t.Errorf("read and written it is another: %x", again.Bytes())
			}
		}
	})
}
