package vault

import (
	"handslag/vault/journal"
)

// cache has the records that were read last, as their rows say: what is encrypted in a row is so
// here. Who opens a record has just looked at its card, and then a look into memory is all that
// stands between the tap and the entry.
type cache struct {
	records map[rowKey]*cachedRecord
	order   []rowKey // the one that was read first before the others
	bytes   int
}

// cachedRecord is a card and its part, of one revision.
type cachedRecord struct {
	revision uint64
	card     cardRow
	part     openable
}

const (
	cacheRecords = 64
	cacheBytes   = 1 << 20 // ciphertext of all of them; a larger part is read each time
)

func (n *cache) put(key rowKey, r *cachedRecord) {
	n.drop(key)
	if len(r.part.part.Cipher) > cacheBytes {
		return
	}
	if n.records == nil {
		n.records = map[rowKey]*cachedRecord{}
	}
	n.records[key], n.order, n.bytes = r, append(n.order, key), n.bytes+len(r.part.part.Cipher)
	for len(n.order) > cacheRecords || n.bytes > cacheBytes {
		n.drop(n.order[0])
	}
}

func (n *cache) drop(key rowKey) {
	r := n.records[key]
	if r == nil {
		return
	}
	delete(n.records, key)
	n.bytes -= len(r.part.part.Cipher)
	for i, k := range n.order {
		if k == key {
			n.order = append(n.order[:i], n.order[i+1:]...)
			return
		}
	}
}

// whole is a record with its part, of key, the card's: from memory, where both rows are as they were when
// they were read and the subject's key still is. failed says why there is no part beside the card.
func (t *Tx) whole(key rowKey, id journal.RecordID) (r *cachedRecord, failed, err error) {
	revision, named := t.place(key)
	l := t.view.list
	l.mu.Lock()
	r = l.cache.records[key]
	l.mu.Unlock()
	if r != nil && named && r.revision == revision && t.view.seal.bag.Has(r.part.subject) {
		return r, nil, nil
	}
	r = &cachedRecord{revision: revision}
	if r.card, err = t.card(id); err != nil {
		return nil, nil, err
	}
	if r.part, failed = t.partOf(r.card, key.as(rowPart)); failed == nil && t.touched == nil {
		l.mu.Lock()
		l.cache.put(key, r)
		l.mu.Unlock()
	}
	return r, failed, nil
}
