package requirements

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"handslag/identity"
	"handslag/sync/link"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// made is a text that the staff's device attaches.
type made struct {
	draft  record.Attachment
	chunks [][]byte
	body   []byte
	entry  journal.Entry
}

// makes seals a text of more than one chunk for one of the records that an assignment is about.
func (s *system) makes() (*made, error) {
	r, err := s.read()
	if err != nil {
		return nil, err
	}
	for _, work := range r.assignments {
		rec, ok := r.records[work.Record]
		if !ok {
			continue
		}
		m := &made{}
		text := strings.Repeat("conformance ", record.ChunkSize/8)
		a := record.Attachment{Org: s.Org, ID: journal.AttachmentID("b-" + hex.EncodeToString(random(8))), Record: rec.ID, Subject: rec.Subject,
			Device: r.device.keys.Device(), Size: uint64(len(text))}
		var key []byte
		m.draft, key, err = record.SealAttachment(a, record.Label{Name: "conformance.txt", Type: record.Text}, strings.NewReader(text), func(_ record.ChunkHash, cipher []byte) error {
			m.chunks = append(m.chunks, bytes.Clone(cipher))
			return nil
		})
		check(err)
		draft, err := m.draft.EncodeDraft()
		check(err)
		sealed, err := identity.Seal(s.statement.Sealing[0], record.MadeKeyInfo(s.Org, a.ID, a.Device), key)
		check(err)
		m.body, err = json.Marshal(link.MadeAttachment{Draft: draft, ContentKey: sealed})
		check(err)
		digest, err := m.draft.Digest()
		check(err)
		m.entry = journal.Entry{Kind: journal.AttachmentAdded, Record: a.Record, Subject: a.Subject, Attachment: a.ID, Content: digest}
		return m, nil
	}
	return nil, inapplicable("the staff account has no record with an assignment")
}

func chunkAt(id journal.AttachmentID, n int) string {
	return url.Values{"attachment": {string(id)}, "chunk": {strconv.Itoa(n)}}.Encode()
}

// begins says that the attachment was made, and begins to hand it in.
func (m *made) begins(s *system) (link.Handed, error) {
	d := s.staff
	var h link.Handed
	said := d.batch(d.says(m.entry, nil))
	if err := d.hands(d, said, d.chain.Last); err != nil {
		return h, err
	}
	_, err := s.must(call{method: http.MethodPost, path: link.PathAttachments, body: m.body, by: d}, &h)
	return h, err
}

func (m *made) chunk(s *system, n int) (h link.Handed, err error) {
	_, err = s.must(call{method: http.MethodPost, path: link.PathChunks, query: chunkAt(m.draft.ID, n), body: m.chunks[n], by: s.staff}, &h)
	return h, err
}

// attachments are about files that belong to records.
var attachments = []requirement{
	{"attachments: one that no entry in the log names is 409 attachment_unsaid", "design, promise 1: the entry comes first", func(s *system) error {
		m, err := s.makes()
		if err != nil {
			return err
		}
		return s.refuses(call{method: http.MethodPost, path: link.PathAttachments, body: m.body, by: s.staff}, link.CodeUnsaid)
	}},
	{"attachments: handing one in goes on where it was cut, and ends with it signed by the organisation", "design, Sharing: content-addressed chunks", func(s *system) error {
		m, err := s.makes()
		if err != nil {
			return err
		}
		h, err := m.begins(s)
		if err != nil {
			return err
		}
		if len(h.Missing) != len(m.chunks) {
			return fmt.Errorf("%d chunks are missing of %d", len(h.Missing), len(m.chunks))
		}
		if _, err = m.chunk(s, 0); err != nil {
			return err
		}
		if _, err := s.must(call{method: http.MethodPost, path: link.PathAttachments, body: m.body, by: s.staff}, &h); err != nil {
			return err
		}
		for range 2 { // what came may come again
			for _, n := range h.Missing {
				if n == 0 {
					return errors.New("a chunk that came is missing")
				}
				if h, err = m.chunk(s, n); err != nil {
					return err
				}
			}
			h.Missing = nil
		}
		a, err := record.OpenAttachment(h.Attachment, s.Org, s.statement.Issuing)
		if err == nil && !a.Same(m.draft) {
			err = errors.New("another attachment is signed")
		}
		return err
	}},
	{"attachments: a chunk that is another is 400 attachment_chunk", "vault/record/testdata/record.cddl, attachment", func(s *system) error {
		m, err := s.makes()
		if err != nil {
			return err
		}
		if _, err := m.begins(s); err != nil {
			return err
		}
		return s.refuses(call{method: http.MethodPost, path: link.PathChunks, query: chunkAt(m.draft.ID, 0), body: m.chunks[1], by: s.staff}, link.CodeChunk)
	}},
	{"attachments: what is whole is sent with its record, and its chunks have the hashes that it names", "vault/record/testdata/record.cddl, attachment; RFC 9180", func(s *system) error {
		a, err := s.attached()
		if err != nil {
			return err
		}
		for n := range a.Count() {
			got, err := s.must(call{method: http.MethodGet, path: link.PathChunks, query: chunkAt(a.ID, n), by: s.staff}, nil)
			if err != nil {
				return err
			}
			if record.ChunkHashOf(got.body) != a.Chunk(n) {
				return fmt.Errorf("chunk %d is another", n)
			}
		}
		return nil
	}},
	{"attachments: with Range: bytes=N- a chunk goes on from there, as 206; beyond its end that is 416 range; another form is as if it were not said", "RFC 9110 section 14", func(s *system) error {
		a, err := s.attached()
		if err != nil {
			return err
		}
		get := func(form string) (answer, error) {
			return s.do(call{method: http.MethodGet, path: link.PathChunks, query: chunkAt(a.ID, 0), by: s.staff, header: http.Header{"Range": {form}}})
		}
		whole, err := get("lines=1-")
		if err != nil {
			return err
		}
		if whole.status != http.StatusOK {
			return fmt.Errorf("a range of lines is answered %d", whole.status)
		}
		rest, err := get("bytes=1000-")
		if err != nil {
			return err
		}
		if rest.status != http.StatusPartialContent || !bytes.Equal(rest.body, whole.body[1000:]) ||
			rest.header.Get("Content-Range") != fmt.Sprintf("bytes 1000-%d/%d", len(whole.body)-1, len(whole.body)) {
			return fmt.Errorf("from byte 1000 on comes %d, %q, %d bytes of %d", rest.status, rest.header.Get("Content-Range"), len(rest.body), len(whole.body))
		}
		beyond, err := get(fmt.Sprintf("bytes=%d-", len(whole.body)))
		if err == nil && beyond.code() != link.CodeRange {
			err = fmt.Errorf("beyond the end is answered %d %s", beyond.status, beyond.code())
		}
		return err
	}},
	{"attachments: of one that is not there, and of one that is another's, the refusal says the same", "design, promise 5: who may not have it learns nothing", func(s *system) error {
		if s.Eraser.Username == "" {
			return inapplicable("nobody who may not read the record is named")
		}
		d, err := s.enrolled(s.Eraser)
		if err != nil {
			return err
		}
		a, err := s.attached()
		if err != nil {
			return err
		}
		there, err := s.do(call{method: http.MethodGet, path: link.PathChunks, query: chunkAt(a.ID, 0), by: d})
		if err != nil {
			return err
		}
		if there.status == http.StatusOK || there.code() == link.CodeNotFound { // had it been sent
			return inapplicable("the eraser may read the record, too")
		}
		none, err := s.do(call{method: http.MethodGet, path: link.PathChunks, query: chunkAt("b-none", 0), by: d})
		if err == nil && (there.status != none.status || there.code() != none.code()) {
			err = fmt.Errorf("one is %s, the other %s", there.code(), none.code())
		}
		return err
	}},
}

// attached is an attachment of several chunks that the staff's device was sent.
func (s *system) attached() (record.Attachment, error) {
	r, err := s.read()
	if err != nil {
		return record.Attachment{}, err
	}
	for _, a := range r.attachments {
		if a.Device == r.device.keys.Device() && a.Count() > 1 {
			return a, nil
		}
	}
	return record.Attachment{}, errors.New("none that was handed in was sent")
}
