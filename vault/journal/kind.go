package journal

// Kind says what an entry is about. Readers keep kinds that they do not know: a newer
// device may speak to an older connected system.
type Kind string

// The kinds that a device writes.
const (
	Enrolled        Kind = "device.enrolled" // Code: what opens the vault
	Unlocked        Kind = "device.unlocked"
	Locked          Kind = "device.locked"
	PassphraseWrong Kind = "device.passphrase_wrong" // Count since the unlock before

	// PassphraseChanged is durable before the header is replaced: a crash between the two
	// leaves the entry, and the passphrase as it was.
	PassphraseChanged Kind = "device.passphrase_changed"

	// RecordFetched says that a copy came, or is here. Where many come at once RecordsFetched says so of all: Count is how
	// many, Until when the longest loan ends, Pair names them as RecordSent of each does.
	RecordFetched  Kind = "record.fetched"
	RecordsFetched Kind = "records.fetched"
	RecordOpened   Kind = "record.opened"
	RecordExtended Kind = "record.extended"
	RecordClosed   Kind = "record.closed"
	RecordRefused  Kind = "record.refused" // Code
	RecordExpired  Kind = "record.expired" // the loan ended, the copy is gone

	Verified           Kind = "verification.done"   // Peer, Pair, Code: the form
	VerificationFailed Kind = "verification.failed" // Code
	// VerificationDisturbed says what strangers did while the device showed its code, and that came to nothing: Code
	// how, Count how often. There is one for each code of an offering.
	VerificationDisturbed Kind = "verification.disturbed"
	ShareSent             Kind = "share.sent" // Record, Peer, Pair, Until
	ShareReceived         Kind = "share.received"
	ShareConfirmed        Kind = "share.confirmed" // the sharer's: Ref names the receiver's entry
	ShareRefused          Kind = "share.refused"   // Code
	ShareMalformed        Kind = "share.malformed" // Peer, Code: a verified device sent as a share, news, carriage or work what is none

	AssignmentDone  Kind = "assignment.done" // with its Signature
	AssignmentNoted Kind = "assignment.noted"

	// An attachment is opened like a protected part, each by an entry of its own, with Record,
	// Subject and Attachment. AttachmentAdded says that the device made one: Content is its digest.
	// AttachmentExported says that a copy in the clear leaves the program.
	AttachmentOpened   Kind = "attachment.opened"
	AttachmentClosed   Kind = "attachment.closed"
	AttachmentRefused  Kind = "attachment.refused" // Code
	AttachmentAdded    Kind = "attachment.added"
	AttachmentExported Kind = "attachment.exported"

	// AssignmentEdited says what a field of the work is now. It, a note and a signature are
	// operations: Heads names those that the writer had seen, Ref the one that was chosen of several.
	AssignmentEdited Kind = "assignment.edited"

	// AssignmentJoined stands in both journals, Peer and Pair, before the first byte about an assignment
	// goes between two verified devices; AssignmentReceived follows for each of the other's
	// operations that came: Ref is its entry, Pair the same hash. AssignmentRefused: Code.
	AssignmentJoined   Kind = "assignment.joined"
	AssignmentReceived Kind = "assignment.received"
	AssignmentRefused  Kind = "assignment.refused"

	// RecordsSearched is durable before any protected value is compared: Count is what the
	// search may show at most, the payload holds the words. RecordFound follows, one for each
	// record that it shows; Ref names the search.
	RecordsSearched Kind = "records.searched"
	RecordFound     Kind = "record.found"

	// SubjectErased is durable before the keys are destroyed, so that a replay destroys what a
	// crash left: Subject, Count the order's number, Code what the device can promise.
	SubjectErased Kind = "subject.erased"

	// GenerationOpened is the first entry of a generation after the first: Prev names the head
	// that was found, Ref the head that somebody outside knows, where its hash is known.
	GenerationOpened Kind = "device.generation_opened"
	ViewRebuilt      Kind = "device.view_rebuilt"    // Code: why
	FactorsChanged   Kind = "device.factors_changed" // Code: what opens the vault now
	// LogInconsistent says that the connected system's audit log is not what it was: Code how, Count
	// and Ref size and root of the checkpoint that it contradicts.
	LogInconsistent Kind = "log.inconsistent"
	// LogRestored says that the audit log goes on from a backup, as the root key has told: Count and Ref size
	// and root of the newest checkpoint before it.
	LogRestored Kind = "log.restored"

	// HeadSeen says how far another device's journal went when it was met: Peer, Count the number of its
	// newest entry, Pair that entry's hash, Signature its signed Head. It is a half of a double
	// entry, whose other half is the entry itself.
	HeadSeen Kind = "head.seen"
	// DeviceForked says that another device has shown two heads that can not both be its own: Peer, Code
	// how, Count, Ref and Signature number, hash and signed Head of the one seen first, Pair the hash
	// of the other, of which a HeadSeen tells.
	DeviceForked Kind = "device.forked"

	Wiped Kind = "device.wiped" // the last word of a vault
)

// The kinds that the connected system writes in its own journal.
const (
	SystemStarted Kind = "system.started"
	SystemChanged Kind = "system.changed" // an administrator's command; Code
	SignedIn      Kind = "system.signed_in"
	SignInRefused Kind = "system.sign_in_refused"
	Renewed       Kind = "system.renewed"
	RecordSent    Kind = "system.record_sent" // Pair: SHA-256 of the signed Sending of its page, which RecordsFetched names too
	// An attachment's content key was sent to a device; one that a device made is here whole, and
	// signed: Content is its digest, as in the device's AttachmentAdded.
	AttachmentSent  Kind = "system.attachment_sent"
	AttachmentTaken Kind = "system.attachment_taken"
	LogRead         Kind = "system.log_read"
	LogExported     Kind = "system.log_exported" // Code: whereto; Count: how many entries
	CallRefused     Kind = "system.call_refused"
	// FindingNoted says that something about a journal was noticed, or noticed again: Code what, Peer whose, Ref the
	// entry that is meant, where one is, Count how often by now. FindingClosed says that nothing is left to wait
	// for. Pair is the finding's name in all that tells of it.
	FindingNoted  Kind = "system.finding_noted"
	FindingClosed Kind = "system.finding_closed"
)

const maxKind = 48

// IsWork reports whether entries of this kind are operations on an assignment.
func (k Kind) IsWork() bool {
	return k == AssignmentDone || k == AssignmentNoted || k == AssignmentEdited
}

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
