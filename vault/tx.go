package vault

import (
	"bytes"
	"crypto/cipher"
	"errors"
	"fmt"
	"reflect"

	"github.com/dgraph-io/badger/v4"

	"handslag/identity/signed"
	"handslag/vault/internal/fault"
	"handslag/vault/internal/folder"
	"handslag/vault/internal/keybag"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// Tx is one transaction on the view: all of it is durable when Update or Apply returns
// nil, none of it otherwise. It ends with the function that it is given to.
type Tx struct {
	vault    *Vault
	view     *view
	txn      *badger.Txn     // nil until a reader asks for a row
	revision uint64          // of what it writes
	touched  map[rowKey]bool // places of rows that it left written (true) or removed
	wrote    bool
	changes  []change // the same rows with what they say, for the list

	subject struct { // whose row was read last: the next is often theirs too
		name keybag.ID
		aead cipher.AEAD
	}
	litter []record.ChunkHash // of attachments that are removed
}

// Update runs fn in one transaction; fn uses its Tx and not the vault, which would wait for
// itself. It costs a sync of Badger's and one of the catalogue, and one of the keybag where subjects
// are new; none where fn writes nothing. Errors besides fn's: ErrView, ErrFull, ErrTooLarge,
// ErrClosed.
func (v *Vault) Update(fn func(*Tx) error) error {
	if err := v.enterToWrite(); err != nil {
		return err
	}
	defer v.mu.RUnlock()
	return v.update(fn)
}

// Room returns ErrFull where Update would, so that nothing is begun that could not be shown.
func (v *Vault) Room() error {
	if err := v.enterToWrite(); err != nil {
		return err
	}
	defer v.mu.RUnlock()
	return v.room()
}

func (v *Vault) room() error {
	if err := v.folder.Space(memTable, folder.ViewReserve); err != nil {
		return fmt.Errorf("write view: %w", err)
	}
	if v.view != nil && v.view.cramped {
		return fmt.Errorf("write view: there was no room when it was opened: %w", ErrFull)
	}
	return nil
}

// enterToWrite is enter, after which a view that was opened for reading alone is open for writing, if there is
// room by now.
func (v *Vault) enterToWrite() error {
	if err := v.enter(); err != nil {
		return err
	}
	if v.view == nil || !v.view.cramped || v.folder.Space(memTable, folder.ViewReserve) != nil {
		return nil
	}
	v.mu.RUnlock()
	if err := v.widen(); err != nil {
		return err
	}
	return v.enter()
}

func (v *Vault) widen() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed || v.view == nil || !v.view.cramped {
		return nil
	}
	err := v.view.close()
	v.view = nil
	return errors.Join(err, v.openView())
}

// update is Update for whoever holds mu.
func (v *Vault) update(fn func(*Tx) error) error {
	v.writing.Lock()
	defer v.writing.Unlock()
	return v.transact(fn)
}

// transact is Update for whoever holds mu and writing.
func (v *Vault) transact(fn func(*Tx) error) error {
	w := v.view
	if w == nil {
		return ErrView
	}
	if err := errors.Join(v.current(), w.failed); err != nil {
		return err
	}
	if err := v.room(); err != nil {
		return err
	}
	if err := w.catalogue.settle(); err != nil {
		return fmt.Errorf("write view: %w", err)
	}
	txn := w.db.NewTransaction(true)
	defer txn.Discard()
	t := &Tx{vault: v, view: w, txn: txn, revision: w.catalogue.revision() + 1, touched: map[rowKey]bool{}}
	if err := fn(t); err != nil {
		return err
	}
	if err := v.bag.Flush(); err != nil { // a row must not outlive a crash that its key does not
		return err
	}
	if !t.wrote {
		return nil
	}
	defer func() { v.mark.Store(w.catalogue.log.Index) }()
	return t.commit()
}

// commit makes the transaction durable in Badger, with what the catalogue has to take up, and then
// in the catalogue.
func (t *Tx) commit() error {
	change, err := encodeChange(t.view.seal.bag.Revision(), t.touched)
	if err != nil {
		return fmt.Errorf("write view: %w", err)
	}
	if err := t.set(t.view.seal.last, t.view.seal.own, change); err != nil {
		return err
	}
	if err := t.publish(change); err != nil {
		return err
	}
	_ = t.view.catalogue.settle() // where the log can not take it now, the next transaction tries again
	return nil
}

// publish shows readers all that the transaction changed at once.
func (t *Tx) publish(change []byte) error {
	t.view.catalogue.turn.Lock()
	defer t.view.catalogue.turn.Unlock()
	t.view.snapshots.drop() // nobody reads now
	if err := t.txn.Commit(); err != nil {
		// Nobody knows what of it Badger shows now, or will after a restart; the next Open does.
		t.view.failed = fmt.Errorf("%w: %w", ErrView, fault.Named("write view", err))
		return t.view.failed
	}
	t.view.list.apply(t.changes)
	t.vault.blobs.Discard(t.litter)
	return t.view.catalogue.advance(change)
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
	if err := v.current(); err != nil {
		return err
	}
	v.view.catalogue.turn.RLock()
	defer v.view.catalogue.turn.RUnlock()
	t := &Tx{vault: v, view: v.view}
	defer t.end()
	return fn(t)
}

// rows is Badger's side of the transaction. While one reads nothing is written, so it is begun
// with the first row that is asked for: some need none.
func (t *Tx) rows() *badger.Txn {
	if t.txn == nil {
		t.txn = t.view.snapshots.borrow(t.view.db)
	}
	return t.txn
}

func (t *Tx) end() {
	if t.txn != nil {
		t.view.snapshots.giveBack(t.txn)
	}
}

// place is the revision that the catalogue names for a row, and whether it names one; what this
// transaction has written counts.
func (t *Tx) place(key rowKey) (revision uint64, named bool) {
	if written, touched := t.touched[key.place()]; touched {
		return t.revision, written
	}
	revision, named = t.view.catalogue.rows[key.place()]
	return revision, named
}

// get reads a row into out, and says whether there is one. A row that the catalogue names and
// that is not there, or that is there and not the one it names, is ErrView.
func (t *Tx) get(kind rowKind, id string, out any) (bool, error) {
	return t.at(t.view.seal.key(kind, id), out)
}

// at is get for a row's key.
func (t *Tx) at(key rowKey, out any) (bool, error) {
	item, err := t.rows().Get(key[:])
	switch _, named := t.place(key); {
	case errors.Is(err, badger.ErrKeyNotFound) && named:
		return false, fmt.Errorf("read view: a row is missing: %w", ErrView)
	case errors.Is(err, badger.ErrKeyNotFound):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("read view: %w: %w", ErrView, err)
	}
	if err := t.decode(key, item, out); err != nil {
		return false, err
	}
	return true, nil
}

func (t *Tx) decode(key rowKey, item *badger.Item, out any) error {
	return t.open(key, item, func(plain []byte) error {
		if err := signed.DecodeOwn(plain, out); err != nil {
			return fmt.Errorf("read view: %w: %w", ErrView, err)
		}
		return nil
	})
}

// rowKeyOf is what the rows of a subject are sealed with. Whoever writes asks anew each time: the
// key may have been destroyed.
func (t *Tx) rowKeyOf(name keybag.ID) (aead cipher.AEAD, err error) {
	if t.subject.aead == nil || t.subject.name != name || t.touched != nil {
		if aead, err = t.view.seal.bag.Named(name, keybag.Row); err != nil {
			return nil, err
		}
		t.subject.name, t.subject.aead = name, aead
	}
	return t.subject.aead, nil
}

// open hands the plaintext of a row that is the one which the catalogue names to fn, and wipes it.
func (t *Tx) open(key rowKey, item *badger.Item, fn func(plain []byte) error) error {
	err := item.Value(func(value []byte) error {
		plain, revision, err := t.view.seal.open(key, value, t.rowKeyOf)
		if err != nil {
			return err
		}
		defer clear(plain)
		switch place, named := t.place(key); {
		case !named:
			return fmt.Errorf("read view: a row that the catalogue does not name: %w", ErrView)
		case place != revision:
			return fmt.Errorf("read view: a row of revision %d, not %d: %w", revision, place, ErrView)
		}
		return fn(plain)
	})
	if err != nil && !errors.Is(err, ErrView) {
		err = fmt.Errorf("read view: %w: %w", ErrView, err)
	}
	return err
}

// put writes a row, sealed under subject's key where one is given.
func (t *Tx) put(kind rowKind, id string, subject journal.SubjectID, row any) error {
	under, err := t.view.seal.of(subject)
	if err != nil {
		return fmt.Errorf("write view: %w", err)
	}
	return t.write(t.view.seal.key(kind, id), under, row, func(plain []byte) error {
		// Text that is no UTF-8, or a list beyond the decoder's bounds, would be found out at
		// the next reading only, as damage.
		if err := signed.DecodeOwn(plain, reflect.New(reflect.TypeOf(row)).Interface()); err != nil {
			return fmt.Errorf("write view: it could not be read again: %w", err)
		}
		return nil
	})
}

// write writes a row that passes check.
func (t *Tx) write(key rowKey, under rowCipher, row any, check func(plain []byte) error) error {
	plain, err := signed.Encode(row)
	if err != nil {
		return fmt.Errorf("write view: %w", err)
	}
	defer clear(plain)
	if len(plain) > rowMaximum {
		return fmt.Errorf("write view: %w", ErrTooLarge)
	}
	if err := check(plain); err != nil {
		return err
	}
	if err := t.set(key, under, plain); err != nil {
		return err
	}
	t.changes = append(t.changes, change{key, row})
	return nil
}

func (t *Tx) set(key rowKey, under rowCipher, plain []byte) error {
	if len(plain) > rowMaximum {
		return fmt.Errorf("write view: %w", ErrTooLarge)
	}
	return t.done(key, true, t.txn.Set(key[:], t.view.seal.seal(key, t.revision, under, plain)))
}

func (t *Tx) remove(kind rowKind, id string) error {
	return t.drop(t.view.seal.key(kind, id))
}

func (t *Tx) drop(key rowKey) error {
	if key.kind() == rowMessage {
		t.litter = append(t.litter, t.chunksOf(key)...)
	}
	t.changes = append(t.changes, change{key: key})
	return t.done(key, false, t.txn.Delete(key[:]))
}

// done takes down what was done to a row, unless Badger refused it.
func (t *Tx) done(key rowKey, written bool, err error) error {
	switch {
	case errors.Is(err, badger.ErrTxnTooBig):
		return fmt.Errorf("write view: %w", ErrTooLarge)
	case err != nil:
		return fmt.Errorf("write view: %w", err)
	}
	t.wrote = true
	if _, named := t.place(key); (written || named) && key != t.view.seal.last {
		t.touched[key.place()] = written
	}
	return nil
}

// keys calls fn for whatever Badger holds under the keys of a kind.
func (t *Tx) keys(kind rowKind, fn func(key rowKey, item *badger.Item) error) error {
	return t.between([]byte{byte(kind)}, []byte{byte(kind) + 1}, fn)
}

// between calls fn for whatever Badger holds under keys of one kind, from and before to.
func (t *Tx) between(from, to []byte, fn func(key rowKey, item *badger.Item) error) error {
	it := t.rows().NewIterator(badger.IteratorOptions{Prefix: from[:1]})
	defer it.Close()
	for it.Seek(from); it.Valid() && bytes.Compare(it.Item().Key(), to) < 0; it.Next() {
		var key rowKey
		if len(it.Item().Key()) == len(key) { // another is nobody's row, and named by nothing
			copy(key[:], it.Item().Key())
		} else {
			key = rowKey{}.as(rowKind(from[0]))
		}
		if err := fn(key, it.Item()); err != nil {
			return err
		}
	}
	return nil
}
