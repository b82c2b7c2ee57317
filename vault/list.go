package vault

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
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
	cards   map[rowKey]*listedCard
	order   []*listedCard // by text; those of fresh are not in it yet, gone ones still are
	fresh   []*listedCard
	gone    int // cards in order that are no more
	tasks   map[rowKey]listedTask
	needs   map[journal.RecordID][]rowKey // its assignments
	files   map[rowKey]journal.RecordID   // attachments, and what they hang on
	damaged map[rowKey]bool               // rows of either kind that do not open
}

type listedCard struct {
	key   rowKey
	gone  bool
	until signed.Time
	text  []byte // of the card, in small letters, its title first
}

type listedTask struct {
	id     journal.AssignmentID
	record journal.RecordID
}

// change is a row that a transaction wrote; row is nil where it took the row away.
type change struct {
	key rowKey
	row any
}

func newList() *list {
	return &list{
		cards: map[rowKey]*listedCard{}, tasks: map[rowKey]listedTask{},
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
			l.putCard(&listedCard{key: c.key, until: row.Until, text: row.text()})
		case assignmentRow:
			l.remove(c.key)
			l.putTask(c.key, listedTask{row.Assignment.ID, row.Assignment.Record})
		case attachmentRow:
			l.remove(c.key)
			l.files[c.key] = row.Record
		case nil:
			l.remove(c.key)
		}
	}
}

func (l *list) putCard(c *listedCard) {
	l.cards[c.key] = c
	l.fresh = append(l.fresh, c)
}

func (l *list) putTask(key rowKey, t listedTask) {
	l.tasks[key] = t
	if t.record != "" {
		l.needs[t.record] = append(l.needs[t.record], key)
	}
}

func (l *list) remove(key rowKey) {
	delete(l.damaged, key)
	delete(l.files, key)
	if c := l.cards[key]; c != nil {
		delete(l.cards, key)
		clear(c.text)
		c.text, c.gone = nil, true
		l.gone++
	}
	if t, ok := l.tasks[key]; ok {
		delete(l.tasks, key)
		left := slices.DeleteFunc(l.needs[t.record], func(other rowKey) bool { return other == key })
		if len(left) == 0 {
			delete(l.needs, t.record)
		} else {
			l.needs[t.record] = left
		}
	}
}

func (c *listedCard) compare(other *listedCard) int {
	return cmp.Or(bytes.Compare(c.text, other.text), bytes.Compare(c.key[:], other.key[:]))
}

// settle puts what was changed in its place in order: once for all changes since a list was
// last asked for, however many transactions they came in. It is called with mu locked.
func (l *list) settle() {
	if len(l.fresh) == 0 && l.gone == 0 {
		return
	}
	fresh := slices.DeleteFunc(l.fresh, func(c *listedCard) bool { return c.gone })
	slices.SortFunc(fresh, (*listedCard).compare)
	order := make([]*listedCard, 0, len(l.cards))
	for _, c := range l.order {
		if c.gone {
			continue
		}
		for len(fresh) > 0 && fresh[0].compare(c) < 0 {
			order, fresh = append(order, fresh[0]), fresh[1:]
		}
		order = append(order, c)
	}
	l.order, l.fresh, l.gone = append(order, fresh...), nil, 0
}

// pick runs fn, which picks rows of a kind, on the settled list. The error is ErrView where
// rows of that kind did not open.
func (l *list) pick(kind rowKind, fn func(*list) []rowKey) ([]rowKey, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.settle()
	return fn(l), l.damage(kind)
}

// find picks at most limit cards (0: all) in which each word of text stands, by title.
func (l *list) find(text string, limit int) (keys []rowKey) {
	var words [][]byte
	for word := range strings.FieldsSeq(strings.ToLower(text)) {
		words = append(words, []byte(word))
	}
	for _, c := range l.order {
		if c.has(words) {
			keys = append(keys, c.key)
			if len(keys) == limit {
				break
			}
		}
	}
	return keys
}

func (c *listedCard) has(words [][]byte) bool {
	for _, word := range words {
		if !bytes.Contains(c.text, word) {
			return false
		}
	}
	return true
}

// inOrder picks those of cards that are listed, by title.
func (l *list) inOrder(cards map[rowKey]bool) (keys []rowKey) {
	for _, c := range l.order {
		if cards[c.key] {
			keys = append(keys, c.key)
		}
	}
	return keys
}

// ended picks the cards whose loan ended before now.
func (l *list) ended(now signed.Time) (keys []rowKey) {
	for _, c := range l.order {
		if now > c.until {
			keys = append(keys, c.key)
		}
	}
	return keys
}

// work picks the assignments that name a record; all, where id is empty.
func (l *list) work(id journal.RecordID) []rowKey {
	if id != "" {
		return slices.Clone(l.needs[id])
	}
	return slices.Collect(maps.Keys(l.tasks))
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

// assignments are those that name a record.
func (l *list) assignments(id journal.RecordID) (ids []journal.AssignmentID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, key := range l.needs[id] {
		ids = append(ids, l.tasks[key].id)
	}
	return ids
}

// damage is ErrView where rows of a kind did not open.
func (l *list) damage(kind rowKind) error {
	for key := range l.damaged {
		if key.kind() == kind {
			return fmt.Errorf("rows do not open: %w", ErrView)
		}
	}
	return nil
}

func (l *list) wipe() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.cards {
		clear(c.text)
	}
	l.cards, l.order, l.fresh, l.tasks, l.needs, l.files = nil, nil, nil, nil, nil, nil
}

// text is what a search for cards looks through, in small letters; the title comes first, so
// that it orders them too.
func (c cardRow) text() []byte {
	card := c.Record.Card
	return []byte(strings.ToLower(strings.Join(append([]string{card.Title, card.Street, card.Area}, card.Tags...), "\n")))
}
