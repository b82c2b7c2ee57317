package agent

import (
	"cmp"
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"handslag/identity"
	"handslag/identity/qr"
	"handslag/sync/link"
)

// ReadOrganisation reads an organisation ID as typed, pasted or scanned. A slip is seen here,
// by the checksum; no network is asked.
func (a *Agent) ReadOrganisation(text string) (identity.OrgID, error) {
	text = strings.TrimSpace(text)
	if strings.Contains(text, ":") {
		content, err := qr.Parse(text)
		switch {
		case err != nil:
			return "", translate(err)
		case content.Kind != qr.KindOrganisation:
			return "", problem(NotACode, nil)
		}
		text = content.OrgID
	}
	org, err := identity.ParseOrgID(text)
	if err != nil {
		return "", problem(OrgIDSlip, err)
	}
	return org, nil
}

// ReadOrganisationPicture reads the organisation ID from the picture of a letter's QR code.
func (a *Agent) ReadOrganisationPicture(r io.Reader) (identity.OrgID, error) {
	text, err := qr.ReadPicture(r)
	if err != nil {
		return "", translate(err)
	}
	return a.ReadOrganisation(text)
}

// FindOrganisation asks the directory once for the organisation's statement and verifies it, and the connected system
// that it names how staff sign in there; one that does not answer soon is taken to want a password.
func (a *Agent) FindOrganisation(ctx context.Context, org identity.OrgID) (Organisation, error) {
	_, s, err := a.findStatement(ctx, org)
	if err != nil {
		return Organisation{}, err
	}
	return Organisation{Name: s.Name, URL: s.URL, Org: s.Org(), Number: s.Number, SignIns: a.signIns(ctx, s)}, nil
}

// signInsTime is how long the question how staff sign in may take.
const signInsTime = 3 * time.Second

func (a *Agent) signIns(ctx context.Context, s identity.Statement) link.SignIns {
	client := link.NewClient(s, nil, link.ClientOptions{Timeout: cmp.Or(a.cfg.patience, signInsTime)})
	defer client.Close()
	ways, err := client.SignIns(ctx)
	if err != nil {
		return link.SignIns{Password: true}
	}
	return ways
}

// findStatement is the one call to the directory. What it relays counts only under the root
// key that the ID names; a number lower than one already seen in this run is refused.
func (a *Agent) findStatement(ctx context.Context, org identity.OrgID) ([]byte, identity.Statement, error) {
	data, err := link.Directory{URL: a.cfg.Directory, CA: a.cfg.DirectoryCA}.Statement(ctx, org)
	if err != nil {
		return nil, identity.Statement{}, directoryProblem(err)
	}
	s, err := identity.OpenStatement(data, org)
	if err != nil {
		return nil, identity.Statement{}, problem(StatementForged, err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if s.Number < a.seen[org] {
		return nil, identity.Statement{}, problem(StatementOlder, nil)
	}
	a.seen[org] = s.Number
	return data, s, nil
}

// directoryProblem: whatever keeps the directory from answering is its absence; whom it has
// not heard of is unknown.
func directoryProblem(err error) *Problem {
	var refused *link.Problem
	switch {
	case errors.Is(err, context.Canceled):
		return problem(Cancelled, err)
	case errors.As(err, &refused) && refused.Code == link.CodeUnknownOrg:
		return problem(UnknownOrganisation, err)
	case errors.As(err, &refused) && refused.Code == link.CodeTooMany:
		return problem(TooMany, err)
	}
	return problem(DirectoryAway, err)
}
