// Package keybag holds the keys of the subjects, outside of every place where deleted values linger: what is gone from it
// opens nowhere. It knows neither rows nor payloads, and of a subject no name.
package keybag

import (
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"slices"
	"sync"

	"handslag/identity"
	"handslag/vault/internal/fault"
	"handslag/vault/internal/folder"
	"handslag/vault/internal/frame"
	"handslag/vault/internal/seal"
	"handslag/vault/internal/sealedlog"
	"handslag/vault/journal"
)

// Bag holds a key (DEK) for every person or place that the vault has data about. It
// lies outside Badger, whose files keep deleted values: what is gone from the keybag is
// gone from every row, and every payload, that hangs on it. Its file is a sealed log: a new key
// is a few bytes at its end.
type Bag struct {
	file sync.Mutex // held by who writes the file, for as long as a keyring or TPM takes to answer; taken before mu
	Log  *sealedlog.Log

	index []byte // key of IDs

	mu    sync.Mutex // for what lies in memory; nobody waits for anything while it is held
	at    uint64     // changes that are in force
	lost  bool       // its file is gone or damaged; reset and rekey mend
	doubt error      // why nobody knows which of two files is in force; rekey mends, and an unlock
	deks  map[ID]*dek
	slab  []dek // where the next keys lie: they never move, so that destroy finds them all
	news  []ID
}

type dek [seal.KeySize]byte

// ID names a subject's key in a row and in the keybag, without naming the subject.
type ID [8]byte

const (
	Limit     = 64 << 20 // bytes, more than a million subjects
	entrySize = len(ID{}) + seal.KeySize
	chunk     = 256 // keys that lie together in memory
)

// Uses of a subject's key. The three are apart so that who may hold one, for payloads,
// can open nothing with the others.
const (
	Payload = "subject-payload"
	Content = "subject-content"
	Row     = "subject-row"
)

// New is the keybag in f, unread: Create or Load follows. Its file hangs on root and secret, names of keys on index.
func New(f folder.Folder, vault, root, secret, index []byte) *Bag {
	log := sealedlog.New(f, folder.Keybag, frame.KindKeybag, vault, Key(root, secret), Limit)
	return &Bag{Log: log, index: index, deks: map[ID]*dek{}}
}

// Key hangs on the erasure secret too, so that a copy of the file ends with that secret.
func Key(root, secret []byte) []byte {
	both := slices.Concat(root, secret)
	defer clear(both)
	return seal.Key(both, "keybag")
}

// Knows reports whether there is a key of one of names, or no knowing.
func (b *Bag) Knows(names map[ID]bool) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id := range names {
		if b.deks[id] != nil {
			return true
		}
	}
	return b.lost || b.doubt != nil
}

// Has reports whether there is a key called id.
func (b *Bag) Has(id ID) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.deks[id] != nil
}

// IsNew reports whether a key is not durable yet.
func (b *Bag) IsNew(id ID) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Contains(b.news, id)
}

func (b *Bag) IsLost() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lost
}

// Of is the key of subject for use, made if there is none; flush makes it durable.
func (b *Bag) Of(subject journal.SubjectID, use string) (cipher.AEAD, ID, error) {
	if err := identity.CheckOpaque(string(subject)); err != nil {
		return nil, ID{}, fmt.Errorf("find subject's key: %w", err)
	}
	id := b.IDOf(subject)
	key, err := b.take(id, true)
	if err != nil {
		return nil, ID{}, err
	}
	aead, err := key.derive(use)
	return aead, id, err
}

// Held is the key of subject for use, where there is one: who only reads makes none for
// somebody who is erased. ErrNotFound otherwise.
func (b *Bag) Held(subject journal.SubjectID, use string) (cipher.AEAD, error) {
	return b.Named(b.IDOf(subject), use)
}

// Named is the key that a row names, for use; ErrNotFound where it was destroyed.
func (b *Bag) Named(id ID, use string) (cipher.AEAD, error) {
	key, err := b.take(id, false)
	if err != nil {
		return nil, err
	}
	return key.derive(use)
}

// take is a copy of a key, so that nobody waits for who derives from it. It lies on the heap: what
// a stack once held stays there after a lock.
func (b *Bag) take(id ID, orMake bool) (*dek, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := b.deks[id]
	switch {
	case key != nil && !(orMake && b.lost):
		taken := new(dek)
		copy(taken[:], key[:])
		return taken, nil
	case b.deks == nil:
		return nil, fmt.Errorf("find subject's key: %w", fault.ErrClosed)
	case b.lost:
		return nil, fmt.Errorf("find subject's key: the keybag was lost: %w", fault.ErrView)
	case !orMake:
		return nil, fmt.Errorf("find subject's key: %w", fault.ErrNotFound)
	}
	fresh := seal.Random(seal.KeySize)
	b.put(id, fresh)
	b.news = append(b.news, id)
	return (*dek)(fresh), nil
}

// derive wipes the key.
func (key *dek) derive(use string) (cipher.AEAD, error) {
	defer clear(key[:])
	derived := seal.Key(key[:], use)
	defer clear(derived)
	return identity.NewAEAD(derived)
}

func (b *Bag) put(id ID, key []byte) {
	if len(b.slab) == 0 {
		b.slab = make([]dek, chunk)
	}
	place := &b.slab[0]
	b.slab = b.slab[1:]
	copy(place[:], key)
	b.deks[id] = place
}

func (b *Bag) IDOf(subject journal.SubjectID) ID {
	mac := hmac.New(sha256.New, b.index)
	mac.Write([]byte("subject\x00" + string(subject)))
	return ID(mac.Sum(nil)[:len(ID{})])
}

// forget zeroes every key.
func (b *Bag) forget() {
	for _, key := range b.deks {
		clear(key[:])
	}
	clear(b.deks)
	b.news = nil
}

func (b *Bag) Destroy() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forget()
	b.Log.Close()
	clear(b.Log.Key)
	clear(b.index)
	b.deks = nil
}
