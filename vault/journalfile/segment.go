package journalfile

import (
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"sort"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
)

// header is the beginning of a segment, signed by the device: sealing alone would not say
// who sealed.
type header struct {
	Version    uint64            `cbor:"1,keyasint"`
	ID         []byte            `cbor:"2,keyasint"` // 16 bytes
	Device     identity.DeviceID `cbor:"3,keyasint"`
	Generation uint64            `cbor:"4,keyasint"`
	First      uint64            `cbor:"5,keyasint"`  // number of its first entry
	Created    signed.Time       `cbor:"6,keyasint"`  // the device's wall clock
	Algorithm  uint64            `cbor:"7,keyasint"`  // of frames: 1 is AES-256-GCM, random nonce before the ciphertext
	Root       []byte            `cbor:"8,keyasint"`  // segment key under the vault root
	Whole      []byte            `cbor:"9,keyasint"`  // segment key ‖ payload key sealed to the connected system, WholeInfo
	Payload    []byte            `cbor:"10,keyasint"` // payload key sealed to the connected system, journal.SegmentKeyInfo
}

const (
	segmentIDSize   = 16
	frameAlgorithm  = 1
	segmentLimit    = 8 << 20 // bytes read of one segment; more than is ever written
	segmentSize     = 1 << 20 // bytes after which the next entry opens a new segment
	segmentSuffix   = ".segment"
	draftSuffix     = ".new"
	maxWrapped      = 256 // bytes of a key wrapped by an AEAD that is handed in
	maxSealedHeader = 4 << 10
)

// WholeInfo is the HPKE info of a segment's two keys, 64 bytes, for the connected system that
// is handed a whole segment.
func WholeInfo(device identity.DeviceID, segment []byte) string {
	return fmt.Sprintf("handslag/1/segment/%s/%x", device, segment)
}

// rootContext is the AAD of the segment key under the vault root.
func (h header) rootContext() []byte {
	return fmt.Appendf(nil, "handslag/1/segment-root/%s/%x/%d/%d", h.Device, h.ID, h.Generation, h.First)
}

func (h header) check() error {
	switch {
	case h.Version != formatVersion, h.Algorithm != frameAlgorithm:
		return fmt.Errorf("read header: %w", ErrFormat)
	case len(h.ID) != segmentIDSize, h.Generation == 0, h.First == 0,
		len(h.Root) > maxWrapped, len(h.Whole) > maxSealedHeader, len(h.Payload) > maxSealedHeader:
		return fmt.Errorf("read header: %w", errDamaged)
	}
	return nil
}

// name orders segments by what they hold, also those whose header no longer reads.
func (h header) name() string {
	return fmt.Sprintf("%010d-%020d-%x%s", h.Generation, h.First, h.ID, segmentSuffix)
}

// placeOfName is what a segment's name says that it holds.
func placeOfName(name string) (generation, first uint64, ok bool) {
	var id string
	n, err := fmt.Sscanf(filepath.Base(name), "%d-%d-%s", &generation, &first, &id)
	return generation, first, err == nil && n == 3 && generation > 0 && first > 0
}

// readHeader reads the header at the beginning of data, and where frames begin after it. It
// returns ErrFormat for another version, errDamaged for what is not this device's.
func readHeader(data []byte, device identity.DeviceID, key signed.Key) (header, int, error) {
	body, end, err := unwrapEnvelope(segmentMagic, data)
	if err != nil {
		return header{}, 0, err
	}
	var h header
	if err := signed.Open(signed.DomainSegment, key, body, envelopeLimit, &h); err != nil {
		return header{}, 0, fmt.Errorf("read header: %w: %w", errDamaged, err)
	}
	if err := h.check(); err != nil {
		return header{}, 0, err
	}
	if h.Device != device {
		return header{}, 0, fmt.Errorf("read header: another device's: %w", errDamaged)
	}
	return h, end, nil
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
	file    Appender // nil once it is mended and only its removal failed
	aead    cipher.AEAD
	payload []byte // the payload key: in memory, here, and nowhere else
	synced  int    // bytes that are durable
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
		Version: formatVersion, ID: make([]byte, segmentIDSize), Device: f.cfg.Device,
		Generation: chain.Generation, First: chain.Last + 1, Created: now, Algorithm: frameAlgorithm,
	}
	rand.Read(h.ID)
	var err error
	h.Root = sealWith(f.cfg.Root, key, h.rootContext())
	if h.Whole, err = identity.Seal(f.cfg.Seal, WholeInfo(h.Device, h.ID), keys); err != nil {
		return nil, fmt.Errorf("open segment: %w", err)
	}
	if h.Payload, err = identity.Seal(f.cfg.Seal, journal.SegmentKeyInfo(h.Device, h.ID), payload); err != nil {
		return nil, fmt.Errorf("open segment: %w", err)
	}
	body, err := f.cfg.Sign(signed.DomainSegment, h)
	if err != nil {
		return nil, fmt.Errorf("open segment: %w", err)
	}
	aead, err := identity.NewAEAD(key)
	if err != nil {
		return nil, fmt.Errorf("open segment: %w", err)
	}
	path := filepath.Join(f.cfg.Dir, h.name())
	data := wrapEnvelope(segmentMagic, body)
	err = writeDurably(f.disk, path, data)
	var file Appender
	if err == nil {
		file, err = f.disk.Extend(path)
	}
	if err != nil {
		_ = f.disk.Remove(path) // it is empty; Open removes it otherwise
		return nil, fmt.Errorf("open segment: %w", err)
	}
	s := &segment{path: path, id: h.ID, gen: h.Generation, first: h.First, key: append([]byte(nil), key...), payload: h.Payload}
	return &active{segment: s, file: file, aead: aead, payload: append([]byte(nil), payload...), synced: len(data)}, nil
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
