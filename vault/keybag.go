package vault

import (
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"slices"
	"sync"

	"handslag/identity"
	"handslag/vault/journal"
)

// keybag holds a key (DEK) for every person or place that the vault has data about. It
// lies outside Badger, whose files keep deleted values: what is gone from the keybag is
// gone from every row, and every payload, that hangs on it. Its file is a sealed log: a new key
// is a few bytes at its end.
type keybag struct {
	file sync.Mutex // held by who writes the file, for as long as a keyring or TPM takes to answer; taken before mu
	log  *sealedLog

	index []byte // key of keyID

	mu    sync.Mutex // for what lies in memory; nobody waits for anything while it is held
	at    uint64     // changes that are in force
	lost  bool       // its file is gone or damaged; reset and rekey mend
	doubt error      // why nobody knows which of two files is in force; rekey mends, and an unlock
	deks  map[keyID]*dek
	slab  []dek // where the next keys lie: they never move, so that destroy finds them all
	news  []keyID
}

type dek [keySize]byte

// keyID names a subject's key in a row and in the keybag, without naming the subject.
type keyID [8]byte

const (
	keybagLimit = 64 << 20 // bytes, more than a million subjects
	keybagEntry = len(keyID{}) + keySize
	keybagChunk = 256 // keys that lie together in memory
)

// Uses of a subject's key. The three are apart so that who may hold one, for payloads,
// can open nothing with the others.
const (
	usePayload = "subject-payload"
	useContent = "subject-content"
	useRow     = "subject-row"
)

func newKeybag(f folder, vault, root, secret, index []byte) *keybag {
	log := newLog(f, keybagName, kindKeybag, vault, keybagKey(root, secret), keybagLimit)
	return &keybag{log: log, index: index, deks: map[keyID]*dek{}}
}

// keybagKey hangs on the erasure secret too, so that a copy of the file ends with that secret.
func keybagKey(root, secret []byte) []byte {
	both := slices.Concat(root, secret)
	defer clear(both)
	return subkey(both, "keybag")
}

// knows reports whether there is a key of one of names, or no knowing.
func (b *keybag) knows(names map[keyID]bool) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id := range names {
		if b.deks[id] != nil {
			return true
		}
	}
	return b.lost || b.doubt != nil
}

// has reports whether there is a key called id.
func (b *keybag) has(id keyID) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.deks[id] != nil
}

// isNew reports whether a key is not durable yet.
func (b *keybag) isNew(id keyID) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Contains(b.news, id)
}

func (b *keybag) isLost() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lost
}

// of is the key of subject for use, made if there is none; flush makes it durable.
func (b *keybag) of(subject journal.SubjectID, use string) (cipher.AEAD, keyID, error) {
	if err := identity.CheckOpaque(string(subject)); err != nil {
		return nil, keyID{}, fmt.Errorf("find subject's key: %w", err)
	}
	id := b.idOf(subject)
	key, err := b.take(id, true)
	if err != nil {
		return nil, keyID{}, err
	}
	aead, err := key.derive(use)
	return aead, id, err
}

// held is the key of subject for use, where there is one: who only reads makes none for
// somebody who is erased. ErrNotFound otherwise.
func (b *keybag) held(subject journal.SubjectID, use string) (cipher.AEAD, error) {
	return b.named(b.idOf(subject), use)
}

// named is the key that a row names, for use; ErrNotFound where it was destroyed.
func (b *keybag) named(id keyID, use string) (cipher.AEAD, error) {
	key, err := b.take(id, false)
	if err != nil {
		return nil, err
	}
	return key.derive(use)
}

// take is a copy of a key, so that nobody waits for who derives from it. It lies on the heap: what
// a stack once held stays there after a lock.
func (b *keybag) take(id keyID, orMake bool) (*dek, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := b.deks[id]
	switch {
	case key != nil && !(orMake && b.lost):
		taken := new(dek)
		copy(taken[:], key[:])
		return taken, nil
	case b.deks == nil:
		return nil, fmt.Errorf("find subject's key: %w", ErrClosed)
	case b.lost:
		return nil, fmt.Errorf("find subject's key: the keybag was lost: %w", ErrView)
	case !orMake:
		return nil, fmt.Errorf("find subject's key: %w", ErrNotFound)
	}
	fresh := random(keySize)
	b.put(id, fresh)
	b.news = append(b.news, id)
	return (*dek)(fresh), nil
}

// derive wipes the key.
func (key *dek) derive(use string) (cipher.AEAD, error) {
	defer clear(key[:])
	derived := subkey(key[:], use)
	defer clear(derived)
	return identity.NewAEAD(derived)
}

func (b *keybag) put(id keyID, key []byte) {
	if len(b.slab) == 0 {
		b.slab = make([]dek, keybagChunk)
	}
	place := &b.slab[0]
	b.slab = b.slab[1:]
	copy(place[:], key)
	b.deks[id] = place
}

func (b *keybag) idOf(subject journal.SubjectID) keyID {
	mac := hmac.New(sha256.New, b.index)
	mac.Write([]byte("subject\x00" + string(subject)))
	return keyID(mac.Sum(nil)[:len(keyID{})])
}

// forget zeroes every key.
func (b *keybag) forget() {
	for _, key := range b.deks {
		clear(key[:])
	}
	clear(b.deks)
	b.news = nil
}

func (b *keybag) destroy() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forget()
	b.log.close()
	clear(b.log.key)
	clear(b.index)
	b.deks = nil
}

// SubjectKey encrypts what is about subject, for payloads in the journal. Its key is
// durable when SubjectKey returns; erasing the subject ends what it sealed.
func (v *Vault) SubjectKey(subject journal.SubjectID) (cipher.AEAD, error) {
	if err := v.enter(); err != nil {
		return nil, err
	}
	defer v.mu.RUnlock()
	aead, id, err := v.bag.of(subject, usePayload)
	if err == nil && v.bag.isNew(id) { // another's new key is another's to wait for
		err = v.bag.flush()
	}
	if err != nil {
		return nil, err
	}
	return aead, nil
}
