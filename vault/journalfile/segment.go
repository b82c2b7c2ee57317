package journalfile

import (
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sort"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/disk"
	"handslag/vault/journal"
)

// The format is vault/journal's, since both ends read segments; this package writes them.
type (
	header = journal.SegmentHeader
	frame  = journal.Frame
	found  = journal.FoundFrame
	walked = journal.Walked
)

const (
	formatVersion = journal.FileVersion
	segmentLimit  = journal.SegmentLimit
	segmentSize   = journal.SegmentSize
	segmentSuffix = journal.SegmentSuffix
	maxWrapped    = journal.WrappedLimit
	headerLimit   = journal.FilePrefix + journal.FileBodyLimit
	draftSuffix   = disk.DraftSuffix
)

// placeOfName is what a segment's name says that it holds.
func placeOfName(name string) (generation, first uint64, ok bool) {
	var id string
	n, err := fmt.Sscanf(filepath.Base(name), "%d-%d-%s", &generation, &first, &id)
	return generation, first, err == nil && n == 3 && generation > 0 && first > 0
}

// segment is what memory holds of one: never the payload key, which only the one that is
// being written has.
type segment struct {
	path    string
	id      []byte
	gen     uint64
	first   uint64
	key     []byte // of its frames
	payload []byte // the payload key, sealed to the connected system
	places  []place
	frames  int // that were read at Open
}

// place is where an entry lies in its segment.
type place struct {
	seq    uint64
	index  uint32
	offset int
	size   int // of the frame with its head
	hash   journal.Hash
	prev   journal.Hash
}

func (s *segment) last() uint64 {
	if len(s.places) == 0 {
		return s.first - 1
	}
	return s.places[len(s.places)-1].seq
}

// after is the index in places of the first entry numbered above seq.
func (s *segment) after(seq uint64) int {
	return sort.Search(len(s.places), func(i int) bool { return s.places[i].seq > seq })
}

// active is the segment that is being written.
type active struct {
	*segment
	file    disk.Appender // nil once it is mended and only its removal failed
	aead    cipher.AEAD
	payload []byte // the payload key: in memory, here, and nowhere else
	synced  int    // bytes of entries, with the header, that are durable
	tail    []byte // the last of them, which do not fill a block
	space   int    // bytes of the file: what lies beyond synced is zero, and durable
	full    bool   // the disk has no room for more: only last entries are taken
	broken  bool   // a write or sync failed: what lies beyond synced is to be cut
}

// destroy zeroes what no later entry needs.
func (a *active) destroy() {
	clear(a.payload)
	a.payload, a.aead = nil, nil
}

// newSegment makes the keys of a segment that begins after chain, and its header, durable.
func (f *File) newSegment(chain journal.Chain) (*active, error) {
	keys := make([]byte, 2*identity.AEADKeySize)
	rand.Read(keys)
	defer clear(keys)
	key, payload := keys[:identity.AEADKeySize], keys[identity.AEADKeySize:]
	_, _, now := f.cfg.Clock()
	h := header{
		Version: formatVersion, ID: make([]byte, journal.SegmentIDSize), Device: f.cfg.Device,
		Generation: chain.Generation, First: chain.Last + 1, Created: now, Algorithm: journal.FrameAlgorithm,
	}
	rand.Read(h.ID)
	var err error
	h.Root = sealWith(f.cfg.Root, key, h.RootContext())
	if h.Whole, err = identity.Seal(f.cfg.Seal, journal.WholeInfo(h.Device, h.ID), keys); err != nil {
		return nil, fmt.Errorf("open segment: %w", err)
	}
	if h.Payload, err = identity.Seal(f.cfg.Seal, journal.SegmentKeyInfo(h.Device, h.ID), payload); err != nil {
		return nil, fmt.Errorf("open segment: %w", err)
	}
	content, err := signed.NewContent(signed.DomainSegment, h)
	if err != nil {
		return nil, fmt.Errorf("open segment: %w", err)
	}
	body, err := f.cfg.Sign(content)
	if err != nil {
		return nil, fmt.Errorf("open segment: %w", err)
	}
	aead, err := identity.NewAEAD(key)
	if err != nil {
		return nil, fmt.Errorf("open segment: %w", err)
	}
	path := filepath.Join(f.cfg.Dir, h.Name())
	data := journal.WrapFile(journal.SegmentMagic, body)
	space := wholeBlocks(len(data) + f.cfg.reserve + f.cfg.step)
	err = disk.Replace(f.disk, path, zeroes(data, space))
	if disk.IsFull(err) { // then at least what the last entries need
		space = wholeBlocks(len(data) + f.cfg.reserve)
		err = disk.Replace(f.disk, path, zeroes(data, space))
	}
	var file disk.Appender
	if err == nil {
		file, err = f.disk.Extend(path)
	}
	if err != nil {
		_ = f.disk.Remove(path) // it is empty; Open removes it otherwise
		return nil, fmt.Errorf("open segment: %w", err)
	}
	s := &segment{path: path, id: h.ID, gen: h.Generation, first: h.First, key: append([]byte(nil), key...), payload: h.Payload}
	return &active{segment: s, file: file, aead: aead, payload: append([]byte(nil), payload...), synced: len(data), space: space,
		tail: slices.Clone(data[len(data)-len(data)%disk.Block:])}, nil
}

// sealWith encrypts plain under an AEAD that is handed in, its nonce, if it has one, first.
func sealWith(aead cipher.AEAD, plain, context []byte) []byte {
	nonce := make([]byte, aead.NonceSize())
	rand.Read(nonce)
	return aead.Seal(nonce, nonce, plain, context)
}

func openWith(aead cipher.AEAD, box, context []byte) ([]byte, error) {
	if len(box) < aead.NonceSize() {
		return nil, errors.New("too short")
	}
	return aead.Open(nil, box[:aead.NonceSize()], box[aead.NonceSize():], context)
}
