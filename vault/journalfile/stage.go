package journalfile

import (
	"fmt"

	"handslag/identity/signed"
	"handslag/vault/journal"
)

// staged is what is about to be written.
type staged struct {
	data    []byte
	entries []journal.Entry
	places  []place // where they will stand, once data is there
	frames  []*sealing
	most    int    // bytes that data may come to
	group   uint32 // index of the first frame
	mark    uint64 // that they carry
}

// sealing is an entry that has its place, on its way to be a frame.
type sealing struct {
	content signed.Content
	index   uint32
	key     []byte // of its payload
	commit  []byte
	frame   frame
	data    []byte
}

// frameExtra is more than a frame needs beside what is in it, in bytes: its head, nonce and tag, the
// payload's key as the connected system opens it, and CBOR.
const frameExtra = 256

// stageAll gives the requests that have no error yet their places in the chain, which is quick,
// and then has all entries signed and encrypted side by side, since no signature waits for
// another. It returns where each request's entries end among those staged. On a full disk, one
// that no longer fits into the space that is left is refused. An error is about all of them.
func (f *File) stageAll(group []*request) (journal.Chain, staged, []int, error) {
	chain, out := f.chain, staged{group: uint32(len(f.active.places))}
	if f.cfg.Mark != nil {
		out.mark = f.cfg.Mark()
	}
	ends := make([]int, len(group))
	for i, r := range group {
		if r.err == nil {
			after, next, err := f.stage(r, chain, out)
			if err == nil && f.active.full && f.active.synced+next.most > f.active.space {
				err = ErrFull
			}
			if err == nil {
				chain, out = after, next
			} else {
				r.err = fmt.Errorf("append: %w", err)
			}
		}
		ends[i] = len(out.places)
	}
	err := signed.SideBySide(len(out.frames), func(i int) error { return out.frames[i].run(f.active, f.cfg.Sign) })
	if err != nil {
		return f.chain, staged{}, nil, err
	}
	for i, s := range out.frames {
		out.places[i].offset, out.places[i].size = f.active.synced+len(out.data), len(s.data)
		out.data = append(out.data, s.data...)
	}
	return chain, out, ends, nil
}

// stage gives a request's entries their places behind chain. On an error what it was given stands
// unchanged, so that one caller's malformed draft is that caller's only.
func (f *File) stage(r *request, chain journal.Chain, out staged) (journal.Chain, staged, error) {
	for _, d := range r.drafts {
		e := d.entry
		e.Version, e.Device, e.Generation, e.Seq = 1, f.cfg.Device, chain.Generation, chain.Last+1
		prev := chain.Head
		e.Prev = prev[:]
		e.After, e.Elapsed, e.Clock = f.cfg.Clock()
		e.After, e.Elapsed = max(e.After, 0), max(e.Elapsed, 0) // an odd clock is no reason to stay silent
		content, err := e.Unsigned()
		if err != nil {
			return chain, out, err
		}
		chain = chain.After(e, journal.HashOfContent(content))
		s := &sealing{
			content: content, index: out.group + uint32(len(out.places)), key: d.key, commit: e.Payload,
			frame: frame{Version: formatVersion, Box: d.box, Local: d.kept, Mark: out.mark, Group: out.group},
		}
		out.most += len(content.Bytes()) + signed.Overhead + len(d.box) + len(d.kept) + frameExtra
		out.frames, out.entries = append(out.frames, s), append(out.entries, e)
		out.places = append(out.places, place{seq: e.Seq, index: s.index, hash: chain.Head, prev: prev})
	}
	return chain, out, nil
}

// run signs the entry, encrypts its payload's key for the connected system, and then the frame.
func (s *sealing) run(a *active, sign func(signed.Content) ([]byte, error)) (err error) {
	if s.frame.Entry, err = sign(s.content); err != nil {
		return err
	}
	if len(s.frame.Box) > 0 {
		if s.frame.Server, err = journal.WrapPayloadKey(a.payload, s.key, s.commit); err != nil {
			return err
		}
	}
	s.data, err = journal.AppendFrame(nil, a.aead, a.id, s.index, s.frame)
	return err
}
