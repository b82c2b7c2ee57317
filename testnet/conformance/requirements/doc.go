// Package requirements is what a connected system has to do, requirement by requirement, tried on whatever
// answers at a URL: by public formats alone, with every exchange judged by the contract. It enrols devices of its own,
// and leaves behind what they say: it is for a system with invented people in it, never for one in use.
package requirements

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"handslag/app/connected/contract"
	"handslag/identity"
	"handslag/vault/journal"
)

// Account is somebody who may enrol a device.
type Account struct{ Username, Password string }

// Options say what is tried, and what is there to try it with.
type Options struct {
	Base     string         // https://host:port
	Org      identity.OrgID // the organisation ID, as a letter would say it
	Contract *contract.Contract

	Staff    Account           // may read and work on what concerns them: at least one record and one assignment about it; may add attachments
	Reviewer Account           // may read the log; empty: what needs one is not applicable
	Exporter Account           // may take the log into another system; likewise
	Eraser   Account           // may erase; likewise
	Subject  journal.SubjectID // whom the eraser erases; nothing of theirs is used otherwise

	// Operator does what an administrator does beside the server: "revoke" DEVICE, "disable" USERNAME. nil: what needs
	// one is not applicable.
	Operator func(ctx context.Context, deed, whom string) error

	Uncovered func(operations []string) // is told, at the end, of which operations no call was answered, or none refused; nil: nobody

	Only *regexp.Regexp // requirements whose sentences it matches, and the first, on which all rest; nil: all
}

// Verdict is what a requirement came to.
type Verdict string

// The verdicts.
const (
	Pass          Verdict = "pass"
	Fail          Verdict = "FAIL"
	NotApplicable Verdict = "n/a"
)

// Line is one requirement and its verdict.
type Line struct {
	Requirement string // a sentence
	Source      string // what asks for it
	Verdict     Verdict
	Why         string // of any but Pass
}

// ErrFailed says that a requirement is not met.
var ErrFailed = errors.New("the system does not conform")

// inapplicable is why a requirement is not tried.
type inapplicable string

func (i inapplicable) Error() string { return string(i) }

// requirement is one, tried on a system after those before it.
type requirement struct {
	says string
	from string // what asks for it: a line of the design, of the contract, of a standard
	try  func(*system) error
}

const patience = 3 * time.Minute // for one requirement

// Run tries each requirement in turn and tells its verdict. It returns ErrFailed where one is not met.
func Run(ctx context.Context, o Options, tell func(Line)) error {
	s, failed := newSystem(o), 0
	defer s.close()
	for _, part := range [][]requirement{statements, refusals, enrolments, proofs, everywhere, changes, journals, segments, logs, attachments, reviews, erasures, revocations} {
		for _, r := range part {
			if o.Only != nil && s.statement.Version != 0 && !o.Only.MatchString(r.says) {
				continue
			}
			line := Line{Requirement: r.says, Source: r.from, Verdict: Pass}
			err := s.within(ctx, r.try)
			var not inapplicable
			switch {
			case errors.As(err, &not):
				line.Verdict, line.Why = NotApplicable, not.Error()
			case err != nil:
				failed++
				line.Verdict, line.Why = Fail, err.Error()
			}
			tell(line)
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
	}
	if o.Uncovered != nil {
		o.Uncovered(s.uncovered())
	}
	if failed > 0 {
		return fmt.Errorf("%w: %d requirements are not met", ErrFailed, failed)
	}
	return nil
}
