package agent

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// The vault keeps what its callers have verified, and verifies nothing again when it opens. So whatever comes down
// is verified before a row is written, and a page with one thing in it that is not the organisation's word is refused
// whole.
func TestNothingThatIsNotTheOrganisationsWordComesDown(t *testing.T) {
	flip := func(message []byte) []byte { // a bit of its signature, which is last
		message = slices.Clone(message)
		message[len(message)-1] ^= 1
		return message
	}
	stranger := newKey(t)
	for what, c := range map[string]spoilt{
		"all as it was sent":                    {func(*far, *link.Page) {}, true, true},
		"a record's signature":                  {func(_ *far, p *link.Page) { p.Records[1].Record = flip(p.Records[1].Record) }, false, true},
		"a record's ciphertext":                 {func(_ *far, p *link.Page) { p.Records[1].Cipher = flip(p.Records[1].Cipher) }, false, false},
		"another record's ciphertext":           {func(_ *far, p *link.Page) { p.Records[1].Cipher = p.Records[0].Cipher }, false, false},
		"another record's content key":          {func(_ *far, p *link.Page) { p.Records[1].ContentKey = p.Records[0].ContentKey }, false, false},
		"no key of the page":                    {func(_ *far, p *link.Page) { p.Key = nil }, false, false},
		"a page's key under another cursor":     {func(_ *far, p *link.Page) { p.Cursor += "1" }, false, false},
		"a key that the page's does not open":   {func(_ *far, p *link.Page) { p.Records[1].ContentKey = flip(p.Records[1].ContentKey) }, false, false},
		"a record that stands there twice":      {func(_ *far, p *link.Page) { p.Records = append(p.Records, p.Records[1]) }, false, false},
		"no signature of the page":              {func(_ *far, p *link.Page) { p.Sending = nil }, false, true},
		"a page that a stranger signed":         {func(f *far, p *link.Page) { ok(t, p.Sign(stranger, f.org(), f.device())) }, false, true},
		"a page for another device":             {func(f *far, p *link.Page) { ok(t, p.Sign(f.issuing, f.org(), "hs1other")) }, false, true},
		"one record less than was signed":       {func(_ *far, p *link.Page) { p.Records = p.Records[:1] }, false, false},
		"no loans":                              {func(_ *far, p *link.Page) { p.Loans = nil }, false, false},
		"the loans' signature":                  {func(_ *far, p *link.Page) { p.Loans = flip(p.Loans) }, false, false},
		"loans of the records in another order": {func(_ *far, p *link.Page) { slices.Reverse(p.Records) }, false, false},
		"loans that a stranger signed":          {func(f *far, p *link.Page) { p.Loans = f.lends(stranger, f.device(), "r1", "r2") }, false, false},
		"loans to another device":               {func(f *far, p *link.Page) { p.Loans = f.lends(f.issuing, "hs1other", "r1", "r2") }, false, false},
		"loans of another record":               {func(f *far, p *link.Page) { p.Loans = f.lends(f.issuing, f.device(), "r1", "r3") }, false, false},
		"loans of these records anew":           {func(f *far, p *link.Page) { p.Loans = f.lends(f.issuing, f.device(), "r1", "r2") }, false, true},
		"an assignment's signature":             {func(_ *far, p *link.Page) { p.Assignments[0].Assignment = flip(p.Assignments[0].Assignment) }, false, false},
		"a record where an assignment stands":   {func(_ *far, p *link.Page) { p.Assignments[0].Assignment = p.Records[0].Record }, false, false},
		"a record that a stranger signed": {func(f *far, p *link.Page) {
			data, err := f.records[1].Sign(stranger)
			ok(t, err)
			p.Records[1].Record = data
		}, false, true},
		"an assignment that a stranger signed": {func(f *far, p *link.Page) {
			data, err := f.tasks[0].Sign(stranger)
			ok(t, err)
			p.Assignments[0].Assignment = data
		}, false, false},
		"an erasure order that a stranger signed": {func(f *far, p *link.Page) {
			data, err := record.Erasure{Version: 1, Org: f.org(), Number: 1, Subject: "s1", At: signed.At(f.now)}.Sign(stranger)
			ok(t, err)
			p.Erasures = [][]byte{data}
		}, false, false},
		"a statement that a stranger signed": {func(f *far, p *link.Page) {
			s := f.statement
			s.Number++
			data, err := signed.Sign(signed.DomainStatement, stranger, s)
			ok(t, err)
			p.Statement = data
		}, false, false},
		"an attachment": {func(f *far, p *link.Page) {
			p.Attachments = []link.AttachmentCopy{f.attachment(f.issuing)}
		}, true, true},
		"an attachment's signature": {func(f *far, p *link.Page) {
			p.Attachments = []link.AttachmentCopy{f.attachment(f.issuing)}
			p.Attachments[0].Attachment = flip(p.Attachments[0].Attachment)
		}, false, false},
		"an attachment that a stranger signed": {func(f *far, p *link.Page) {
			p.Attachments = []link.AttachmentCopy{f.attachment(stranger)}
		}, false, false},
		"a revocation list that is none": {func(f *far, p *link.Page) { p.Revocations = p.Records[0].Record }, false, false},
	} {
		for _, anew := range []bool{false, true} {
			t.Run(what+map[bool]string{true: ", signed anew"}[anew], func(t *testing.T) { c.opens(t, what, anew) }) // each ends before the next
		}
	}
}

// lends are loans of the first version of records.
func (f *far) lends(key *signed.PrivateKey, to identity.DeviceID, ids ...journal.RecordID) []byte {
	var lent []record.Lent
	for _, id := range ids {
		lent = append(lent, record.Lent{Record: id, Number: 1})
	}
	loans, err := record.Lend(key, f.org(), to, f.clockNow().Add(f.loan/2), lent)
	ok(f.t, err)
	return loans
}

// spoilt is a page that is not as it was sent.
type spoilt struct {
	spoil func(f *far, page *link.Page)
	comes bool // signed as it was before
	anew  bool // with what stands there signed anew: it is the organisation's word then
}

func (c spoilt) opens(t *testing.T, what string, anew bool) {
	f := newFar(t)
	f.addRecord("r2", "s2", "Ny, Nils", "0701740602")
	p := f.phone().enrolled()
	device := p.Me().Device
	f.mu.Lock()
	f.break_ = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != link.PathChanges {
			return false
		}
		honest := httptest.NewRecorder()
		f.changes(honest, device)
		var page link.Page
		ok(t, json.Unmarshal(honest.Body.Bytes(), &page))
		c.spoil(f, &page)
		if anew {
			ok(t, page.Sign(f.issuing, f.org(), device))
		}
		f.answer(w, page)
		return true
	}
	f.mu.Unlock()
	want := map[bool]bool{false: c.comes, true: c.anew}[anew]
	_, err := p.Sync(t.Context())
	s, currentErr := p.current()
	ok(t, currentErr)
	records, tasks, countErr := s.vault.Count()
	ok(t, countErr)
	if came := records+tasks > 0; came != want || (err == nil) != want {
		t.Errorf("%s, signed anew %v: %d records and %d assignments came, %v", what, anew, records, tasks, err)
	}
	for st, err := range s.journal.Entries(0, 0) {
		if ok(t, err); st.Entry.Kind == journal.RecordFetched && !want {
			t.Errorf("%s, signed anew %v: an entry says that %s came", what, anew, st.Entry.Record)
		}
	}
}

// device is the only one that has asked for a credential.
func (f *far) device() identity.DeviceID {
	for id := range f.keys {
		return id
	}
	return ""
}

// attachment is one of r1, without a key, signed by somebody.
func (f *far) attachment(by *signed.PrivateKey) link.AttachmentCopy {
	a, _, err := record.SealAttachment(record.Attachment{Org: f.org(), ID: "a-word", Record: "r1", Subject: "s1", Size: 7},
		record.Label{Name: "ord.txt", Type: record.Text}, strings.NewReader("ett ord"), func(record.ChunkHash, []byte) error { return nil })
	ok(f.t, err)
	a.Issued = signed.At(f.now)
	data, err := a.Sign(by)
	ok(f.t, err)
	return link.AttachmentCopy{Attachment: data}
}

// What this device made comes back as the organisation signed it, or it stays a draft.
func TestADraftStaysOneUntilTheOrganisationHasSignedIt(t *testing.T) {
	h := newHouse(t)
	anna := h.enrolled("anna.lind")
	anna.sync()
	h.stop()
	made := anna.makes(Attach{Record: "r-maja"}, "ord.txt", "ett ord")
	s, err := anna.current()
	ok(t, err)
	draft, _, err := s.vault.SealDraft(made.ID)
	ok(t, err)
	a, err := record.DecodeDraft(draft)
	ok(t, err)
	m := &moving{run: &run{agent: anna.Agent, session: s}}
	signs := func(by *signed.PrivateKey, change func(*record.Attachment)) []byte {
		back := a
		back.Issued = signed.At(h.clock())
		change(&back)
		message, err := back.Sign(by)
		ok(t, err)
		return message
	}
	as := func(*record.Attachment) {}
	for what, message := range map[string][]byte{
		"a stranger's word":    signs(newKey(t), as),
		"of another record":    signs(h.config.Keys.Issuing, func(a *record.Attachment) { a.Record = "r-maj" }),
		"about another person": signs(h.config.Keys.Issuing, func(a *record.Attachment) { a.Subject = "s-maj" }),
		"the draft itself":     draft,
	} {
		if err := m.settle(a, message); err == nil {
			t.Errorf("%s is taken", what)
		}
		if drafts, err := s.vault.Drafts(); err != nil || len(drafts) != 1 {
			t.Errorf("%s: %d drafts, %v", what, len(drafts), err)
		}
	}
	ok(t, m.settle(a, signs(h.config.Keys.Issuing, as)))
	if drafts, err := s.vault.Drafts(); err != nil || len(drafts) != 0 {
		t.Errorf("%d drafts, %v", len(drafts), err)
	}
}
