package link

// Problem is a refusal as it travels: problem details (RFC 9457) with a code of ours, which
// the agent has a sentence for.
type Problem struct {
	Type   string `json:"type"`             // "about:blank": the status says what kind it is, the code which
	Title  string `json:"title"`            // the status in words
	Status int    `json:"status"`           // of HTTP
	Detail string `json:"detail,omitempty"` // a sentence for people, where there is one
	Code   Code   `json:"code"`             // names the refusal
}

// Code names a refusal.
type Code string

// The codes that the connected system and the directory answer with.
const (
	CodeBadRequest    Code = "bad_request"
	CodeTooLarge      Code = "too_large"
	CodeNoProof       Code = "no_proof"             // 401: the call carries no proof
	CodeBadProof      Code = "bad_proof"            // 401: it does not verify
	CodeStaleProof    Code = "stale_proof"          // 401: its server time is too old; the answer carries a new one
	CodeReplayed      Code = "replayed"             // 401: this proof has been seen
	CodeWrongPassword Code = "wrong_password"       // 401
	CodeSignIn        Code = "sign_in"              // 401: what came from the identity provider proves nobody, or is of another attempt
	CodeUnlinked      Code = "sign_in_unlinked"     // 403: the identity provider knows the person, and no user is theirs
	CodeNoPassword    Code = "password_off"         // 403: passwords do not sign in here
	CodeProviderAway  Code = "provider_away"        // 503: the identity provider does not answer
	CodeUserDisabled  Code = "user_disabled"        // 403
	CodeDeviceRevoked Code = "device_revoked"       // 403
	CodeExpired       Code = "credential_expired"   // 403
	CodeDeviceRefused Code = "device_refused"       // 403: an administrator does not let the device in
	CodeWaitedLong    Code = "waited_long"          // 403: nobody has decided about the device, or it has not heard of it, in time: to be asked anew
	CodeWaitingFull   Code = "waiting_full"         // 429: as many devices wait as may
	CodeDeviceLimit   Code = "device_limit"         // 403: the person has as many devices as one may have
	CodeForbidden     Code = "forbidden"            // 403: no right reaches this
	CodeRestricted    Code = "restricted"           // 403: processing is restricted
	CodeUnknownOrg    Code = "unknown_organisation" // 404, the directory
	CodeNotFound      Code = "not_found"            // 404
	CodeMethod        Code = "method"               // 405
	CodeConflict      Code = "conflict"             // 409: the request id is another device's
	CodeCursor        Code = "cursor"               // 409: the entry that the cursor names is not in the log
	CodeRange         Code = "range"                // 416: what was asked to go on with has no more
	CodeTooMany       Code = "too_many"             // 429
	CodeSegDamaged    Code = "segment_damaged"      // 400: its beginning does not read, or its device did not sign it
	CodeSegFormat     Code = "segment_format"       // 400: of another version
	CodeSegUnknown    Code = "segment_unknown"      // 400: no credential was ever issued to its device
	CodeSegSealed     Code = "segment_sealed"       // 400: sealed to another system, or to a key that is gone
	CodeUnsaid        Code = "attachment_unsaid"    // 409: no entry of the device in the log names this attachment
	CodeChunk         Code = "attachment_chunk"     // 400: a chunk that does not fit its attachment, or an attachment that is none
	CodeInternal      Code = "internal"             // 500: nothing was changed
	CodeBusy          Code = "busy"                 // 503
)

// Error is the refusal as a Go error; it holds nothing personal.
func (p *Problem) Error() string { return "refused: " + string(p.Code) }
