package requirements

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"handslag/sync/link"
	"handslag/vault/journal/audit"
	"handslag/vault/journal/evidence"
)

// reviews are about what the log shows, and proves, to who reviews it and to other systems.
var reviews = []requirement{
	{"findings: they are paged, narrowed by device and code; a filter that is none is 400 bad_request", "design, promise 4: stored and shown to reviewers", func(s *system) error {
		d, err := s.fresh()
		if err != nil {
			return err
		}
		items := d.unlocks(2)
		if err := d.hands(d, d.batch(items[1]), 0); err != nil {
			return err
		}
		by, err := s.device(&s.reviewer, s.Reviewer)
		if err != nil {
			return err
		}
		var page link.FindingPage
		q := url.Values{"device": {string(d.keys.Device())}, "code": {"gap"}, "open": {"true"}}
		if _, err := s.must(call{method: http.MethodGet, path: link.PathFindings, query: q.Encode(), by: by}, &page); err != nil {
			return err
		}
		if len(page.Findings) != 1 || page.Findings[0].Device != d.keys.Device() || page.Findings[0].Code != "gap" || !page.Findings[0].Open {
			return fmt.Errorf("of one gap it shows %+v", page.Findings)
		}
		if err := d.hands(d, d.batch(items[0]), 2); err != nil {
			return err
		}
		if _, err := s.must(call{method: http.MethodGet, path: link.PathFindings, query: q.Encode(), by: by}, &page); err != nil {
			return err
		}
		if len(page.Findings) != 0 {
			return errors.New("a gap that was filled is open still")
		}
		return s.refuses(call{method: http.MethodGet, path: link.PathFindings, query: "open=maybe", by: by}, link.CodeBadRequest)
	}},
	{"spread: a record that was sent to a device is shown there; of one that is not there it is 404 not_found", "design, promise 6 and Sharing", func(s *system) error {
		r, err := s.read()
		if err != nil {
			return err
		}
		by, err := s.device(&s.reviewer, s.Reviewer)
		if err != nil {
			return err
		}
		if err := s.refuses(call{method: http.MethodGet, path: link.PathSpread, query: "record=r-never-heard-of", by: by}, link.CodeNotFound); err != nil {
			return err
		}
		for id := range r.records {
			var spread link.Spread
			if _, err := s.must(call{method: http.MethodGet, path: link.PathSpread, query: url.Values{"record": {string(id)}}.Encode(), by: by}, &spread); err != nil {
				return err
			}
			if spread.Record != id || spread.Devices < 1 || spread.Open < 1 || spread.NoCopyAfter <= s.newest() {
				return fmt.Errorf("of record %s, which a device holds, it shows %+v", id, spread)
			}
			return nil
		}
		return inapplicable("the staff account has no record")
	}},
	{"log: an entry's proof of inclusion leads to a signed checkpoint; of a place beyond its end it is 404 not_found", "RFC 6962 section 2.1.1; C2SP tlog-proof and tlog-checkpoint", func(s *system) error {
		by, err := s.device(&s.reviewer, s.Reviewer)
		if err != nil {
			return err
		}
		d, err := s.fresh()
		if err != nil {
			return err
		}
		item := d.unlocks(1)[0]
		if err := d.hands(d, d.batch(item), 1); err != nil {
			return err
		}
		page, err := s.log(url.Values{"device": {string(d.keys.Device())}})
		if err != nil {
			return err
		}
		for _, row := range page.Rows {
			if !bytes.Equal(row.Hash, d.hashes[1]) {
				continue
			}
			a, err := s.must(call{method: http.MethodGet, path: link.PathInclusion, query: fmt.Sprintf("entry=%d", row.ID), by: by}, nil)
			if err != nil {
				return err
			}
			index, proof, note, err := proofText(string(a.body))
			if err != nil {
				return err
			}
			c, err := audit.OpenCheckpoint(note, s.Org, s.statement.Log)
			if err != nil {
				return err
			}
			if index != row.ID-1 {
				return fmt.Errorf("the proof is of leaf %d, the entry is in place %d, counted from 1", index, row.ID)
			}
			if err := audit.Included(c, audit.NewLeaf(item.Entry, row.NotAfter), index, proof); err != nil {
				return err
			}
			return s.refuses(call{method: http.MethodGet, path: link.PathInclusion, query: fmt.Sprintf("entry=%d", c.Size+1_000_000), by: by}, link.CodeNotFound)
		}
		return errors.New("the entry is not in the log that reviewers see")
	}},
	{"log: its tiles make the checkpoint's root, and its leaves are those that they are of; a tile that is none is 404 not_found", "C2SP tlog-tiles", func(s *system) error {
		by, err := s.device(&s.reviewer, s.Reviewer)
		if err != nil {
			return err
		}
		c, err := s.checkpoint(by)
		if err != nil {
			return err
		}
		whole, err := audit.CheckTiles(c, func(path string) ([]byte, error) {
			a, err := s.must(call{method: http.MethodGet, path: "/v1/log/" + path, by: by}, nil)
			return a.body, err
		})
		if err == nil && !whole.Leaves {
			err = errors.New("the leaves are not all there, or are others")
		}
		if err != nil {
			return err
		}
		for _, path := range []string{"/v1/log/tile/0/x999/x999/999", "/v1/log/tile/entries/x999/x999/999"} {
			if err := s.refuses(call{method: http.MethodGet, path: path, by: by}, link.CodeNotFound); err != nil {
				return err
			}
		}
		return nil
	}},
	{"witnesses: what a device cosigned is told; another's word is 400 bad_request", "C2SP tlog-cosignature; design, Audit log: devices as witnesses", func(s *system) error {
		by, err := s.device(&s.reviewer, s.Reviewer)
		if err != nil {
			return err
		}
		d, err := s.fresh()
		if err != nil {
			return err
		}
		a, err := s.must(call{method: http.MethodGet, path: link.PathCheckpoint, by: d}, nil)
		if err != nil {
			return err
		}
		c, err := audit.OpenCheckpoint(a.body, s.Org, s.statement.Log)
		if err != nil {
			return err
		}
		word, err := c.Cosign(d.keys.Device(), d.keys.Public().Witness, s.newest(), d.keys.Cosign)
		if err != nil {
			return err
		}
		note := audit.Cosigned(a.body, word)
		if err := s.refuses(call{method: http.MethodPost, path: link.PathCosignatures, body: note, by: by}, link.CodeBadRequest); err != nil {
			return err
		}
		if _, err := s.must(call{method: http.MethodPost, path: link.PathCosignatures, body: note, by: d}, nil); err != nil {
			return err
		}
		var all link.Witnesses
		if _, err := s.must(call{method: http.MethodGet, path: link.PathWitnesses, by: by}, &all); err != nil {
			return err
		}
		for _, w := range all.Witnesses {
			if w.Device == d.keys.Device() {
				return nil
			}
		}
		return errors.New("the device is not among who vouches")
	}},
	{"evidence: it shows an entry by the organisation ID alone; of an entry that is not there it is 404 not_found", "vault/journal/testdata, evidence.cddl; RFC 9052; C2SP tlog-checkpoint", func(s *system) error {
		by, err := s.device(&s.reviewer, s.Reviewer)
		if err != nil {
			return err
		}
		page, err := s.log(url.Values{"limit": {"1"}})
		if err != nil {
			return err
		}
		if len(page.Rows) == 0 {
			return errors.New("the log is empty")
		}
		at := func(place int64) call {
			return call{method: http.MethodGet, path: link.PathEvidence, query: "entries=" + strconv.FormatInt(place, 10), by: by}
		}
		a, err := s.must(at(page.Rows[0].ID), nil)
		if err != nil {
			return err
		}
		report, err := evidence.Verify(a.body, s.Org)
		if err != nil {
			return err
		}
		if !report.Sound() {
			return fmt.Errorf("it does not hold: %s", strings.Join(report.Problems, "; "))
		}
		return s.refuses(at(page.Rows[0].ID+1_000_000), link.CodeNotFound)
	}},
	{"export: every entry comes once, in its place, and names nobody but by ID; a cursor of another log is 409 cursor", "JSON Lines; design, Log betrays nobody", func(s *system) error {
		d, err := s.enrolled(s.Exporter)
		if err != nil {
			return err
		}
		place, cursor := int64(0), ""
		for range 5 { // of what may be a long log
			a, err := s.must(call{method: http.MethodGet, path: link.PathExport, query: url.Values{"after": {cursor}}.Encode(), by: d}, nil)
			if err != nil {
				return err
			}
			if len(a.body) == 0 {
				break
			}
			for line := range bytes.Lines(a.body) {
				var one struct {
					Cursor, Kind, ID string
					Place            int64
				}
				if err := json.Unmarshal(line, &one); err != nil {
					return err
				}
				if place++; one.Place != place || one.Cursor == "" || one.Kind == "" || one.ID == "" {
					return fmt.Errorf("line %d is %s", place, line)
				}
				cursor = one.Cursor
			}
			for _, name := range []string{s.Staff.Username, s.Exporter.Username} {
				if bytes.Contains(a.body, []byte(`"`+name+`"`)) {
					return fmt.Errorf("it names %s", name)
				}
			}
		}
		if place == 0 {
			return errors.New("the log is empty")
		}
		if err := s.refuses(call{method: http.MethodGet, path: link.PathExport, query: "after=x", by: d}, link.CodeBadRequest); err != nil {
			return err
		}
		generation, _, _ := strings.Cut(cursor, "-")
		return s.refuses(call{method: http.MethodGet, path: link.PathExport, query: "after=" + generation + "-1-0000000000000000", by: d}, link.CodeCursor)
	}},
}

// proofText reads a proof of inclusion.
func proofText(text string) (index int64, proof []audit.Hash, note []byte, err error) {
	head, rest, ok := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	if !ok || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return 0, nil, nil, errors.New("the proof is not one of C2SP's")
	}
	if index, err = strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64); err != nil {
		return 0, nil, nil, err
	}
	for _, line := range lines[2:] {
		h, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(h) != len(audit.Hash{}) {
			return 0, nil, nil, errors.New("the proof has a line that is no hash")
		}
		proof = append(proof, audit.Hash(h))
	}
	return index, proof, []byte(rest), nil
}
