package peer

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"handslag/identity/signed"
	"handslag/vault/record"
)

const (
	keepers    = 3  // who hash and write chunks, side by side
	chunksHeld = 6  // in memory at once
	flushEvery = 64 // chunks
)

// incomingFile is an attachment of which chunks are to come.
type incomingFile struct {
	in     Incoming
	line   int
	lacks  []int
	coming bool // what it lacks has been asked for
}

// begin remembers attachments. What lacks nothing is stored at once.
func (r *reception) begin(ctx context.Context, all []Incoming, lines []int) error {
	for i, in := range all {
		r.lines[lines[i]].Subject = in.Subject
		missing, err := r.receiver.Begin(ctx, in)
		if err != nil {
			refusal := &Refusal{Why: NotStored, Err: err}
			if err := r.refuse(ctx, lines[i:i+1], func(int) *Refusal { return refusal }); err != nil {
				return err
			}
			continue
		}
		r.files = append(r.files, &incomingFile{in: in, line: lines[i], lacks: missing})
	}
	return nil
}

// takeFiles says which chunks lack and takes them, attachment by attachment; what has no answer after that
// was stopped.
func (r *reception) takeFiles(ctx context.Context) error {
	if err := r.sayLacks(); err != nil {
		return err
	}
	for _, f := range r.files {
		if !f.coming {
			continue
		}
		if whole, err := r.takeChunks(ctx, f); err != nil {
			return err
		} else if !whole {
			continue
		}
		if err := r.store(ctx, []Incoming{f.in}, []int{f.line}); err != nil {
			return err
		}
	}
	return r.refuse(ctx, r.unanswered(), func(int) *Refusal { return &Refusal{Why: Stopped} })
}

// sayLacks asks for chunks, unless somebody has ended the share.
func (r *reception) sayLacks() error {
	if len(r.manifest.Files) == 0 {
		return nil
	}
	said, stopping := lacks{Files: []lack{}}, r.stopping()
	for _, f := range r.files {
		f.coming = len(f.lacks) == 0 || !stopping
		if len(f.lacks) > 0 && f.coming {
			said.Files = append(said.Files, lackOf(f.line, f.lacks))
		}
		for _, i := range f.lacks {
			r.moved.OfBytes += uint64(cipherLen(f.in.File, i))
		}
	}
	return r.talk.say(said)
}

// takeChunks keeps the chunks of an attachment as they come, and says whether all did. It
// reads the next while others are hashed and written.
func (r *reception) takeChunks(ctx context.Context, f *incomingFile) (whole bool, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	free, full := make(chan []byte, chunksHeld), make(chan kept)
	for range chunksHeld {
		free <- nil // made when it is needed
	}
	var all sync.WaitGroup
	for range keepers {
		all.Go(func() {
			for k := range full {
				if err := r.receiver.Keep(f.in.File.Chunk(k.i), k.cipher); err != nil {
					cancel(err)
				}
				free <- k.cipher
			}
		})
	}
	r.moved.Attachment = f.in.Thing
	whole, err = r.readChunks(ctx, f, free, full)
	close(full)
	all.Wait()
	r.moved.Attachment = Thing{}
	if cause := context.Cause(ctx); cause != nil {
		whole, err = false, cause
	}
	err = errors.Join(err, r.receiver.Flush()) // what came stays, also of one that breaks off
	switch {
	case errors.Is(err, record.ErrAttachment): // who sends that sends anything
		refusal := badly(err)
		err = errors.Join(err, r.refuse(context.WithoutCancel(ctx), []int{f.line}, func(int) *Refusal { return refusal }))
		r.talk.end() // the answer that says so still arrives
		return false, err
	case err != nil:
		return false, fmt.Errorf("take attachment: %w", err)
	}
	return whole, nil
}

// kept is a chunk that is to be kept.
type kept struct {
	i      int
	cipher []byte
}

func (r *reception) readChunks(ctx context.Context, f *incomingFile, free <-chan []byte, full chan<- kept) (whole bool, err error) {
	for n, i := range f.lacks {
		var buffer []byte
		select {
		case buffer = <-free:
		case <-ctx.Done():
			return false, ctx.Err()
		}
		if buffer == nil {
			buffer = make([]byte, record.ChunkLimit)
		}
		size := cipherLen(f.in.File, i)
		more, err := r.talk.hearChunk(buffer[:size:cap(buffer)])
		if err != nil || !more {
			return false, err
		}
		select {
		case full <- kept{i, buffer[:size]}:
		case <-ctx.Done():
			return false, ctx.Err()
		}
		r.moved.Bytes += uint64(size)
		r.tell(Thing{}, 0)
		if n%flushEvery == flushEvery-1 {
			if err := r.receiver.Flush(); err != nil {
				return false, err
			}
		}
	}
	return true, nil
}

// hearChunk fills into with a chunk of exactly that length; more is false where the sharer says
// that no more comes. Each part of it has a message's time.
func (t *talk) hearChunk(into []byte) (more bool, err error) {
	var head [chunkHead]byte
	t.wait(t.timing.answer)
	if _, err := io.ReadFull(t.stream, head[:]); err != nil {
		return false, fmt.Errorf("receive chunk: %w", err)
	}
	switch size := binary.BigEndian.Uint32(head[:]); {
	case size == 0:
		return false, nil
	case uint64(size) > record.ChunkLimit:
		return false, fmt.Errorf("receive chunk of %d bytes: %w", size, signed.ErrTooLarge)
	case int(size) != len(into):
		return false, fmt.Errorf("receive chunk of %d bytes where %d were to come: %w", size, len(into), record.ErrAttachment)
	}
	for len(into) > 0 {
		n := min(len(into), chunkStep)
		_ = t.stream.SetReadDeadline(time.Now().Add(t.timing.item))
		if _, err := io.ReadFull(t.stream, into[:n]); err != nil {
			return false, fmt.Errorf("receive chunk: %w", err)
		}
		into = into[n:]
	}
	return true, nil
}
