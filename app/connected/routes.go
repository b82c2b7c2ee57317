package connected

import (
	_ "embed"
	"net/http"
	"strconv"

	"handslag/app/connected/feed"
	"handslag/app/connected/gate"
	"handslag/identity/access"
	"handslag/sync/link"
	"handslag/vault/journal"
	"handslag/vault/journal/audit"
	"handslag/vault/record"
)

// Paths that are no exchange of a device's.
const (
	PathHealth   = "/healthz"      // for who watches the process
	PathContract = "/openapi.json" // for who writes another client or server
)

// Media types of bodies that the gate does not write.
const (
	typeJSON  = "application/json"
	typeText  = "text/plain"
	typeBytes = "application/octet-stream"
	typeLines = "application/jsonl"
	typeCBOR  = "application/cbor"
)

// batchMargin is what a batch may be larger than its limit before it is refused unread.
const batchMargin = 1 << 10

// contract is what package openapi makes of the table below; `make openapi` makes it anew.
//
//go:embed openapi.json
var contract []byte

// Routes is the one table of what can be called, what each call asks of its caller, and what
// travels. statement gives what the public may have: the organisation's signed statement in force.
func Routes(statement func() []byte) []gate.Route {
	return append(reviewRoutes(), []gate.Route{
		{
			Method: http.MethodGet, Path: PathHealth,
			Right:   gate.Public("says that the process answers and reaches its database, and nothing else"),
			Handler: health,
			Does:    "Says whether the connected system can serve.",
			Gives:   gate.Body{Type: typeText, Means: "The word ok."},
			Codes:   []link.Code{link.CodeBusy},
		},
		{
			Method: http.MethodGet, Path: PathContract,
			Right: gate.Public("who writes another client or server reads it; it is the same for every organisation"),
			Handler: func(*gate.Call) (gate.Answer, error) {
				return gate.Answer{Type: typeJSON, Body: contract}, nil
			},
			Does:  "Gives this contract.",
			Gives: gate.Body{Type: typeJSON, Means: "OpenAPI 3.1."},
		},
		{
			Method: http.MethodGet, Path: link.PathStatement,
			Right:   gate.Public("a device checks the statement by the root key's fingerprint; without it no changed TLS key could be learnt"),
			Handler: func(*gate.Call) (gate.Answer, error) { return gate.Signed(statement()), nil },
			Does:    "Gives the organisation's newest statement.",
			Gives:   gate.InCOSE("statement (identity/testdata/identity.cddl), signed by the root key."),
		},
		{
			Method: http.MethodPost, Path: link.PathEnrol,
			Right:   gate.Password("a device has no credential before it is enrolled"),
			Handler: enrol,
			Does:    "Enrols a device: its first credential for a username and a password, or for a sign-in at the identity provider; where an administrator has to let devices in, that it waits for one (waiting). The same request_id and signing key get the same credential again.",
			Takes:   gate.InJSON("possession is an enrolment (sync/link/testdata/link.cddl), signed by the device's new signing key.", link.EnrolRequest{}),
			Gives:   gate.InJSON("credential is one of identity/testdata/identity.cddl, signed by an issuing key; search is sealed to the device's KEM key.", link.Issued{}),
			Codes:   []link.Code{link.CodeConflict, link.CodeDeviceRevoked, link.CodeDeviceRefused, link.CodeWaitingFull, link.CodeDeviceLimit},
		},
		{
			Method: http.MethodPost, Path: link.PathWaiting,
			Right:   gate.Waits("a device that waits for an administrator has no credential; its person has signed in with it, and it proves its key"),
			Handler: waiting,
			Does:    "Says what has become of a device that waits for an administrator to let it in: its first credential, once one has. The same one comes again.",
			Query:   []gate.Parameter{{Name: "wait", Like: "25s", Means: "25s, which is the most: while nobody has decided, the answer waits so long. It may come earlier, and is judged when it comes"}},
			Gives:   gate.InJSON("waiting is there as long as credential is not.", link.Issued{}),
			Codes:   []link.Code{link.CodeDeviceRevoked, link.CodeConflict},
		},
		{
			Method: http.MethodGet, Path: link.PathSignIn,
			Right:   gate.Public("a device that is to be enrolled asks for what its person has to give; it is the same for everybody"),
			Handler: signIns,
			Does:    "Says how staff sign in when they enrol a device.",
			Gives:   gate.InJSON("", link.SignIns{}),
		},
		{
			Method: http.MethodPost, Path: link.PathSignIn,
			Right:   gate.Public("a device has no credential before it is enrolled; nothing is kept, and it is worth nothing without the identity provider's answer"),
			Handler: beginSignIn,
			Does:    "Begins a sign-in at the organisation's identity provider (OpenID Connect, authorization code flow with PKCE) for one device. With what its browser brings back the device enrols.",
			Takes:   gate.InJSON("", link.SignInRequest{}),
			Gives:   gate.InJSON("", link.SignInBegun{}),
			Codes:   []link.Code{link.CodeNotFound, link.CodeProviderAway},
		},
		{
			Method: http.MethodPost, Path: link.PathCredential,
			Right:   gate.Own("a device renews its own credential, which says what is granted now"),
			Handler: renew,
			Does:    "Renews the calling device's credential.",
			Gives:   gate.InJSON("credential is one of identity/testdata/identity.cddl, signed by an issuing key; search is sealed to the device's KEM key.", link.Issued{}),
		},
		{
			Method: http.MethodGet, Path: link.PathChanges,
			Right:   gate.Each("each record, and what is attached to it, by record.read, each assignment by assignment.work, and only what concerns the person"),
			Handler: changes,
			Does:    "Gives the next page of what concerns the calling person and the device has not got in this state, and what of it concerns them no longer.",
			Query: []gate.Parameter{
				{Name: "after", Like: "17", Means: "cursor of the page that arrived last; empty for the first"},
				{Name: "statement", Like: "3", Means: "number of the statement that the device has: a newer one comes along"},
				{Name: "erasures", Like: "12", Means: "highest number of an erasure order that the device has: those above come along"},
				{Name: "revocations", Like: "1790000000000000", Means: "number of the revocation list that the device has: a newer one comes along"},
				{Name: "log", Like: "4711", Means: "at most 8 sizes of the audit log, separated by commas, of which the answer proves that the log has grown from them"},
				{Name: "wait", Like: "25s", Means: "25s, which is the most: where there is nothing to tell, the answer waits for something so long. It may come earlier, and is judged when it comes"},
			},
			Gives: gate.InJSON("Signed and sealed structures stand in it as vault/record/testdata/record.cddl and identity/testdata/identity.cddl write them.", link.Page{}),
		},
		{
			Method: http.MethodPost, Path: link.PathJournal, Limit: journal.BatchLimit + batchMargin,
			Right:   gate.Carried("nothing said is lost: entries are judged by their signatures, whoever carries them, and the answer is a receipt"),
			Prepare: (*gate.Call).PrepareJournal,
			Handler: takeJournal,
			Does:    "Takes entries of one device's journal, whatever has become of the device, and answers with a receipt. What was taken before may come again.",
			Takes:   gate.Body{Type: typeCBOR, Means: "batch (vault/journal/testdata/journal.cddl), raw; each entry in it is signed."},
			Gives:   gate.InCOSE("receipt (vault/journal/testdata/journal.cddl), signed by a log key."),
		},
		{
			Method: http.MethodPost, Path: link.PathSegments, Limit: journal.SegmentLimit,
			Right:   gate.Carried("nothing said is lost: a sealed segment is taken as its entries would be, whoever carries it unread, and the answer is a receipt"),
			Handler: takeSegment,
			Does:    "Takes one sealed segment of any device's journal and answers with a receipt for that device.",
			Takes:   gate.Body{Type: typeBytes, Means: "a segment's file, as vault/journalfile/testdata/segment.cddl lays it out."},
			Gives:   gate.InCOSE("receipt (vault/journal/testdata/journal.cddl), signed by a log key."),
			Codes:   []link.Code{link.CodeSegDamaged, link.CodeSegFormat, link.CodeSegUnknown, link.CodeSegSealed},
		},
		{
			Method: http.MethodPost, Path: link.PathAttachments, Limit: link.MadeLimit,
			Right:    gate.Needs(access.AttachmentAdd),
			Resource: gate.MadeThing,
			Handler:  takeMade,
			Does:     "Begins to hand in an attachment that the device made and said so in its journal, or goes on with it; the answer says which chunks are missing.",
			Takes:    gate.InJSON("draft is what vault/record/testdata/record.cddl calls an attachment, not signed yet.", link.MadeAttachment{}),
			Gives:    gate.InJSON("attachment is one of vault/record/testdata/record.cddl, signed by an issuing key, once it is whole.", link.Handed{}),
			Codes:    []link.Code{link.CodeChunk, link.CodeUnsaid, link.CodeConflict, link.CodeNotFound, link.CodeRestricted, link.CodeTooMany},
		},
		{
			Method: http.MethodPost, Path: link.PathChunks, Limit: record.ChunkLimit,
			Right:    gate.Needs(access.AttachmentAdd),
			Resource: gate.ChunkThing,
			Handler:  takeChunk,
			Does:     "Takes one chunk of an attachment that was begun; what came before may come again.",
			Query:    chunkQuery,
			Takes:    gate.Body{Type: typeBytes, Means: "a chunk's ciphertext, whose SHA-256 the draft names."},
			Gives:    gate.InJSON("attachment is there with the last chunk.", link.Handed{}),
			Codes:    []link.Code{link.CodeChunk, link.CodeConflict, link.CodeNotFound, link.CodeRestricted},
		},
		{
			Method: http.MethodGet, Path: link.PathChunks,
			Right:    gate.Needs(access.RecordRead),
			Resource: gate.ChunkThing,
			Handler:  chunk,
			Does:     "Gives one chunk of an attachment, or from a byte on: Range: bytes=N- is answered with 206.",
			Query:    chunkQuery,
			Gives:    gate.Body{Type: typeBytes, Means: "a chunk's ciphertext, whose SHA-256 the attachment names.", Ranged: true},
			Codes:    []link.Code{link.CodeNotFound, link.CodeRestricted, link.CodeRange},
		},
		{
			Method: http.MethodGet, Path: link.PathLog,
			Right:   gate.Within(access.LogRead),
			Handler: readLog,
			Does:    "Gives a page of the audit log, newest first: the entries of which all filters hold. One that would take long to fill is short, or empty, and has a cursor. To read it is an entry itself.",
			Query: []gate.Parameter{
				{Name: "subject", Like: "s-maja", Means: "ID of the person or place that the data are about"},
				{Name: "record", Like: "r-maja", Means: "ID of a record"},
				{Name: "person", Like: "anna.lind", Means: "username of a member of staff"},
				{Name: "device", Like: "qpzry9x8gf2tvdw0s3jn54khce6mua7l", Means: "a device ID"},
				{Name: "assignment", Like: "W-2002", Means: "ID of an assignment"},
				{Name: "unit", Like: "norra", Means: "ID of a unit in which whoever said it served then"},
				{Name: "kind", Like: "record.opened", Means: "kind of entry, as vault/journal writes them: record.opened"},
				{Name: "day", Like: "2026-11-23", Means: "2006-01-02, in the organisation's time zone"},
				{Name: "to", Like: "2026-11-29", Means: "the last of several days, at most 31 in all; day is the first then"},
				{Name: "after", Like: "4711", Means: "cursor of the page before"},
				{Name: "limit", Like: "50", Means: "rows, at most 50"},
			},
			Gives: gate.InJSON("Times are intervals: no earlier than the device's newest server time, no later than the receipt.", link.LogPage{}),
		},
		{
			Method: http.MethodGet, Path: link.PathCheckpoint,
			Right:   gate.Own(proofsAreOwn),
			Handler: checkpoint,
			Does:    "Gives the audit log's newest checkpoint.",
			Gives:   gate.Body{Type: typeNote, Means: "C2SP tlog-checkpoint, signed by a log key; its origin is handslag.log/ and the organisation ID."},
		},
		{
			Method: http.MethodGet, Path: link.PathGrowth,
			Right:   gate.Own(proofsAreOwn),
			Handler: growth,
			Does:    "Proves that the audit log only grew.",
			Query: []gate.Parameter{
				{Name: "from", Like: "4096,4711", Means: "at most 8 sizes, separated by commas, that are proved to be at its beginning as they were"},
				{Name: "size", Like: "5012", Means: "of the checkpoint that they are proved in; the newest where it is missing"},
			},
			Gives: gate.InJSON("", link.Growth{}),
			Codes: []link.Code{link.CodeNotFound},
		},
		{
			Method: http.MethodGet, Path: link.PathInclusion,
			Right:   gate.Own(proofsAreOwn),
			Handler: inclusion,
			Does:    "Proves that the audit log has an entry.",
			Query: []gate.Parameter{
				{Name: "entry", Like: "4711", Means: "its place in the log, from 1", Must: true},
				{Name: "size", Like: "5012", Means: "of the checkpoint that it is proved in; the newest where it is missing"},
			},
			Gives: gate.Body{Type: typeNote, Means: "C2SP tlog-proof, whose index is the entry's place less one, and whose leaf is the audit log's (vault/journal/audit/testdata/audit.cddl)."},
			Codes: []link.Code{link.CodeNotFound},
		},
		{
			Method: http.MethodGet, Path: link.PathTile + gate.OpenEnd,
			Right:   gate.Own(proofsAreOwn),
			Handler: tile,
			Does:    "Gives a tile of the audit log's hashes. A tile never changes.",
			Rest:    "C2SP tlog-tiles: level and index, as 0/x001/x234/067 or 1/000.p/17. The slashes are the path's own.",
			Gives:   gate.Body{Type: typeBytes, Means: "Hashes, 32 bytes each."},
			Codes:   []link.Code{link.CodeNotFound},
		},
		{
			Method: http.MethodGet, Path: link.PathLeaves + gate.OpenEnd,
			Right:    gate.Needs(access.LogRead),
			Resource: auditLog,
			Handler:  leaves,
			Does:     "Gives a bundle of the audit log's leaves: of each entry the hash, and when it came. To look at it is an entry itself.",
			Rest:     "C2SP tlog-tiles: index, as x001/x234/067 or 000.p/17. The slashes are the path's own.",
			Gives:    gate.Body{Type: typeBytes, Means: "Leaves (vault/journal/audit/testdata/audit.cddl), each behind its length, 16 bits."},
			Codes:    []link.Code{link.CodeNotFound},
		},
		{
			Method: http.MethodPost, Path: link.PathCosignatures, Limit: audit.CosignedLimit,
			Right:   gate.Own("a device says of the audit log what it has seen of it, with a key of its own"),
			Handler: cosigned,
			Does:    "Takes the checkpoint that the calling device vouches for: it had seen nothing of the log that the checkpoint contradicts.",
			Takes:   gate.Body{Type: typeNote, Means: "the checkpoint as it came, and behind it one cosignature (C2SP tlog-cosignature, cosignature/v1) by the witness key of the device's credential, whose name is handslag.witness/ and the device ID."},
			Gives:   gate.Body{Type: typeText, Means: "The word ok."},
		},
		{
			Method: http.MethodGet, Path: link.PathWitnesses,
			Right:    gate.Needs(access.LogRead),
			Resource: auditLog,
			Handler:  witnesses,
			Does:     "Tells which devices vouch for the audit log, and for how much of it. To ask is an entry itself.",
			Gives:    gate.InJSON("checkpoint is C2SP tlog-checkpoint with cosignatures (tlog-cosignature).", link.Witnesses{}),
		},
		{
			Method: http.MethodGet, Path: link.PathExport,
			Right:    gate.Needs(access.LogExport),
			Resource: auditLog,
			Handler:  exportLog,
			Does:     "Gives the next entries of the audit log for another system, oldest first, each once, in the order in which they were committed. To take them is an entry itself.",
			Query: []gate.Parameter{
				{Name: "after", Like: "1-5012-b1946ac92492d234", Means: "cursor of the line that was read last; empty for the log's beginning"},
				{Name: "format", Like: "json", Means: "json, or ocsf for events of OCSF " + feed.OCSFVersion + ", whose cursor is unmapped.cursor"},
			},
			Gives: gate.Body{Type: typeLines, Means: "At most " + strconv.Itoa(link.ExportRows) + " lines, each a JSON object; none where there is nothing new."},
			Codes: []link.Code{link.CodeCursor},
		},
		{
			Method: http.MethodGet, Path: link.PathEvidence,
			Right:   gate.Within(access.LogRead),
			Handler: evidenceOf,
			Does:    "Gives evidence about entries, which shows without this system what they say, who signed it, that the log has it, and who has seen the log. To ask is an entry itself.",
			Query:   []gate.Parameter{{Name: "entries", Like: "4711,4712", Means: "at most 100 places in the log, from 1, separated by commas", Must: true}},
			Gives:   gate.Body{Type: typeCBOR, Means: "bundle (vault/journal/evidence/testdata/evidence.cddl)."},
			Codes:   []link.Code{link.CodeNotFound},
		},
		{
			Method: http.MethodPost, Path: link.PathErasures,
			Right:    gate.Needs(access.SubjectErase),
			Resource: anybody,
			Handler:  erase,
			Does:     "Erases a person or place: destroys the key of their data and orders every device to do the same.",
			Takes:    gate.InJSON("", link.EraseRequest{}),
			Gives:    gate.InJSON("", gate.Erased{}),
			Codes:    []link.Code{link.CodeNotFound},
		},
		{
			Method: http.MethodGet, Path: link.PathErasures,
			Right:    gate.Needs(access.SubjectErase),
			Resource: anybody,
			Handler:  erasure,
			Does:     "Says how far an erasure has come, and after when no copy opens.",
			Query:    []gate.Parameter{{Name: "subject", Like: "s-maja", Means: "ID of the person or place", Must: true}},
			Gives:    gate.InJSON("", gate.Erasure{}),
			Codes:    []link.Code{link.CodeNotFound},
		},
	}...)
}

// proofsAreOwn says why every device of the organisation, and nobody else, gets the audit log's hashes.
const proofsAreOwn = "devices are the audit log's witnesses, and hashes betray nobody; but how much is done here is nobody else's business"

var chunkQuery = []gate.Parameter{
	{Name: "attachment", Like: "b-1", Means: "ID of the attachment", Must: true},
	{Name: "chunk", Like: "0", Means: "number of the chunk, from 0", Must: true},
}
