package link

import (
	"crypto/sha256"
	"errors"
	"fmt"

	"handslag/identity"
	"handslag/identity/signed"
)

// Sending is what the organisation's issuing key signs of a page with records on it. Whoever has verified it has the
// organisation's word for each record and loan there, and need not check a signature of each: those are for whom a
// record is handed to later.
type Sending struct {
	Version uint64            `cbor:"1,keyasint"`
	Org     identity.OrgID    `cbor:"2,keyasint"`
	To      identity.DeviceID `cbor:"3,keyasint"`
	Cursor  string            `cbor:"4,keyasint"` // the page's
	Records []byte            `cbor:"5,keyasint"` // SHA-256 of all copies of records on it and their loans, as link.cddl writes them
}

// sendingLimit bounds a signed Sending, in bytes.
const sendingLimit = 1 << 10

// ErrSending says that what stands on a page is not what was signed of it.
var ErrSending = errors.New("page is not what was signed")

func (p Page) sending(org identity.OrgID, to identity.DeviceID) (Sending, error) {
	copies := make([][3][]byte, len(p.Records))
	for i, c := range p.Records {
		copies[i] = [...][]byte{c.Record, c.Cipher, c.ContentKey}
	}
	data, err := signed.Encode([]any{copies, p.Loans})
	if err != nil {
		return Sending{}, err
	}
	sum := sha256.Sum256(data)
	return Sending{Version: 1, Org: org, To: to, Cursor: p.Cursor, Records: sum[:]}, nil
}

// Sign signs the records on a page that has its cursor.
func (p *Page) Sign(issuing *signed.PrivateKey, org identity.OrgID, to identity.DeviceID) error {
	s, err := p.sending(org, to)
	if err == nil {
		p.Sending, err = signed.Sign(signed.DomainSending, issuing, s)
	}
	if err != nil {
		return fmt.Errorf("sign page: %w", err)
	}
	return nil
}

// Verify verifies that the records on a page are what the organisation sends this device with this cursor. A page
// without records has nothing to verify.
func (p Page) Verify(issuing []signed.Key, org identity.OrgID, to identity.DeviceID) error {
	if len(p.Records) == 0 {
		return nil
	}
	var says Sending
	if err := signed.OpenAny(signed.DomainSending, issuing, p.Sending, sendingLimit, &says); err != nil {
		return fmt.Errorf("verify page: %w", err)
	}
	is, err := p.sending(org, to)
	if err != nil {
		return fmt.Errorf("verify page: %w", err)
	}
	if says.Version != is.Version || says.Org != is.Org || says.To != is.To || says.Cursor != is.Cursor || string(says.Records) != string(is.Records) {
		return fmt.Errorf("verify page: %w", ErrSending)
	}
	return nil
}

// Name is what both journals call a page with records: the hash of what is signed of it.
func (p Page) Name() []byte {
	sum := sha256.Sum256(p.Sending)
	return sum[:]
}
