package requirements

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
	"handslag/vault/journal/audit"
)

// fresh is a new device of the staff's, for journals that go wrong.
func (s *system) fresh() (*device, error) { return s.enrolled(s.Staff) }

// journals are about handing in.
var journals = []requirement{
	{"journal: a batch is answered by a receipt, signed by a log key, that reaches its end with the device's own hash", "design, promise 3 and A receipt names", func(s *system) error {
		d, err := s.fresh()
		if err != nil {
			return err
		}
		return d.hands(d, d.batch(d.unlocks(3)...), 3)
	}},
	{"journal: the same batch again gets the same receipt, and nothing twice", "design, promise 3", func(s *system) error {
		d, err := s.fresh()
		if err != nil {
			return err
		}
		batch := d.batch(d.unlocks(3)...)
		for range 3 {
			if err := d.hands(d, batch, 3); err != nil {
				return err
			}
		}
		return d.hands(d, d.batch(d.unlocks(2)...), 5)
	}},
	{"journal: behind a gap nothing is received, and all of it once the gap is filled", "design, A receipt names: a contiguous prefix", func(s *system) error {
		d, err := s.fresh()
		if err != nil {
			return err
		}
		all := d.unlocks(6)
		for _, step := range []struct {
			items []journal.Item
			to    uint64
		}{{all[:2], 2}, {all[4:], 2}, {all[2:4], 6}} {
			if err := d.hands(d, d.batch(step.items...), step.to); err != nil {
				return err
			}
		}
		return nil
	}},
	{"journal: of two entries in one place the first stands, the other is taken and never received", "design, promise 4", func(s *system) error {
		d, err := s.fresh()
		if err != nil {
			return err
		}
		chain := d.chain
		own := d.unlocks(1)
		if err := d.hands(d, d.batch(own...), 1); err != nil {
			return err
		}
		other, _ := d.item(chain, journal.Entry{Kind: journal.Locked}, nil)
		if err := d.hands(d, d.batch(other), 1); err != nil {
			return err
		}
		return d.hands(d, d.batch(d.unlocks(1)...), 2)
	}},
	{"journal: an entry that was changed on its way is not received", "RFC 9052; design, promise 3", func(s *system) error {
		d, err := s.fresh()
		if err != nil {
			return err
		}
		items := d.unlocks(2)
		changed := slices.Clone(items)
		changed[1].Entry = bytes.Clone(items[1].Entry)
		changed[1].Entry[len(changed[1].Entry)-1] ^= 1
		if err := d.hands(d, d.batch(changed...), 1); err != nil {
			return err
		}
		return d.hands(d, d.batch(items...), 2)
	}},
	{"journal: it may be carried by another device, and by who proves nothing", "design, promise 3: whoever carries it", func(s *system) error {
		d, err := s.fresh()
		if err != nil {
			return err
		}
		by, err := s.device(&s.staff, s.Staff)
		if err != nil {
			return err
		}
		if err := d.hands(by, d.batch(d.unlocks(1)...), 1); err != nil {
			return err
		}
		return d.hands(nil, d.batch(d.unlocks(1)...), 2)
	}},
	{"journal: what is no batch is 400 bad_request", "vault/journal/testdata/journal.cddl, batch; RFC 9457", func(s *system) error {
		d, err := s.device(&s.staff, s.Staff)
		if err != nil {
			return err
		}
		return s.refuses(call{method: http.MethodPost, path: link.PathJournal, body: []byte("no batch"), by: d}, link.CodeBadRequest)
	}},
	{"journal: a credential that the organisation did not issue opens nothing", "design, promise 3: a credential ever issued", func(s *system) error {
		d, err := s.fresh()
		if err != nil {
			return err
		}
		d.raw = bytes.Clone(d.raw)
		d.raw[len(d.raw)-1] ^= 1
		return s.refuses(call{method: http.MethodPost, path: link.PathJournal, body: d.batch(d.unlocks(1)...), by: d}, link.CodeBadRequest)
	}},
}

// logs are about the audit log.
var logs = []requirement{
	{"log: who has no right to it is 403 forbidden", "design, promise 5", func(s *system) error {
		d, err := s.device(&s.staff, s.Staff)
		if err != nil {
			return err
		}
		return s.refuses(call{method: http.MethodGet, path: link.PathLog, by: d}, link.CodeForbidden)
	}},
	{"log: a reviewer reads who did what, and that somebody was refused", "design, promise 5: refusals are logged too", func(s *system) error {
		if _, err := s.device(&s.staff, s.Staff); err != nil {
			return err
		}
		var err error
		if _, err = s.device(&s.reviewer, s.Reviewer); err != nil {
			return err
		}
		page, err := s.log(url.Values{"person": {s.Staff.Username}})
		if err != nil {
			return err
		}
		refused := slices.ContainsFunc(page.Rows, func(r link.LogRow) bool {
			return r.Kind == journal.CallRefused && r.Code == string(link.CodeForbidden) && r.Route == link.PathLog
		})
		if !refused {
			return errors.New("the refusal is not there")
		}
		return nil
	}},
	{"log: a gap, a fork and a changed entry are findings", "design, promise 4", func(s *system) error {
		d, err := s.fresh()
		if err != nil {
			return err
		}
		chain := d.chain
		items := d.unlocks(4)
		fork, _ := d.item(chain, journal.Entry{Kind: journal.Locked}, nil)
		bad := items[1]
		bad.Entry = bytes.Clone(bad.Entry)
		bad.Entry[len(bad.Entry)-1] ^= 1
		if err := d.hands(d, d.batch(items[0], fork, bad, items[3]), 1); err != nil {
			return err
		}
		page, err := s.log(url.Values{"device": {string(d.keys.Device())}})
		if err != nil {
			return err
		}
		for _, want := range []string{"gap", "fork", "bad_signature"} {
			if !slices.ContainsFunc(page.Found, func(f link.Finding) bool { return f.Code == want && f.Device == d.keys.Device() }) {
				return fmt.Errorf("there is no finding %s", want)
			}
		}
		return nil
	}},
	{"log: pages follow each other without a row twice", "contract, GET /v1/log: after", func(s *system) error {
		seen, after := map[int64]bool{}, ""
		for range 3 {
			page, err := s.log(url.Values{"limit": {"5"}, "after": {after}})
			if err != nil {
				return err
			}
			for _, row := range page.Rows {
				if seen[row.ID] {
					return fmt.Errorf("row %d comes twice", row.ID)
				}
				seen[row.ID] = true
			}
			if after = page.Cursor; after == "" {
				break
			}
		}
		return nil
	}},
	{"log: its checkpoint over HTTP is signed, and what came before is at its beginning", "C2SP tlog-checkpoint; RFC 6962 section 2.1.2", func(s *system) error {
		d, err := s.device(&s.staff, s.Staff)
		if err != nil {
			return err
		}
		if _, ok := s.Contract.Paths[link.PathCheckpoint]; !ok {
			return inapplicable("the contract has no such path")
		}
		older, err := s.checkpoint(d)
		if err != nil {
			return err
		}
		if err := d.goesOn(); err != nil {
			return err
		}
		newer, err := s.checkpoint(d)
		if err != nil {
			return err
		}
		var g link.Growth
		q := url.Values{"from": {strconv.FormatInt(older.Size, 10)}, "size": {strconv.FormatInt(newer.Size, 10)}}
		if _, err := s.must(call{method: http.MethodGet, path: link.PathGrowth, query: q.Encode(), by: d}, &g); err != nil {
			return err
		}
		proof, err := proofFrom(g, uint64(older.Size))
		if err != nil {
			return err
		}
		return audit.Consistent(older, newer, proof)
	}},
}

func (s *system) checkpoint(d *device) (audit.Checkpoint, error) {
	a, err := s.must(call{method: http.MethodGet, path: link.PathCheckpoint, by: d}, nil)
	if err != nil {
		return audit.Checkpoint{}, err
	}
	return audit.OpenCheckpoint(a.body, s.Org, s.statement.Log)
}

// log is a page that the reviewer sees.
func (s *system) log(q url.Values) (link.LogPage, error) {
	var page link.LogPage
	d, err := s.device(&s.reviewer, s.Reviewer)
	if err != nil {
		return page, err
	}
	for name, values := range q {
		if values[0] == "" {
			q.Del(name)
		}
	}
	_, err = s.must(call{method: http.MethodGet, path: link.PathLog, query: q.Encode(), by: d}, &page)
	for i := 1; i < len(page.Rows); i++ {
		if later := page.Rows[i].NotAfter; err == nil && later > page.Rows[i-1].NotAfter+signed.Time(1) {
			err = errors.New("the rows are not the newest first")
		}
	}
	return page, err
}
