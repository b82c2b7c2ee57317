package keybag

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"handslag/vault/internal/fault"
	"handslag/vault/internal/folder"
)

// Create begins an empty keybag, over whatever was there.
func (b *Bag) Create(index uint64) error {
	if err := b.Log.Stage(index, nil); err != nil {
		return err
	}
	b.at = index
	return b.Log.Place()
}

// Load reads the keybag's file. What an erasure staged and could not put in place any more is
// put there now, if the secret was replaced already, and dropped if not. A keybag that is lost
// can be done without, since all that hung on it comes anew: then load returns ErrView.
func (b *Bag) Load() error {
	err := b.Log.Load(folder.Keybag, b.apply)
	if errors.Is(err, fault.ErrDamaged) {
		b.forget()
		if again := b.Log.Load(folder.Keybag+folder.NewSuffix, b.apply); again == nil {
			if err = b.Log.Folder.Rename(folder.Keybag); err != nil {
				return err
			}
		}
	}
	if err == nil {
		b.Log.Folder.Unstage(folder.Keybag)
		err, b.at = b.Log.Extend(), b.Log.Index
	}
	if errors.Is(err, fault.ErrDamaged) {
		b.forget()
		b.lost = true
		return fmt.Errorf("%w: %w", fault.ErrView, err)
	}
	return err
}

// Rekey writes the keybag anew under key, without the keys of leave, and lets replace put what key
// hangs on in its place, which may take long: keys are handed out meanwhile, and made, but none is made
// durable. Before replace the old file is in force, after it the new one, which
// load then finds, whatever interrupts it. Where replace fails nobody knows which, so no new key
// is written any more until rekey succeeds or the vault is unlocked again.
func (b *Bag) Rekey(key []byte, leave map[ID]bool, replace func() error) error {
	b.file.Lock()
	defer b.file.Unlock()
	b.mu.Lock()
	if b.deks == nil {
		b.mu.Unlock()
		return fault.ErrClosed
	}
	left, written := b.snapshot(leave), len(b.news)
	b.mu.Unlock()
	before := b.Log.Key
	b.Log.Key = key
	err := b.Log.Stage(b.Log.Index+1, left)
	if err == nil {
		err = b.Log.Folder.Sync()
	}
	if err != nil {
		b.Log.Key = before
		clear(key)
		return err
	}
	clear(before)
	err = replace()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.doubt = err; err != nil {
		return err
	}
	for id := range leave {
		if key := b.deks[id]; key != nil {
			clear(key[:])
			delete(b.deks, id)
		}
	}
	if b.doubt = b.Log.Place(); b.doubt != nil {
		return b.doubt
	}
	b.lost, b.at = false, b.Log.Index
	b.news = slices.DeleteFunc(b.news[written:], func(id ID) bool { return leave[id] }) // the snapshot has the others
	return nil
}

// InDoubt reports whether nobody knows which of two files is in force.
func (b *Bag) InDoubt() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.doubt != nil
}

// Resolve puts the file that is staged in its place where key is the one it hangs on: rekey writes over
// it next, and it may be the only one that opens.
func (b *Bag) Resolve(key []byte) error {
	defer clear(key)
	b.file.Lock()
	defer b.file.Unlock()
	if !bytes.Equal(key, b.Log.Key) {
		return nil
	}
	b.Log.Close()
	err := b.Log.Folder.Rename(folder.Keybag)
	if errors.Is(err, fs.ErrNotExist) { // it is there already
		return nil
	}
	return err
}

// Reset begins an empty keybag in place of a lost one.
func (b *Bag) Reset(index uint64) error {
	b.file.Lock()
	defer b.file.Unlock()
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.lost {
		return nil
	}
	if err := b.Create(index); err != nil {
		return err
	}
	b.lost = false
	return nil
}

// Revision counts the changes of the keybag, ever; 0 for a lost one.
func (b *Bag) Revision() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.lost {
		return 0
	}
	return b.at
}

func (b *Bag) apply(_ uint64, _ bool, plain []byte) error {
	return readKeys(plain, func(id ID, key []byte) error {
		if b.deks[id] != nil {
			return fmt.Errorf("two keys of one name: %w", fault.ErrDamaged)
		}
		b.put(id, key)
		return nil
	})
}

// readKeys reads a record of the keybag: keys ordered by their names.
func readKeys(plain []byte, fn func(id ID, key []byte) error) error {
	if len(plain)%entrySize != 0 {
		return fmt.Errorf("half a key: %w", fault.ErrDamaged)
	}
	for before := []byte(nil); len(plain) > 0; plain = plain[entrySize:] {
		name := plain[:len(ID{})]
		if before != nil && bytes.Compare(before, name) >= 0 {
			return fmt.Errorf("keys out of order: %w", fault.ErrDamaged)
		}
		if err := fn(ID(name), plain[len(name):entrySize]); err != nil {
			return err
		}
		before = name
	}
	return nil
}

// record is the keys called names, without those of leave.
func (b *Bag) record(names []ID, leave map[ID]bool) []byte {
	slices.SortFunc(names, func(x, y ID) int { return cmp.Compare(string(x[:]), string(y[:])) })
	plain := make([]byte, 0, len(names)*entrySize)
	for _, id := range names {
		if !leave[id] {
			plain = append(append(plain, id[:]...), b.deks[id][:]...)
		}
	}
	return plain
}

func (b *Bag) snapshot(leave map[ID]bool) []byte {
	return b.record(slices.Collect(maps.Keys(b.deks)), leave)
}

// Flush makes every key durable that was made since. Nothing sealed under a key may leave
// or be committed before.
func (b *Bag) Flush() error {
	if fresh, err := b.unwritten(); fresh == 0 || err != nil {
		return err
	}
	b.file.Lock()
	defer b.file.Unlock()
	if fresh, err := b.unwritten(); fresh == 0 || err != nil { // who had the file may have written them
		return err
	}
	b.mu.Lock()
	written := len(b.news)
	plain := b.record(slices.Clone(b.news), nil)
	var all []byte
	if b.Log.Due() {
		all = b.snapshot(nil)
	}
	b.mu.Unlock() // what is made from here on is written with the next
	defer clear(plain)
	if err := b.Log.Add(plain, func() []byte { return all }); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.news, b.at = b.news[written:], b.Log.Index
	return nil
}

// unwritten is how many keys are not durable yet, or why they can not be.
func (b *Bag) unwritten() (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.lost:
		return 0, fmt.Errorf("write keybag: it was lost: %w", fault.ErrView)
	case len(b.news) == 0:
		return 0, nil
	case b.doubt != nil:
		return 0, fmt.Errorf("write keybag: it could not be written anew before: %w", b.doubt)
	}
	return len(b.news), nil
}
