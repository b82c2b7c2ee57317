package peer

import (
	"bytes"
	"errors"
	"fmt"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// Manifest is what a sharer says of a share before it sends it, signed with its device key
// and good for one recipient in one verification.
type Manifest struct {
	Version    uint64            `cbor:"1,keyasint"`
	Org        identity.OrgID    `cbor:"2,keyasint"`
	Sharer     identity.DeviceID `cbor:"3,keyasint"`
	Recipient  identity.DeviceID `cbor:"4,keyasint"`
	Transcript []byte            `cbor:"5,keyasint"` // H(T) of the verification, 32 bytes
	Purpose    string            `cbor:"6,keyasint"` // why, in the sharer's words; it may name people: payload only
	Items      []Line            `cbor:"7,keyasint"`
	Tasks      []TaskLine        `cbor:"8,keyasint"`
	Files      []FileLine        `cbor:"9,keyasint"`
	Key        []byte            `cbor:"10,keyasint"` // what content keys are wrapped with, sealed to the recipient: record.ShareKeyInfo
}

// Line is one record in a manifest.
type Line struct {
	_      struct{} `cbor:",toarray"`
	Record journal.RecordID
	Number uint64      // of the record's version
	Until  signed.Time // end of the loan
	Pair   []byte      // what both entries name, 32 bytes
	Entry  []byte      // hash of the sharer's entry, 32 bytes
	Sum    []byte      // SHA-256 over signed record, wrapped key and hands; the record names its ciphertext
}

// TaskLine is one assignment.
type TaskLine struct {
	_          struct{} `cbor:",toarray"`
	Assignment journal.AssignmentID
	Number     uint64
	Pair       []byte
	Entry      []byte
	Sum        []byte // SHA-256 over the signed assignment
}

// FileLine is one attachment. Its record stands in the same manifest, and lends it: the right to
// hand it over, the end of its loan and the hands that it came through are the record's.
type FileLine struct {
	_          struct{} `cbor:",toarray"`
	Attachment journal.AttachmentID
	Record     journal.RecordID
	Pair       []byte
	Entry      []byte
	Sum        []byte // SHA-256 over the signed attachment, which names its chunks, and the wrapped key
}

// Bounds of a share.
const (
	MaxItems      = 1000
	MaxTasks      = 200
	MaxFiles      = 64
	maxPurpose    = 3000
	lineLimit     = 3*34 + 66 + 32 // bytes of a line with the longest IDs
	manifestLimit = (MaxItems+MaxTasks+MaxFiles)*(lineLimit+64) + 16<<10
	sealedLimit   = 4 << 10
	wrappedKey    = identity.AEADKeySize + 28 // bytes: nonce, key, tag
)

// ErrShare says that a share is not what it should be; nothing of the item landed.
var ErrShare = errors.New("share is not valid")

// openManifest verifies a manifest that the verified peer must have signed, for this device
// and this verification.
func (v *Verified) openManifest(data []byte) (Manifest, error) {
	var m Manifest
	if err := signed.Open(signed.DomainManifest, v.meeting.Peer.Keys.Signing, data, manifestLimit, &m); err != nil {
		return Manifest{}, fmt.Errorf("open manifest: %w: %w", ErrShare, err)
	}
	switch {
	case m.Version != 1:
		return Manifest{}, fmt.Errorf("open manifest: version %d is not known: %w", m.Version, ErrShare)
	case m.Org != v.self.org, m.Sharer != v.meeting.Peer.Device(), m.Recipient != v.self.credential.Device(),
		!bytes.Equal(m.Transcript, v.meeting.Transcript):
		return Manifest{}, fmt.Errorf("open manifest: for another device or another verification: %w", ErrShare)
	}
	if err := m.check(); err != nil {
		return Manifest{}, fmt.Errorf("open manifest: %w", err)
	}
	return m, nil
}

// check says whether a manifest is well formed, whoever's it is.
func (m Manifest) check() error {
	if len(m.Items)+len(m.Tasks) == 0 || len(m.Items) > MaxItems || len(m.Tasks) > MaxTasks || len(m.Files) > MaxFiles ||
		len(m.Purpose) > maxPurpose || len(m.Key) > sealedLimit {
		return fmt.Errorf("nothing to share, or too much: %w", ErrShare)
	}
	seen := map[string]bool{}
	once := func(id string, hashes ...[]byte) error {
		for _, hash := range hashes {
			if len(hash) != 32 {
				return fmt.Errorf("malformed line: %w", ErrShare)
			}
		}
		pair, entry := "pair\x00"+string(hashes[0]), "entry\x00"+string(hashes[1])
		if seen[id] || seen[pair] || seen[entry] {
			return fmt.Errorf("a thing, a pair or an entry stands twice: %w", ErrShare)
		}
		seen[id], seen[pair], seen[entry] = true, true, true
		return nil
	}
	for _, l := range m.Tasks {
		if identity.CheckOpaque(string(l.Assignment)) != nil || l.Number == 0 {
			return fmt.Errorf("malformed line: %w", ErrShare)
		}
		if err := once("a\x00"+string(l.Assignment), l.Pair, l.Entry, l.Sum); err != nil {
			return err
		}
	}
	for _, l := range m.Items {
		if identity.CheckOpaque(string(l.Record)) != nil || l.Number == 0 || l.Until <= 0 {
			return fmt.Errorf("malformed line: %w", ErrShare)
		}
		if err := once("r\x00"+string(l.Record), l.Pair, l.Entry, l.Sum); err != nil {
			return err
		}
	}
	for _, l := range m.Files {
		if identity.CheckOpaque(string(l.Attachment)) != nil || !seen["r\x00"+string(l.Record)] {
			return fmt.Errorf("malformed line, or an attachment without its record: %w", ErrShare)
		}
		if err := once("t\x00"+string(l.Attachment), l.Pair, l.Entry, l.Sum); err != nil {
			return err
		}
	}
	return nil
}

// handings are all things of a manifest in the order in which they are sent: assignments, which may
// be why somebody is to have a record; records; attachments, which hang on them.
func (m Manifest) handings() []Handing {
	var all []Handing
	until := map[journal.RecordID]signed.Time{}
	for _, l := range m.Tasks {
		all = append(all, Handing{Thing: Thing{Assignment: l.Assignment}, Number: l.Number, Pair: l.Pair})
	}
	for _, l := range m.Items {
		until[l.Record] = l.Until
		all = append(all, Handing{Thing: Thing{Record: l.Record}, Number: l.Number, Until: l.Until, Pair: l.Pair})
	}
	for _, l := range m.Files {
		all = append(all, Handing{Thing: Thing{Record: l.Record, Attachment: l.Attachment}, Until: until[l.Record], Pair: l.Pair})
	}
	return all
}

// first is the number of the manifest's first record, and of its first attachment.
func (m Manifest) first() (item, file int) { return len(m.Tasks), len(m.Tasks) + len(m.Items) }

// entries are the sharer's entries, in the same order.
func (m Manifest) entry(n int) []byte {
	item, file := m.first()
	switch {
	case n < item:
		return m.Tasks[n].Entry
	case n < file:
		return m.Items[n-item].Entry
	}
	return m.Files[n-file].Entry
}

// wrapped reads a content key that was wrapped under the share's key.
func (k shareKey) unwrap(box []byte, context string) ([]byte, error) {
	if len(box) != wrappedKey {
		return nil, fmt.Errorf("unwrap content key: %w", identity.ErrSealed)
	}
	key, err := k.Open(nil, nil, box, []byte(context))
	if err != nil {
		return nil, fmt.Errorf("unwrap content key: %w", identity.ErrSealed)
	}
	return key, nil
}

// openKey is the key of a share to this device.
func (v *Verified) openKey(m Manifest) (shareKey, error) {
	secret, err := v.session.config.Keys.OpenSealed(record.ShareKeyInfo(v.meeting.Transcript), m.Key)
	if err != nil {
		return shareKey{}, fmt.Errorf("open the share's key: %w: %w", ErrShare, err)
	}
	defer clear(secret)
	aead, err := identity.NewAEAD(secret)
	if err != nil {
		return shareKey{}, fmt.Errorf("open the share's key: %w: %w", ErrShare, err)
	}
	return shareKey{aead}, nil
}
