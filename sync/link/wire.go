package link

import (
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
	"handslag/vault/record"
	"log/slog"
	"time"
)

// The routes of the connected system.
const (
	PathStatement    = "/v1/statement"        // GET, public: the organisation's newest signed statement
	PathEnrol        = "/v1/enrol"            // POST, public: username and password, answered with a credential
	PathWaiting      = "/v1/enrol/waiting"    // POST ?wait=25s: what has become of this device, which waits for an administrator
	PathSignIn       = "/v1/sign-in"          // GET, public: how staff sign in; POST, public: begin to, at the identity provider
	PathCredential   = "/v1/credential"       // POST: a new credential for this device
	PathChanges      = "/v1/changes"          // GET ?after=CURSOR&wait=25s: what concerns this person
	PathJournal      = "/v1/journal"          // POST: a batch, answered with a receipt; taken from anybody who carries one
	PathSegments     = "/v1/segments"         // POST: one sealed segment of any device, answered with a receipt for that device
	PathLog          = "/v1/log"              // GET: the audit log
	PathCheckpoint   = "/v1/log/checkpoint"   // GET: its newest checkpoint (C2SP tlog-checkpoint)
	PathGrowth       = "/v1/log/growth"       // GET ?from=N,N&size=N: that it only grew
	PathInclusion    = "/v1/log/inclusion"    // GET ?entry=N&size=N: that it has an entry (C2SP tlog-proof)
	PathTile         = "/v1/log/tile"         // GET, /LEVEL/INDEX: its hashes (C2SP tlog-tiles)
	PathLeaves       = "/v1/log/tile/entries" // GET, /INDEX: its leaves
	PathCosignatures = "/v1/log/cosignatures" // POST: a checkpoint that this device has cosigned (C2SP tlog-cosignature)
	PathWitnesses    = "/v1/log/witnesses"    // GET: which devices vouch for it
	PathEvidence     = "/v1/log/evidence"     // GET ?entries=N,N: evidence about entries
	PathErasures     = "/v1/erasures"         // POST: erase a subject; GET ?subject=ID: how far that has come
	PathExport       = "/v1/log/export"       // GET ?after=CURSOR: the audit log for another system, oldest first

	PathAttachments = "/v1/attachments" // POST: begin to hand in an attachment that this device made, or go on with it
	PathChunks      = "/v1/chunks"      // ?attachment=ID&chunk=N: GET, with a Range: one chunk; POST: hand one in
)

// PathDirectory is the directory's one route: GET, followed by the organisation ID. It
// answers with the signed statement's bytes.
const PathDirectory = "/v1/statement/"

// Bounds of what travels, in bytes.
const (
	RequestLimit = 64 << 10 // JSON bodies going up
	PageLimit    = 24 << 20 // one page coming down
	PageRecords  = 500      // changes on one page
	PageErasures = 200      // orders on one page
	LogPageRows  = 50
	ExportRows   = 1000 // of an export's page
	GrowthProofs = 8    // checkpoints that one call may ask about
	nonceSize    = 16
)

// WaitMost is how long an answer to PathChanges or PathWaiting with wait is held back at most: it comes before the
// half minute after which proxies give up.
const WaitMost = 25 * time.Second

// EnrolRequest asks for a device's first credential. The same RequestID and signing key give
// the same credential again, so that a lost answer costs nothing.
type EnrolRequest struct {
	RequestID string             `json:"request_id"` // opaque, made by the device
	Username  string             `json:"username"`
	Password  string             `json:"password"`
	Machine   identity.MachineID `json:"machine"`
	// SignIn is what came of a sign-in at the identity provider, in place of Username and Password.
	SignIn *SignedIn `json:"sign_in,omitempty"`
	// Possession is an Enrolment signed by the device's signing key: who asks holds the keys.
	Possession []byte `json:"possession"`
}

// SignIns are the ways in which staff sign in when they enrol a device.
type SignIns struct {
	Password bool `json:"password"`
	Provider bool `json:"provider"` // at the organisation's identity provider (OpenID Connect)
}

// SignInRequest begins a sign-in at the identity provider.
type SignInRequest struct {
	Device   identity.DeviceID `json:"device"`   // the one that is to be enrolled, and no other
	Redirect string            `json:"redirect"` // http://127.0.0.1:PORT/signed-in, where the device waits for its browser
}

// SignInBegun answers it.
type SignInBegun struct {
	URL     string      `json:"url"`     // where the person's browser goes
	State   string      `json:"state"`   // which it has to bring back
	Attempt []byte      `json:"attempt"` // sealed by the connected system for itself, to be given back
	Until   signed.Time `json:"until"`
}

// SignedIn is what the browser brought back, with the attempt that it belongs to. It is worth one enrolment, of the
// device that began it.
type SignedIn struct {
	Attempt []byte `json:"attempt"`
	State   string `json:"state"`
	Code    string `json:"code"`
	Issuer  string `json:"issuer,omitempty"` // as the provider named itself (RFC 9207)
}

// LogValue keeps it out of every log.
func (SignedIn) LogValue() slog.Value { return slog.StringValue("redacted sign-in") }

// LogValue keeps it out of every log.
func (EnrolRequest) LogValue() slog.Value { return slog.StringValue("redacted request") }

// Enrolment is what a device signs when it asks for its first credential.
type Enrolment struct {
	Version   uint64              `cbor:"1,keyasint"`
	Org       identity.OrgID      `cbor:"2,keyasint"`
	RequestID string              `cbor:"3,keyasint"`
	Machine   identity.MachineID  `cbor:"4,keyasint"`
	Keys      identity.PublicKeys `cbor:"5,keyasint"`
}

// Issued answers PathEnrol and PathCredential.
type Issued struct {
	Credential []byte   `json:"credential,omitempty"` // signed
	Waiting    *Waiting `json:"waiting,omitempty"`    // PathEnrol, PathWaiting: there is no credential yet
	Label      string   `json:"label,omitempty"`      // what people call the device
	Search     []byte   `json:"search,omitempty"`     // the organisation's search key, sealed to the device with record.SearchKeyInfo, for who may read records

	// PathEnrol: other devices of this person, the newest first, at most EarlierDevices.
	Earlier []Earlier `json:"earlier,omitempty"`
}

// Waiting says that the device waits for an administrator, who compares its ID with the one on its screen.
type Waiting struct {
	Device identity.DeviceID `json:"device"`
	Until  signed.Time       `json:"until"` // then it is forgotten
}

// LogValue keeps what people call a device out of every log.
func (Issued) LogValue() slog.Value { return slog.StringValue("redacted credential") }

// Earlier is a device of the same person: what was done on it since Synced may not be here yet.
type Earlier struct {
	Device identity.DeviceID `json:"device"`
	Synced signed.Time       `json:"synced,omitempty"` // when its journal last came
}

// EarlierDevices bounds Issued.Earlier.
const EarlierDevices = 8

// EraseRequest has a person's or place's data erased.
type EraseRequest struct {
	Subject journal.SubjectID `json:"subject"`
}

// Page is one page of changes, oldest first.
type Page struct {
	Records     []RecordCopy           `json:"records,omitempty"`
	Assignments []AssignmentCopy       `json:"assignments,omitempty"`
	GoneRecords []journal.RecordID     `json:"gone_records,omitempty"`     // no longer concern this person
	GoneWork    []journal.AssignmentID `json:"gone_assignments,omitempty"` // likewise
	Attachments []AttachmentCopy       `json:"attachments,omitempty"`      // of records that the device has, or that stand on this page
	GoneFiles   []journal.AttachmentID `json:"gone_attachments,omitempty"`
	Cursor      string                 `json:"cursor"` // opaque; what to ask after next
	More        bool                   `json:"more"`
	Left        int                    `json:"left,omitempty"`        // things still to come after this page
	Statement   []byte                 `json:"statement,omitempty"`   // signed, where a newer one than ?statement=N exists
	Erasures    [][]byte               `json:"erasures,omitempty"`    // signed record.Erasure, numbers above ?erasures=N, ascending
	Revocations []byte                 `json:"revocations,omitempty"` // signed identity.Revocations, where a newer one than ?revocations=N exists
	Growth      *Growth                `json:"growth,omitempty"`      // of the audit log, on the first page

	// Key is what content keys on this page are wrapped with (AES-256-GCM, the nonce before it), sealed to the device
	// with record.PageKeyInfo; empty where there are none.
	Key []byte `json:"key,omitempty"`

	Loans   []byte `json:"loans,omitempty"`   // signed record.Loans, of the records on it in their order
	Sending []byte `json:"sending,omitempty"` // signed Sending, where there are records
}

// Empty reports whether the page tells nothing new, however the audit log has grown.
func (p Page) Empty() bool {
	return len(p.Records)+len(p.Assignments)+len(p.GoneRecords)+len(p.GoneWork)+len(p.Attachments)+len(p.GoneFiles) == 0 &&
		!p.More && len(p.Statement)+len(p.Erasures)+len(p.Revocations) == 0
}

// Growth is the audit log's newest checkpoint, with proofs that it has what it had.
type Growth struct {
	Checkpoint []byte        `json:"checkpoint"` // signed, audit.OpenCheckpoint
	Proofs     []GrowthProof `json:"proofs,omitempty"`
}

// GrowthProof shows that the checkpoint has the first From leaves as they were (RFC 6962 §2.1.2).
type GrowthProof struct {
	From   uint64   `json:"from"`
	Hashes [][]byte `json:"hashes"`
}

// RecordCopy is one version of a record on its way to a device.
type RecordCopy struct {
	Record     []byte `json:"record"`      // signed record.Record
	Cipher     []byte `json:"cipher"`      // the protected part, encrypted
	ContentKey []byte `json:"content_key"` // wrapped under the page's key, with record.ContentKeyInfo
}

// AssignmentCopy is one version of an assignment, and how far the work on it is.
type AssignmentCopy struct {
	Assignment []byte        `json:"assignment"`     // signed record.Assignment
	Work       []record.Said `json:"work,omitempty"` // in the connected system's order, at most record.Operations
}

// ServerTime is the connected system's signed clock; every answer carries one in
// HeaderTime, and a device proves its calls with the newest one it has.
type ServerTime struct {
	Version uint64         `cbor:"1,keyasint"`
	Org     identity.OrgID `cbor:"2,keyasint"`
	Time    signed.Time    `cbor:"3,keyasint"`
	Answers []byte         `cbor:"4,keyasint,omitempty"` // nonce of the call that it answers: it is no older than that
}

// HeaderTime carries a signed ServerTime, base64url without padding.
const HeaderTime = "Handslag-Time"
