package vault

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
)

// create begins an empty keybag, over whatever was there.
func (b *keybag) create(index uint64) error {
	if err := b.log.stage(index, nil); err != nil {
		return err
	}
	b.at = index
	return b.log.place()
}

// load reads the keybag's file. What an erasure staged and could not put in place any more is
// put there now, if the secret was replaced already, and dropped if not. A keybag that is lost
// can be done without, since all that hung on it comes anew: then load returns ErrView.
func (b *keybag) load() error {
	err := b.log.load(keybagName, b.apply)
	if errors.Is(err, ErrDamaged) {
		b.forget()
		if again := b.log.load(keybagName+newSuffix, b.apply); again == nil {
			if err = b.log.folder.rename(keybagName); err != nil {
				return err
			}
		}
	}
	if err == nil {
		b.log.folder.unstage(keybagName)
		err, b.at = b.log.extend(), b.log.index
	}
	if errors.Is(err, ErrDamaged) {
		b.forget()
		b.lost = true
		return fmt.Errorf("%w: %w", ErrView, err)
	}
	return err
}

// rekey writes the keybag anew under key, without the keys of leave, and lets replace put what key
// hangs on in its place, which may take long: keys are handed out meanwhile, and made, but none is made
// durable. Before replace the old file is in force, after it the new one, which
// load then finds, whatever interrupts it. Where replace fails nobody knows which, so no new key
// is written any more until rekey succeeds or the vault is unlocked again.
func (b *keybag) rekey(key []byte, leave map[keyID]bool, replace func() error) error {
	b.file.Lock()
	defer b.file.Unlock()
	b.mu.Lock()
	if b.deks == nil {
		b.mu.Unlock()
		return ErrClosed
	}
	left, written := b.snapshot(leave), len(b.news)
	b.mu.Unlock()
	before := b.log.key
	b.log.key = key
	err := b.log.stage(b.log.index+1, left)
	if err == nil {
		err = b.log.folder.sync()
	}
	if err != nil {
		b.log.key = before
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
	if b.doubt = b.log.place(); b.doubt != nil {
		return b.doubt
	}
	b.lost, b.at = false, b.log.index
	b.news = slices.DeleteFunc(b.news[written:], func(id keyID) bool { return leave[id] }) // the snapshot has the others
	return nil
}

// inDoubt reports whether nobody knows which of two files is in force.
func (b *keybag) inDoubt() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.doubt != nil
}

// resolve puts the file that is staged in its place where key is the one it hangs on: rekey writes over
// it next, and it may be the only one that opens.
func (b *keybag) resolve(key []byte) error {
	defer clear(key)
	b.file.Lock()
	defer b.file.Unlock()
	if !bytes.Equal(key, b.log.key) {
		return nil
	}
	b.log.close()
	err := b.log.folder.rename(keybagName)
	if errors.Is(err, fs.ErrNotExist) { // it is there already
		return nil
	}
	return err
}

// reset begins an empty keybag in place of a lost one.
func (b *keybag) reset(index uint64) error {
	b.file.Lock()
	defer b.file.Unlock()
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.lost {
		return nil
	}
	if err := b.create(index); err != nil {
		return err
	}
	b.lost = false
	return nil
}

// revision counts the changes of the keybag, ever; 0 for a lost one.
func (b *keybag) revision() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.lost {
		return 0
	}
	return b.at
}

func (b *keybag) apply(_ uint64, _ bool, plain []byte) error {
	return readKeys(plain, func(id keyID, key []byte) error {
		if b.deks[id] != nil {
			return fmt.Errorf("two keys of one name: %w", ErrDamaged)
		}
		b.put(id, key)
		return nil
	})
}

// readKeys reads a record of the keybag: keys ordered by their names.
func readKeys(plain []byte, fn func(id keyID, key []byte) error) error {
	if len(plain)%keybagEntry != 0 {
		return fmt.Errorf("half a key: %w", ErrDamaged)
	}
	for before := []byte(nil); len(plain) > 0; plain = plain[keybagEntry:] {
		name := plain[:len(keyID{})]
		if before != nil && bytes.Compare(before, name) >= 0 {
			return fmt.Errorf("keys out of order: %w", ErrDamaged)
		}
		if err := fn(keyID(name), plain[len(name):keybagEntry]); err != nil {
			return err
		}
		before = name
	}
	return nil
}

// record is the keys called names, without those of leave.
func (b *keybag) record(names []keyID, leave map[keyID]bool) []byte {
	slices.SortFunc(names, func(x, y keyID) int { return cmp.Compare(string(x[:]), string(y[:])) })
	plain := make([]byte, 0, len(names)*keybagEntry)
	for _, id := range names {
		if !leave[id] {
			plain = append(append(plain, id[:]...), b.deks[id][:]...)
		}
	}
	return plain
}

func (b *keybag) snapshot(leave map[keyID]bool) []byte {
	return b.record(slices.Collect(maps.Keys(b.deks)), leave)
}

// flush makes every key durable that was made since. Nothing sealed under a key may leave
// or be committed before.
func (b *keybag) flush() error {
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
	if b.log.due() {
		all = b.snapshot(nil)
	}
	b.mu.Unlock() // what is made from here on is written with the next
	defer clear(plain)
	if err := b.log.add(plain, func() []byte { return all }); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.news, b.at = b.news[written:], b.log.index
	return nil
}

// unwritten is how many keys are not durable yet, or why they can not be.
func (b *keybag) unwritten() (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.lost:
		return 0, fmt.Errorf("write keybag: it was lost: %w", ErrView)
	case len(b.news) == 0:
		return 0, nil
	case b.doubt != nil:
		return 0, fmt.Errorf("write keybag: it could not be written anew before: %w", b.doubt)
	}
	return len(b.news), nil
}
