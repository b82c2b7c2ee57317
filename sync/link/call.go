package link

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"handslag/identity"
	"handslag/vault/journal"
)

const (
	mediaJSON = "application/json"
	mediaCBOR = "application/cbor"
	mediaFile = "application/octet-stream"
	mediaNote = "text/plain"

	issuedLimit   = 2 * identity.CredentialLimit
	logLimit      = 8 << 20
	exportLimit   = ExportRows * 10 << 10
	evidenceLimit = 8 << 20
)

// Statement asks for the newest statement over the pinned connection; the bytes are
// unverified.
func (c *Client) Statement(ctx context.Context) ([]byte, error) {
	return c.do(ctx, request{method: http.MethodGet, path: PathStatement, limit: identity.StatementLimit})
}

// Enrol asks for the device's first credential with username and password. The same request
// again gives the same credential.
func (c *Client) Enrol(ctx context.Context, ask EnrolRequest) (Issued, error) {
	body, err := json.Marshal(ask)
	if err != nil {
		return Issued{}, fmt.Errorf("ask for credential: %w", err)
	}
	defer clear(body)
	return decode[Issued](c.do(ctx, request{method: http.MethodPost, path: PathEnrol, body: body, media: mediaJSON, limit: issuedLimit}))
}

// Waiting asks what has become of the device, which waits for an administrator. The answer comes when somebody has decided,
// or after wait, at most WaitMost, or earlier, where the other end will not wait.
func (c *Client) Waiting(ctx context.Context, wait time.Duration) (Issued, error) {
	query := url.Values{"wait": {wait.String()}}.Encode()
	return decode[Issued](c.do(ctx, request{method: http.MethodPost, path: PathWaiting, query: query, proved: true, limit: issuedLimit}))
}

// SignIns asks how staff sign in.
func (c *Client) SignIns(ctx context.Context) (SignIns, error) {
	return decode[SignIns](c.do(ctx, request{method: http.MethodGet, path: PathSignIn, limit: RequestLimit}))
}

// BeginSignIn begins a sign-in at the identity provider.
func (c *Client) BeginSignIn(ctx context.Context, ask SignInRequest) (SignInBegun, error) {
	body, err := json.Marshal(ask)
	if err != nil {
		return SignInBegun{}, fmt.Errorf("begin sign-in: %w", err)
	}
	return decode[SignInBegun](c.do(ctx, request{method: http.MethodPost, path: PathSignIn, body: body, media: mediaJSON, limit: RequestLimit}))
}

// Credential asks for a new credential.
func (c *Client) Credential(ctx context.Context) (Issued, error) {
	return decode[Issued](c.do(ctx, request{method: http.MethodPost, path: PathCredential, proved: true, limit: issuedLimit}))
}

// Changes asks for the page after cursor. Had says what the device has of what is numbered, so
// that what is newer comes along.
func (c *Client) Changes(ctx context.Context, cursor string, had Had) (Page, error) {
	return c.changes(ctx, cursor, had, url.Values{})
}

// Await is Changes of which an empty page is answered only when it has been so for wait, at most
// WaitMost, or earlier, where the other end will not wait.
func (c *Client) Await(ctx context.Context, cursor string, had Had, wait time.Duration) (Page, error) {
	return c.changes(ctx, cursor, had, url.Values{"wait": {wait.String()}})
}

func (c *Client) changes(ctx context.Context, cursor string, had Had, query url.Values) (Page, error) {
	if cursor != "" {
		query.Set("after", cursor)
	}
	query.Set("statement", strconv.FormatUint(had.Statement, 10))
	query.Set("erasures", strconv.FormatUint(had.Erasures, 10))
	query.Set("revocations", strconv.FormatUint(had.Revocations, 10))
	var sizes []string
	for _, size := range had.Log[:min(len(had.Log), GrowthProofs)] {
		sizes = append(sizes, strconv.FormatUint(size, 10))
	}
	if len(sizes) > 0 {
		query.Set("log", strings.Join(sizes, ","))
	}
	return decode[Page](c.do(ctx, request{
		method: http.MethodGet, path: PathChanges, query: query.Encode(), proved: true, limit: PageLimit,
	}))
}

// Had is the newest that a device has of what the organisation counts.
type Had struct {
	Statement uint64 // number of the statement in force
	Erasures  uint64 // number of the last erasure order that it has carried out, and all before

	Revocations uint64 // number of the newest revocation list

	Log []uint64 // sizes of checkpoints that the next one must have at its beginning; at most GrowthProofs
}

// Journal hands in an encoded batch, of this device's journal or one that it carries, and
// returns the signed receipt, unverified.
func (c *Client) Journal(ctx context.Context, batch []byte) ([]byte, error) {
	return c.do(ctx, request{
		method: http.MethodPost, path: PathJournal, body: batch, media: mediaCBOR, proved: true, limit: journal.ReceiptLimit,
	})
}

// Segment hands in a whole sealed segment, as its file holds it, of whichever device, and
// returns the signed receipt for that device, unverified.
func (c *Client) Segment(ctx context.Context, segment []byte) ([]byte, error) {
	return c.do(ctx, request{
		method: http.MethodPost, path: PathSegments, body: segment, media: mediaFile, proved: true, limit: journal.ReceiptLimit,
	})
}

// Log asks for a page of the audit log.
func (c *Client) Log(ctx context.Context, filter LogFilter) (LogPage, error) {
	return decode[LogPage](c.do(ctx, request{
		method: http.MethodGet, path: PathLog, query: filter.Query().Encode(), proved: true, limit: logLimit,
	}))
}

// Cosign hands in a checkpoint of the audit log with this device's cosignature behind it.
func (c *Client) Cosign(ctx context.Context, note []byte) error {
	_, err := c.do(ctx, request{
		method: http.MethodPost, path: PathCosignatures, body: note, media: mediaNote, proved: true, limit: RequestLimit,
	})
	return err
}

// Witnesses asks which devices vouch for the audit log.
func (c *Client) Witnesses(ctx context.Context) (Witnesses, error) {
	return decode[Witnesses](c.do(ctx, request{method: http.MethodGet, path: PathWitnesses, proved: true, limit: logLimit}))
}

// ExportLog asks for the entries of the audit log behind a cursor, oldest first, as JSON Lines in a format
// that the connected system knows. No lines: there are none yet.
func (c *Client) ExportLog(ctx context.Context, after, format string) ([]byte, error) {
	query := url.Values{}
	for name, value := range map[string]string{"after": after, "format": format} {
		if value != "" {
			query.Set(name, value)
		}
	}
	return c.do(ctx, request{method: http.MethodGet, path: PathExport, query: query.Encode(), proved: true, limit: exportLimit})
}

// Evidence asks for evidence about entries by their places in the log: the bytes of an evidence.Bundle, unverified.
func (c *Client) Evidence(ctx context.Context, places []int64) ([]byte, error) {
	var list []string
	for _, place := range places {
		list = append(list, strconv.FormatInt(place, 10))
	}
	return c.do(ctx, request{
		method: http.MethodGet, path: PathEvidence, query: url.Values{"entries": {strings.Join(list, ",")}}.Encode(), proved: true, limit: evidenceLimit,
	})
}

func decode[T any](body []byte, err error) (T, error) {
	var value T
	if err != nil {
		return value, err
	}
	if err := json.Unmarshal(body, &value); err != nil {
		return value, fmt.Errorf("read answer: %w: %w", ErrAnswer, err)
	}
	return value, nil
}
