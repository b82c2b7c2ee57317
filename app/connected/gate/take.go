package gate

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/identity/access"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
)

// clockTolerance is how far a device's clock may be off before it is a finding.
const clockTolerance = 10 * time.Minute

// taking is one batch being taken in.
type taking struct {
	g          *Gate
	tx         *store.Tx
	now        signed.Time
	address    string
	carrier    string // device that carried it; empty where it is its own, or nobody proved
	batch      *readBatch
	credential identity.Credential
	own        bool              // the device itself carries it, proven
	device     *sqlc.Device      // nil: the device is not known here, its credential is
	newest     map[uint64]uint64 // number of the newest entry that is stored of each generation, covered or not
	chains     map[uint64]*journal.Chain
	touched    map[uint64]bool // generations whose chain moved
	user       *sqlc.User      // whose device it is, once asked for
	who        *access.Subject // and what they may
	assigned   map[sqlc.AssignmentVersionParams]assigned
	works      map[string]*work // assignments that the batch is about
	operations []sqlc.Operation
	due        []due
	sets       map[uint64]int64 // sets of units, by the credential's epoch
	branches   []sqlc.Finding   // findings that tell of branches of its journal
	clone      *sqlc.Entry      // which shows that two of them grow
	answers    []answered       // entries of the batch that are stored now, in its order
	covered    map[string]bool  // hashes of those in their generation's prefix
	stored     int
	first      int64       // place of the first that was stored
	last       int64       // and of the last
	oldest     signed.Time // before which none of them happened
}

// TakeJournal takes a batch, raw as it travelled, from whoever carries it, and returns a
// signed receipt. Entries whose signatures verify against a credential ever issued are
// stored, whatever has become of the device since; what is odd about them becomes findings.
// A batch whose credential was never issued is refused.
func (c *Call) TakeJournal(raw []byte) ([]byte, error) {
	b := c.ahead
	if b == nil || b.vouched && (c.device == nil || c.device.ID != string(b.Device)) {
		var err error
		if b, err = c.g.readJournal(raw); err != nil {
			return nil, err
		}
		c.g.readItems(b, nil, c.Now, false)
	}
	return c.takes(c.taking(b))
}

// takes runs a taking and notes how much it stored.
func (c *Call) takes(t *taking) ([]byte, error) {
	if !c.g.limits.Fits(journalOf(t), c.g.config.Pace, c.Now) {
		return nil, Refuse(link.CodeTooMany)
	}
	receipt, err := t.run(c.ctx)
	c.took, c.pace = c.took+t.stored, journalOf(t)
	return receipt, err
}

// taking is a batch about to be taken in from this caller.
func (c *Call) taking(batch *readBatch) *taking {
	t := &taking{g: c.g, tx: c.tx, now: c.Now, address: c.Address, batch: batch, credential: batch.credential,
		sets: map[uint64]int64{}, newest: map[uint64]uint64{}, assigned: map[sqlc.AssignmentVersionParams]assigned{}, works: map[string]*work{}, chains: map[uint64]*journal.Chain{}, touched: map[uint64]bool{}, covered: map[string]bool{}}
	if c.device != nil {
		if t.own = c.device.ID == string(batch.Device); !t.own {
			t.carrier = c.device.ID
		}
	}
	return t
}

func (t *taking) run(ctx context.Context) ([]byte, error) {
	device, err := t.tx.Device(ctx, string(t.batch.Device))
	switch {
	case err == nil:
		t.device = &device
	case !store.Missing(err):
		return nil, err
	}
	// A restored server learns a credential anew from what it signed itself.
	err = t.tx.AddCredential(ctx, sqlc.AddCredentialParams{DeviceID: string(t.batch.Device), Epoch: int64(t.credential.Epoch),
		PersonID: string(t.credential.Person.ID), ExpiresAt: int64(t.credential.Expires), Body: t.batch.Credential})
	if err != nil {
		return nil, err
	}
	if err := t.keys(ctx); err != nil {
		return nil, err
	}
	if err := t.readBranches(ctx); err != nil {
		return nil, err
	}
	for i := range t.batch.items {
		if err := t.item(ctx, &t.batch.items[i]); err != nil {
			return nil, fmt.Errorf("take entry: %w", err)
		}
	}
	if err := t.act(ctx); err != nil {
		return nil, err
	}
	for generation := range t.touched {
		if err := t.settle(ctx, generation); err != nil {
			return nil, err
		}
	}
	if err := t.settleHeads(ctx); err != nil {
		return nil, err
	}
	if err := t.tx.AddOperations(ctx, t.operations); err != nil {
		return nil, err
	}
	if t.stored > 0 {
		if err := late(ctx, t.tx, t.credential.Person.ID, t.oldest, t.now, t.first, t.last); err != nil {
			return nil, err
		}
		if err := t.findStanding(ctx); err != nil {
			return nil, err
		}
		if err := t.quarantine(ctx); err != nil {
			return nil, err
		}
	}
	if t.device != nil {
		if err := t.tx.SetSynced(ctx, sqlc.SetSyncedParams{ID: t.device.ID, SyncedAt: int64(t.now)}); err != nil {
			return nil, err
		}
	}
	if err := t.g.findLoneHalves(ctx, t.tx, t.now); err != nil {
		return nil, err
	}
	return t.receipt(ctx)
}

// item takes one entry in.
func (t *taking) item(ctx context.Context, it *readItem) error {
	if it.entry == nil {
		// Not the device's word: noted once for the device and counted, so that a stranger
		// with its credential fills nothing.
		return find(ctx, t.tx, sqlc.PutFindingParams{Code: foundSignature, DeviceID: string(t.batch.Device),
			PersonID: string(t.credential.Person.ID), At: int64(t.now)})
	}
	e, r := it.entry, it.row
	r.PersonID, r.Address, r.Carrier = string(t.credential.Person.ID), t.address, t.carrier
	set, err := t.unitSet(ctx, e.Epoch)
	if err != nil {
		return err
	}
	r.UnitSet = set
	same, err := t.sameEntry(ctx, e, r)
	if err != nil {
		return err
	}
	if same != nil { // known already; its words may come later than itself
		if err := t.compare(ctx, same, it); err != nil {
			return err
		}
		if err := t.again(ctx, same, e, it); err != nil {
			return err
		}
		t.answer(*e, *same)
		return nil
	}
	if err := t.payload(ctx, &r, it); err != nil {
		return err
	}
	if err := t.place(ctx, it, &r); err != nil {
		return err
	}
	t.answer(*e, r)
	return nil
}

// compare notes where an entry comes under another signature than before: one who follows RFC 8032 signs
// one thing in one way. A signature that is none is not the device's word.
func (t *taking) compare(ctx context.Context, same *sqlc.Entry, it *readItem) error {
	if bytes.Equal(same.Raw, it.raw) {
		return nil
	}
	if !it.signed {
		if _, err := journal.OpenEntry(it.raw, t.credential.Keys.Signing); err != nil {
			return findAt(ctx, t.tx, foundSignature, *same)
		}
	}
	return findAt(ctx, t.tx, foundFork, *same)
}

// again takes what an entry that is here already may bring: its words, or the device's own
// word that there are none.
func (t *taking) again(ctx context.Context, same *sqlc.Entry, e *journal.Entry, it *readItem) error {
	if lacksWords(*same) && it.boxed {
		if err := t.payload(ctx, same, it); err != nil {
			return err
		}
		err := t.tx.SetPayload(ctx, sqlc.SetPayloadParams{ID: same.ID, PayloadSubject: same.PayloadSubject, Payload: some(same.Payload), PayloadState: same.PayloadState})
		if err != nil {
			return err
		}
	}
	if same.Covered == 1 {
		t.covered[string(same.Hash)] = true
		return nil
	}
	_, err := t.chain(ctx, *e)
	t.touched[e.Generation] = true
	return err
}

// lacksWords reports whether the entry commits to words that are not here. A receipt lets the
// device drop them, so from another's hands such an entry is held: who carries a journal
// could have left them out.
func lacksWords(r sqlc.Entry) bool {
	return r.PayloadState == payloadNotCome || r.PayloadState == payloadUnfit
}

// sameEntry is the row of the same entry: of all that was said but the signature. What has a higher number than
// all that is stored of its generation is new.
func (t *taking) sameEntry(ctx context.Context, e *journal.Entry, r sqlc.Entry) (*sqlc.Entry, error) {
	newest, ok := t.newest[e.Generation]
	if !ok {
		n, err := t.tx.NewestEntry(ctx, sqlc.NewestEntryParams{DeviceID: r.DeviceID, Generation: r.Generation})
		if err != nil && !store.Missing(err) {
			return nil, err
		}
		newest = uint64(n)
	}
	t.newest[e.Generation] = max(newest, e.Seq)
	if e.Seq > newest {
		return nil, nil
	}
	rows, err := t.tx.EntryByHash(ctx, sqlc.EntryByHashParams{DeviceID: r.DeviceID, Hash: r.Hash})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return &rows[0], nil
}

// place stores an entry where the chain says it stands.
func (t *taking) place(ctx context.Context, it *readItem, r *sqlc.Entry) error {
	e := *it.entry
	chain, err := t.chain(ctx, e)
	if err != nil {
		return err
	}
	verdict := chain.Judge(e)
	r.Verdict = verdict.String()
	switch {
	case verdict == journal.Known: // its number is covered by other bytes
		r.Verdict = journal.Fork.String()
	case verdict == journal.Follows && lacksWords(*r) && !t.own:
		verdict, r.Verdict = journal.Gap, journal.Gap.String()
	}
	if verdict == journal.Follows {
		r.Covered = 1
	}
	if isHalf(e) {
		r.Lone = 1
	}
	if err := t.witnessed(ctx, e, r); err != nil {
		return err
	}
	if e.Kind == journal.LogInconsistent {
		if err := findAt(ctx, t.tx, foundAlarm, *r); err != nil {
			return err
		}
	}
	if err := addRow(ctx, t.tx, r, it.leaf); err != nil {
		return err
	}
	if t.stored == 0 {
		t.first, t.oldest = r.ID, signed.Time(r.NotBefore)
	}
	t.stored++
	t.last, t.oldest = r.ID, min(t.oldest, signed.Time(r.NotBefore))
	if err := t.oddClock(ctx, e, *r); err != nil {
		return err
	}
	t.notices(e, *r, verdict)
	if key, _ := pairOf(*r); key != nil {
		t.due = append(t.due, due{entry: e, row: *r})
	}
	switch verdict {
	case journal.Follows:
		t.cover(chain, e, *r, it.said)
		return nil
	case journal.Gap:
		return find(ctx, t.tx, sqlc.PutFindingParams{Code: foundGap, DeviceID: r.DeviceID, PersonID: r.PersonID,
			Generation: r.Generation, Seq: int64(chain.Last) + 1, At: int64(t.now)})
	}
	return findAt(ctx, t.tx, foundFork, *r)
}
