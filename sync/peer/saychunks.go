package peer

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"handslag/vault/record"
)

const (
	chunkHead  = 4         // bytes: a chunk's length
	chunksRead = 3         // ahead of what is being sent
	chunkStep  = 128 << 10 // bytes that have a message's time
)

// file is which of the share's attachments line is.
func (d *delivery) file(line int) int {
	return d.going[line] - len(d.share.Tasks) - len(d.share.Records)
}

// count checks which chunks are lacked, and counts their bytes.
func (d *delivery) count(l lacks) error {
	last := -1
	_, first := d.manifest.first()
	for _, one := range l.Files {
		if one.Line < uint64(first) || one.Line >= uint64(len(d.going)) || int(one.Line) <= last || !d.open[int(one.Line)] {
			return fmt.Errorf("read which chunks are wanted: %w", ErrShare)
		}
		last = int(one.Line)
		a := d.files[d.file(last)]
		chunks, err := one.chunks(a.Count())
		if err != nil {
			return err
		}
		for _, i := range chunks {
			d.ofBytes.Add(uint64(cipherLen(a, i)))
		}
	}
	return nil
}

// cipherLen is the length of a chunk's ciphertext.
func cipherLen(a record.Attachment, i int) int {
	return a.ChunkLen(i) + record.ChunkLimit - record.ChunkSize
}

// sayChunks sends the chunks that are lacked, attachment by attachment. One that this device can not send
// itself ends there, and so do all once either side wants to stop.
func (d *delivery) sayChunks(ctx context.Context, l lacks) error {
	defer d.now.Store(-1)
	for _, one := range l.Files {
		d.now.Store(int64(one.Line))
		n := d.file(int(one.Line))
		chunks, err := one.chunks(d.files[n].Count())
		if err != nil {
			return err
		}
		if err := d.sayFile(ctx, d.share.Files[n], d.files[n], chunks); err != nil {
			return err
		}
	}
	return nil
}

// sayFile reads ahead while it sends.
func (d *delivery) sayFile(ctx context.Context, file OutgoingFile, a record.Attachment, chunks []int) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	free, ready := make(chan []byte, chunksRead), make(chan []byte)
	for range chunksRead {
		free <- make([]byte, chunkHead+record.ChunkLimit+1)
	}
	go func() {
		defer close(ready)
		for _, i := range chunks {
			var buffer []byte
			select {
			case buffer = <-free:
			case <-ctx.Done():
				return
			}
			cipher, err := file.Chunk(a.Chunk(i), buffer[chunkHead:cap(buffer)])
			if err != nil || len(cipher) != cipherLen(a, i) {
				return // the attachment ends here
			}
			if &cipher[0] != &buffer[chunkHead] {
				copy(buffer[chunkHead:cap(buffer)], cipher)
			}
			buffer = buffer[:chunkHead+len(cipher)]
			binary.BigEndian.PutUint32(buffer, uint32(len(cipher)))
			select {
			case ready <- buffer:
			case <-ctx.Done():
				return
			}
		}
	}()
	for range chunks {
		buffer, ok := <-ready
		if !ok || d.stopping() {
			return d.talk.write(make([]byte, chunkHead))
		}
		if err := d.talk.write(buffer); err != nil {
			return err
		}
		d.bytes.Add(uint64(len(buffer) - chunkHead))
		d.moved(Thing{})
		free <- buffer
	}
	return nil
}

// write sends bytes that are no message, with time for each part of them.
func (t *talk) write(data []byte) error {
	for len(data) > 0 {
		n := min(len(data), chunkStep)
		_ = t.stream.SetWriteDeadline(time.Now().Add(t.timing.item))
		if _, err := t.stream.Write(data[:n]); err != nil {
			return fmt.Errorf("send chunk: %w", err)
		}
		data = data[n:]
		t.alive()
	}
	return nil
}
