package agent

import "errors"

// Code names a problem; screens and the command line have three sentences for each: what
// happened, what is safe, what to do.
type Code string

// The codes.
const (
	OrgIDSlip           Code = "org_id_slip"
	UnknownOrganisation Code = "unknown_organisation"
	StatementForged     Code = "statement_forged"
	StatementOlder      Code = "statement_older"
	PinMismatch         Code = "pin_mismatch"
	WrongPassword       Code = "wrong_password"
	SignInFailed        Code = "sign_in_failed"   // in the browser
	SignInUnlinked      Code = "sign_in_unlinked" // the identity provider knows the person, the organisation does not
	PasswordOff         Code = "password_off"
	ProviderAway        Code = "provider_away"
	BrowserAway         Code = "browser_away" // none could be opened
	UserDisabled        Code = "user_disabled"
	DeviceRevoked       Code = "device_revoked"
	DeviceWaits         Code = "device_waits"   // for an administrator to let it in; Args["device"]
	DeviceRefused       Code = "device_refused" // an administrator has not
	WaitedLong          Code = "waited_long"    // nobody has decided about it in time
	WaitingFull         Code = "waiting_full"   // as many devices of this person wait as may
	DeviceLimit         Code = "device_limit"   // this person has as many as one may have
	ServerAway          Code = "server_away"
	ServerRefused       Code = "server_refused" // it answered something that this version has no word for; Args["code"]
	BadAnswer           Code = "bad_answer"     // what it answered does not verify, or is too large
	DirectoryAway       Code = "directory_away"

	WrongPassphrase Code = "wrong_passphrase"
	PassphraseShort Code = "passphrase_short" // Args["min"]
	PassphraseLong  Code = "passphrase_long"  // Args["max"]
	OpenElsewhere   Code = "open_elsewhere"
	VaultFormat     Code = "vault_format"
	VaultDamaged    Code = "vault_damaged"
	VaultReadonly   Code = "vault_readonly"
	DiskFull        Code = "disk_full"
	JournalBroken   Code = "journal_broken"
	Locked          Code = "locked"
	NotEnrolled     Code = "not_enrolled"
	AlreadyEnrolled Code = "already_enrolled"

	NoRecord          Code = "no_record"
	NoAssignment      Code = "no_assignment"
	NoAttachment      Code = "no_attachment"
	AttachmentAway    Code = "attachment_away"  // not all of it is on this device
	AttachmentKind    Code = "attachment_kind"  // neither picture, PDF nor text
	AttachmentLarge   Code = "attachment_large" // Args["max"], MiB
	AttachmentRefused Code = "attachment_refused"
	PictureLarge      Code = "picture_large"
	FileExists        Code = "file_exists"
	FileUnwritable    Code = "file_unwritable"
	FileUnreadable    Code = "file_unreadable"
	AlreadyDone       Code = "already_done"
	WorkMoved         Code = "work_moved" // somebody has said more about it since it was shown
	WorkFull          Code = "work_full"  // Args["max"]
	BadValue          Code = "bad_value"
	NotDone           Code = "not_done" // there is no signature of this device to export
	LoanEnded         Code = "loan_ended"
	NoRight           Code = "no_right"
	Restricted        Code = "restricted"
	ReasonMissing     Code = "reason_missing"
	QueryShort        Code = "query_short" // nothing in it can be searched for
	TextLong          Code = "text_long"   // Args["max"]
	CredentialExpired Code = "credential_expired"
	ClockSuspect      Code = "clock_suspect"
	SignatureBad      Code = "signature_bad" // an exported signature does not verify

	NoNetwork         Code = "no_network" // no interface to meet another device on
	NoCamera          Code = "no_camera"
	CameraBusy        Code = "camera_busy"      // another program holds it
	CameraForbidden   Code = "camera_forbidden" // the operating system does not let this user have it
	CameraSilent      Code = "camera_silent"    // it gives no pictures
	PictureUnreadable Code = "picture_unreadable"
	NotACode          Code = "not_a_code" // a code, but none of ours
	CodeTooNew        Code = "code_too_new"
	CodeDamaged       Code = "code_damaged"
	PeerUnreachable   Code = "peer_unreachable"

	VerExpired     Code = "ver_expired"
	VerWrongOrg    Code = "ver_wrong_org"
	VerKeyMismatch Code = "ver_key_mismatch"
	VerCommitBad   Code = "ver_commit_bad"
	VerSecondClaim Code = "ver_second_claim"
	VerCodeWrong   Code = "ver_code_wrong"
	VerRevoked     Code = "ver_revoked"
	VerCredExpired Code = "ver_cred_expired"
	VerPeerAbort   Code = "ver_peer_abort"
	VerTooSoon     Code = "ver_too_soon"   // after failures with the same device; Args["wait"], seconds
	VerPeerWaits   Code = "ver_peer_waits" // the other device says so
	NotVerified    Code = "not_verified"
	CodeMistyped   Code = "code_mistyped" // not the last try; Args["left"]

	PeerNoRight   Code = "peer_no_right"
	HandRevoked   Code = "hand_revoked" // it came through a device that is revoked
	KeyWrong      Code = "key_wrong"    // its content key is not the one that the connected system signed for
	NothingChosen Code = "nothing_chosen"
	ShareRefused  Code = "share_refused"
	ShareStopped  Code = "share_stopped" // either person ended it, or the link did; what had come stays
	NotHere       Code = "not_here"      // an attachment is not whole on this device, or nobody has signed it yet
	Cancelled     Code = "cancelled"
	NotOnline     Code = "not_online"
	TooMany       Code = "too_many"

	SegmentDamaged Code = "segment_damaged" // a file that is no segment, or whose beginning is damaged
	SegmentFormat  Code = "segment_format"
	SegmentUnknown Code = "segment_unknown" // its device was never enrolled with this organisation
	SegmentSealed  Code = "segment_sealed"  // it is for another organisation

	FactorMissing Code = "factor_missing" // what opens the vault with the passphrase is gone or not its own; Args["factor"]
	FactorAway    Code = "factor_away"    // it does not answer now; Args["factor"]
	FactorLocked  Code = "factor_locked"  // after too many wrong tries it takes none for a while; Args["factor"]

	// What a Notice says.
	LogInconsistent Code = "log_inconsistent" // the connected system's audit log is not what it was
	LogRestored     Code = "log_restored"     // the connected system was restored from a backup, as its root key says
	DeviceForked    Code = "device_forked"    // a colleague's device has shown two ends of its journal; Args["name"], Args["device"], Args["first"], Args["second"]

	JournalBehind Code = "journal_behind" // the journal on this device is older than what it had said: a copy was put back
	VaultOlder    Code = "vault_older"    // the view is older than the journal: a copy was put back, or its newest writing was lost
	ViewDamaged   Code = "view_damaged"
	SubjectErased Code = "subject_erased" // data about somebody is destroyed here, by order
	Restored      Code = "restored"       // the view is whole again; Args["records"], Args["tasks"]
	EnrolledAnew  Code = "enrolled_anew"  // all is back after the device began anew; Args["records"], Args["tasks"], Args["handed"], Args["waiting"]
	OtherDevice   Code = "other_device"   // this person has, or had, another device; Args["device"], Args["synced"]: a day

	BadFilter Code = "bad_filter"
	Internal  Code = "internal"
)

// Codes lists every code, so that a test can see that each has its sentences.
func Codes() []Code {
	return []Code{
		OrgIDSlip, UnknownOrganisation, StatementForged, StatementOlder, PinMismatch, WrongPassword, SignInFailed, SignInUnlinked, PasswordOff, ProviderAway, BrowserAway, UserDisabled,
		DeviceRevoked, DeviceWaits, DeviceRefused, WaitedLong, WaitingFull, DeviceLimit, ServerAway, ServerRefused, BadAnswer, DirectoryAway,
		WrongPassphrase, PassphraseShort, PassphraseLong, OpenElsewhere, VaultFormat, VaultDamaged, VaultReadonly,
		DiskFull, JournalBroken, Locked, NotEnrolled, AlreadyEnrolled,
		NoRecord, NoAssignment, NoAttachment, AttachmentAway, AttachmentKind, AttachmentLarge, AttachmentRefused, PictureLarge,
		FileExists, FileUnwritable, FileUnreadable, AlreadyDone, WorkMoved, WorkFull, BadValue, NotDone, LoanEnded, NoRight, Restricted,
		ReasonMissing, QueryShort, TextLong,
		CredentialExpired, ClockSuspect, SignatureBad,
		NoNetwork, NoCamera, CameraBusy, CameraForbidden, CameraSilent, PictureUnreadable, NotACode, CodeTooNew, CodeDamaged, PeerUnreachable,
		VerExpired, VerWrongOrg, VerKeyMismatch, VerCommitBad, VerSecondClaim, VerCodeWrong, VerRevoked,
		VerCredExpired, VerPeerAbort, VerTooSoon, VerPeerWaits, NotVerified, CodeMistyped,
		SegmentDamaged, SegmentFormat, SegmentUnknown, SegmentSealed,
		PeerNoRight, HandRevoked, KeyWrong, NothingChosen, ShareRefused, ShareStopped, NotHere, Cancelled, NotOnline, TooMany,
		FactorMissing, FactorAway, FactorLocked, LogInconsistent, LogRestored, DeviceForked, JournalBehind, VaultOlder, ViewDamaged, SubjectErased, Restored, EnrolledAnew, OtherDevice,
		BadFilter, Internal,
	}
}

// Problem is every error that leaves this package. Args fill the sentences of its code;
// they hold nothing secret and nothing personal. Err is the cause, for a log of the
// developer's own choosing.
type Problem struct {
	Code Code              `json:"code"`
	Args map[string]string `json:"args,omitempty"`
	Err  error             `json:"-"`
}

// Error is the code alone: it is safe in any log.
func (p *Problem) Error() string { return string(p.Code) }

// Unwrap is the cause.
func (p *Problem) Unwrap() error { return p.Err }

// Is reports whether target is a problem with the same code.
func (p *Problem) Is(target error) bool {
	other, ok := target.(*Problem)
	return ok && other.Code == p.Code
}

// CodeOf is the code of err, Internal where it is none of this package's, "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var p *Problem
	if errors.As(err, &p) {
		return p.Code
	}
	return Internal
}

// problem makes one; args are name, value, name, value.
func problem(code Code, err error, args ...string) *Problem {
	p := &Problem{Code: code, Err: err}
	for i := 0; i+1 < len(args); i += 2 {
		if p.Args == nil {
			p.Args = map[string]string{}
		}
		p.Args[args[i]] = args[i+1]
	}
	return p
}
