package peer

import (
	"bytes"
	"crypto/rand"
	"net/netip"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"handslag/identity"
	"handslag/identity/access"
	"handslag/identity/signed"
)

// noon is the trusted time of every test.
var noon = signed.At(time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC))

// organisation issues credentials.
type organisation struct {
	t   tester
	id  identity.OrgID
	key *signed.PrivateKey
}

func newOrganisation(t tester, seed byte) organisation {
	root, err := signed.PrivateKeyFromSeed(bytes.Repeat([]byte{seed}, 32))
	if err != nil {
		t.Fatal(err)
	}
	key, err := signed.PrivateKeyFromSeed(bytes.Repeat([]byte{seed + 1}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return organisation{t, identity.OrgIDOf(root.Public()), key}
}

func (o organisation) issuing() []signed.Key { return []signed.Key{o.key.Public()} }

// device is a colleague's device with its credential.
type device struct {
	org        organisation
	keys       *identity.KeySet
	credential identity.Credential
	raw        []byte
}

// enrol gives a colleague a device; change may alter the credential before it is issued.
func (o organisation) enrol(name string, change ...func(*identity.Credential)) *device {
	o.t.Helper()
	keys, err := identity.NewKeySet()
	if err != nil {
		o.t.Fatal(err)
	}
	c := identity.Credential{
		Version: 1, Org: o.id, Person: identity.Person{ID: identity.PersonID("p-" + name), Username: name, First: name, Last: "Lind"},
		Machine: "m-1", Units: []identity.Unit{{ID: "u-1", Name: "Norra"}},
		Grants: []identity.Grant{
			{Right: access.RecordRead, Scope: access.Unit}, {Right: access.RecordShare, Scope: access.Unit}, {Right: access.RecordReceive, Scope: access.Unit},
		},
		Keys: keys.Public(), Epoch: 1, Issued: noon.Add(-time.Hour), Expires: noon.Add(24 * time.Hour),
	}
	for _, f := range change {
		f(&c)
	}
	return o.issue(keys, c)
}

func (o organisation) issue(keys *identity.KeySet, c identity.Credential) *device {
	o.t.Helper()
	raw, err := signed.Sign(signed.DomainCredential, o.key, c)
	if err != nil {
		o.t.Fatal(err)
	}
	return &device{o, keys, c, raw}
}

func (d *device) peer() peer.ID {
	id, err := peerOf(d.keys.Public().Transport.Bytes)
	if err != nil {
		d.org.t.Fatal(err)
	}
	return id
}

func (d *device) self() self {
	return self{org: d.org.id, issuing: d.org.issuing(), credential: d.credential, raw: d.raw, id: d.peer(),
		signWith: d.keys.Sign, now: func() signed.Time { return noon }}
}

func random(n int) []byte {
	out := make([]byte, n)
	rand.Read(out)
	return out
}

// offers is the payload that d shows, and its nonce.
func (d *device) offers() (Payload, []byte) {
	nonce := random(nonceSize)
	p := Payload{Purpose: HandOver, Form: OneCamera, Commit: commitTo(nonce), Secret: [16]byte(random(16)),
		Key:   [32]byte(d.keys.Public().Transport.Bytes),
		Addrs: []netip.AddrPort{netip.MustParseAddrPort("192.168.1.7:4001")}}
	p.Tag = TagOf(d.org.id, p.Commit)
	return p, nonce
}

// tester is what *testing.T and *rapid.T have in common.
type tester interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
	Errorf(string, ...any)
}
