package agent

import (
	"testing"

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
