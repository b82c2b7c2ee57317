package link

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"strings"
	"time"

	"handslag/identity"
)

// Directory is the vendor's service: organisation ID in, signed statement out.
type Directory struct {
	URL     string        // https://host[:port]
	CA      []byte        // PEM; empty: the system's roots
	Timeout time.Duration // 0: two minutes
}

// Statement asks once for org's newest statement, and returns the signed bytes unverified:
// identity.OpenStatement trusts the ID, not whoever relayed it. A refusal is a *Problem.
func (d Directory) Statement(ctx context.Context, org identity.OrgID) ([]byte, error) {
	conf, err := rooted(d.CA)
	if err != nil {
		return nil, err
	}
	return fetchStatement(ctx, conf, d.Timeout, strings.TrimSuffix(d.URL, "/")+PathDirectory+string(org))
}

// FetchStatement asks the connected system at base for its newest statement without a pin:
// the root key's signature in it is what counts, so that no rotation of TLS keys strands a
// device. The bytes are unverified. No other call may be made this way.
func FetchStatement(ctx context.Context, base string, timeout time.Duration) ([]byte, error) {
	return fetchStatement(ctx, &tls.Config{InsecureSkipVerify: true}, timeout, base+PathStatement)
}

func fetchStatement(ctx context.Context, conf *tls.Config, timeout time.Duration, url string) ([]byte, error) {
	client := newHTTP(conf, timeout)
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("ask for statement: %w", err)
	}
	if request.URL.Scheme != "https" {
		return nil, fmt.Errorf("ask for statement: %q is not https", request.URL.Scheme)
	}
	answer, err := exchange(ctx, client, request, identity.StatementLimit)
	if err != nil {
		return nil, fmt.Errorf("ask for statement: %w", err)
	}
	if answer.status != http.StatusOK {
		return nil, fmt.Errorf("ask for statement: %w", refusal(answer))
	}
	return answer.body, nil
}
