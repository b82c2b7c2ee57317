package openapi

import (
	"strings"

	"handslag/app/connected/gate"
	"handslag/sync/link"
)

// about is what somebody has to know who builds a server or a client from the contract and the CDDL files alone.
const about = `What a device and its organisation's connected system say to each other.

**A device's way.** It knows the organisation's ID, which is the fingerprint of the root key, and a URL. It fetches the statement (GET /v1/statement), which that key has signed, and from then on trusts the keys that it names: TLS keys, issuing keys (credentials, records, loans, orders), sealing keys (what is sealed to the connected system), log keys (times, receipts, checkpoints). It makes keys of its own and enrols (POST /v1/enrol), with an administrator's approval where the organisation asks for it (POST /v1/enrol/waiting), and gets a credential of at most 14 days, which it renews (POST /v1/credential). At each sync it hands in its journal (POST /v1/journal), then takes what has changed for it (GET /v1/changes, page after page), then what is attached (GET /v1/chunks).

**Proof.** Each call of a device proves itself: Authorization carries the scheme Handslag and a structure "call" (sync/link/testdata/link.cddl) as a COSE_Sign1 in base64url without padding, signed by the device over organisation, method, path, query as it was sent, SHA-256 of the body, a nonce that is used once, and the newest server time that it has. A server keeps nonces for as long as that time counts, in the transaction of the call, for all its processes.

**Time.** Every answer, a refusal too, carries a signed server time in Handslag-Time, which names the nonce of the call that it answers. A refusal stale_proof is answered by the same call with that time and a new nonce. Clocks of devices prove nothing.

**Every call is judged** on the state of the moment: device, person, right and restriction are read in the transaction of the data. What is refused is in the audit log, too. Who may not have a thing hears the same of it as of one that is not there.

**Nothing that was said is lost.** A journal is taken from whoever carries it, when its entries are signed by a device that ever had a credential, revoked and expired ones included; the answer is a receipt, and nothing else. A receipt names the contiguous prefix of each generation that is stored for good, with the hash of its last entry: a device drops what a receipt with its own hash covers. What comes twice is stored once. Gaps, forks, rollbacks and forged entries are no refusals but findings (GET /v1/findings), and each is an entry of the connected system's own in the audit log (system.finding_noted, system.finding_closed).

**Twice is once.** The same request ID enrols the same device again; the same batch, segment, attachment, chunk or erasure changes nothing the second time. So a call whose answer was lost is made again, with a new nonce.

**Cursors** are the server's own words. A page is acknowledged by asking with its cursor; asked for with the cursor of the page before, what was on it comes again.

**Waiting.** With wait=25s, the most, an answer that has nothing to tell is held back until it has. It may come earlier, empty, at any time: a server waits for one call of a device, its newest, and for as many devices as it can. No transaction stays open meanwhile, and the caller is judged anew when the answer comes. Nothing is sent before the answer is whole, so that a proxy that buffers does no harm; X-Accel-Buffering: no and Cache-Control: no-store stand in it. Where a proxy cuts what is silent, the device asks every half minute without waiting, and misses nothing.

**Refusals** are problems (RFC 9457) whose code names them; codes, not texts, are what programs read. A path that is not here is refused with 404 not_found, another method with 405 method and Allow. The media type of a request's body is not looked at. Names that a request does not have are refused.

**Signed structures** are COSE_Sign1 (RFC 9052) over deterministic CBOR (RFC 8949 section 4.2.1), each with an external AAD of its own, which the CDDL files name as its domain. Verify over the bytes that came, encode again and compare. What is sealed is HPKE (RFC 9180, base mode, MLKEM768-X25519, HKDF-SHA256, AES-256-GCM) with an info that its CDDL file names. Times are microseconds since 1970 in UTC. The CDDL files that are named here, golden vectors beside them, and a program that tries a server against all of this (testnet/conformance) lie in the source.`

// tags are what the operations are grouped by.
var tags = []object{
	{"name": "system", "description": "What anybody may ask."},
	{"name": "device", "description": "Enrolment, credential, and what is sent to a device."},
	{"name": "journal", "description": "What devices hand in."},
	{"name": "log", "description": "The audit log: review, proofs, witnesses, export."},
	{"name": "erasure", "description": "The end of somebody's data."},
}

// tagOf is the group of a path.
func tagOf(path string) string {
	for _, one := range []struct{ tag, begins string }{
		{"log", link.PathLog}, {"log", link.PathFindings}, {"log", link.PathSpread}, {"erasure", link.PathErasures},
		{"journal", link.PathJournal}, {"journal", link.PathSegments}, {"journal", link.PathAttachments},
		{"device", link.PathEnrol}, {"device", link.PathSignIn}, {"device", link.PathCredential}, {"device", link.PathChanges}, {"device", link.PathChunks},
	} {
		if strings.HasPrefix(path, one.begins) {
			return one.tag
		}
	}
	return "system"
}

// whoMay says who may call, and why.
func whoMay(r gate.Right) string {
	kind, why, _ := strings.Cut(r.String(), ": ")
	if kind == "within" {
		return "A device may call it, with its proof, whose person has the right " + why + " to everything, or to what is of their units (scope unit): then it tells of that alone. " +
			"An entry is of the units in which whoever said it served then, a record and an assignment of their own, a finding of those in which the person of its device serves now. What lies beyond answers as what is not there."
	}
	if who, ok := map[string]string{
		"public":   "Anybody may call it, without a proof",
		"password": "Whoever knows a username and its password, or has signed in at the identity provider, may call it, without a proof",
		"own":      "A device with a credential that holds may call it, with its proof, for what is its own",
		"each":     "A device with a credential that holds may call it, with its proof; each thing that it gets is judged by itself",
		"carried":  "Whoever carries it may call it: a device that was ever enrolled with its proof, others without one and a few times a minute",
		"waits":    "A device that waits for an administrator may call it, with the proof of the key that it asked with",
	}[kind]; ok {
		return who + ": " + why + "."
	}
	return "A device may call it, with its proof, whose person has the right " + kind + " to the thing that it is about."
}

// meanings are what a client makes of each code.
var meanings = map[link.Code]string{
	link.CodeBadRequest:    "the request is malformed; the same one is refused again.",
	link.CodeTooLarge:      "the body has more bytes than the operation takes.",
	link.CodeNoProof:       "the call carries no proof.",
	link.CodeBadProof:      "the proof is none of this call and of a device that is known.",
	link.CodeStaleProof:    "its server time is too old, or none; make the call again with that of this answer.",
	link.CodeReplayed:      "this proof has been seen; make another.",
	link.CodeWrongPassword: "username and password do not belong together, or nobody has that name.",
	link.CodeSignIn:        "what came from the identity provider proves nobody, or is of another attempt; begin anew.",
	link.CodeUnlinked:      "the identity provider knows the person, and no user here is theirs.",
	link.CodeNoPassword:    "passwords do not sign in here; ask GET /v1/sign-in.",
	link.CodeProviderAway:  "the identity provider does not answer; try again later.",
	link.CodeUserDisabled:  "the person may not use the system any more.",
	link.CodeDeviceRevoked: "the device is revoked or in quarantine: its journal is taken still, and it gets nothing.",
	link.CodeExpired:       "the credential has expired; enrol anew with the same keys.",
	link.CodeDeviceRefused: "an administrator does not let the device in.",
	link.CodeWaitedLong:    "nobody has decided about the device in time; ask anew.",
	link.CodeWaitingFull:   "as many devices wait as may; try again later.",
	link.CodeDeviceLimit:   "the person has as many devices as one may have.",
	link.CodeForbidden:     "no right of the person's reaches this.",
	link.CodeRestricted:    "processing of these data is restricted.",
	link.CodeNotFound:      "there is no such thing, or none for this caller.",
	link.CodeMethod:        "the path has other methods, which Allow names.",
	link.CodeConflict:      "it is something else already under this name.",
	link.CodeCursor:        "the entry that the cursor names is not in the log: it is another log's, or the log was taken back.",
	link.CodeRange:         "there is nothing from that byte on.",
	link.CodeTooMany:       "too many of these lately; wait, and try again.",
	link.CodeSegDamaged:    "the segment's beginning does not read, or its device did not sign it.",
	link.CodeSegFormat:     "the segment is of another version.",
	link.CodeSegUnknown:    "no credential was ever issued to the segment's device.",
	link.CodeSegSealed:     "the segment is sealed to another system, or to a key that is gone.",
	link.CodeUnsaid:        "no entry of the device in the log names this attachment; hand in the journal first.",
	link.CodeChunk:         "the chunk does not fit its attachment, or that is none.",
	link.CodeInternal:      "the system failed, and nothing was changed.",
	link.CodeBusy:          "the database can not be reached, or is busy; try again.",
}
