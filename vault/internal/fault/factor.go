package fault

import (
	"errors"
	"fmt"

	"handslag/vault/factor"
)

// FactorError says which factor it was. It is ErrFactor, ErrFactorAway or ErrFactorLocked, as
// errors.Is tells.
type FactorError struct {
	Factor factor.Name
	Err    error
}

func (e *FactorError) Error() string { return fmt.Sprintf("%s: %v", e.Factor, e.Err) }

func (e *FactorError) Unwrap() error { return e.Err }

// OfFactor gives an error of the factor called name the vault's own words, and keeps the cause.
func OfFactor(name factor.Name, err error) error {
	what := ErrFactor
	switch {
	case errors.Is(err, factor.ErrLocked):
		what = ErrFactorLocked
	case errors.Is(err, factor.ErrAway):
		what = ErrFactorAway
	}
	return &FactorError{Factor: name, Err: fmt.Errorf("%w: %w", what, err)}
}
