package connected_test

import (
	"context"
	"crypto/rand"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
)

// device is somebody's tablet as far as the connected system can tell.
type device struct {
	h          *house
	name       string
	keys       *identity.KeySet
	client     *link.Client
	credential []byte
	chain      journal.Chain
	request    string
	segment    []byte // its payload key
	sealed     journal.SegmentKey
}

func (h *house) newDevice(username string) *device {
	h.t.Helper()
	keys := must[*identity.KeySet](h.t)(identity.NewKeySet())
	d := &device{h: h, name: username, keys: keys, request: "req-" + string(keys.Device()), chain: journal.Chain{Generation: 1}}
	d.client = link.NewClient(h.statement, keys, link.ClientOptions{})
	h.clients = append(h.clients, d.client)
	h.t.Cleanup(d.client.Close)
	d.segment = make([]byte, 32)
	rand.Read(d.segment)
	id := make([]byte, 16)
	rand.Read(id)
	d.sealed = journal.SegmentKey{ID: id, Sealed: must[[]byte](h.t)(identity.Seal(h.statement.Sealing[0], journal.SegmentKeyInfo(keys.Device(), id), d.segment))}
	return d
}

func (d *device) ask(password string) link.EnrolRequest {
	d.h.t.Helper()
	possession := must[[]byte](d.h.t)(d.keys.Sign(signed.DomainEnrolment, link.Enrolment{
		Version: 1, Org: d.h.statement.Org(), RequestID: d.request, Machine: "m-1", Keys: d.keys.Public()}))
	return link.EnrolRequest{RequestID: d.request, Username: d.name, Password: password, Machine: "m-1", Possession: possession}
}

// enrolled is a device of the user that has its credential.
func (h *house) enrolled(username string) *device {
	h.t.Helper()
	d := h.newDevice(username)
	d.credential = must[link.Issued](h.t)(d.client.Enrol(context.Background(), d.ask(passwordOf(username)))).Credential
	return d
}

// changes is one page from cursor.
func (d *device) changes(cursor string) link.Page {
	d.h.t.Helper()
	return must[link.Page](d.h.t)(d.client.Changes(context.Background(), cursor, link.Had{Statement: d.h.statement.Number}))
}

// say makes the device's next entry, with words where there are some.
func (d *device) say(e journal.Entry, words *journal.Details) journal.Item {
	d.h.t.Helper()
	e.Version, e.Device, e.Generation, e.Seq, e.Prev = 1, d.keys.Device(), d.chain.Generation, d.chain.Last+1, d.chain.Head[:]
	if e.Epoch == 0 {
		e.Epoch = 1
	}
	if e.After == 0 {
		e.After = signed.At(d.h.clock.Now())
	}
	item := d.item(e, words)
	opened := must[journal.Entry](d.h.t)(journal.OpenEntry(item.Entry, d.keys.Public().Signing))
	d.chain = d.chain.Extend(opened, item.Entry)
	return item
}

func (d *device) item(e journal.Entry, words *journal.Details) journal.Item {
	d.h.t.Helper()
	var item journal.Item
	if words != nil {
		p := must[journal.Payload](d.h.t)(journal.NewPayload(*words))
		d.seal(&item, &e, p)
	}
	item.Entry = must[[]byte](d.h.t)(e.Sign(d.keys.SignContent))
	return item
}

func (d *device) seal(item *journal.Item, e *journal.Entry, p journal.Payload) {
	d.h.t.Helper()
	e.Payload = must[[]byte](d.h.t)(p.Commit())
	key := make([]byte, 32)
	rand.Read(key)
	box, _, err := p.Seal(key)
	item.Box = must[[]byte](d.h.t)(box, err)
	item.Key = must[[]byte](d.h.t)(journal.WrapPayloadKey(d.segment, key, e.Payload))
}

// batch is items of the device as they travel.
func (d *device) batch(items ...journal.Item) []byte {
	d.h.t.Helper()
	return must[[]byte](d.h.t)(journal.Batch{Version: 1, Device: d.keys.Device(), Credential: d.credential,
		Segments: []journal.SegmentKey{d.sealed}, Items: items}.Encode())
}

// hands in a batch by itself and returns how far the receipt reaches in the device's
// generation.
func (d *device) hands(batch []byte) uint64 { return d.carries(d, batch) }

// carries hands in another device's batch.
func (d *device) carries(of *device, batch []byte) uint64 {
	d.h.t.Helper()
	message := must[[]byte](d.h.t)(d.client.Journal(context.Background(), batch))
	return of.reach(message)
}

func (d *device) reach(message []byte) uint64 {
	d.h.t.Helper()
	r := must[journal.Receipt](d.h.t)(journal.OpenReceipt(message, d.h.statement.Org(), d.keys.Device(), d.h.statement.Log))
	for _, rng := range r.Ranges {
		if rng.Generation == d.chain.Generation {
			return rng.To
		}
	}
	return 0
}

// log is the first page that the device's person sees.
func (d *device) log(f link.LogFilter) link.LogPage {
	d.h.t.Helper()
	return must[link.LogPage](d.h.t)(d.client.Log(context.Background(), f))
}
