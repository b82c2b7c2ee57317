package vault

import (
	"errors"
	"slices"
	"sync"
)

// load reads every card and assignment once. What does not open, or is missing, is counted as
// damaged, and hides nothing else.
func (l *list) load(w *view) error {
	var mu sync.Mutex // for what is rare
	damaged := func(key rowKey, err error) error {
		if !errors.Is(err, ErrView) {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		l.damaged[key] = true
		return nil
	}
	parts := make([][]listedCard, scanParts())
	for n := range parts {
		parts[n] = make([]listedCard, 0, w.catalogue.count[rowCard]*9/8/len(parts))
	}
	err := w.scan(rowCard, func(part int, key rowKey, read func(any) error) error {
		var row cardRow
		if err := read(&row); err != nil {
			return damaged(key, err)
		}
		parts[part] = append(parts[part], listedCard{key: key, until: row.Until, text: row.text()})
		return nil
	})
	if err != nil {
		return err
	}
	l.take(parts)
	err = w.scan(rowAssignment, func(_ int, key rowKey, read func(any) error) error {
		var row assignmentRow
		if err := read(&row); err != nil {
			return damaged(key, err)
		}
		mu.Lock()
		defer mu.Unlock()
		l.putTask(key, listedTask{row.Assignment.ID, row.Assignment.Record})
		return nil
	})
	if err != nil {
		return err
	}
	err = w.scan(rowAttachment, func(_ int, key rowKey, read func(any) error) error {
		var row attachmentRow
		if err := read(&row); err != nil {
			return damaged(key, err)
		}
		mu.Lock()
		defer mu.Unlock()
		l.files[key] = row.Record
		return nil
	})
	if err != nil {
		return err
	}
	for key := range w.catalogue.rows {
		kind := key.kind()
		if kind == rowCard && l.cards[key] == nil || kind == rowAssignment && l.tasks[key] == (listedTask{}) || kind == rowAttachment && l.files[key] == "" {
			l.damaged[key] = true
		}
	}
	return nil
}

// take fills an empty list, from parts that are sorted at the same time and then merged. Cards
// that follow each other lie side by side, so that a search runs through memory from one end to
// the other.
func (l *list) take(parts [][]listedCard) {
	var all sync.WaitGroup
	cards, letters := 0, 0
	for _, part := range parts {
		cards += len(part)
		for _, c := range part {
			letters += len(c.text)
		}
		all.Go(func() { slices.SortFunc(part, func(x, y listedCard) int { return x.compare(&y) }) })
	}
	all.Wait()
	texts, slab := make([]byte, 0, letters), make([]listedCard, 0, cards)
	l.cards, l.order = make(map[rowKey]*listedCard, cards), make([]*listedCard, 0, cards)
	for {
		first := -1
		for n, part := range parts {
			if len(part) > 0 && (first < 0 || part[0].compare(&parts[first][0]) < 0) {
				first = n
			}
		}
		if first < 0 {
			return
		}
		c, from := parts[first][0], len(texts)
		parts[first] = parts[first][1:]
		texts = append(texts, c.text...)
		clear(c.text)
		c.text = texts[from:len(texts):len(texts)]
		slab = append(slab, c)
		l.cards[c.key] = &slab[len(slab)-1]
		l.order = append(l.order, &slab[len(slab)-1])
	}
}
