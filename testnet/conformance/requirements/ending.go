package requirements

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"handslag/sync/link"
)

// erasures are about the end of somebody's data.
var erasures = []requirement{
	{"erasure: who has no right to it is 403 forbidden", "design, promise 5", func(s *system) error {
		d, err := s.device(&s.staff, s.Staff)
		if err != nil {
			return err
		}
		body, _ := json.Marshal(link.EraseRequest{Subject: "s-none"})
		return s.refuses(call{method: http.MethodPost, path: link.PathErasures, body: body, by: d}, link.CodeForbidden)
	}},
	{"erasure: it is answered, and every device gets its order, signed and counted", "design, promise 6", func(s *system) error {
		if s.Eraser.Username == "" || s.Subject == "" {
			return inapplicable("no eraser, or nobody to erase, is named")
		}
		r, err := s.read()
		if err != nil {
			return err
		}
		d, err := s.enrolled(s.Eraser)
		if err != nil {
			return err
		}
		none, _ := json.Marshal(link.EraseRequest{Subject: "s-never-heard-of"})
		if err := s.refuses(call{method: http.MethodPost, path: link.PathErasures, body: none, by: d}, link.CodeNotFound); err != nil {
			return err
		}
		body, _ := json.Marshal(link.EraseRequest{Subject: s.Subject})
		if _, err := s.must(call{method: http.MethodPost, path: link.PathErasures, body: body, by: d}, nil); err != nil {
			return err
		}
		if err := r.all(); err != nil {
			return err
		}
		if !r.erased[s.Subject] {
			return errors.New("no order came to another device")
		}
		for id, rec := range r.records {
			if rec.Subject == s.Subject {
				return fmt.Errorf("record %s of who is erased was not taken back", id)
			}
		}
		_, err = s.must(call{method: http.MethodGet, path: link.PathErasures, query: url.Values{"subject": {string(s.Subject)}}.Encode(), by: d}, nil)
		return err
	}},
}

// revocations are about the end of a device.
var revocations = []requirement{
	{"revocation: from the very next call the device is 403 device_revoked, who waits at once; its journal is taken still", "design, promises 3 and 5; The gate: a long poll decides again", func(s *system) error {
		if s.Operator == nil {
			return inapplicable("there is no operator to revoke a device")
		}
		d, err := s.fresh()
		if err != nil {
			return err
		}
		r := d.reads()
		if err := r.all(); err != nil {
			return err
		}
		type told struct {
			took time.Duration
			err  error
		}
		waits := make(chan told, 1)
		go func() {
			query := url.Values{"after": {r.cursor}, "statement": {fmt.Sprint(r.had.Statement)}, "erasures": {fmt.Sprint(r.had.Erasures)},
				"revocations": {fmt.Sprint(r.had.Revocations)}, "wait": {"25s"}}
			took, err := seconds(func() error {
				return s.refuses(call{method: http.MethodGet, path: link.PathChanges, query: query.Encode(), by: d}, link.CodeDeviceRevoked)
			})
			waits <- told{took, err}
		}()
		time.Sleep(time.Second) // it waits by now
		if err := s.Operator(s.ctx, "revoke", string(d.keys.Device())); err != nil {
			return inapplicable("the operator could not revoke: " + err.Error())
		}
		t := <-waits
		if t.err == nil && t.took > 10*time.Second {
			t.err = fmt.Errorf("who waited is refused after %s", t.took.Round(time.Millisecond))
		}
		if t.err != nil {
			return t.err
		}
		for _, c := range []call{{method: http.MethodGet, path: link.PathChanges}, {method: http.MethodPost, path: link.PathCredential}} {
			c.by = d
			if err := s.refuses(c, link.CodeDeviceRevoked); err != nil {
				return err
			}
		}
		return d.hands(d, d.batch(d.unlocks(2)...), 2)
	}},
	{"revocation: the list that colleagues get names the device", "design, Credential: the signed revocation list", func(s *system) error {
		if s.Operator == nil {
			return inapplicable("there is no operator to revoke a device")
		}
		d, err := s.fresh()
		if err != nil {
			return err
		}
		if err := s.Operator(s.ctx, "revoke", string(d.keys.Device())); err != nil {
			return inapplicable("the operator could not revoke: " + err.Error())
		}
		r, err := s.read()
		if err == nil && !r.revoked.Has(d.keys.Device()) {
			err = errors.New("it does not")
		}
		return err
	}},
	{"disabling: from the very next call the person's devices are 403 user_disabled", "design, promise 5", func(s *system) error {
		if s.Operator == nil {
			return inapplicable("there is no operator to disable somebody")
		}
		if s.Reviewer.Username == "" {
			return inapplicable("nobody but the staff account is named")
		}
		d, err := s.device(&s.reviewer, s.Reviewer)
		if err != nil {
			return err
		}
		if err := s.Operator(s.ctx, "disable", s.Reviewer.Username); err != nil {
			return inapplicable("the operator could not disable: " + err.Error())
		}
		if err := s.refuses(call{method: http.MethodGet, path: link.PathChanges, by: d}, link.CodeUserDisabled); err != nil {
			return err
		}
		again, err := s.newDevice(s.Reviewer)
		if err != nil {
			return err
		}
		return s.refuses(call{method: http.MethodPost, path: link.PathEnrol, body: again.asks(s.Reviewer.Password, again)}, link.CodeUserDisabled)
	}},
}
