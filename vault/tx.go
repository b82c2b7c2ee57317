package vault

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/dgraph-io/badger/v4"

	"handslag/identity/signed"
	"handslag/vault/journal"
)

// Tx is one transaction on the view: all of it is durable when Update or Apply returns
// nil, none of it otherwise. It ends with the function that it is given to.
type Tx struct {
	vault *Vault
	view  *view
	txn   *badger.Txn
}

// Update runs fn in one transaction; fn uses its Tx and not the vault, which would wait for
// itself. Errors besides fn's: ErrView, ErrFull, ErrTooLarge,
// ErrClosed.
func (v *Vault) Update(fn func(*Tx) error) error {
	if err := v.enter(); err != nil {
		return err
	}
	defer v.mu.RUnlock()
	if v.view == nil {
		return ErrView
	}
	v.writing.Lock()
	defer v.writing.Unlock()
	if err := v.folder.space(memTable, viewReserve); err != nil {
		return fmt.Errorf("write view: %w", err)
	}
	txn := v.view.db.NewTransaction(true)
	defer txn.Discard()
	if err := fn(&Tx{vault: v, view: v.view, txn: txn}); err != nil {
		return err
	}
	if err := v.bag.flush(); err != nil { // a row must not outlive a crash that its key does not
		return err
	}
	if err := txn.Commit(); err != nil {
		return named("write view", err)
	}
	return nil
}

// read runs fn on one snapshot of the view.
func (v *Vault) read(fn func(*Tx) error) error {
	if err := v.enter(); err != nil {
		return err
	}
	defer v.mu.RUnlock()
	if v.view == nil {
		return ErrView
	}
	return v.view.db.View(func(txn *badger.Txn) error {
		return fn(&Tx{vault: v, view: v.view, txn: txn})
	})
}

// get reads a row into out, and says whether there is one.
func (t *Tx) get(kind rowKind, id string, out any) (bool, error) {
	_, found, err := t.load(kind, id, out)
	return found, err
}

func (t *Tx) load(kind rowKind, id string, out any) (revision uint64, found bool, err error) {
	key := t.view.seal.key(kind, id)
	item, err := t.txn.Get(key)
	if errors.Is(err, badger.ErrKeyNotFound) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("read view: %w: %w", ErrView, err)
	}
	revision, err = t.decode(item, out)
	return revision, err == nil, err
}

func (t *Tx) decode(item *badger.Item, out any) (revision uint64, err error) {
	err = item.Value(func(value []byte) error {
		plain, at, err := t.view.seal.open(item.Key(), value)
		if err != nil {
			return err
		}
		defer clear(plain)
		revision = at
		return signed.Decode(plain, rowMaximum, out)
	})
	if err != nil && !errors.Is(err, ErrView) {
		err = fmt.Errorf("read view: %w: %w", ErrView, err)
	}
	return revision, err
}

// put writes a row, sealed under subject's key where one is given.
func (t *Tx) put(kind rowKind, id string, subject journal.SubjectID, row any) error {
	revision, _, err := t.revision(kind, id)
	if err != nil {
		return err
	}
	plain, err := signed.Encode(row)
	if err != nil {
		return fmt.Errorf("write view: %w", err)
	}
	defer clear(plain)
	if len(plain) > rowMaximum {
		return fmt.Errorf("write view: %w", ErrTooLarge)
	}
	// Text that is no UTF-8, or a list beyond the decoder's bounds, would be found out at
	// the next reading only, as damage.
	if err := signed.Decode(plain, rowMaximum, reflect.New(reflect.TypeOf(row)).Interface()); err != nil {
		return fmt.Errorf("write view: it could not be read again: %w", err)
	}
	key := t.view.seal.key(kind, id)
	value, err := t.view.seal.seal(key, revision+1, subject, plain)
	if err != nil {
		return fmt.Errorf("write view: %w", err)
	}
	if err := t.txn.Set(key, value); errors.Is(err, badger.ErrTxnTooBig) {
		return fmt.Errorf("write view: %w", ErrTooLarge)
	} else if err != nil {
		return fmt.Errorf("write view: %w", err)
	}
	return nil
}

// revision is how often the row has been written. It is read even from a row that does not
// open: writing over it is how the view mends.
func (t *Tx) revision(kind rowKind, id string) (revision uint64, found bool, err error) {
	item, err := t.txn.Get(t.view.seal.key(kind, id))
	if errors.Is(err, badger.ErrKeyNotFound) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("read view: %w: %w", ErrView, err)
	}
	err = item.Value(func(value []byte) error {
		if _, at, err := t.view.seal.open(item.Key(), value); err == nil {
			revision = at
		}
		return nil
	})
	return revision, true, err
}

func (t *Tx) remove(kind rowKind, id string) error {
	if err := t.txn.Delete(t.view.seal.key(kind, id)); err != nil {
		return fmt.Errorf("write view: %w", err)
	}
	return nil
}

// each calls fn for every row of a kind with what reads it. A row that does not open does
// not hide the others: fn goes on, and each returns the first such error at the end.
func (t *Tx) each(kind rowKind, fn func(read func(out any) error) error) error {
	prefix := []byte{byte(kind)}
	it := t.txn.NewIterator(badger.IteratorOptions{Prefix: prefix, PrefetchValues: true, PrefetchSize: 32})
	defer it.Close()
	var damage error
	for it.Rewind(); it.ValidForPrefix(prefix); it.Next() {
		err := fn(func(out any) error {
			_, err := t.decode(it.Item(), out)
			return err
		})
		if errors.Is(err, ErrView) {
			if damage == nil {
				damage = err
			}
			continue
		}
		if err != nil {
			return err
		}
	}
	return damage
}
