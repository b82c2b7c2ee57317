package requirements

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
)

// device is one that this package plays.
type device struct {
	s          *system
	account    Account
	keys       *identity.KeySet
	request    string
	raw        []byte // its credential
	credential identity.Credential
	chain      journal.Chain
	hashes     map[uint64][]byte // of its entries
	key        []byte            // of its one segment's payloads
	sealed     journal.SegmentKey
}

func (s *system) newDevice(of Account) (*device, error) {
	keys, err := identity.NewKeySet()
	if err != nil {
		return nil, err
	}
	d := &device{s: s, account: of, keys: keys, request: "conformance-" + string(keys.Device()), chain: journal.Chain{Generation: 1},
		hashes: map[uint64][]byte{}, key: random(identity.AEADKeySize), sealed: journal.SegmentKey{ID: random(16)}}
	if len(s.statement.Sealing) == 0 {
		return nil, errors.New("there is no statement")
	}
	d.sealed.Sealed, err = identity.Seal(s.statement.Sealing[0], journal.SegmentKeyInfo(keys.Device(), d.sealed.ID), d.key)
	return d, err
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

// prove is the Authorization header for a call.
func (d *device) prove(c link.Call) string {
	header, err := c.Header(d.keys.Sign)
	if err != nil {
		panic(err)
	}
	return header
}

// asks is the request to enrol, with a possession that by has signed.
func (d *device) asks(password string, by *device) []byte {
	possession, err := by.keys.Sign(signed.DomainEnrolment, link.Enrolment{Version: 1, Org: d.s.Org, RequestID: d.request, Machine: "m-conformance", Keys: d.keys.Public()})
	if err != nil {
		panic(err)
	}
	body, err := json.Marshal(link.EnrolRequest{RequestID: d.request, Username: d.account.Username, Password: password, Machine: "m-conformance", Possession: possession})
	if err != nil {
		panic(err)
	}
	return body
}

// enrol gets the device its first credential.
func (d *device) enrol() error {
	var issued link.Issued
	if _, err := d.s.must(call{method: http.MethodPost, path: link.PathEnrol, body: d.asks(d.account.Password, d)}, &issued); err != nil {
		return err
	}
	return d.takes(issued.Credential)
}

// takes checks a credential that is the device's own.
func (d *device) takes(raw []byte) error {
	c, err := identity.OpenCredential(raw, d.s.Org, d.s.statement.Issuing)
	if err != nil {
		return err
	}
	own, err := signed.Encode(d.keys.Public())
	if err != nil {
		return err
	}
	given, err := signed.Encode(c.Keys)
	if err != nil {
		return err
	}
	switch {
	case !bytes.Equal(own, given):
		return errors.New("the credential binds other keys")
	case c.Person.Username != d.account.Username:
		return errors.New("the credential is another person's")
	case c.Expires > c.Issued.Add(identity.MaxValidity):
		return errors.New("the credential lasts too long")
	case c.Epoch < d.credential.Epoch:
		return errors.New("the credential counts less than the one before")
	}
	d.raw, d.credential = raw, c
	return nil
}

// enrolled is a new device of the account.
func (s *system) enrolled(of Account) (*device, error) {
	if of.Username == "" {
		return nil, inapplicable("no such account is named")
	}
	d, err := s.newDevice(of)
	if err == nil {
		err = d.enrol()
	}
	return d, err
}

// says makes the device's next entry, with words where there are some.
func (d *device) says(e journal.Entry, words *journal.Details) journal.Item {
	item, entry := d.item(d.chain, e, words)
	d.chain = d.chain.Extend(entry, item.Entry)
	d.hashes[entry.Seq] = bytes.Clone(d.chain.Head[:])
	return item
}

// item is an entry that follows chain.
func (d *device) item(chain journal.Chain, e journal.Entry, words *journal.Details) (journal.Item, journal.Entry) {
	e.Version, e.Device, e.Generation, e.Seq, e.Prev = 1, d.keys.Device(), chain.Generation, chain.Last+1, bytes.Clone(chain.Head[:])
	e.Epoch, e.After = d.credential.Epoch, d.s.newest()
	var item journal.Item
	if words != nil {
		p, err := journal.NewPayload(*words)
		check(err)
		key := random(identity.AEADKeySize)
		item.Box, e.Payload, err = p.Seal(key)
		check(err)
		item.Key, err = journal.WrapPayloadKey(d.key, key, e.Payload)
		check(err)
	}
	var err error
	item.Entry, err = e.Sign(d.keys.SignContent)
	check(err)
	return item, e
}

// unlocks are n entries that say nothing.
func (d *device) unlocks(n int) []journal.Item {
	var all []journal.Item
	for range n {
		all = append(all, d.says(journal.Entry{Kind: journal.Unlocked}, nil))
	}
	return all
}

// goesOn hands in one entry more.
func (d *device) goesOn() error {
	batch := d.batch(d.unlocks(1)...)
	return d.hands(d, batch, d.chain.Last)
}

func (d *device) batch(items ...journal.Item) []byte {
	data, err := journal.Batch{Version: 1, Device: d.keys.Device(), Credential: d.raw, Segments: []journal.SegmentKey{d.sealed}, Items: items}.Encode()
	check(err)
	return data
}

// hands in a batch as by (nil: a stranger), and wants a receipt that reaches entry to, with the device's own hash.
func (d *device) hands(by *device, batch []byte, to uint64) error {
	a, err := d.s.must(call{method: http.MethodPost, path: link.PathJournal, body: batch, by: by}, nil)
	if err != nil {
		return err
	}
	return d.received(a, to)
}

// check ends the requirement where what this package makes itself can not be made.
func check(err error) {
	if err != nil {
		panic(err)
	}
}
