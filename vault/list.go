package vault

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"

	"handslag/identity/signed"
	"handslag/vault/journal"
)

// list is what is kept in memory of the view while the vault is open, so that no deed reads
// all rows: what a search compares, what an expiry needs, which assignments name a record. A
// row that is shown is read from the view. It is made anew at each unlock, changed by the
// transactions that change the rows, and wiped when the vault locks.
type list struct {
	mu      sync.Mutex
	cards   *shelf
	fresh   map[rowKey]freshCard // written since cards was last put in order
	gone    bool                 // something was taken away since then
	tasks   map[rowKey]*listedTask
	needs   map[journal.RecordID][]rowKey // its assignments
	files   map[rowKey]journal.RecordID   // attachments, and what they hang on
	damaged map[rowKey]bool               // rows of either kind that do not open
	cache   cache
}

type freshCard struct {
	until signed.Time
	text  []byte
}

// change is a row that a transaction wrote; row is nil where it took the row away.
type change struct {
	key rowKey
	row any
}

func newList() *list {
	return &list{
		cards: merge(), fresh: map[rowKey]freshCard{}, tasks: map[rowKey]*listedTask{},
		needs: map[journal.RecordID][]rowKey{}, files: map[rowKey]journal.RecordID{}, damaged: map[rowKey]bool{},
	}
}

// apply takes up what a transaction that was committed changed.
func (l *list) apply(changes []change) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range changes {
		switch row := c.row.(type) {
		case cardRow:
			l.remove(c.key)
			l.fresh[c.key] = freshCard{row.Until, row.text()}
		case assignmentRow:
			work := l.tasks[c.key]
			l.remove(c.key)
			l.putTask(c.key, row, work)
		case attachmentRow:
			l.remove(c.key)
			l.files[c.key] = row.Record
		case workRow:
			delete(l.damaged, c.key)
			l.putWork(c.key.as(rowAssignment), row)
		case nil:
			l.remove(c.key)
		}
	}
}

// remove wipes what the list has of a row.
func (l *list) remove(key rowKey) {
	delete(l.damaged, key)
	delete(l.files, key)
	l.cache.drop(key)
	l.gone = l.cards.remove(key) || l.gone
	clear(l.fresh[key].text)
	delete(l.fresh, key)
	if key.kind() == rowWork {
		l.putWork(key.as(rowAssignment), workRow{})
	}
	l.removeTask(key)
}

// lose wipes what the list has of rows that do not open any more and can not be taken away.
func (l *list) lose(keys []rowKey) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, key := range keys {
		l.remove(key)
		l.damaged[key] = true
	}
}

// everything is all cards and assignments that are listed.
func (l *list) everything() []rowKey {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Concat(slices.Collect(maps.Keys(l.cards.at)), slices.Collect(maps.Keys(l.fresh)), slices.Collect(maps.Keys(l.tasks)))
}

// settle puts what was changed in its place: once for all changes since a list was
// last asked for, however many transactions they came in. It is called with mu locked.
func (l *list) settle() error {
	if len(l.fresh) == 0 && !l.gone {
		return nil
	}
	fresh := &shelf{}
	for key, c := range l.fresh {
		if err := fresh.add(key, c.until, c.text); err != nil {
			return fmt.Errorf("list cards: %w", err)
		}
		clear(c.text)
	}
	if len(fresh.text)+len(l.cards.text) > shelfLimit {
		return fmt.Errorf("list cards: %w", ErrTooLarge)
	}
	fresh.sort()
	l.cards, l.gone = merge(l.cards, fresh), false
	clear(l.fresh)
	return nil
}

// pick runs fn, which picks rows of a kind, on the list, where cards are settled. The error is ErrView where
// rows of that kind did not open.
func (l *list) pick(kind rowKind, fn func(*list) []rowKey) ([]rowKey, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if kind == rowCard {
		if err := l.settle(); err != nil {
			return nil, err
		}
	}
	return fn(l), l.damage(kind)
}

// page are the keys of at most limit (0: all) of cards, without the first skip.
func page(cards iter.Seq[shelved], skip, limit int) (keys []rowKey) {
	for c := range cards {
		if skip--; skip >= 0 {
			continue
		}
		if keys = append(keys, c.key); len(keys) == limit {
			break
		}
	}
	return keys
}

// inOrder picks those of cards that are listed, by title.
func (l *list) inOrder(cards map[rowKey]bool) (keys []rowKey) {
	for c := range l.cards.all(0) {
		if cards[c.key] {
			keys = append(keys, c.key)
		}
	}
	return keys
}

// ended picks the cards whose loan ended before now.
func (l *list) ended(now signed.Time) (keys []rowKey) {
	for c := range l.cards.all(0) {
		if now > c.until {
			keys = append(keys, c.key)
		}
	}
	return keys
}

// hangs picks the attachments that hang on a record; all, where id is empty.
func (l *list) hangs(id journal.RecordID) (keys []rowKey) {
	for key, on := range l.files {
		if id == "" || on == id {
			keys = append(keys, key)
		}
	}
	return keys
}

// damage is ErrView where rows of a kind did not open; an assignment does not without the work on it.
func (l *list) damage(kind rowKind) error {
	for key := range l.damaged {
		if key.kind() == kind || kind == rowAssignment && key.kind() == rowWork {
			return fmt.Errorf("rows do not open: %w", ErrView)
		}
	}
	return nil
}

func (l *list) wipe() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cards.wipe()
	for _, c := range l.fresh {
		clear(c.text)
	}
	for _, t := range l.tasks {
		clear(t.text)
	}
	l.fresh, l.tasks, l.needs, l.files, l.cache = nil, nil, nil, nil, cache{}
}
