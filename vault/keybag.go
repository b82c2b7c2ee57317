package vault

import (
	"bytes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"sync"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
)

// keybag holds a key (DEK) for every person or place that the vault has data about. It
// lies outside Badger, whose files keep deleted values: what is gone from the keybag is
// gone from every row, and every payload, that hangs on it.
type keybag struct {
	folder folder
	vault  []byte
	key    []byte // HKDF of root and erasure secret

	mu    sync.Mutex
	deks  map[journal.SubjectID][]byte
	names map[keyID]journal.SubjectID
	index []byte // key of keyID
	dirty bool   // holds keys that are not on disk yet
}

// keyID names a subject's key in a row, without naming the subject.
type keyID [8]byte

type bagPage struct {
	_       struct{} `cbor:",toarray"`
	Entries []bagEntry
}

type bagEntry struct {
	_       struct{} `cbor:",toarray"`
	Subject journal.SubjectID
	Key     []byte
}

const (
	keybagLimit = 16 << 20 // bytes, about 130,000 subjects
	bagPageSize = 1024
)

// Uses of a subject's key. The three are apart so that who may hold one, for payloads,
// can open nothing with the others.
const (
	usePayload = "subject-payload"
	useContent = "subject-content"
	useRow     = "subject-row"
)

func newKeybag(f folder, vault, root, secret, index []byte) *keybag {
	both := slices.Concat(root, secret)
	defer clear(both)
	return &keybag{
		folder: f, vault: vault, key: subkey(both, "keybag"), index: index,
		deks: map[journal.SubjectID][]byte{}, names: map[keyID]journal.SubjectID{},
	}
}

// load reads the keybag's file; ErrDamaged where there is none.
func (b *keybag) load() error {
	data, err := b.folder.read(keybagName, keybagLimit)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read keybag: %w: %w", ErrDamaged, err)
	}
	if err != nil {
		return err
	}
	f, err := parseFrame(data, kindKeybag)
	if err != nil {
		return fmt.Errorf("read keybag: %w", err)
	}
	plain, err := open(b.key, f.body, f.context(b.vault))
	if err != nil {
		return fmt.Errorf("read keybag: another vault's, or changed: %w", ErrDamaged)
	}
	defer clear(plain)
	deks, err := parseBag(plain)
	if err != nil {
		return fmt.Errorf("read keybag: %w", err)
	}
	for subject, key := range deks {
		b.put(subject, key)
	}
	return nil
}

// parseBag reads the keybag's plaintext: pages of keys, ordered by subject.
func parseBag(plain []byte) (map[journal.SubjectID][]byte, error) {
	var pages []bagPage
	if err := signed.Decode(plain, keybagLimit, &pages); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	deks := map[journal.SubjectID][]byte{}
	for _, page := range pages {
		for _, e := range page.Entries {
			if _, twice := deks[e.Subject]; twice || len(e.Key) != keySize || identity.CheckOpaque(string(e.Subject)) != nil {
				return nil, fmt.Errorf("malformed key: %w", ErrDamaged)
			}
			deks[e.Subject] = e.Key
		}
	}
	if again, err := encodeBag(deks); err != nil || !bytes.Equal(again, plain) {
		return nil, fmt.Errorf("keys out of order: %w", ErrDamaged)
	}
	return deks, nil
}

func encodeBag(deks map[journal.SubjectID][]byte) ([]byte, error) {
	pages := []bagPage{}
	for names := range slices.Chunk(slices.Sorted(maps.Keys(deks)), bagPageSize) {
		var page bagPage
		for _, name := range names {
			page.Entries = append(page.Entries, bagEntry{Subject: name, Key: deks[name]})
		}
		pages = append(pages, page)
	}
	return signed.Encode(pages)
}

// flush makes every key durable that was made since. Nothing sealed under a key may leave
// or be committed before.
func (b *keybag) flush() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.dirty {
		return nil
	}
	plain, err := encodeBag(b.deks)
	if err != nil {
		return fmt.Errorf("write keybag: %w", err)
	}
	defer clear(plain)
	if len(plain) > keybagLimit-frameExtra-64 {
		return fmt.Errorf("write keybag: %w", ErrTooLarge)
	}
	f := frame{kind: kindKeybag, version: frameFormat}
	f.body = seal(b.key, plain, f.context(b.vault))
	if err := b.folder.write(keybagName, f.encode()); err != nil {
		return err
	}
	b.dirty = false
	return nil
}

// of is the key of subject for use, made if there is none; flush makes it durable.
func (b *keybag) of(subject journal.SubjectID, use string) (cipher.AEAD, keyID, error) {
	if err := identity.CheckOpaque(string(subject)); err != nil {
		return nil, keyID{}, fmt.Errorf("find subject's key: %w", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.deks == nil {
		return nil, keyID{}, ErrClosed
	}
	dek := b.deks[subject]
	if dek == nil {
		dek = random(keySize)
		b.put(subject, dek)
		b.dirty = true
	}
	return b.derive(dek, subject, use)
}

// named is the key that a row names, for use; ErrNotFound where it was destroyed.
func (b *keybag) named(id keyID, use string) (cipher.AEAD, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	subject, ok := b.names[id]
	if !ok {
		return nil, fmt.Errorf("find subject's key: %w", ErrNotFound)
	}
	aead, _, err := b.derive(b.deks[subject], subject, use)
	return aead, err
}

func (b *keybag) derive(dek []byte, subject journal.SubjectID, use string) (cipher.AEAD, keyID, error) {
	key := subkey(dek, use)
	defer clear(key)
	aead, err := identity.NewAEAD(key)
	return aead, b.idOf(subject), err
}

func (b *keybag) put(subject journal.SubjectID, dek []byte) {
	b.deks[subject] = dek
	b.names[b.idOf(subject)] = subject
}

func (b *keybag) idOf(subject journal.SubjectID) keyID {
	mac := hmac.New(sha256.New, b.index)
	mac.Write([]byte("subject\x00" + string(subject)))
	return keyID(mac.Sum(nil)[:len(keyID{})])
}

func (b *keybag) destroy() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, dek := range b.deks {
		clear(dek)
	}
	clear(b.key)
	clear(b.index)
	b.deks, b.names = nil, nil
}

// SubjectKey encrypts what is about subject, for payloads in the journal. Its key is
// durable when SubjectKey returns; erasing the subject ends what it sealed.
func (v *Vault) SubjectKey(subject journal.SubjectID) (cipher.AEAD, error) {
	if err := v.enter(); err != nil {
		return nil, err
	}
	defer v.mu.RUnlock()
	aead, _, err := v.bag.of(subject, usePayload)
	if err != nil {
		return nil, err
	}
	if err := v.bag.flush(); err != nil {
		return nil, err
	}
	return aead, nil
}
