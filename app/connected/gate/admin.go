package gate

import (
	"context"
	"errors"
	"io"
	"io/fs"

	"handslag/app/connected/feed"
	"handslag/app/connected/gate/internal/store"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
	"handslag/vault/journal/audit"
)

// Administration is what the administrator's command line may do. Each call that changes
// something is one transaction with an entry in the connected system's own journal; *Gate
// is it.
type Administration interface {
	// AddUser adds somebody; PasswordHash comes from HashPassword, empty means that nobody
	// signs in as this user yet. It returns ErrExists for a username in use.
	AddUser(ctx context.Context, user NewUser) (identity.Person, error)
	DisableUser(ctx context.Context, username string) error
	EnableUser(ctx context.Context, username string) error
	// SetPassword takes what HashPassword made.
	SetPassword(ctx context.Context, username, passwordHash string) error
	ListUsers(ctx context.Context) ([]UserRow, error)

	// LinkUser lets a user sign in at the identity provider issuer, as whom it calls subject; LinkUserByEmail the first time by
	// an address that it has verified, where those count. ErrExists: that is another user. UnlinkUser takes both away.
	LinkUser(ctx context.Context, username, issuer, subject string) error
	LinkUserByEmail(ctx context.Context, username, issuer, address string) error
	UnlinkUser(ctx context.Context, username string) error

	// AddUnit adds a unit or renames it.
	AddUnit(ctx context.Context, unit identity.Unit) error
	ListUnits(ctx context.Context) ([]identity.Unit, error)
	// PutRole adds a role or replaces its name and grants.
	PutRole(ctx context.Context, role Role) error
	ListRoles(ctx context.Context) ([]Role, error)
	// GrantRole gives a user a role, TakeRole takes it away: both from the next call on.
	GrantRole(ctx context.Context, username, role string) error
	TakeRole(ctx context.Context, username, role string) error

	// Import reads JSON Lines (units, roles, users, records, assignments, attachments), all or
	// nothing. The same lines again change nothing. An error names its line.
	Import(ctx context.Context, lines io.Reader) (Imported, error)
	// ImportFiles is Import with the files that attachment lines name.
	ImportFiles(ctx context.Context, lines io.Reader, files fs.FS) (Imported, error)

	// Attach attaches a file to a record: a picture, a PDF or a text, told by its content.
	Attach(ctx context.Context, file NewAttachment) (Attached, error)
	// Detach takes an attachment away, here and from every device that has it.
	Detach(ctx context.Context, id journal.AttachmentID) error
	ListAttachments(ctx context.Context, id journal.RecordID) ([]AttachmentRow, error)

	ListDevices(ctx context.Context) ([]DeviceRow, error)
	// RevokeDevice ends what the device may, from its next call on; its journal is taken still.
	RevokeDevice(ctx context.Context, device identity.DeviceID) error
	// RenameDevice says what people call a device. ReplaceDevice revokes older, in whose place newer stands.
	RenameDevice(ctx context.Context, device identity.DeviceID, label string) error
	ReplaceDevice(ctx context.Context, older, newer identity.DeviceID) error
	// ApproveDevice lets a device in that waits, by its whole ID; RefuseDevice does not. ErrUnknown: it does not wait.
	ApproveDevice(ctx context.Context, device identity.DeviceID, label string, replaces identity.DeviceID) error
	RefuseDevice(ctx context.Context, device identity.DeviceID) error

	// ReleaseDevice lifts the quarantine of a device of whose journal two branches grew: from its next call on.
	ReleaseDevice(ctx context.Context, device identity.DeviceID) error

	// EraseSubject destroys a data subject's key, and with it every payload, record and
	// assignment about them here, and orders every device to do the same. It breaks no chain.
	// ErrUnknown: nobody has heard of the subject.
	EraseSubject(ctx context.Context, subject journal.SubjectID) (Erased, error)
	// Erasure says after when no copy opens, and what each device has answered.
	Erasure(ctx context.Context, subject journal.SubjectID) (Erasure, error)
	// ReadLog is a page of the audit log, ReadFindings one of findings, and ReadSpread says where copies of a record
	// went (ErrUnknown: no such record, or no such device in it). Each look is an entry, with who runs the command.
	ReadLog(ctx context.Context, f link.LogFilter) (link.LogPage, error)
	ReadFindings(ctx context.Context, f link.FindingFilter) (link.FindingPage, error)
	ReadSpread(ctx context.Context, f link.SpreadFilter) (link.Spread, error)
	// WriteOrders writes all erasure orders, as ReadOrders reads them, and returns how many.
	WriteOrders(ctx context.Context, w io.Writer) (int, error)
	// ExportLog hands out the entries of the audit log behind a cursor, oldest first, as many as there are when it is
	// called. ErrCursor: the log has no such entry.
	ExportLog(ctx context.Context, after feed.Cursor, each func(feed.Entry) error) error
	// Evidence is an evidence.Bundle about entries by their places in the log. ErrUnknown: the log has no
	// such entry.
	Evidence(ctx context.Context, places []int64) ([]byte, error)
	// ExportTiles writes the log's checkpoint and tiles (C2SP tlog-tiles) with write, with its leaves where
	// leaves is true. have tells of full tiles that are there from before.
	ExportTiles(ctx context.Context, leaves bool, before audit.Checkpoint, have func(path string) bool, write func(path string, data []byte) error) (ExportedTiles, error)
	// VerifyAll recomputes every chain, hash, signature and commitment of the audit log.
	VerifyAll(ctx context.Context) (Verification, error)
}

// Errors of the administrator's commands.
var (
	ErrExists  = errors.New("it exists already")
	ErrUnknown = errors.New("it is not known here")
	ErrInput   = errors.New("malformed")
	ErrAway    = store.ErrAway // the database can not be reached
)

// NewUser is a user to add. Units and Roles are IDs.
type NewUser struct {
	Username     string
	First        string
	Last         string
	Units        []identity.UnitID
	Roles        []string
	PasswordHash string
}

// UserRow is a user as lists show them.
type UserRow struct {
	Person      identity.Person   `json:"person"`
	Units       []identity.UnitID `json:"units,omitempty"`
	Roles       []string          `json:"roles,omitempty"`
	HasPassword bool              `json:"has_password"`
	Linked      bool              `json:"linked"` // to the identity provider
	DisabledAt  signed.Time       `json:"disabled_at,omitempty"`
}

// Role is a named bundle of grants.
type Role struct {
	ID     string           `json:"id"`
	Name   string           `json:"name"`
	Grants []identity.Grant `json:"grants"`
}

// Imported counts lines and what they changed.
type Imported struct {
	Lines     int `json:"lines"`
	Added     int `json:"added"`
	Changed   int `json:"changed"`
	Unchanged int `json:"unchanged"`
}

// Verification is what VerifyAll found. The log is sound when Problems is empty; Held and
// Erased are no problems.
type Verification struct {
	Journals    int      `json:"journals"`    // generations of devices' journals and of the system's own
	Entries     int      `json:"entries"`     // whose hash and signature hold
	Covered     int      `json:"covered"`     // of them in a contiguous prefix
	Unsigned    int      `json:"unsigned"`    // of the entries: their own signature does not hold, as a finding says, and another has vouched
	Held        int      `json:"held"`        // stored behind a gap or beside a fork
	Payloads    int      `json:"payloads"`    // that match their commitment
	Erased      int      `json:"erased"`      // whose words are gone
	Credentials int      `json:"credentials"` // ever issued that hold
	Attachments int      `json:"attachments"` // whole, with every chunk as it was signed for
	Findings    int      `json:"findings"`    // open ones
	Witnesses   int      `json:"witnesses"`   // devices that vouch for the log as it begins
	Leaves      int64    `json:"leaves"`      // of the tree, made anew from the rows
	Root        string   `json:"root"`        // base64, as checkpoints have it
	Problems    []string `json:"problems,omitempty"`

	told     map[string]toldFinding // what the log tells of findings, by their names
	unitSets map[int64]bool         // sets of units that are there, and whether each is whole
}

// Sound reports whether nothing contradicts the log.
func (v Verification) Sound() bool { return len(v.Problems) == 0 }
