// Package factortest lends tests a keyring in memory and a throw-away TPM. No program may
// import it.
package factortest

import (
	"bytes"
	"maps"
	"sync"

	"handslag/vault/factor"
)

// Keyring is a keyring in memory. The zero value is empty and ready.
type Keyring struct {
	mu    sync.Mutex
	items map[string][]byte
	away  bool
}

// Away makes the keyring answer nothing, or answer again.
func (k *Keyring) Away(away bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.away = away
}

// Copy is the keyring as somebody copied it now.
func (k *Keyring) Copy() *Keyring {
	k.mu.Lock()
	defer k.mu.Unlock()
	return &Keyring{items: maps.Clone(k.items)}
}

// Names are what the keyring holds, in no order.
func (k *Keyring) Names() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var names []string
	for name := range k.items {
		names = append(names, name)
	}
	return names
}

// Get implements factor.Keyring, as Set and Delete do.
func (k *Keyring) Get(name string) ([]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.away {
		return nil, factor.ErrAway
	}
	data, ok := k.items[name]
	if !ok {
		return nil, factor.ErrMissing
	}
	return bytes.Clone(data), nil
}

// Set puts data in place of what the name had.
func (k *Keyring) Set(name string, data []byte) error {
	if err := factor.CheckKeyring(name, data); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.away {
		return factor.ErrAway
	}
	if k.items == nil {
		k.items = map[string][]byte{}
	}
	k.items[name] = bytes.Clone(data)
	return nil
}

// Delete removes what the name has.
func (k *Keyring) Delete(name string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.away {
		return factor.ErrAway
	}
	if _, ok := k.items[name]; !ok {
		return factor.ErrMissing
	}
	delete(k.items, name)
	return nil
}
