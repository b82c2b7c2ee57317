package vault

import (
	"bytes"
	"cmp"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
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
	log   *sealedLog
	index []byte // key of keyID

	mu    sync.Mutex
	lost  bool  // its file is gone or damaged; reset and rekey mend
	doubt error // why nobody knows which of two files is in force; rekey mends, and an unlock
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

// create begins an empty keybag, over whatever was there.
func (b *keybag) create(index uint64) error {
	if err := b.log.stage(index, nil); err != nil {
		return err
	}
	return b.log.place()
}

// load reads the keybag's file. What an erasure staged and could not put in place any more is
// put there now, if the secret was replaced already, and dropped if not. A keybag that is lost
// can be done without, since all that hung on it comes anew: then load returns ErrView.
func (b *keybag) load() error {
	err := b.log.load(keybagName, b.apply)
	if errors.Is(err, ErrDamaged) {
		b.forget()
		if again := b.log.load(keybagName+newSuffix, b.apply); again == nil {
			if err = b.log.folder.rename(keybagName); err != nil {
				return err
			}
		}
	}
	if err == nil {
		b.log.folder.unstage(keybagName)
		err = b.log.extend()
	}
	if errors.Is(err, ErrDamaged) {
		b.forget()
		b.lost = true
		return fmt.Errorf("%w: %w", ErrView, err)
	}
	return err
}

// rekey writes the keybag anew under key, without the keys of leave, and lets replace put what key
// hangs on in its place. Before replace the old file is in force, after it the new one, which
// load then finds, whatever interrupts it. Where replace fails nobody knows which, so no new key
// is written any more until rekey succeeds or the vault is unlocked again.
func (b *keybag) rekey(key []byte, leave map[keyID]bool, replace func() error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.deks == nil {
		return ErrClosed
	}
	before := b.log.key
	b.log.key = key
	err := b.log.stage(b.log.index+1, b.snapshot(leave))
	if err == nil {
		err = b.log.folder.sync()
	}
	if err != nil {
		b.log.key = before
		clear(key)
		return err
	}
	clear(before)
	if b.doubt = replace(); b.doubt != nil {
		return b.doubt
	}
	for id := range leave {
		if key := b.deks[id]; key != nil {
			clear(key[:])
			delete(b.deks, id)
		}
	}
	if b.doubt = b.log.place(); b.doubt != nil {
		return b.doubt
	}
	b.lost, b.news = false, nil // the snapshot has them
	return nil
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

func (b *keybag) isLost() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lost
}

// reset begins an empty keybag in place of a lost one.
func (b *keybag) reset(index uint64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.lost {
		return nil
	}
	if err := b.create(index); err != nil {
		return err
	}
	b.lost = false
	return nil
}

// revision counts the changes of the keybag, ever; 0 for a lost one.
func (b *keybag) revision() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.lost {
		return 0
	}
	return b.log.index
}

func (b *keybag) apply(_ uint64, _ bool, plain []byte) error {
	return readKeys(plain, func(id keyID, key []byte) error {
		if b.deks[id] != nil {
			return fmt.Errorf("two keys of one name: %w", ErrDamaged)
		}
		b.put(id, key)
		return nil
	})
}

// readKeys reads a record of the keybag: keys ordered by their names.
func readKeys(plain []byte, fn func(id keyID, key []byte) error) error {
	if len(plain)%keybagEntry != 0 {
		return fmt.Errorf("half a key: %w", ErrDamaged)
	}
	for before := []byte(nil); len(plain) > 0; plain = plain[keybagEntry:] {
		name := plain[:len(keyID{})]
		if before != nil && bytes.Compare(before, name) >= 0 {
			return fmt.Errorf("keys out of order: %w", ErrDamaged)
		}
		if err := fn(keyID(name), plain[len(name):keybagEntry]); err != nil {
			return err
		}
		before = name
	}
	return nil
}

// record is the keys called names, without those of leave.
func (b *keybag) record(names []keyID, leave map[keyID]bool) []byte {
	slices.SortFunc(names, func(x, y keyID) int { return cmp.Compare(string(x[:]), string(y[:])) })
	plain := make([]byte, 0, len(names)*keybagEntry)
	for _, id := range names {
		if !leave[id] {
			plain = append(append(plain, id[:]...), b.deks[id][:]...)
		}
	}
	return plain
}

func (b *keybag) snapshot(leave map[keyID]bool) []byte {
	return b.record(slices.Collect(maps.Keys(b.deks)), leave)
}

// flush makes every key durable that was made since. Nothing sealed under a key may leave
// or be committed before.
func (b *keybag) flush() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.lost:
		return fmt.Errorf("write keybag: it was lost: %w", ErrView)
	case len(b.news) == 0:
		return nil
	case b.doubt != nil:
		return fmt.Errorf("write keybag: it could not be written anew before: %w", b.doubt)
	}
	plain := b.record(b.news, nil)
	defer clear(plain)
	if err := b.log.add(plain, func() []byte { return b.snapshot(nil) }); err != nil {
		return err
	}
	b.news = b.news[:0]
	return nil
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

// named is the key that a row names, for use; ErrNotFound where it was destroyed.
func (b *keybag) named(id keyID, use string) (cipher.AEAD, error) {
	key, err := b.take(id, false)
	if err != nil {
		return nil, err
	}
	return key.derive(use)
}

// take is a copy of a key, so that nobody waits for who derives from it.
func (b *keybag) take(id keyID, orMake bool) (dek, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := b.deks[id]
	switch {
	case key != nil && !(orMake && b.lost):
		return *key, nil
	case b.deks == nil:
		return dek{}, fmt.Errorf("find subject's key: %w", ErrClosed)
	case b.lost:
		return dek{}, fmt.Errorf("find subject's key: the keybag was lost: %w", ErrView)
	case !orMake:
		return dek{}, fmt.Errorf("find subject's key: %w", ErrNotFound)
	}
	fresh := random(keySize)
	defer clear(fresh)
	b.put(id, fresh)
	b.news = append(b.news, id)
	return dek(fresh), nil
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
	aead, _, err := v.bag.of(subject, usePayload)
	if err != nil {
		return nil, err
	}
	if err := v.bag.flush(); err != nil {
		return nil, err
	}
	return aead, nil
}
