package agent

import (
	"context"
	"errors"
	"io/fs"
	"syscall"

	"handslag/app/agent/signin"
	"handslag/identity"
	"handslag/identity/access"
	"handslag/identity/qr"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/sync/peer"
	"handslag/vault"
	"handslag/vault/journal"
	"handslag/vault/journal/audit"
	"handslag/vault/journalfile"
	"handslag/vault/record"
)

// words says which code an error of another room has, the more particular before the general.
var words = []struct {
	err  error
	code Code
}{
	{signin.ErrBrowser, BrowserAway},
	{signin.ErrFailed, SignInFailed},
	{context.Canceled, Cancelled},
	{link.ErrPin, PinMismatch},
	{link.ErrAway, ServerAway},
	{link.ErrAnswer, BadAnswer},
	{context.DeadlineExceeded, ServerAway},

	{vault.ErrPassphrase, WrongPassphrase},
	{vault.ErrOpenElsewhere, OpenElsewhere},
	{journalfile.ErrOpenElsewhere, OpenElsewhere},
	{vault.ErrExists, AlreadyEnrolled},
	{vault.ErrFull, DiskFull},
	{journalfile.ErrFull, DiskFull},
	{syscall.ENOSPC, DiskFull},
	{vault.ErrReadOnly, VaultReadonly},
	{syscall.EROFS, VaultReadonly},
	{fs.ErrPermission, VaultReadonly},
	{vault.ErrFormat, VaultFormat},
	{journalfile.ErrFormat, VaultFormat},
	{journalfile.ErrKey, VaultDamaged},
	{vault.ErrDamaged, VaultDamaged},
	{vault.ErrView, VaultDamaged},
	{vault.ErrClosed, Locked},
	{journalfile.ErrClosed, Locked},
	{journalfile.ErrBroken, JournalBroken},
	{journalfile.ErrStamp, JournalBroken},
	{vault.ErrNoStamp, JournalBroken},
	{vault.ErrLoan, LoanEnded},
	{record.ErrLoan, LoanEnded},
	{vault.ErrNotFound, NoRecord},
	{identity.ErrExpired, CredentialExpired},

	{qr.ErrCameraBusy, CameraBusy},
	{qr.ErrCameraForbidden, CameraForbidden},
	{qr.ErrCameraSilent, CameraSilent},
	{qr.ErrNoCamera, NoCamera},
	{qr.ErrTooNew, CodeTooNew},
	{peer.ErrOfferTooNew, CodeTooNew},
	{qr.ErrForeign, NotACode},
	{peer.ErrOfferKind, NotACode},
	{qr.ErrDamaged, CodeDamaged},
	{peer.ErrOfferTooOld, CodeDamaged},
	{peer.ErrOfferTrailing, CodeDamaged},
	{peer.ErrOffer, CodeDamaged},
	{qr.ErrNoCode, PictureUnreadable},
	{qr.ErrPicture, PictureUnreadable},
	{qr.ErrOversized, PictureUnreadable},
	{peer.ErrNoNetwork, NoNetwork},
	{peer.ErrNotVerified, NotVerified},

	{record.ErrWork, SignatureBad},
	{journalfile.ErrReceiptMismatch, BadAnswer},
	{journal.ErrReceipt, BadAnswer},
	{record.ErrRecord, BadAnswer},
	{record.ErrContentKey, KeyWrong},
	{record.ErrAssignment, BadAnswer},
	{record.ErrAttachment, BadAnswer},
	{identity.ErrForeign, StatementForged},
	{identity.ErrStatement, StatementForged},
	{identity.ErrCredential, BadAnswer},
	{identity.ErrRevocations, BadAnswer},
	{record.ErrErasure, BadAnswer},
	{audit.ErrCheckpoint, BadAnswer},
	{audit.ErrInconsistent, LogInconsistent},
	{signed.ErrSignature, BadAnswer},
	{signed.ErrMalformed, BadAnswer},
	{signed.ErrTooLarge, TextLong},
}

// factors says the same of what opens the vault beside its passphrase.
var factors = []struct {
	err  error
	code Code
}{
	{vault.ErrFactorLocked, FactorLocked},
	{vault.ErrFactorAway, FactorAway},
	{vault.ErrFactor, FactorMissing},
}

// refusals says the same of what the connected system refused.
var refusals = map[link.Code]Code{
	link.CodeWrongPassword: WrongPassword,
	link.CodeSignIn:        SignInFailed,
	link.CodeUnlinked:      SignInUnlinked,
	link.CodeNoPassword:    PasswordOff,
	link.CodeProviderAway:  ProviderAway,
	link.CodeUserDisabled:  UserDisabled,
	link.CodeDeviceRevoked: DeviceRevoked,
	link.CodeDeviceRefused: DeviceRefused,
	link.CodeWaitedLong:    WaitedLong,
	link.CodeWaitingFull:   WaitingFull,
	link.CodeDeviceLimit:   DeviceLimit,
	link.CodeExpired:       CredentialExpired,
	link.CodeForbidden:     NoRight,
	link.CodeRestricted:    Restricted,
	link.CodeUnknownOrg:    UnknownOrganisation,
	link.CodeConflict:      AlreadyEnrolled,
	link.CodeTooMany:       TooMany,
	link.CodeUnsaid:        AttachmentRefused,
	link.CodeChunk:         AttachmentRefused,
	link.CodeBusy:          ServerAway,
	link.CodeInternal:      ServerAway,
	link.CodeSegDamaged:    SegmentDamaged,
	link.CodeSegFormat:     SegmentFormat,
	link.CodeSegUnknown:    SegmentUnknown,
	link.CodeSegSealed:     SegmentSealed,
}

// translate makes any error a problem; nil stays nil.
func translate(err error) error {
	if err == nil {
		return nil
	}
	var known *Problem
	if errors.As(err, &known) {
		return known
	}
	var refused *link.Problem
	if errors.As(err, &refused) {
		if code, ok := refusals[refused.Code]; ok {
			return problem(code, err)
		}
		return problem(ServerRefused, err, "code", string(refused.Code))
	}
	var failed *peer.Failure
	if errors.As(err, &failed) {
		return problem(verificationCode(failed.Reason), err)
	}
	var factor *vault.FactorError
	if errors.As(err, &factor) {
		for _, w := range factors {
			if errors.Is(err, w.err) {
				return problem(w.code, err, "factor", string(factor.Factor))
			}
		}
	}
	for _, w := range words {
		if errors.Is(err, w.err) {
			return problem(w.code, err)
		}
	}
	return problem(Internal, err)
}

// asProblem is translate for fields.
func asProblem(err error) *Problem {
	var p *Problem
	errors.As(translate(err), &p)
	return p
}

// verificationCode is the code of a reason for which a verification failed.
func verificationCode(why peer.Reason) Code {
	switch why {
	case peer.Expired:
		return VerExpired
	case peer.WrongOrg:
		return VerWrongOrg
	case peer.KeyMismatch:
		return VerKeyMismatch
	case peer.CommitBad:
		return VerCommitBad
	case peer.SecondClaim:
		return VerSecondClaim
	case peer.CodeWrong:
		return VerCodeWrong
	case peer.Revoked:
		return VerRevoked
	case peer.CredExpired:
		return VerCredExpired
	case peer.PeerAbort, peer.BadAnswer:
		return VerPeerAbort
	case peer.Cancelled:
		return Cancelled
	case peer.Unreachable:
		return PeerUnreachable
	case peer.EntryFailed:
		return JournalBroken
	case peer.TooSoon:
		return VerTooSoon
	}
	return Internal
}

// decided is a decision as a problem, nil where it allows.
func decided(d access.Decision) *Problem {
	switch {
	case d.Allowed:
		return nil
	case d.Reason == access.IsRestricted:
		return problem(Restricted, nil)
	}
	return problem(NoRight, nil, "reason", string(d.Reason))
}
