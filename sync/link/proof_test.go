package link_test

import (
	"bytes"
	"errors"
	"testing"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/identity/signed/signedtest"
	"handslag/sync/link"
)

const now = signed.Time(1_795_000_000_000_000)

func call(t testing.TB) (link.Call, *signed.PrivateKey) {
	key := signedtest.Key(t, 3)
	c := link.NewCall(identity.OrgIDOf(signedtest.Key(t, 1).Public()), identity.DeviceIDOf(key.Public()), "GET", link.PathLog, "person=bo.ek", []byte("body"), now)
	return c, key
}

func header(t testing.TB, c link.Call, key *signed.PrivateKey) string {
	t.Helper()
	h, err := c.Header(func(d signed.Domain, v any) ([]byte, error) { return signed.Sign(d, key, v) })
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestAProofIsForOneCallOfOneDevice(t *testing.T) {
	c, key := call(t)
	h := header(t, c, key)
	p, err := link.ReadProof(h)
	if err != nil || p.Claim.Device != c.Device {
		t.Fatal(err)
	}
	other := identity.OrgIDOf(signedtest.Key(t, 9).Public())
	for _, v := range []struct {
		sentence                  string
		key                       signed.Key
		org                       identity.OrgID
		method, path, query, body string
		ok                        bool
	}{
		{"the call itself", key.Public(), c.Org, "GET", link.PathLog, "person=bo.ek", "body", true},
		{"another key", signedtest.Key(t, 4).Public(), c.Org, "GET", link.PathLog, "person=bo.ek", "body", false},
		{"another organisation", key.Public(), other, "GET", link.PathLog, "person=bo.ek", "body", false},
		{"another method", key.Public(), c.Org, "POST", link.PathLog, "person=bo.ek", "body", false},
		{"another path", key.Public(), c.Org, "GET", link.PathChanges, "person=bo.ek", "body", false},
		{"another query", key.Public(), c.Org, "GET", link.PathLog, "person=anna.lind", "body", false},
		{"another body", key.Public(), c.Org, "GET", link.PathLog, "person=bo.ek", "b0dy", false},
	} {
		err := p.Verify(v.key, v.org, v.method, v.path, v.query, []byte(v.body))
		if (err == nil) != v.ok || !v.ok && !errors.Is(err, link.ErrProof) {
			t.Errorf("%s: %v", v.sentence, err)
		}
	}
	again, _ := call(t)
	if string(again.Nonce) == string(c.Nonce) {
		t.Error("two calls share a nonce")
	}
}

func TestServerTimeIsTheOrganisations(t *testing.T) {
	org := identity.OrgIDOf(signedtest.Key(t, 1).Public())
	h, err := link.SignTime(org, now, "", signedtest.Key(t, 8))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := link.ReadTime(h, org, []signed.Key{signedtest.Key(t, 8).Public()}); err != nil || got.Time != now || got.Answers != nil {
		t.Fatal(err)
	}
	if _, err := link.ReadTime(h, org, []signed.Key{signedtest.Key(t, 9).Public()}); err == nil {
		t.Error("forged time is believed")
	}
	if _, err := link.ReadTime(h, identity.OrgIDOf(signedtest.Key(t, 9).Public()), []signed.Key{signedtest.Key(t, 8).Public()}); err == nil {
		t.Error("another organisation's time is believed")
	}
}

func TestFormatsStandStill(t *testing.T) {
	c, key := call(t)
	c.Nonce = make([]byte, 16)
	data, err := signed.Sign(signed.DomainCall, key, c)
	if err != nil {
		t.Fatal(err)
	}
	signedtest.Golden(t, "call", data)
	data, err = signed.Sign(signed.DomainServerTime, signedtest.Key(t, 8), link.ServerTime{Version: 1, Org: c.Org, Time: now, Answers: c.Nonce})
	if err != nil {
		t.Fatal(err)
	}
	signedtest.Golden(t, "server-time", data)
	sealing, err := identity.SealPrivateFromBytes(bytes.Repeat([]byte{5}, 32))
	if err != nil {
		t.Fatal(err)
	}
	data, err = signed.Sign(signed.DomainEnrolment, key, link.Enrolment{Version: 1, Org: c.Org, RequestID: "req-1", Machine: "m-1", Keys: identity.PublicKeys{
		Signing: key.Public(), Transport: signedtest.Key(t, 4).Public(), Sealing: sealing.Public(), Witness: signedtest.Key(t, 6).Public()}})
	if err != nil {
		t.Fatal(err)
	}
	signedtest.Golden(t, "enrolment", data)
	page := link.Page{Cursor: "3/2//r-1/7", Records: []link.RecordCopy{{Record: []byte{1}, Cipher: []byte{2}, ContentKey: []byte{3}}}, Loans: []byte{4}}
	if err := page.Sign(signedtest.Key(t, 2), c.Org, c.Device); err != nil {
		t.Fatal(err)
	}
	signedtest.Golden(t, "sending", page.Sending)
	signedtest.Rule(t, "link.cddl", "sending", link.Sending{})
	signedtest.Rule(t, "link.cddl", "call", link.Call{})
	signedtest.Rule(t, "link.cddl", "server-time", link.ServerTime{})
	signedtest.Rule(t, "link.cddl", "enrolment", link.Enrolment{})
}

func FuzzReadProof(f *testing.F) {
	c, key := call(f)
	f.Add(header(f, c, key))
	f.Add("Handslag ")
	f.Add("Bearer x")
	f.Fuzz(func(t *testing.T, h string) {
		if p, err := link.ReadProof(h); err == nil && len(p.Claim.Nonce) != 16 {
			t.Fatal("a malformed proof is read")
		}
		link.ReadTime(h, c.Org, []signed.Key{key.Public()})
	})
}
