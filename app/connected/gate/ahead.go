package gate

import (
	"math"

	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
	"handslag/vault/journal/audit"
	"handslag/vault/record"
)

// What a batch says is read ahead of the transaction that stores it, beside those of others: nothing
// in it hangs on what is stored.

// readBatch is a batch that has been read.
type readBatch struct {
	journal.Batch
	credential identity.Credential
	items      []readItem
	vouched    bool // some signatures are not checked yet: entries that hold have vouched for theirs
}

// readItem is one entry of it. Without entry it is not the device's word.
type readItem struct {
	raw    []byte
	entry  *journal.Entry
	row    sqlc.Entry        // without what the transaction adds
	leaf   audit.Hash        // of the audit log's tree
	boxed  bool              // it brings words
	words  *journal.Payload  // nil: they are not those that it commits to
	said   *record.Operation // what it says about an assignment; nil: nothing, or it is no operation
	signed bool              // its own signature was checked
}

// readJournal reads a batch and opens the credential in it, which must be one of ours. A refusal is a bad request.
func (g *Gate) readJournal(raw []byte) (*readBatch, error) {
	batch, err := journal.DecodeBatch(raw)
	if err != nil {
		return nil, Refuse(link.CodeBadRequest)
	}
	credential, err := identity.OpenCredential(batch.Credential, g.org, g.keys().Parsed.Issuing)
	if err != nil || credential.Device() != batch.Device || credential.Epoch > math.MaxInt64 {
		return nil, Refuse(link.CodeBadRequest)
	}
	return &readBatch{Batch: batch, credential: credential}, nil
}

// PrepareJournal does ahead what TakeJournal would do first. It works for who hands in the own journal alone:
// the proof of the call holds under the key in the batch's credential. Anybody else's is read
// when the transaction has judged them.
func (c *Call) PrepareJournal() {
	proof, err := link.ReadProof(c.request.authorization)
	if err != nil || !fresh(proof.Claim.Time, c.Now) {
		return
	}
	b, err := c.g.readJournal(c.Body)
	if err != nil || proof.Claim.Device != b.Device ||
		proof.Verify(b.credential.Keys.Signing, c.g.org, c.request.method, c.request.path, c.request.query, c.Body) != nil {
		return
	}
	c.g.readItems(b, nil, c.Now, true)
	c.ahead = b
}

// readItems reads the entries. Each signature is checked where each has to be; otherwise the last of each
// run of entries that name one another is, which vouches for those before it: what they say was signed with
// it, and their own signatures are checked within minutes. A device can harm nobody's
// journal but its own with that. segments are payload keys that are known; now is when the batch came.
func (g *Gate) readItems(b *readBatch, segments map[uint64][]byte, now signed.Time, vouch bool) {
	if segments == nil {
		segments = map[uint64][]byte{}
	}
	b.items = make([]readItem, len(b.Items))
	var next *journal.Entry
	for i := len(b.Items) - 1; i >= 0; i-- {
		item, it := b.Items[i], &b.items[i]
		it.raw = item.Entry
		e, hash, err := journal.ReadEntry(item.Entry, b.credential.Keys.Signing)
		if err != nil || e.Seq > math.MaxInt64 || e.Generation > math.MaxInt64 || e.Epoch > math.MaxInt64 || e.After < 0 {
			next = nil
			continue
		}
		if vouch && next != nil && next.Vouches(e, hash) {
			b.vouched = true
		} else if _, err := journal.OpenEntry(item.Entry, b.credential.Keys.Signing); err == nil {
			it.signed = true
		} else {
			next = nil
			continue
		}
		it.row = rowOf(e, hash, item.Entry)
		it.row.ReceivedAt = int64(now)
		if it.leaf, err = leafOf(it.row).Hash(); err != nil {
			next = nil
			continue
		}
		it.entry, next = &e, &e
		if it.boxed = len(item.Box) > 0; it.boxed {
			it.words = g.openBox(b, segments, &e, item)
		}
		if it.words != nil && e.Kind.IsWork() {
			if said, err := (record.Said{Entry: item.Entry, Payload: *it.words}).Open(b.credential.Keys.Signing); err == nil {
				it.said = &said
			}
		}
	}
}

// openBox opens an entry's words with the organisation's sealing key; nil where they are not those that it
// commits to.
func (g *Gate) openBox(b *readBatch, segments map[uint64][]byte, e *journal.Entry, item journal.Item) *journal.Payload {
	if len(e.Payload) == 0 {
		return nil
	}
	segment, ok := segments[item.Segment]
	if !ok {
		sealed := b.Segments[item.Segment]
		for _, key := range g.keys().Sealing {
			opened, err := key.Open(journal.SegmentKeyInfo(b.Device, sealed.ID), sealed.Sealed)
			if err == nil && len(opened) == identity.AEADKeySize {
				segment = opened
				break
			}
		}
		segments[item.Segment] = segment // nil: it opens under no key, and is not tried again
	}
	if segment == nil {
		return nil
	}
	key, err := journal.UnwrapPayloadKey(segment, item.Key, e.Payload)
	if err != nil {
		return nil
	}
	defer clear(key)
	words, err := journal.OpenPayload(item.Box, key, e.Payload)
	if err != nil {
		return nil
	}
	return &words
}

// fresh reports whether a proof's server time is one that a call may have.
func fresh(at, now signed.Time) bool { return at >= now.Add(-freshness) && at <= now.Add(futureness) }
