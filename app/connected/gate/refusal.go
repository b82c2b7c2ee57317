package gate

import (
	"errors"
	"net/http"

	"handslag/app/connected/gate/internal/store"
	"handslag/sync/link"
)

// statuses says how each code travels.
var statuses = map[link.Code]int{
	link.CodeBadRequest:    http.StatusBadRequest,
	link.CodeTooLarge:      http.StatusRequestEntityTooLarge,
	link.CodeNoProof:       http.StatusUnauthorized,
	link.CodeBadProof:      http.StatusUnauthorized,
	link.CodeStaleProof:    http.StatusUnauthorized,
	link.CodeReplayed:      http.StatusUnauthorized,
	link.CodeWrongPassword: http.StatusUnauthorized,
	link.CodeSignIn:        http.StatusUnauthorized,
	link.CodeUnlinked:      http.StatusForbidden,
	link.CodeNoPassword:    http.StatusForbidden,
	link.CodeProviderAway:  http.StatusServiceUnavailable,
	link.CodeUserDisabled:  http.StatusForbidden,
	link.CodeDeviceRevoked: http.StatusForbidden,
	link.CodeExpired:       http.StatusForbidden,
	link.CodeDeviceRefused: http.StatusForbidden,
	link.CodeWaitedLong:    http.StatusForbidden,
	link.CodeDeviceLimit:   http.StatusForbidden,
	link.CodeWaitingFull:   http.StatusTooManyRequests,
	link.CodeForbidden:     http.StatusForbidden,
	link.CodeRestricted:    http.StatusForbidden,
	link.CodeNotFound:      http.StatusNotFound,
	link.CodeMethod:        http.StatusMethodNotAllowed,
	link.CodeConflict:      http.StatusConflict,
	link.CodeCursor:        http.StatusConflict,
	link.CodeRange:         http.StatusRequestedRangeNotSatisfiable,
	link.CodeTooMany:       http.StatusTooManyRequests,
	link.CodeSegDamaged:    http.StatusBadRequest,
	link.CodeSegFormat:     http.StatusBadRequest,
	link.CodeSegUnknown:    http.StatusBadRequest,
	link.CodeSegSealed:     http.StatusBadRequest,
	link.CodeUnsaid:        http.StatusConflict,
	link.CodeChunk:         http.StatusBadRequest,
	link.CodeInternal:      http.StatusInternalServerError,
	link.CodeBusy:          http.StatusServiceUnavailable,
}

// StatusOf is how a code travels, or 0 for one that is not the connected system's.
func StatusOf(code link.Code) int { return statuses[code] }

// Refuse is the refusal with code, as an error that a handler returns.
func Refuse(code link.Code) error { return problem(code) }

func problem(code link.Code) *link.Problem {
	status, ok := statuses[code]
	if !ok {
		code, status = link.CodeInternal, http.StatusInternalServerError
	}
	return &link.Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: code}
}

// problemOf is the refusal that err is or, where it is none, an internal one: nothing of
// its text goes out. Where the database is away, it may be back when the caller asks again.
func problemOf(err error) *link.Problem {
	var p *link.Problem
	if errors.As(err, &p) {
		return p
	}
	if errors.Is(err, store.ErrAway) {
		return problem(link.CodeBusy)
	}
	return problem(link.CodeInternal)
}
