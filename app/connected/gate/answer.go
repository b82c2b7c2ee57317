package gate

import (
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"

	"handslag/app/connected/gate/internal/store"
	"handslag/sync/link"
)

// caching says who may keep an answer: nobody, or, where it is the same for ever, who was let in.
func caching(a Answer, status int) string {
	if a.Fixed && status == http.StatusOK {
		return "private, max-age=31536000, immutable"
	}
	return "no-store"
}

// challenge says what HTTP wants said beside a refusal (RFC 9110 §11.6.1 and §15.5.6).
func (d *Door) challenge(h http.Header, code link.Code, path string) {
	switch {
	case statuses[code] == http.StatusUnauthorized:
		h.Set("WWW-Authenticate", link.Scheme)
	case code == link.CodeMethod:
		_, _, methods := d.routes.at(path)
		h.Set("Allow", strings.Join(slices.Sorted(maps.Keys(methods)), ", "))
	}
}

func problemAnswer(p *link.Problem, cause error, log *slog.Logger, name string) (Answer, error) {
	if p.Code == link.CodeInternal || errors.Is(cause, store.ErrAway) {
		log.Error("call failed", "route", name, "error", store.Loggable(cause))
	}
	answer, err := JSON(p)
	answer.Type = TypeProblem
	return answer, err
}
