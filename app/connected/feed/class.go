package feed

import (
	"slices"

	"handslag/vault/journal"
)

// OCSFVersion is the version of the Open Cybersecurity Schema Framework (https://schema.ocsf.io) that events
// are written in: the newest that is not a draft.
const OCSFVersion = "1.8.0"

// The classes of OCSF that entries become.
const (
	classNone           = 0    // Base Event: for kinds that this program does not know
	classFinding        = 2004 // Detection Finding
	classAuthentication = 3002
	classAccount        = 3001 // Account Change
	classEntity         = 3004 // Entity Management
	classLifecycle      = 6002 // Application Lifecycle
	classAPI            = 6003 // API Activity
	classDatastore      = 6005 // Datastore Activity
)

// other is the activity of every class that has no better one; it goes by a name of ours.
const other = 99

// severity is OCSF's severity_id.
type severity int

const (
	informational severity = 1
	low           severity = 2
	medium        severity = 3
	high          severity = 4
)

// meaning is what an entry of one kind is to a system that does not know us.
type meaning struct {
	class    int
	activity int
	name     string // of the activity
	table    string // Datastore Activity: which of our tables
	severity severity
	failed   bool
}

const (
	records     = "records"
	assignments = "assignments"
	attachments = "attachments"
	auditLog    = "audit_log"
)

// meanings is the table of kinds. A device's own word about itself is Entity Management, what concerns
// somebody's data is Datastore Activity, what was asked of the connected system by its administrators or by HTTP
// and concerns nobody's data is API Activity; what contradicts a log is a finding.
var meanings = map[journal.Kind]meaning{
	journal.Enrolled:          {classEntity, 6, "Enroll", "", informational, false},
	journal.Unlocked:          {classAuthentication, 1, "Logon", "", informational, false},
	journal.Locked:            {classAuthentication, 2, "Logoff", "", informational, false},
	journal.PassphraseWrong:   {classAuthentication, 1, "Logon", "", low, true},
	journal.PassphraseChanged: {classAccount, 3, "Password Change", "", informational, false},
	journal.FactorsChanged:    {classEntity, 3, "Update", "", informational, false},
	journal.GenerationOpened:  {classEntity, 3, "Update", "", medium, false},
	journal.ViewRebuilt:       {classEntity, other, "View rebuilt", "", low, false},
	journal.Wiped:             {classEntity, 7, "Unenroll", "", informational, false},
	journal.HeadSeen:          {classEntity, 2, "Read", "", informational, false},

	journal.RecordFetched:   {classDatastore, 1, "Read", records, informational, false},
	journal.RecordsFetched:  {classDatastore, 1, "Read", records, informational, false},
	journal.RecordOpened:    {classDatastore, 10, "Decrypt", records, informational, false},
	journal.RecordExtended:  {classDatastore, 10, "Decrypt", records, informational, false},
	journal.RecordClosed:    {classDatastore, other, "Close", records, informational, false},
	journal.RecordRefused:   {classDatastore, 10, "Decrypt", records, low, true},
	journal.RecordExpired:   {classDatastore, 7, "Delete", records, informational, false},
	journal.RecordsSearched: {classDatastore, 4, "Query", records, informational, false},
	journal.RecordFound:     {classDatastore, 4, "Query", records, informational, false},
	journal.SubjectErased:   {classDatastore, 7, "Delete", records, informational, false},

	journal.AttachmentOpened:   {classDatastore, 10, "Decrypt", attachments, informational, false},
	journal.AttachmentClosed:   {classDatastore, other, "Close", attachments, informational, false},
	journal.AttachmentRefused:  {classDatastore, 10, "Decrypt", attachments, low, true},
	journal.AttachmentAdded:    {classDatastore, 6, "Create", attachments, informational, false},
	journal.AttachmentExported: {classDatastore, other, "Export", attachments, medium, false},

	journal.AssignmentDone:     {classDatastore, 2, "Update", assignments, informational, false},
	journal.AssignmentNoted:    {classDatastore, 2, "Update", assignments, informational, false},
	journal.AssignmentEdited:   {classDatastore, 2, "Update", assignments, informational, false},
	journal.AssignmentJoined:   {classDatastore, 3, "Connect", assignments, informational, false},
	journal.AssignmentReceived: {classDatastore, 5, "Write", assignments, informational, false},
	journal.AssignmentRefused:  {classDatastore, 5, "Write", assignments, low, true},

	journal.Verified:              {classAuthentication, other, "Verification in person", "", informational, false},
	journal.VerificationFailed:    {classAuthentication, other, "Verification in person", "", medium, true},
	journal.VerificationDisturbed: {classAuthentication, other, "Verification in person", "", medium, true},
	journal.ShareSent:             {classDatastore, other, "Share", records, informational, false},
	journal.ShareReceived:         {classDatastore, 5, "Write", records, informational, false},
	journal.ShareConfirmed:        {classDatastore, other, "Share confirmed", records, informational, false},
	journal.ShareRefused:          {classDatastore, other, "Share", records, low, true},
	journal.ShareMalformed:        {classDatastore, other, "Share", records, medium, true},

	journal.LogInconsistent: {classFinding, 1, "Create", "", high, false},
	journal.DeviceForked:    {classFinding, 1, "Create", "", high, false},
	journal.LogRestored:     {classLifecycle, other, "Log restored", "", medium, false},

	journal.SystemStarted:   {classLifecycle, 3, "Start", "", informational, false},
	journal.SystemChanged:   {classAPI, 3, "Update", "", low, false},
	journal.SignedIn:        {classAuthentication, 1, "Logon", "", informational, false},
	journal.SignInRefused:   {classAuthentication, 1, "Logon", "", low, true},
	journal.Renewed:         {classAuthentication, 5, "Service Ticket Renew", "", informational, false},
	journal.RecordSent:      {classDatastore, 1, "Read", records, informational, false},
	journal.AttachmentSent:  {classDatastore, 1, "Read", attachments, informational, false},
	journal.AttachmentTaken: {classDatastore, 6, "Create", attachments, informational, false},
	journal.LogRead:         {classDatastore, 4, "Query", auditLog, informational, false},
	journal.LogExported:     {classDatastore, other, "Export", auditLog, informational, false},
	journal.CallRefused:     {classAPI, other, "Refused", "", low, true},
	journal.FindingNoted:    {classFinding, create, "Create", "", medium, false},
	journal.FindingClosed:   {classFinding, closing, "Close", "", informational, false},
}

// Activities of a finding.
const (
	create  = 1
	update  = 2
	closing = 3
)

// grave are codes of findings that say more than that something is late or out of its time: somebody has two
// histories, or words that are not their own. mild are those that a device's ordinary life brings.
var (
	grave = []string{"fork", "clone", "bad_signature", "log_alarm", "head_differs", "device_forked", "erasure"}
	mild  = []string{"generation", "clock", "expired", "work_refused"}
)

// meaningOf is what the entry means; a kind that a newer device made up is told of without a class.
func meaningOf(e journal.Entry) meaning {
	m, ok := meanings[e.Kind]
	switch {
	case !ok:
		return meaning{classNone, other, string(e.Kind), "", informational, false}
	case e.Kind != journal.FindingNoted:
		return m
	}
	switch {
	case slices.Contains(grave, e.Code):
		m.severity = high
	case slices.Contains(mild, e.Code):
		m.severity = low
	}
	if e.Count > 1 {
		m.activity, m.name = update, "Update"
	}
	return m
}
