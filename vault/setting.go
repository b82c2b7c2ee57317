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
		return t.setting(name, &out)
	})
	return out, err
}

// Setting is Vault.Setting within the transaction.
func (t *Tx) Setting(name string) (out []byte, err error) {
	err = t.setting(settingPrefix+name, &out)
	return out, err
}

// setting reads one into out, and leaves that as it is where there is none. That is for the catalogue to say: each
// entry about somebody asks, and Badger is slow to say no.
func (t *Tx) setting(name string, out any) error {
	key := t.view.seal.key(rowSetting, name)
	if _, named := t.place(key); !named {
		return nil
	}
	_, err := t.at(key, out)
	return err
}

// Sync is Vault.Sync within the transaction.
func (t *Tx) Sync() (s Sync, err error) {
	err = t.setting(syncName, &s)
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
