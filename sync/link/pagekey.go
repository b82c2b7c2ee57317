package link

import (
	"crypto/cipher"
	"crypto/rand"
	"fmt"

	"handslag/identity"
	"handslag/vault/record"
)

// PageKey is what the content keys of one page are wrapped with: random, and sealed once to the device that the page
// is for. A seal costs more than all else that is done for a record.
type PageKey struct {
	secret []byte
	aead   cipher.AEAD
}

// NewPageKey makes the key of one page. Its maker calls Close.
func NewPageKey() (*PageKey, error) {
	k := &PageKey{secret: make([]byte, identity.AEADKeySize)}
	rand.Read(k.secret)
	var err error
	if k.aead, err = identity.NewAEAD(k.secret); err != nil {
		return nil, fmt.Errorf("make page key: %w", err)
	}
	return k, nil
}

// Wrap wraps a content key; context says of what it is (record.ContentKeyInfo, record.AttachmentKeyInfo).
func (k *PageKey) Wrap(key []byte, context string) []byte {
	return k.aead.Seal(nil, nil, key, []byte(context))
}

// Close seals the key to the page's device, under the cursor that the page has, and forgets it.
func (k *PageKey) Close(p *Page, org identity.OrgID, to identity.PublicKeys, device identity.DeviceID) (err error) {
	defer clear(k.secret)
	if p.Key, err = identity.Seal(to.Sealing, record.PageKeyInfo(org, device, p.Cursor), k.secret); err != nil {
		return fmt.Errorf("seal page key: %w", err)
	}
	return nil
}

// OpenKey is the page's key on the device that it is for; nil where the page has no content keys. It returns
// identity.ErrSealed where it is another page's, or another device's.
func (p Page) OpenKey(org identity.OrgID, keys *identity.KeySet) (cipher.AEAD, error) {
	if len(p.Records)+len(p.Attachments) == 0 {
		return nil, nil
	}
	secret, err := keys.OpenSealed(record.PageKeyInfo(org, keys.Device(), p.Cursor), p.Key)
	if err != nil {
		return nil, fmt.Errorf("open page key: %w", err)
	}
	defer clear(secret)
	return identity.NewAEAD(secret)
}
