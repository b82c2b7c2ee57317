package vault

import (
	"errors"
	"fmt"
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
	parts := make([]*shelf, scanParts())
	for n := range parts {
		some := w.catalogue.count[rowCard] * 9 / 8 / len(parts)
		parts[n] = &shelf{cards: make([]shelved, 0, some), text: make([]byte, 0, some*cardLetters)}
	}
	err := w.scan(rowCard, func(part int, key rowKey, read func(any) error) error {
		var row cardRow
		if err := read(&row); err != nil {
			return damaged(key, err)
		}
		return parts[part].add(key, row.Until, row.text())
	})
	if err != nil {
		return err
	}
	if err := l.take(parts); err != nil {
		return err
	}
	err = w.scan(rowAssignment, func(_ int, key rowKey, read func(any) error) error {
		var row assignmentRow
		if err := read(&row); err != nil {
			return damaged(key, err)
		}
		mu.Lock()
		defer mu.Unlock()
		l.putTask(key, row, nil)
		return nil
	})
	if err != nil {
		return err
	}
	err = w.scan(rowWork, func(_ int, key rowKey, read func(any) error) error {
		var row workRow
		if err := read(&row); err != nil {
			return damaged(key, err)
		}
		mu.Lock()
		defer mu.Unlock()
		l.putWork(key.as(rowAssignment), row)
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
		_, listed := l.cards.at[key]
		kind := key.kind()
		if kind == rowCard && !listed || kind == rowAssignment && l.tasks[key] == nil || kind == rowAttachment && l.files[key] == "" {
			l.damaged[key] = true
		}
	}
	return nil
}

// cardLetters is about how many bytes of text a card has.
const cardLetters = 64

// take fills an empty list, from parts that are sorted at the same time and then merged.
func (l *list) take(parts []*shelf) error {
	var all sync.WaitGroup
	letters := 0
	for _, part := range parts {
		letters += len(part.text)
		all.Go(part.sort)
	}
	all.Wait()
	if letters > shelfLimit {
		return fmt.Errorf("list cards: %w", ErrTooLarge)
	}
	l.cards = merge(parts...)
	return nil
}
