package vault

import (
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"

	"handslag/identity"
	"handslag/vault/internal/keybag"
	"handslag/vault/internal/seal"
	"handslag/vault/journal"
)

// rowKind is the first byte of a row's key in Badger, so that a kind can be listed. What
// follows is blinded: no ID can be read or guessed from it without the vault root.
type rowKind byte

const (
	rowCard       rowKind = 'c' // record: card, loan, hands, source
	rowPart       rowKind = 'p' // record: ciphertext and wrapped content key
	rowAssignment rowKind = 'a'
	rowWork       rowKind = 'w' // what the device did on an assignment
	rowSetting    rowKind = 's'
	rowAttachment rowKind = 't' // what lists need of an attachment, and its wrapped content key
	rowMessage    rowKind = 'u' // attachment: as it was signed
	rowStaged     rowKind = 'g' // a copy on its way in, before the entry that says so
	rowLast       rowKind = 'l' // the newest transaction's change, for the catalogue
)

// rowKey is a row's key in Badger: its kind and 120 bits that stand for its ID. Rows of one
// ID differ by their kind alone.
type rowKey [16]byte

func (k rowKey) kind() rowKind { return rowKind(k[0]) }

// as is the key of the row of another kind with the same ID.
func (k rowKey) as(kind rowKind) rowKey {
	k[0] = byte(kind)
	return k
}

// other is the kind of the second row of an ID, which is written and removed together with the
// first; 0 where there is none.
func (k rowKind) other() rowKind {
	switch k {
	case rowCard:
		return rowPart
	case rowAttachment:
		return rowMessage
	}
	return 0
}

// place is the key under which the catalogue has the row's revision: a second row goes with the
// first.
func (k rowKey) place() rowKey {
	switch k.kind() {
	case rowPart:
		return k.as(rowCard)
	case rowMessage:
		return k.as(rowAttachment)
	}
	return k
}

const (
	rowSchema  = 1
	rowHead    = 1 + 8 + len(keybag.ID{}) // schema, revision, key id; before the sealed value
	rowMaximum = valueMax - 4096          // bytes of a value before it is sealed
)

// rowSeal seals values. AAD = vault id ‖ era ‖ full key ‖ schema ‖ revision ‖ key id, so that
// a row opens at its own place in its own vault only, and not after the view was reset. What is
// about a subject is sealed under that subject's key, and ends with it.
type rowSeal struct {
	vault []byte
	era   era
	own   rowCipher
	names []byte
	last  rowKey // of the row rowLast
	bag   *keybag.Bag
}

func newRowSeal(vault, root []byte, at era, bag *keybag.Bag) rowSeal {
	key := seal.Key(root, "view")
	defer clear(key)
	own, err := identity.NewAEAD(key)
	if err != nil {
		panic(err) // subkey makes 32 bytes
	}
	s := rowSeal{vault: vault, era: at, own: rowCipher{AEAD: own}, names: seal.Key(root, "names"), bag: bag}
	s.last = s.key(rowLast, "")
	return s
}

func (s rowSeal) key(kind rowKind, id string) rowKey {
	mac := hmac.New(sha256.New, s.names)
	mac.Write([]byte("row\x00" + id))
	return rowKey(mac.Sum(nil)[:len(rowKey{})]).as(kind)
}

func (s rowSeal) context(key rowKey, head []byte) []byte {
	return slices.Concat(s.vault, s.era[:], key[:], head)
}

// rowCipher is what a row is sealed under, and how the row names that key: not at all, where it is the vault's own.
type rowCipher struct {
	cipher.AEAD
	name keybag.ID
}

// of is what rows about subject are sealed under, which may be empty.
func (s rowSeal) of(subject journal.SubjectID) (under rowCipher, err error) {
	if subject == "" {
		return s.own, nil
	}
	if under.AEAD, under.name, err = s.bag.Of(subject, keybag.Row); err != nil {
		return rowCipher{}, fmt.Errorf("seal row: %w", err)
	}
	return under, nil
}

// seal is the value that Badger stores at key.
func (s rowSeal) seal(key rowKey, revision uint64, under rowCipher, plain []byte) []byte {
	head := make([]byte, rowHead, rowHead+len(plain)+under.Overhead())
	head[0] = rowSchema
	binary.BigEndian.PutUint64(head[1:], revision)
	copy(head[rowHead-len(under.name):], under.name[:])
	return under.Seal(head, nil, plain, s.context(key, head))
}

// keyNamed is the key that a value says it is sealed under; a subject's.
func keyNamed(value []byte) (keybag.ID, bool) {
	if len(value) < rowHead || value[0] != rowSchema {
		return keybag.ID{}, false
	}
	name := keybag.ID(value[rowHead-len(keybag.ID{}):])
	return name, name != keybag.ID{}
}

// open gives the plaintext and revision of a value, or ErrView. of finds a subject's key.
func (s rowSeal) open(key rowKey, value []byte, of func(keybag.ID) (cipher.AEAD, error)) ([]byte, uint64, error) {
	if len(value) < rowHead || value[0] != rowSchema {
		return nil, 0, fmt.Errorf("open row: %w", ErrView)
	}
	head, aead := value[:rowHead], s.own.AEAD
	if name, about := keyNamed(value); about {
		var err error
		if aead, err = of(name); err != nil {
			return nil, 0, fmt.Errorf("open row: %w: %w", ErrView, err)
		}
	}
	plain, err := aead.Open(nil, nil, value[rowHead:], s.context(key, head))
	if err != nil {
		return nil, 0, fmt.Errorf("open row: %w", ErrView)
	}
	return plain, binary.BigEndian.Uint64(head[1:]), nil
}
