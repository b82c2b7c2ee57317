package signed

// Domain is the external AAD of one message type, so that a signature made for
// one can never be shown as another.
type Domain string

// The domains. All stand here, so that a test sees that no two are alike.
const (
	DomainStatement    Domain = "handslag/1/statement"
	DomainCredential   Domain = "handslag/1/credential"
	DomainEnrolment    Domain = "handslag/1/enrolment"
	DomainEntry        Domain = "handslag/1/entry"
	DomainReceipt      Domain = "handslag/1/receipt"
	DomainRecord       Domain = "handslag/1/record"
	DomainAssignment   Domain = "handslag/1/assignment"
	DomainLoan         Domain = "handslag/1/loan"
	DomainLoans        Domain = "handslag/1/loans"
	DomainWork         Domain = "handslag/1/work"
	DomainCall         Domain = "handslag/1/call"
	DomainServerTime   Domain = "handslag/1/server-time"
	DomainTranscript   Domain = "handslag/1/transcript"
	DomainManifest     Domain = "handslag/1/manifest"
	DomainRevocations  Domain = "handslag/1/revocations"
	DomainRecoveryFile Domain = "handslag/1/recovery-file"
	DomainSegment      Domain = "handslag/1/segment"
	DomainErasure      Domain = "handslag/1/erasure"
	DomainAttachment   Domain = "handslag/1/attachment"
	DomainHead         Domain = "handslag/1/journal-head"
	DomainBackup       Domain = "handslag/1/backup"
	DomainSending      Domain = "handslag/1/sending"
)

// Domains lists every domain.
func Domains() []Domain {
	return []Domain{
		DomainStatement, DomainCredential, DomainEnrolment, DomainEntry, DomainReceipt, DomainRecord,
		DomainAssignment, DomainLoan, DomainLoans, DomainWork, DomainCall, DomainServerTime, DomainTranscript,
		DomainManifest, DomainRevocations, DomainRecoveryFile, DomainSegment, DomainErasure,
		DomainAttachment, DomainHead, DomainBackup, DomainSending,
	}
}
