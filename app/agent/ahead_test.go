package agent

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"syscall"
	"testing"

	"handslag/identity"
	"handslag/sync/link"
	"handslag/vault/journal"
)

// Who asks for a page says that the one before it has come, and the connected system forgets then what it took back on
// it. So that one is in the view first; otherwise a program that dies between would keep a copy that nobody knows of.
func TestNothingIsAskedPastWhatWouldBeForgotten(t *testing.T) {
	for what, c := range map[string]struct {
		page link.Page
		may  bool
	}{
		"things alone":          {link.Page{More: true, Records: make([]link.RecordCopy, 2), Assignments: make([]link.AssignmentCopy, 1), Attachments: make([]link.AttachmentCopy, 1)}, true},
		"the last one":          {link.Page{Records: make([]link.RecordCopy, 2)}, false},
		"a record taken back":   {link.Page{More: true, GoneRecords: []journal.RecordID{"r1"}}, false},
		"work taken back":       {link.Page{More: true, GoneWork: []journal.AssignmentID{"a1"}}, false},
		"an attachment as well": {link.Page{More: true, GoneFiles: []journal.AttachmentID{"f1"}}, false},
		"a statement":           {link.Page{More: true, Statement: []byte{1}}, false},
		"revocations":           {link.Page{More: true, Revocations: []byte{1}}, false},
		"an order of erasure":   {link.Page{More: true, Erasures: make([][]byte, 1)}, false},
	} {
		if may := mayAskPast(c.page); may != c.may {
			t.Errorf("%s: %v", what, may)
		}
	}
}

// The page behind is asked for while one is on its way into the view, which says that it has come. Where the program
// dies before it is kept, it comes again; where it was kept, the next one does. Nothing is lost, and said once.
func TestAPageThatWasAskedPastComesAgainUnlessItIsKept(t *testing.T) {
	for what, kept := range map[string]bool{"the disk dies before the page is kept": false, "the line is cut behind it": true} {
		f := newFar(t)
		f.addRecord("r2", "s2", "Ny, Nils", "0701740602")
		p, disk := f.phone(), &failingDisk{}
		p.cfg.Disk = disk
		p.start()
		p.enrolled()
		pages := twoPages{far: f, device: p.Me().Device, all: f.records, asked: make(chan struct{})}
		pages.first = func() {
			if !kept {
				disk.failAfter(pages.asked, syscall.EIO)
			}
		}
		f.mu.Lock()
		f.break_ = pages.answer
		f.mu.Unlock()
		if _, err := p.Sync(t.Context()); err == nil {
			t.Errorf("%s: a sync without its last page is told as whole", what)
		}
		s, err := p.current()
		ok(t, err)
		s.journal.Close() // as a dead process leaves them
		s.vault.Close()
		disk.failAfter(nil, nil)
		f.mu.Lock()
		before := pages.asks
		pages.asks, pages.calm = nil, true
		f.mu.Unlock()
		p.Agent = nil
		p.start()
		ok(t, p.Unlock(t.Context(), passphrase))
		p.synced()
		if want := map[bool]string{false: ",1", true: "1"}[kept]; strings.Join(before, ",") != ",1" || !strings.HasPrefix(strings.Join(pages.asks, ","), want) {
			t.Errorf("%s: asked after %q, then %q", what, before, pages.asks)
		}
		s, err = p.current()
		ok(t, err)
		var said []string
		for st, err := range s.journal.Entries(0, 0) {
			if ok(t, err); st.Entry.Kind == journal.RecordFetched {
				said = append(said, string(st.Entry.Record))
			}
		}
		records, _, err := s.vault.Count()
		if ok(t, err); records != 2 || !slices.Equal(said, []string{"r1", "r2"}) {
			t.Errorf("%s: %d records are here, the journal tells of %v", what, records, said)
		}
	}
}

// twoPages are a page with the first record and one with the rest, which the line does not let through before it is calm.
type twoPages struct {
	*far
	device identity.DeviceID
	all    []farRecord
	first  func() // what happens when the first page has been asked for
	asks   []string
	asked  chan struct{} // closed when the second is
	calm   bool
}

func (f *twoPages) answer(w http.ResponseWriter, r *http.Request) bool {
	if r.URL.Path != link.PathChanges {
		return false
	}
	after := r.URL.Query().Get("after")
	f.asks = append(f.asks, after)
	if after == "1" && !f.calm {
		close(f.asked)
		f.problem(w, 500, link.CodeInternal)
		return true
	}
	f.cursor, f.records = "end", f.all[1:]
	if after == "" {
		f.cursor, f.records = "1", f.all[:1]
	}
	honest := httptest.NewRecorder()
	f.changes(honest, f.device)
	var page link.Page
	ok(f.t, json.Unmarshal(honest.Body.Bytes(), &page))
	page.Statement = nil
	if page.More = after == ""; page.More && !f.calm {
		f.first()
	}
	f.far.answer(w, page)
	return true
}
