package journalfile

import (
	"fmt"
	"sync"

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

// sealing is a frame being encrypted.
type sealing struct {
	frame frame
	data  []byte
	err   error
}

// frameExtra is more than a frame needs beside what is in it, in bytes: its head, nonce and tag, the
// payload's key as the connected system opens it, and CBOR.
const frameExtra = 256

// stageAll signs and encrypts the requests that have no error yet, and returns where each one's
// entries end among those staged. On a full disk, one that no longer fits into the space
// that is left is refused. An error is about all of them.
func (f *File) stageAll(group []*request) (journal.Chain, staged, []int, error) {
	chain, out := f.chain, staged{group: uint32(len(f.active.places))}
	if f.cfg.Mark != nil {
		out.mark = f.cfg.Mark()
	}
	var sealers sync.WaitGroup
	seal := sealers.Go
	if len(group) == 1 && len(group[0].drafts) == 1 {
		seal = func(do func()) { do() } // nobody else would have anything to do
	}
	ends := make([]int, len(group))
	for i, r := range group {
		if r.err == nil {
			after, next, err := f.stage(r, chain, out, seal)
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
	sealers.Wait() // also for those that were refused: their keys are cleared next
	for i, s := range out.frames {
		if s.err != nil {
			return f.chain, staged{}, nil, s.err
		}
		out.places[i].offset, out.places[i].size = f.active.synced+len(out.data), len(s.data)
		out.data = append(out.data, s.data...)
	}
	return chain, out, ends, nil
}

// stage signs a request's entries behind chain, one after the other, since each names the one before,
// and has seal encrypt them meanwhile. On an error what it was given stands unchanged, so
// that one caller's malformed draft is that caller's only.
func (f *File) stage(r *request, chain journal.Chain, out staged, seal func(func())) (journal.Chain, staged, error) {
	for _, d := range r.drafts {
		e := d.entry
		e.Version, e.Device, e.Generation, e.Seq = 1, f.cfg.Device, chain.Generation, chain.Last+1
		prev := chain.Head
		e.Prev = prev[:]
		e.After, e.Elapsed, e.Clock = f.cfg.Clock()
		e.After, e.Elapsed = max(e.After, 0), max(e.Elapsed, 0) // an odd clock is no reason to stay silent
		raw, err := e.Sign(f.cfg.Sign)
		if err != nil {
			return chain, out, err
		}
		index := out.group + uint32(len(out.places))
		s := &sealing{frame: frame{Version: formatVersion, Entry: raw, Box: d.box, Local: d.kept, Mark: out.mark, Group: out.group}}
		seal(func() { s.run(f.active, index, d.key, e.Payload) })
		chain = chain.Extend(e, raw)
		out.most += len(raw) + len(d.box) + len(d.kept) + frameExtra
		out.frames, out.entries = append(out.frames, s), append(out.entries, e)
		out.places = append(out.places, place{seq: e.Seq, index: index, hash: chain.Head, prev: prev})
	}
	return chain, out, nil
}

// run encrypts the frame, and the payload's key for the connected system.
func (s *sealing) run(a *active, index uint32, key, commitment []byte) {
	if len(s.frame.Box) > 0 {
		if s.frame.Server, s.err = journal.WrapPayloadKey(a.payload, key, commitment); s.err != nil {
			return
		}
	}
	s.data, s.err = journal.AppendFrame(nil, a.aead, a.id, index, s.frame)
}
