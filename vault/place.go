package vault

import "fmt"

// Promise is what the vault can promise of copies that somebody made of its files: that they
// do not open what was erased since.
type Promise string

// The promises.
const (
	PromiseFull       Promise = "full"        // the erasure secret lies in a TPM
	PromiseBestEffort Promise = "best-effort" // it lies in a keyring, which may have copies of its own
	PromiseNone       Promise = "none"        // it lies in the header
)

// Promise says where the erasure secret lies now.
func (v *Vault) Promise() Promise { return PromiseNone }

// replaceErasure puts secret in the erasure secret's place, durably; the one before is gone from
// there. After an error it may be either. The caller holds changing and has entered.
func (v *Vault) replaceErasure(secret []byte) error {
	data, err := v.folder.read(headerName, headerLimit)
	if err != nil {
		return fmt.Errorf("replace erasure secret: %w", err)
	}
	h, err := parseHeader(data)
	if err != nil {
		return fmt.Errorf("replace erasure secret: %w", err)
	}
	h.Erasure = erasure{Place: placeHeader, Box: seal(subkey(v.root, "erasure"), secret, h.erasureContext())}
	if data, err = h.encode(); err != nil {
		return fmt.Errorf("replace erasure secret: %w", err)
	}
	return v.folder.write(headerName, data)
}
