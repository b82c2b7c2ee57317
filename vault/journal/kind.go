package journal

// Kind says what an entry is about. Readers keep kinds that they do not know: a newer
// device may speak to an older connected system.
type Kind string

// The kinds that a device writes.
const (
	Enrolled        Kind = "device.enrolled"
	Unlocked        Kind = "device.unlocked"
	Locked          Kind = "device.locked"
	PassphraseWrong Kind = "device.passphrase_wrong" // Count since the unlock before

	// PassphraseChanged is durable before the header is replaced: a crash between the two
	// leaves the entry, and the passphrase as it was.
	PassphraseChanged Kind = "device.passphrase_changed"

	RecordFetched  Kind = "record.fetched"
	RecordOpened   Kind = "record.opened"
	RecordExtended Kind = "record.extended"
	RecordClosed   Kind = "record.closed"
	RecordRefused  Kind = "record.refused" // Code
	RecordExpired  Kind = "record.expired" // the loan ended, the copy is gone

	Verified           Kind = "verification.done"   // Peer, Pair, Code: the form
	VerificationFailed Kind = "verification.failed" // Code
	ShareSent          Kind = "share.sent"          // Record, Peer, Pair, Until
	ShareReceived      Kind = "share.received"
	ShareConfirmed     Kind = "share.confirmed" // the sharer's: Ref names the receiver's entry
	ShareRefused       Kind = "share.refused"   // Code

	AssignmentDone  Kind = "assignment.done" // with its Signature
	AssignmentNoted Kind = "assignment.noted"
)

// The kinds that the connected system writes in its own journal.
const (
	SystemStarted Kind = "system.started"
	SystemChanged Kind = "system.changed" // an administrator's command; Code
	SignedIn      Kind = "system.signed_in"
	SignInRefused Kind = "system.sign_in_refused"
	Renewed       Kind = "system.renewed"
	RecordSent    Kind = "system.record_sent"
	LogRead       Kind = "system.log_read"
	CallRefused   Kind = "system.call_refused"
)

const maxKind = 48

func (k Kind) wellFormed() bool {
	if k == "" || len(k) > maxKind {
		return false
	}
	for _, r := range k {
		if (r < 'a' || r > 'z') && r != '.' && r != '_' {
			return false
		}
	}
	return true
}
