package vault

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"handslag/vault/factor"
)

// known are the factors that there are, in the header's order.
var known = []factor.Name{factor.NameKeyring, factor.NameTPM}

// MinPIN is the least characters of a passphrase that a TPM guards, where GuardsPIN says so.
const MinPIN = 6

// means are the factors that this process can ask.
type means struct {
	keyring factor.Keyring
	tpm     *factor.TPM
}

func meansOf(o Options) means {
	m := means{keyring: o.Keyring, tpm: o.TPM}
	if m.keyring == nil {
		m.keyring = factor.SystemKeyring()
	}
	if m.tpm == nil {
		m.tpm = factor.SystemTPM()
	}
	return m
}

// of is the factor called name, which is a known one.
func (m means) of(name factor.Name) factor.Factor {
	if name == factor.NameTPM {
		return m.tpm
	}
	return factor.OfKeyring(m.keyring)
}

// ordered is use without repetition, in the header's order.
func ordered(use []factor.Name) ([]factor.Name, error) {
	var out []factor.Name
	for _, name := range known {
		if slices.Contains(use, name) {
			out = append(out, name)
		}
	}
	for _, name := range use {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("no factor is called %q", name)
		}
	}
	return out, nil
}

// FactorError says which factor it was. It is ErrFactor, ErrFactorAway or ErrFactorLocked, as
// errors.Is tells.
type FactorError struct {
	Factor factor.Name
	Err    error
}

func (e *FactorError) Error() string { return fmt.Sprintf("%s: %v", e.Factor, e.Err) }

func (e *FactorError) Unwrap() error { return e.Err }

func factorError(name factor.Name, err error) error {
	what := ErrFactor
	switch {
	case errors.Is(err, factor.ErrLocked):
		what = ErrFactorLocked
	case errors.Is(err, factor.ErrAway):
		what = ErrFactorAway
	}
	return &FactorError{Factor: name, Err: fmt.Errorf("%w: %w", what, err)}
}

// Offered are the factors that this machine has and this person may use, now. It asks them,
// each of which may take most of a minute to answer, if it hangs.
func Offered(o Options) []factor.Name {
	m := meansOf(o)
	var offered []factor.Name
	for _, name := range known {
		if m.of(name).Ready() == nil {
			offered = append(offered, name)
		}
	}
	return offered
}

// GuardsPIN reports whether this machine's TPM, where it is a factor, allows a PIN of MinPIN
// characters in place of a passphrase: it must be slow to try, for a thief too.
func GuardsPIN(o Options) bool {
	guards, err := meansOf(o).tpm.GuardsPIN()
	return err == nil && guards
}

// Guarding are the factors that the vault in dir names, without a passphrase and so without proof: for
// who asks for the passphrase.
func Guarding(dir string) ([]factor.Name, error) {
	h, err := folderAt(dir, Options{}).readHeader(headerName)
	if err != nil {
		return nil, fmt.Errorf("look what guards the vault: %w", err)
	}
	return h.use(), nil
}

// Factors are what opens the vault beside its passphrase.
func (v *Vault) Factors() []factor.Name { return v.guarded.Load().use() }

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
	use, err := ordered(use)
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
	defer o.wipe()
	if slices.Equal(use, before.use()) {
		return nil
	}
	moves := placeWith(use) != before.Erasure.Place
	if moves && v.bag.isLost() { // it is begun anew with the view
		return ErrView
	}
	if moves {
		clear(o.erasure)
		o.erasure = random(keySize)
	}
	after, err := before.under(passphrase, o, use, v.means)
	if err == nil {
		err = v.stageHeader(after)
	}
	if err == nil {
		if err = said(); err != nil {
			v.dropHeader()
		}
	}
	if err != nil {
		v.abandon(before.use(), before.Erasure.Place, use)
		return err
	}
	if err := v.placeFactors(after, o, moves); err != nil {
		switch there, unread := v.ownHeader(); {
		case unread != nil: // the next unlock finds out
		case bytes.Equal(there.Root, after.Root):
			v.guarded.Store(&after) // it is in force, or else the next erasure replaces a secret that opens nothing
		default:
			v.dropHeader()
			v.abandon(before.use(), before.Erasure.Place, use)
		}
		return err
	}
	v.guarded.Store(&after)
	v.abandon(use, after.Erasure.Place, before.use())
	return nil
}

// placeFactors is the moment at which after is what opens the vault. What hangs on the erasure
// secret goes with it.
func (v *Vault) placeFactors(after header, o unsealed, moves bool) error {
	if err := v.enter(); err != nil {
		return err
	}
	defer v.mu.RUnlock()
	place := func() error { return v.folder.place(headerName) }
	if !moves {
		return place()
	}
	return v.bag.rekey(keybagKey(o.root, o.erasure), nil, place)
}

// abandon takes back from the factors that others had all that those in force do not use. What
// it can not take back opens nothing, and is written over when the factor is used again.
func (v *Vault) abandon(inForce []factor.Name, place factor.Name, others []factor.Name) {
	for _, name := range others {
		switch f := v.means.of(name); {
		case !slices.Contains(inForce, name):
			_ = f.Forget(v.header.id())
		case placeWith(others) == name && place != name:
			_ = f.Remove(v.header.id())
		}
	}
}
