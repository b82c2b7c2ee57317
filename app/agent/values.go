package agent

import (
	"time"

	"handslag/identity"
	"handslag/sync/link"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// State is what the agent can be asked to do now.
type State string

// The states.
const (
	IsNew       State = "new"       // nothing here: Enrol
	IsEnrolling State = "enrolling" // half made: ResumeEnrol
	IsLocked    State = "locked"    // Unlock
	IsUnlocked  State = "unlocked"
	IsElsewhere State = "elsewhere" // another process has this profile open
)

// Me is who this device speaks for and how it stands. While locked only First of Person, Device and
// Org are known, and of a device that was started again Org alone.
type Me struct {
	Person          identity.Person   `json:"person"`
	Device          identity.DeviceID `json:"device"`
	Label           string            `json:"label,omitempty"` // what people call the device
	Organisation    string            `json:"organisation"`
	Org             identity.OrgID    `json:"org"`
	Units           []identity.Unit   `json:"units"`
	Roles           []string          `json:"roles"`
	Online          bool              `json:"online"`             // the last call to the connected system was answered
	LastSync        time.Time         `json:"last_sync,omitzero"` // by the connected system's clock
	Waiting         int               `json:"waiting"`            // entries without a receipt
	CredentialUntil time.Time         `json:"credential_until,omitzero"`
	Unlocked        bool              `json:"unlocked"`
	WrongAttempts   int               `json:"wrong_attempts"`    // wrong passphrases before the latest unlock; while locked, so far
	Carried         int               `json:"carried,omitempty"` // segments handed in for others since the program started
	MayReadLog      bool              `json:"may_read_log"`
	ClockSuspect    bool              `json:"clock_suspect"`           // the machine's clock does not fit the connected system's
	Revoked         bool              `json:"revoked"`                 // the connected system wants nothing of this device but its journal
	ApprovalUntil   time.Time         `json:"approval_until,omitzero"` // until then the device waits for an administrator to let it in
	Problem         *Problem          `json:"problem,omitempty"`       // of the last sync
}

// Organisation is what the directory says of an organisation, verified.
type Organisation struct {
	Name   string         `json:"name"`
	URL    string         `json:"url"`
	Org    identity.OrgID `json:"org"`
	Number uint64         `json:"number"` // of its statement

	SignIns link.SignIns `json:"sign_ins"` // how staff sign in there
}

// Enrolment is what a person types once.
type Enrolment struct {
	Org        identity.OrgID
	Username   string
	Password   string
	Browse     func(address string) error // opens the person's browser, in which they sign in, in place of Username and Password
	Passphrase string
	Factors    []Factor // what is to open the vault together with the passphrase, of what Protection offers
}

// Card is a record as lists show it.
type Card struct {
	ID          journal.RecordID       `json:"id"`
	Number      uint64                 `json:"number"` // version
	Subject     journal.SubjectID      `json:"subject"`
	Title       string                 `json:"title"`
	Street      string                 `json:"street,omitempty"`
	Area        string                 `json:"area,omitempty"`
	Tags        []string               `json:"tags,omitempty"`
	Kind        string                 `json:"kind"`                // "person" or "place"
	Protected   bool                   `json:"protected,omitempty"` // protected identity
	Restricted  bool                   `json:"restricted,omitempty"`
	LoanUntil   time.Time              `json:"loan_until"`
	LoanSoon    bool                   `json:"loan_soon,omitempty"` // it ends within a day
	From        *Giver                 `json:"from,omitempty"`      // nil: the connected system
	Assignments []journal.AssignmentID `json:"assignments,omitempty"`
	Newer       bool                   `json:"newer,omitempty"` // another version than this person last opened here
}

// Giver is the colleague who handed a record over.
type Giver struct {
	Name   string            `json:"name"`
	Device identity.DeviceID `json:"device"`
	At     time.Time         `json:"at"`
}

// Reason is why a protected part is opened: an assignment, or words.
type Reason struct {
	Text        string               `json:"text"`
	Assignment  journal.AssignmentID `json:"assignment,omitempty"`
	Preselected bool                 `json:"preselected,omitempty"`
}

// Opening is a protected part in the clear, until Until.
type Opening struct {
	Card   Card           `json:"card"`
	Fields []record.Field `json:"fields"`
	Labels Labels         `json:"attachments,omitempty"` // what the record's attachments are called
	Until  time.Time      `json:"until"`
	Entry  string         `json:"entry"` // fingerprint of the entry that says so
}

// Labels are what attachments are called, and what they are.
type Labels map[journal.AttachmentID]record.Label

// Task is an assignment as screens show it.
type Task struct {
	ID          journal.AssignmentID `json:"id"`
	Number      uint64               `json:"number"` // version
	Record      journal.RecordID     `json:"record,omitempty"`
	RecordTitle string               `json:"record_title,omitempty"`
	HoldRecord  bool                 `json:"hold_record"` // this device holds the record it is about
	Title       string               `json:"title"`
	Area        string               `json:"area,omitempty"`
	Text        string               `json:"text,omitempty"`
	Due         string               `json:"due,omitempty"` // a day, 2006-01-02
	Today       bool                 `json:"today,omitempty"`
	Mine        bool                 `json:"mine,omitempty"` // it names this person
	Done        *DoneState           `json:"done,omitempty"`

	Status     FieldState   `json:"status"`
	Planned    FieldState   `json:"planned"`
	Points     []FieldState `json:"points,omitempty"`
	Notes      []Saying     `json:"notes,omitempty"`
	Signatures []DoneState  `json:"signatures,omitempty"`
	Seen       string       `json:"seen"`           // stands for all that is shown here: what Edit, Choose and Finish were done in sight of
	With       string       `json:"with,omitempty"` // who is verified and works on it too, from here without coverage
	Here       bool         `json:"here,omitempty"` // they have it before them now
}

// DoneState says who marked an assignment done.
type DoneState struct {
	By           string    `json:"by"`
	At           time.Time `json:"at"`
	Note         string    `json:"note,omitempty"`
	Number       uint64    `json:"number"`            // version that was signed
	Mine         bool      `json:"mine,omitempty"`    // signed on this device
	Waiting      bool      `json:"waiting,omitempty"` // its entry has no receipt yet
	OlderVersion bool      `json:"older_version,omitempty"`
	EarlierState bool      `json:"earlier_state,omitempty"` // something was said since, or not yet known, when it was signed
	Fingerprint  string    `json:"fingerprint,omitempty"`   // of the entry that holds the signature
}

// SyncResult is what one sync did.
type SyncResult struct {
	Sent     int `json:"sent"`     // entries that went up
	Received int `json:"received"` // records and assignments that came down
	Waiting  int `json:"waiting"`  // entries still without a receipt
	Carried  int `json:"carried"`  // sealed segments handed in for other devices
	Files    int `json:"files"`    // chunks of attachments that are left for the next sync
}

// Event is one entry of this device's own journal.
type Event struct {
	Seq        uint64            `json:"seq"`
	Generation uint64            `json:"generation"`
	Kind       journal.Kind      `json:"kind"`
	At         time.Time         `json:"at"`
	Title      string            `json:"title,omitempty"` // of the record or assignment it is about, where the device still has it
	Thing      string            `json:"thing,omitempty"` // which of them: as journal.ThingOf says
	Reason     string            `json:"reason,omitempty"`
	Note       string            `json:"note,omitempty"`
	Topic      string            `json:"topic,omitempty"` // of an edit on an assignment: which field
	Value      string            `json:"value,omitempty"` // what it was set to
	Waiting    bool              `json:"waiting"`         // no receipt yet
	Hash       string            `json:"hash"`            // the entry's fingerprint: first 16 hex digits
	Peer       identity.DeviceID `json:"peer,omitempty"`
	Code       string            `json:"code,omitempty"`
	Count      uint64            `json:"count,omitempty"`
}
