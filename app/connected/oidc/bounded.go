package oidc

import (
	"io"
	"net/http"
)

// bounded ends answers that are longer than any of a provider's has to be.
type bounded struct{ inner *http.Transport }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := b.inner.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(answer.Body, answerLimit), answer.Body}
	return answer, nil
}

// CloseIdleConnections is what http.Client asks its transport for.
func (b bounded) CloseIdleConnections() { b.inner.CloseIdleConnections() }
