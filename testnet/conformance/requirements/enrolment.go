package requirements

import (
	"bytes"
	"errors"
	"net/http"
	"time"

	"handslag/identity/signed"
	"handslag/sync/link"
)

// enrolments are about a device's first credential, and its next.
var enrolments = []requirement{
	{"enrol: username and password give a credential of exactly the device's keys, for fourteen days at most", "design, Separate keys by use: one Credential, at most 14 days", func(s *system) error {
		_, err := s.device(&s.staff, s.Staff)
		return err
	}},
	{"enrol: the same request gets the same credential again", "contract, POST /v1/enrol: an answer that was lost", func(s *system) error {
		d, err := s.device(&s.staff, s.Staff)
		if err != nil {
			return err
		}
		before := d.raw
		if err := d.enrol(); err != nil {
			return err
		}
		if !bytes.Equal(before, d.raw) {
			return errors.New("it is another")
		}
		return nil
	}},
	{"enrol: the same request ID for another device is 409 conflict", "contract, POST /v1/enrol; RFC 9457", func(s *system) error {
		d, err := s.device(&s.staff, s.Staff)
		if err != nil {
			return err
		}
		other, err := s.newDevice(s.Staff)
		if err != nil {
			return err
		}
		other.request = d.request
		return s.refuses(call{method: http.MethodPost, path: link.PathEnrol, body: other.asks(s.Staff.Password, other)}, link.CodeConflict)
	}},
	{"enrol: a wrong password is 401 wrong_password", "contract, POST /v1/enrol; RFC 9457", func(s *system) error {
		d, err := s.newDevice(s.Staff)
		if err != nil {
			return err
		}
		return s.refuses(call{method: http.MethodPost, path: link.PathEnrol, body: d.asks("not "+s.Staff.Password, d)}, link.CodeWrongPassword)
	}},
	{"enrol: keys that the caller does not hold are refused", "design, Separate keys by use: proof of possession", func(s *system) error {
		d, err := s.newDevice(s.Staff)
		if err != nil {
			return err
		}
		thief, err := s.newDevice(s.Staff)
		if err != nil {
			return err
		}
		return s.refuses(call{method: http.MethodPost, path: link.PathEnrol, body: d.asks(s.Staff.Password, thief)}, link.CodeBadRequest, link.CodeBadProof)
	}},
	{"credential: it is renewed, and counts no less than the one before", "design, Separate keys by use: renewed at every sync, counted by an epoch", func(s *system) error {
		d, err := s.device(&s.staff, s.Staff)
		if err != nil {
			return err
		}
		for range 2 {
			var issued link.Issued
			if _, err := s.must(call{method: http.MethodPost, path: link.PathCredential, by: d}, &issued); err != nil {
				return err
			}
			if err := d.takes(issued.Credential); err != nil {
				return err
			}
		}
		return nil
	}},
}

// device is the one of the account that is used again and again.
func (s *system) device(d **device, of Account) (_ *device, err error) {
	if *d == nil {
		*d, err = s.enrolled(of)
	}
	return *d, err
}

// proofs are about who calls.
var proofs = []requirement{
	{"proof: none is 401 no_proof", "design, Proof per call; sync/link/testdata/link.cddl", func(s *system) error {
		return s.refuses(call{method: http.MethodGet, path: link.PathChanges}, link.CodeNoProof)
	}},
	{"proof: what is none is 401 bad_proof", "design, Proof per call; sync/link/testdata/link.cddl", func(s *system) error {
		for _, text := range []string{"Bearer x", basic([]byte("x")), basic(nil)} {
			header := http.Header{"Authorization": {text}}
			if err := s.refuses(call{method: http.MethodGet, path: link.PathChanges, header: header}, link.CodeBadProof); err != nil {
				return err
			}
		}
		return nil
	}},
	{"proof: another key's is 401 bad_proof", "design, Proof per call; sync/link/testdata/link.cddl", unproved(func(s *system, d, other *device, c link.Call) string { return other.prove(c) })},
	{"proof: a device's that nobody enrolled is 401 bad_proof", "design, Proof per call; sync/link/testdata/link.cddl", unproved(func(s *system, d, other *device, c link.Call) string {
		c.Device = other.keys.Device()
		return other.prove(c)
	})},
	{"proof: one for another method is 401 bad_proof", "design, Proof per call; sync/link/testdata/link.cddl", unproved(func(s *system, d, _ *device, c link.Call) string { c.Method = "POST"; return d.prove(c) })},
	{"proof: one for another path is 401 bad_proof", "design, Proof per call; sync/link/testdata/link.cddl", unproved(func(s *system, d, _ *device, c link.Call) string { c.Path = link.PathLog; return d.prove(c) })},
	{"proof: one for another query is 401 bad_proof", "design, Proof per call; sync/link/testdata/link.cddl", unproved(func(s *system, d, _ *device, c link.Call) string { c.Query = "after=1"; return d.prove(c) })},
	{"proof: one for another body is 401 bad_proof", "design, Proof per call; sync/link/testdata/link.cddl", unproved(func(s *system, d, _ *device, c link.Call) string { c.Body = random(32); return d.prove(c) })},
	{"proof: another organisation's is 401 bad_proof", "design, Proof per call; sync/link/testdata/link.cddl", unproved(func(s *system, d, _ *device, c link.Call) string { c.Org += "x"; return d.prove(c) })},
	{"proof: one that was seen is 401 replayed, and does nothing a second time", "design, Proof per call; sync/link/testdata/link.cddl", func(s *system) error {
		d, err := s.device(&s.staff, s.Staff)
		if err != nil {
			return err
		}
		proof := ""
		c := call{method: http.MethodPost, path: link.PathCredential, by: d, proof: func(c link.Call) string {
			if proof == "" {
				proof = d.prove(c)
			}
			return proof
		}}
		if _, err := s.must(c, nil); err != nil {
			return err
		}
		return s.refuses(c, link.CodeReplayed)
	}},
	{"proof: one of an hour ago is 401 stale_proof, and the time in that answer makes the next one fresh", "design, Proof per call; sync/link/testdata/link.cddl", func(s *system) error {
		for _, off := range []time.Duration{-time.Hour, 24 * time.Hour} {
			if err := unprovedAs(s, link.CodeStaleProof, func(c link.Call, d *device) string { c.Time = s.newest().Add(off); return d.prove(c) }); err != nil {
				return err
			}
		}
		if err := unprovedAs(s, link.CodeStaleProof, func(c link.Call, d *device) string { c.Time = signed.Time(0); return d.prove(c) }); err != nil {
			return err
		}
		_, err := s.must(call{method: http.MethodGet, path: link.PathChanges, by: s.staff}, nil)
		return err
	}},
}

// unproved is a call whose proof is made otherwise, and refused as bad.
func unproved(proof func(s *system, d, other *device, c link.Call) string) func(*system) error {
	return func(s *system) error {
		other, err := s.newDevice(s.Staff)
		if err != nil {
			return err
		}
		return unprovedAs(s, link.CodeBadProof, func(c link.Call, d *device) string { return proof(s, d, other, c) })
	}
}

func unprovedAs(s *system, code link.Code, proof func(link.Call, *device) string) error {
	d, err := s.device(&s.staff, s.Staff)
	if err != nil {
		return err
	}
	return s.refuses(call{method: http.MethodGet, path: link.PathChanges, by: d, proof: func(c link.Call) string { return proof(c, d) }}, code)
}
