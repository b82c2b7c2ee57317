package link

import (
	"cmp"
	"net/url"
	"strconv"
	"strings"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
)

// LogFilter narrows the audit log; empty fields do not. It travels as a query.
type LogFilter struct {
	Subject journal.SubjectID
	Record  journal.RecordID
	Person  string // username of the member of staff
	Device  identity.DeviceID

	Assignment journal.AssignmentID
	Unit       identity.UnitID // one of those in which who said it served then
	Kind       journal.Kind

	Day   string // 2006-01-02, in the organisation's time zone
	To    string // the last of several days, at most LogDays in all; empty: Day alone
	After string // Cursor of the page before
	Limit int    // rows, at most LogPageRows
}

// LogDays is how many days LogFilter may span: under each of them what came late is looked for.
const LogDays = 31

// Query is the filter as a URL query, in the order that the proof covers.
func (f LogFilter) Query() url.Values {
	q := url.Values{}
	for name, value := range map[string]string{
		"subject": string(f.Subject), "record": string(f.Record), "person": f.Person,
		"device": string(f.Device), "assignment": string(f.Assignment), "unit": string(f.Unit), "kind": string(f.Kind),
		"day": f.Day, "to": f.To, "after": f.After,
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if f.Limit > 0 {
		q.Set("limit", strconv.Itoa(f.Limit))
	}
	return q
}

// LogPage is one page of the audit log, newest first. One that would take long to fill is short, or empty, and
// has a Cursor: there may be more.
type LogPage struct {
	Rows   []LogRow  `json:"rows"`
	Cursor string    `json:"cursor,omitempty"` // empty on the last page
	Found  []Finding `json:"findings,omitempty"`

	Within []identity.Unit `json:"within,omitempty"` // the units of which the reader sees entries; none: of all
}

// LogRow is one entry as reviewers see it: a sentence's worth.
type LogRow struct {
	ID              int64                `json:"id"` // place in the audit log
	Hash            []byte               `json:"hash"`
	Kind            journal.Kind         `json:"kind"`
	NotBefore       signed.Time          `json:"not_before"` // the newest server time that the device knew
	NotAfter        signed.Time          `json:"not_after"`  // when the connected system got it
	Clock           signed.Time          `json:"clock"`      // the device's own clock, for what it is worth
	Subject         journal.SubjectID    `json:"subject,omitempty"`
	SubjectName     string               `json:"subject_name,omitempty"` // the card's title
	Record          journal.RecordID     `json:"record,omitempty"`
	RecordNo        uint64               `json:"record_version,omitempty"`
	Attachment      journal.AttachmentID `json:"attachment,omitempty"`
	Assignment      journal.AssignmentID `json:"assignment,omitempty"`
	AssignmentTitle string               `json:"assignment_title,omitempty"`
	Person          identity.Person      `json:"person"`
	Units           []identity.Unit      `json:"units,omitempty"`
	Device          identity.DeviceID    `json:"device"`
	DeviceLabel     string               `json:"device_label,omitempty"` // what people call it
	System          bool                 `json:"system,omitempty"`       // written by the connected system itself
	Peer            identity.DeviceID    `json:"peer,omitempty"`
	PeerName        string               `json:"peer_name,omitempty"`
	PeerLabel       string               `json:"peer_label,omitempty"` // what people call that device
	Code            string               `json:"code,omitempty"`
	Route           string               `json:"route,omitempty"`
	Count           uint64               `json:"count,omitempty"`
	Until           signed.Time          `json:"until,omitempty"`
	Reason          string               `json:"reason,omitempty"`
	Note            string               `json:"note,omitempty"`
	Topic           string               `json:"topic,omitempty"`    // of an edit on an assignment: which field
	Value           string               `json:"value,omitempty"`    // what it was set to
	Erased          bool                 `json:"erased,omitempty"`   // the words are gone, the entry stands
	Address         string               `json:"address,omitempty"`  // IP seen at upload
	Carrier         identity.DeviceID    `json:"carrier,omitempty"`  // which device carried it, where another did
	Fingerprint     string               `json:"fingerprint"`        // of the entry's signature: first 16 hex digits of its hash
	Signed          bool                 `json:"signed,omitempty"`   // it holds an assignment's signature
	Other           *LogRow              `json:"other,omitempty"`    // the other half of a share or verification
	Alone           bool                 `json:"alone,omitempty"`    // its other half has not come
	Findings        []string             `json:"findings,omitempty"` // codes
}

// Told is who did it, with whose data, with whom and on which assignment: by name, and by ID
// where nothing is left of the name; empty where the entry does not say.
func (r LogRow) Told() (who, what, peer, assignment string) {
	who = cmp.Or(strings.TrimSpace(r.Person.Name()), r.Person.Username)
	what = cmp.Or(r.SubjectName, string(r.Subject), string(r.Record))
	peer = cmp.Or(r.PeerName, r.Peer.Short())
	return who, what, peer, cmp.Or(r.AssignmentTitle, string(r.Assignment))
}

// Thing says which thing the row is about, as journal.ThingOf does.
func (r LogRow) Thing() string { return journal.ThingOf(r.Record, r.Attachment, r.Assignment) }

// Finding is what the connected system noticed about a journal and tells reviewers.
type Finding struct {
	ID         int64             `json:"id"`
	Code       string            `json:"code"` // gap, fork, lone_half, bad_signature, revoked, expired, clock, erasure …
	Device     identity.DeviceID `json:"device"`
	Person     identity.Person   `json:"person"`
	At         signed.Time       `json:"at"`
	Generation uint64            `json:"generation,omitempty"`
	Seq        uint64            `json:"seq,omitempty"`
	Open       bool              `json:"open"`            // false once what was missing has come
	Times      uint64            `json:"times,omitempty"` // how often it was noticed
	Entry      []byte            `json:"entry,omitempty"` // hash of the entry that is meant
}

// FindingFilter narrows the findings; empty fields do not. It travels as a query.
type FindingFilter struct {
	Device identity.DeviceID
	Person string // username of the member of staff
	Code   string
	Open   bool   // only those of which something is left to wait for
	After  string // Cursor of the page before
	Limit  int    // at most LogPageRows
}

// Query is the filter as a URL query.
func (f FindingFilter) Query() url.Values {
	q := url.Values{}
	for name, value := range map[string]string{"device": string(f.Device), "person": f.Person, "code": f.Code, "after": f.After} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if f.Open {
		q.Set("open", "true")
	}
	if f.Limit > 0 {
		q.Set("limit", strconv.Itoa(f.Limit))
	}
	return q
}

// FindingPage is one page of findings, newest first.
type FindingPage struct {
	Findings []Finding `json:"findings"`
	Cursor   string    `json:"cursor,omitempty"` // empty on the last page
}

// Witnesses is who vouches for the audit log: devices that have compared it with what they had seen before,
// and cosigned what they saw.
type Witnesses struct {
	Size       uint64    `json:"size"`                 // entries in the log now
	Count      uint64    `json:"count"`                // devices that have ever cosigned a checkpoint of it
	Checkpoint []byte    `json:"checkpoint,omitempty"` // the newest that a device cosigned, with all cosignatures of it (C2SP)
	Witnesses  []Witness `json:"witnesses,omitempty"`  // who saw the longest log first, at most WitnessRows
}

// WitnessRows bounds Witnesses.Witnesses.
const WitnessRows = 200

// Witness is the newest that one device has cosigned.
type Witness struct {
	Device identity.DeviceID `json:"device"`
	Person identity.Person   `json:"person"`
	Size   uint64            `json:"size"` // entries in the log then
	At     signed.Time       `json:"at"`   // by the device's clock
	Fits   bool              `json:"fits"` // the log still begins so; otherwise it was rewritten
}
