package vault

import (
	"bytes"
	"fmt"
	"slices"

	"handslag/vault/factor"
	"handslag/vault/internal/fault"
	"handslag/vault/internal/folder"
	"handslag/vault/internal/header"
	"handslag/vault/internal/keybag"
	"handslag/vault/internal/seal"
)

// MinPIN is the least characters of a passphrase that a TPM guards, where GuardsPIN says so.
const MinPIN = 6

func meansOf(o Options) header.Means {
	m := header.Means{Keyring: o.Keyring, TPM: o.TPM}
	if m.Keyring == nil {
		m.Keyring = factor.SystemKeyring()
	}
	if m.TPM == nil {
		m.TPM = factor.SystemTPM()
	}
	return m
}

// FactorError says which factor it was. It is ErrFactor, ErrFactorAway or ErrFactorLocked, as errors.Is tells.
type FactorError = fault.FactorError

// Offered are the factors that this machine has and this person may use, now. It asks them,
// each of which may take most of a minute to answer, if it hangs.
func Offered(o Options) []factor.Name {
	m := meansOf(o)
	var offered []factor.Name
	for _, name := range header.Known {
		if m.Of(name).Ready() == nil {
			offered = append(offered, name)
		}
	}
	return offered
}

// GuardsPIN reports whether this machine's TPM, where it is a factor, allows a PIN of MinPIN
// characters in place of a passphrase: it must be slow to try, for a thief too.
func GuardsPIN(o Options) bool {
	guards, err := meansOf(o).TPM.GuardsPIN()
	return err == nil && guards
}

// Guarding are the factors that the vault in dir names, without a passphrase and so without proof: for
// who asks for the passphrase.
func Guarding(dir string) ([]factor.Name, error) {
	h, err := header.Read(folderAt(dir, Options{}), folder.Header)
	if err != nil {
		return nil, fmt.Errorf("look what guards the vault: %w", err)
	}
	return h.Use(), nil
}

// Factors are what opens the vault beside its passphrase.
func (v *Vault) Factors() []factor.Name { return v.guarded.Load().Use() }

// ChangeFactors makes use what opens the vault beside passphrase, in place of what did. Where
// the erasure secret moves, it is a new one, so that copies of the keybag made from then on
// open only with what guards it now. Said is called when passphrase and factors have proved
// right and all is prepared; it makes the entry durable, and unless it returns nil all stays as
// it was. Where the last step fails after that, Factors says which are in force. Whatever interrupts it, one of the two sets opens the vault, and not both. The
// caller wipes passphrase.
//
// Copies of the folder made before still open with what opened them: the root is the same. A
// wrong passphrase is counted as at Open and returns ErrPassphrase. Further errors: FactorError,
// ErrClosed, ErrFull, ErrReadOnly, ErrDamaged, ErrView where the keybag is lost with the view, and
// said's.
func (v *Vault) ChangeFactors(passphrase []byte, use []factor.Name, said func() error) error {
	use, err := header.Ordered(use)
	if err != nil {
		return fmt.Errorf("change factors: %w", err)
	}
	v.changing.Lock()
	defer v.changing.Unlock()
	if err := v.changeFactors(passphrase, use, said); err != nil {
		return fmt.Errorf("change factors: %w", err)
	}
	return nil
}

func (v *Vault) changeFactors(passphrase []byte, use []factor.Name, said func() error) error {
	before, o, err := v.proved(passphrase)
	if err != nil {
		return err
	}
	defer o.Wipe()
	if slices.Equal(use, before.Use()) {
		return nil
	}
	moves := header.PlaceWith(use) != before.Erasure.Place
	if moves && v.bag.IsLost() { // it is begun anew with the view
		return ErrView
	}
	if moves {
		clear(o.Erasure)
		o.Erasure = seal.Random(seal.KeySize)
	}
	after, err := before.Under(passphrase, o, use, v.means)
	if err == nil {
		err = v.stageHeader(after)
	}
	if err == nil {
		if err = said(); err != nil {
			v.dropHeader()
		}
	}
	if err != nil {
		v.abandon(before.Use(), before.Erasure.Place, use)
		return err
	}
	if err := v.placeFactors(after, o, moves); err != nil {
		switch there, unread := v.ownHeader(); {
		case unread != nil: // the next unlock finds out
		case bytes.Equal(there.Root, after.Root):
			v.guarded.Store(&after) // it is in force, or else the next erasure replaces a secret that opens nothing
		default:
			v.dropHeader()
			v.abandon(before.Use(), before.Erasure.Place, use)
		}
		return err
	}
	v.guarded.Store(&after)
	v.abandon(use, after.Erasure.Place, before.Use())
	return nil
}

// placeFactors is the moment at which after is what opens the vault. What hangs on the erasure
// secret goes with it.
func (v *Vault) placeFactors(after header.Header, o header.Unsealed, moves bool) error {
	if err := v.enter(); err != nil {
		return err
	}
	defer v.mu.RUnlock()
	place := func() error { return v.folder.Place(folder.Header) }
	if !moves {
		return place()
	}
	return v.bag.Rekey(keybag.Key(o.Root, o.Erasure), nil, place)
}

// abandon takes back from the factors that others had all that those in force do not use. What
// it can not take back opens nothing, and is written over when the factor is used again.
func (v *Vault) abandon(inForce []factor.Name, place factor.Name, others []factor.Name) {
	for _, name := range others {
		switch f := v.means.Of(name); {
		case !slices.Contains(inForce, name):
			_ = f.Forget(v.header.ID())
		case header.PlaceWith(others) == name && place != name:
			_ = f.Remove(v.header.ID())
		}
	}
}
