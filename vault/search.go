package vault

import (
	"errors"
	"fmt"
	"sync"

	"handslag/vault/journalfile"
	"handslag/vault/record"
)

// FindProtected finds the records whose protected part has all of tokens (record.QueryTokens),
// at most limit of them, by title, and says whether there are more. Nothing is decrypted but the
// tokens. Finding somebody by a protected value is a deed like opening one: stamp is proof that an
// entry RecordsSearched by this device is durable, and is used up before anything is read. Every
// record is compared in full, whatever was found before. With ErrView come all rows that do open.
// Errors besides: ErrNoStamp, ErrClosed.
func (v *Vault) FindProtected(stamp *journalfile.Stamp, tokens [][]byte, limit int) (found []RecordRow, more bool, err error) {
	err = v.read(func(t *Tx) error {
		if err := t.admitSearch(stamp, limit); err != nil {
			return err
		}
		cards, damage := t.view.withTokens(tokens)
		if damage != nil && !errors.Is(damage, ErrView) {
			return damage
		}
		keys, _ := t.view.list.pick(rowCard, func(l *list) []rowKey { return l.inOrder(cards) })
		if more = len(keys) > limit; more {
			keys = keys[:max(limit, 0)]
		}
		return rows(t, keys, damage, func(card cardRow) error {
			found = append(found, t.row(card))
			return nil
		})
	})
	if err != nil {
		return found, more, fmt.Errorf("search protected parts: %w", err)
	}
	return found, more, nil
}

// admitSearch lets a search pass that shows no more than its entry says; that of a search that
// was refused says none.
func (t *Tx) admitSearch(stamp *journalfile.Stamp, limit int) error {
	if t.vault.keys == nil || stamp.Entry().Device != t.vault.keys.Device() {
		return fmt.Errorf("entry names another device: %w", ErrNoStamp)
	}
	if limit <= 0 || uint64(limit) > stamp.Entry().Count {
		return fmt.Errorf("entry says that fewer are shown: %w", ErrNoStamp)
	}
	if err := stamp.RedeemSearch(); err != nil {
		return fmt.Errorf("%w: %w", ErrNoStamp, err)
	}
	return nil
}

// withTokens are the keys of the cards whose parts have all of tokens.
func (w *view) withTokens(tokens [][]byte) (map[rowKey]bool, error) {
	cards := map[rowKey]bool{}
	var mu sync.Mutex
	var damage error
	err := w.scan(rowPart, func(_ int, key rowKey, read func(any) error) error {
		var part partRow
		err := read(&part)
		has := record.HasTokens(part.Tokens, tokens)
		mu.Lock()
		defer mu.Unlock()
		switch {
		case errors.Is(err, ErrView):
			damage = err
		case err != nil:
			return err
		case has:
			cards[key.as(rowCard)] = true
		}
		return nil
	})
	return cards, errors.Join(err, damage)
}
