package vault

import (
	"errors"
	"fmt"

	"github.com/dgraph-io/badger/v4"

	"handslag/identity"
	"handslag/vault/internal/header"
	"handslag/vault/internal/keybag"
	"handslag/vault/internal/seal"
	"handslag/vault/journal"
)

// Erase ends what the vault has about subjects: their rows go, then their keys, and a new
// erasure secret replaces the one that the keybag hung on. What Promise says then holds for
// copies that somebody made of the vault's files. The caller has made it durable in an entry
// before, and calls it again after a crash; a subject that the vault has nothing about costs
// nothing.
//
// Until the secret is replaced all keys are in force, and from then on those that are left,
// whatever interrupts it. Errors: ErrClosed, ErrFull, and what the secret's place says.
func (v *Vault) Erase(subjects ...journal.SubjectID) error {
	v.changing.Lock()
	defer v.changing.Unlock()
	if err := v.enter(); err != nil {
		return err
	}
	defer v.mu.RUnlock()
	names := map[keybag.ID]bool{}
	for _, subject := range subjects {
		if err := identity.CheckOpaque(string(subject)); err != nil {
			return fmt.Errorf("erase: %w", err)
		}
		names[v.bag.IDOf(subject)] = true
	}
	v.writing.Lock() // no row is written with a key that is about to go
	defer v.writing.Unlock()
	if err := v.erase(names); err != nil {
		return fmt.Errorf("erase: %w", err)
	}
	return nil
}

func (v *Vault) erase(names map[keybag.ID]bool) error {
	if !v.bag.Knows(names) {
		return nil
	}
	// A view that can not be written to is no reason to keep a key, with which its rows end anyway.
	first := v.dropRows(names)
	if err := v.resolve(); err != nil {
		return err
	}
	secret := seal.Random(seal.KeySize)
	defer clear(secret)
	if err := v.bag.Rekey(keybag.Key(v.root, secret), names, func() error { return v.replaceErasure(secret) }); err != nil {
		return err
	}
	err := error(nil)
	if first != nil {
		err = v.dropRows(names)
	}
	if err == nil {
		// The catalogue takes down how far the keybag is now, so that the one before is told if it comes back.
		err = v.transact(func(t *Tx) error { t.wrote = true; return nil })
	}
	if errors.Is(err, ErrView) || errors.Is(err, ErrFull) {
		v.unlist(names)
		return nil // MendView finds what is left of rows
	}
	return err
}

// unlist wipes what the lists in memory hold of rows that could not be removed, and that open no more.
func (v *Vault) unlist(names map[keybag.ID]bool) {
	w := v.view
	if w == nil {
		return
	}
	var keys []rowKey
	err := w.db.View(func(txn *badger.Txn) (err error) {
		keys, err = (&Tx{vault: v, view: w, txn: txn}).about(names, 0)
		return err
	})
	if err != nil { // nobody knows which they are, so none is kept
		keys = w.list.everything()
	}
	w.list.lose(keys)
}

// resolve finds out which keybag the secret in its place opens, where an erasure or a change of
// factors before could not tell.
func (v *Vault) resolve() error {
	if !v.bag.InDoubt() {
		return nil
	}
	h := *v.guarded.Load()
	if h.Erasure.Place == header.PlaceHeader {
		var err error
		if h, err = v.ownHeader(); err != nil {
			return err
		}
	}
	secret, err := h.Held(v.root, v.means)
	if errors.Is(err, ErrFactor) { // none is there, so neither opens
		return nil
	}
	if err != nil {
		return err
	}
	defer clear(secret)
	return v.bag.Resolve(keybag.Key(v.root, secret))
}

// dropRows removes what is sealed under the keys called names.
func (v *Vault) dropRows(names map[keybag.ID]bool) error {
	for dropped := mendAtOnce; dropped == mendAtOnce; {
		err := v.transact(func(t *Tx) error {
			keys, err := t.about(names, mendAtOnce)
			for _, key := range keys {
				err = errors.Join(err, t.drop(key))
			}
			dropped = len(keys)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// about finds the first rows that name one of names; at most so many, 0: all.
func (t *Tx) about(names map[keybag.ID]bool, most int) (keys []rowKey, err error) {
	for _, kind := range []rowKind{rowCard, rowPart, rowMessage, rowAttachment, rowAssignment, rowWork, rowStaged} {
		err := t.keys(kind, func(key rowKey, item *badger.Item) error {
			return item.Value(func(value []byte) error {
				if name, ok := keyNamed(value); ok && names[name] && (most == 0 || len(keys) < most) {
					keys = append(keys, key)
				}
				return nil
			})
		})
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrView, err)
		}
	}
	return keys, nil
}
