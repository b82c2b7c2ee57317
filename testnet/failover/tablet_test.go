package failover_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
	"handslag/vault/journal/audit"
)

// tablet is a device as far as connected systems can tell. It hands entry after entry in, through
// now this process and now that one, and keeps every answer that it got.
type tablet struct {
	statement  identity.Statement
	keys       *identity.KeySet
	clients    []*link.Client
	turn       int
	credential []byte
	chain      journal.Chain
	heads      map[uint64][]byte // the journal's hashes by number
	waiting    []journal.Item    // said, and without a receipt
	received   uint64            // how far receipts reach
	receipts   int
	refused    int // calls without an answer, or told to come again
	seen       audit.Checkpoint
}

func newTablet(statement identity.Statement, addresses []string) (*tablet, error) {
	keys, err := identity.NewKeySet()
	if err != nil {
		return nil, err
	}
	d := &tablet{statement: statement, keys: keys, chain: journal.Chain{Generation: 1}, heads: map[uint64][]byte{}}
	for _, address := range addresses { // any process answers for the organisation: its key is the same
		at := statement
		at.URL = "https://" + address
		d.clients = append(d.clients, link.NewClient(at, keys, link.ClientOptions{Timeout: 10 * time.Second}))
	}
	return d, nil
}

func (d *tablet) close() {
	for _, c := range d.clients {
		c.Close()
	}
}

// client is the one whose turn it is.
func (d *tablet) client() *link.Client {
	d.turn++
	return d.clients[d.turn%len(d.clients)]
}

func (d *tablet) enrol(ctx context.Context, username, password string) error {
	id := "req-" + string(d.keys.Device())
	possession, err := d.keys.Sign(signed.DomainEnrolment, link.Enrolment{Version: 1, Org: d.statement.Org(), RequestID: id, Machine: "m-1", Keys: d.keys.Public()})
	if err != nil {
		return err
	}
	issued, err := d.client().Enrol(ctx, link.EnrolRequest{RequestID: id, Username: username, Password: password, Machine: "m-1", Possession: possession})
	d.credential = issued.Credential
	return err
}

// say adds entries to the journal.
func (d *tablet) say(n int) error {
	for range n {
		e := journal.Entry{Version: 1, Kind: journal.Unlocked, Device: d.keys.Device(), Generation: 1, Seq: d.chain.Last + 1,
			Prev: bytes.Clone(d.chain.Head[:]), Epoch: 1, After: signed.At(time.Now())}
		raw, err := e.Sign(d.keys.SignContent)
		if err != nil {
			return err
		}
		opened, err := journal.OpenEntry(raw, d.keys.Public().Signing)
		if err != nil {
			return err
		}
		d.chain = d.chain.Extend(opened, raw)
		d.heads[d.chain.Last] = bytes.Clone(d.chain.Head[:])
		d.waiting = append(d.waiting, journal.Item{Entry: raw})
	}
	return nil
}

// hand hands in what waits. What has no answer, or is told to come again, waits on; anything else is
// an error, and so is a receipt for another journal than its own.
func (d *tablet) hand(ctx context.Context) error {
	batch, err := journal.Batch{Version: 1, Device: d.keys.Device(), Credential: d.credential, Segments: []journal.SegmentKey{}, Items: d.waiting}.Encode()
	if err != nil {
		return err
	}
	message, err := d.client().Journal(ctx, batch)
	if err != nil {
		return d.mayComeAgain(err)
	}
	r, err := journal.OpenReceipt(message, d.statement.Org(), d.keys.Device(), d.statement.Log)
	if err != nil {
		return err
	}
	d.receipts++
	for _, range_ := range r.Ranges {
		if !bytes.Equal(range_.Hash, d.heads[range_.To]) || range_.To < d.received {
			return fmt.Errorf("a receipt for entry %d after one for %d, of another journal", range_.To, d.received)
		}
		d.waiting = d.waiting[range_.To-d.received:]
		d.received = range_.To
	}
	return nil
}

// look fetches the newest checkpoint and its proof that the log has only grown since the last.
func (d *tablet) look(ctx context.Context) error {
	had := link.Had{Statement: d.statement.Number, Log: []uint64{max(uint64(d.seen.Size), 1)}}
	page, err := d.client().Changes(ctx, "", had)
	if err != nil {
		return d.mayComeAgain(err)
	}
	if page.Growth == nil {
		return errors.New("no checkpoint came")
	}
	next, err := audit.OpenCheckpoint(page.Growth.Checkpoint, d.statement.Org(), d.statement.Log)
	if err != nil {
		return err
	}
	var proof []audit.Hash
	for _, p := range page.Growth.Proofs {
		if p.From == uint64(d.seen.Size) {
			for _, h := range p.Hashes {
				proof = append(proof, audit.Hash(h))
			}
		}
	}
	if d.seen.Size > 0 {
		if err := audit.Consistent(d.seen, next, proof); err != nil {
			return err
		}
	}
	d.seen = next
	return nil
}

func (d *tablet) mayComeAgain(err error) error {
	var p *link.Problem
	if errors.As(err, &p) && p.Code != link.CodeBusy {
		return err
	}
	d.refused++
	return nil
}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
