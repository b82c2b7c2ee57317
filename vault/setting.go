package vault

import (
	"fmt"

	"handslag/identity/signed"
)

// Sync is how far the device has come with the connected system.
type Sync struct {
	Cursor    string      `cbor:"1,keyasint,omitempty"` // of the change pages; opaque
	Last      signed.Time `cbor:"2,keyasint,omitempty"` // when the last sync ended, by trusted time
	Statement uint64      `cbor:"3,keyasint,omitempty"` // number of the newest statement seen
	Erasures  uint64      `cbor:"4,keyasint,omitempty"` // number of the last erasure order carried out, and all before
}

const (
	syncName      = "sync"
	settingPrefix = "set/"
	settingLimit  = 64 << 10 // bytes
)

// Sync is the last one set, the zero value before.
func (v *Vault) Sync() (Sync, error) { return setting[Sync](v, syncName) }

// Setting is what the caller keeps under name, nil where there is nothing.
func (v *Vault) Setting(name string) ([]byte, error) {
	return setting[[]byte](v, settingPrefix+name)
}

func setting[T any](v *Vault, name string) (out T, err error) {
	err = v.read(func(t *Tx) error {
		_, err := t.get(rowSetting, name, &out)
		return err
	})
	return out, err
}

// Setting is Vault.Setting within the transaction.
func (t *Tx) Setting(name string) (out []byte, err error) {
	_, err = t.get(rowSetting, settingPrefix+name, &out)
	return out, err
}

// Sync is Vault.Sync within the transaction.
func (t *Tx) Sync() (s Sync, err error) {
	_, err = t.get(rowSetting, syncName, &s)
	return s, err
}

// SetSync replaces Sync, in the transaction of the rows that it accounts for.
func (t *Tx) SetSync(s Sync) error { return t.put(rowSetting, syncName, "", s) }

// SetSetting keeps at most 64 KiB under name.
func (t *Tx) SetSetting(name string, data []byte) error {
	if len(data) > settingLimit {
		return fmt.Errorf("keep setting: %w", ErrTooLarge)
	}
	return t.put(rowSetting, settingPrefix+name, "", data)
}
