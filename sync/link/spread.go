package link

import (
	"context"
	"iter"
	"net/http"
	"net/url"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
)

// Routes for reviewers beside PathLog.
const (
	PathFindings = "/v1/findings" // GET: what was noticed about journals
	PathSpread   = "/v1/spread"   // GET ?record=ID: where copies of a record went
)

// Findings asks for a page of what was noticed about journals.
func (c *Client) Findings(ctx context.Context, filter FindingFilter) (FindingPage, error) {
	return decode[FindingPage](c.do(ctx, request{
		method: http.MethodGet, path: PathFindings, query: filter.Query().Encode(), proved: true, limit: logLimit,
	}))
}

// Spread asks where copies of a record went.
func (c *Client) Spread(ctx context.Context, filter SpreadFilter) (Spread, error) {
	return decode[Spread](c.do(ctx, request{
		method: http.MethodGet, path: PathSpread, query: filter.Query().Encode(), proved: true, limit: logLimit,
	}))
}

// SpreadFilter says which record's spread is asked for, and which part of it: all from its beginning, or what went
// on from one device, behind one that was shown.
type SpreadFilter struct {
	Record journal.RecordID
	From   identity.DeviceID // who handed on; empty: the connected system
	After  identity.DeviceID // the last device that was shown below From
}

// Query is the filter as a URL query.
func (f SpreadFilter) Query() url.Values {
	q := url.Values{"record": {string(f.Record)}}
	for name, value := range map[string]identity.DeviceID{"from": f.From, "after": f.After} {
		if value != "" {
			q.Set(name, string(value))
		}
	}
	return q
}

// Spread is where copies of a record went, as far as devices have told: each below who gave it.
type Spread struct {
	Record      journal.RecordID  `json:"record"`
	Subject     journal.SubjectID `json:"subject,omitempty"`
	SubjectName string            `json:"subject_name,omitempty"`
	At          signed.Time       `json:"at"` // when it was asked for

	// After it no copy opens, unless one is lent anew or one is handed on that nobody has told of yet; 0 where none
	// was ever given. Of an erased subject it reckons with backups.
	NoCopyAfter signed.Time `json:"no_copy_opens_after,omitempty"`
	Ordered     signed.Time `json:"erasure_ordered,omitempty"`
	Devices     int         `json:"devices"`           // that were given a copy
	Open        int         `json:"open"`              // of them may open it still
	Unpromised  int         `json:"unpromised"`        // of all can not promise that an older copy of their files stays shut after an erasure, or have not said so
	Partial     bool        `json:"partial,omitempty"` // there is more than can be told at once: the record went to thousands

	Copies []SpreadCopy `json:"copies"`           // given by From
	Folded int          `json:"folded,omitempty"` // more of them, behind the last
}

// SpreadCopy is what a device was given.
type SpreadCopy struct {
	Device identity.DeviceID `json:"device"`
	Label  string            `json:"label,omitempty"` // what people call it
	Person identity.Person   `json:"person"`
	Way    SpreadWay         `json:"way"`
	Record uint64            `json:"record_version,omitempty"`
	First  signed.Time       `json:"first"`           // when it was first told that it was given
	Last   signed.Time       `json:"last"`            // and last
	Times  int               `json:"times"`           // it was given so often
	Until  signed.Time       `json:"until"`           // its loan
	Halves int               `json:"halves"`          // who has told: 1, or both
	Entry  int64             `json:"entry"`           // place in the log of the newest entry that tells it
	State  SpreadState       `json:"state"`           // what has become of the device's copy
	Ended  signed.Time       `json:"ended,omitempty"` // since when, where it has ended
	Again  bool              `json:"again,omitempty"` // the device stands elsewhere too, with what went on from it

	Exported int           `json:"exported,omitempty"` // attachments that its person saved in the clear
	Answer   *SpreadAnswer `json:"answer,omitempty"`   // its receipt of the erasure
	Promise  string        `json:"promise,omitempty"`  // about older copies of its files: full, best-effort, none; empty: not told
	Synced   signed.Time   `json:"synced,omitempty"`   // when its journal last came
	Unseen   bool          `json:"unseen,omitempty"`   // not since it was given
	Revoked  signed.Time   `json:"revoked,omitempty"`

	Copies []SpreadCopy `json:"copies,omitempty"` // handed on
	Folded int          `json:"folded,omitempty"` // more of them: ask for what is from this device
}

// SpreadAnswer is a device's own entry that the subject is erased there.
type SpreadAnswer struct {
	At    signed.Time `json:"at"`
	Entry int64       `json:"entry"` // place in the log
	Hash  []byte      `json:"hash"`
}

// SpreadWay is how a copy came.
type SpreadWay string

// The ways.
const (
	WaySync     SpreadWay = "sync"      // from the connected system
	WayHandOver SpreadWay = "hand_over" // from a device
	WayUnknown  SpreadWay = "unknown"   // it handed one on, and nobody has told how it came to it
)

// SpreadState is what has become of a copy.
type SpreadState string

// The states.
const (
	CopyOpen      SpreadState = "open"      // its loan runs
	CopyEnded     SpreadState = "ended"     // its loan has run out
	CopyGone      SpreadState = "gone"      // its device has told that it is removed
	CopyErased    SpreadState = "erased"    // its device has carried out the erasure
	CopyWiped     SpreadState = "wiped"     // its device has been emptied
	CopyRefused   SpreadState = "refused"   // it was not taken
	CopyWithdrawn SpreadState = "withdrawn" // its device was told to remove it, and asked on
	CopyUnknown   SpreadState = "unknown"   // of a device whose copy nobody has told of
)

// Drawn walks the tree from its top, each copy behind the lines that lead to it; folded counts copies that are
// not shown below the one before.
func (s Spread) Drawn() iter.Seq2[string, DrawnCopy] {
	return func(yield func(string, DrawnCopy) bool) { draw("", s.Copies, s.Folded, yield) }
}

// DrawnCopy is one line of a drawn tree: a copy, or how many are folded.
type DrawnCopy struct {
	*SpreadCopy
	Folded int
}

func draw(lead string, copies []SpreadCopy, folded int, yield func(string, DrawnCopy) bool) bool {
	for i := range copies {
		c := &copies[i]
		branch, below := "├─ ", "│  "
		if i == len(copies)-1 && folded == 0 {
			branch, below = "└─ ", "   "
		}
		if !yield(lead+branch, DrawnCopy{SpreadCopy: c}) || !draw(lead+below, c.Copies, c.Folded, yield) {
			return false
		}
	}
	return folded == 0 || yield(lead+"└─ ", DrawnCopy{Folded: folded})
}
