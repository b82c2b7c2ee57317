package vault

import (
	"bytes"
	"fmt"
	"testing"
	"testing/cryptotest"

	"handslag/vault/disk/faulty"
	"handslag/vault/internal/seal"
)

// TestAnErasuresNewSecretCanNotBeForetold begins the same vault over and over and erases the same person:
// with the system's chance drawn alike the new secret is the same, and otherwise it never is. So it comes
// from there and from nothing that stood in the vault before.
func TestAnErasuresNewSecretCanNotBeForetold(t *testing.T) {
	for _, use := range [][]string{nil, {"keyring"}} {
		m := plainMachine()
		with := none
		if use != nil {
			with = keyring
		}
		secret := func(v *Vault) []byte {
			h, err := v.ownHeader()
			must(t, err)
			s, err := h.Held(v.root, v.means)
			must(t, err)
			return s
		}
		d := faulty.New()
		v := bareVault(t, d, m.options(with))
		before := secret(v)
		v.shut()
		ring := m.keyring
		drawn := map[string]string{}
		for n, seed := range []uint64{1, 1, 2, 3} {
			t.Run(fmt.Sprint(with, n), func(t *testing.T) {
				o := m.options(with)
				o.Keyring, o.Disk = ring.Copy(), d.After(faulty.All)
				again, err := unlock(folderAt("vault", o), passphrase, o)
				must(t, err)
				defer again.shut()
				if !bytes.Equal(secret(again), before) {
					t.Fatal("it is not the same vault")
				}
				cryptotest.SetGlobalRandom(t, seed)
				must(t, again.Erase(ritaS))
				now := string(secret(again))
				if now == string(before) || len(now) != seal.KeySize || bytes.Count([]byte(now), []byte{0}) > seal.KeySize/2 {
					t.Error("the secret is the old one, or none")
				}
				for other, was := range drawn {
					if same := other == fmt.Sprint(seed); same != (was == now) {
						t.Errorf("drawn with %d and with %s: the same: %t", seed, other, was == now)
					}
				}
				drawn[fmt.Sprint(seed)] = now
			})
		}
	}
}
