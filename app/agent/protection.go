package agent

import (
	"context"
	"errors"

	"handslag/vault/factor"
)

// Factor is what opens the vault together with the passphrase.
type Factor = factor.Name

// Protection is what guards this device's vault, and what could.
type Protection struct {
	Offered   []Factor `json:"offered,omitempty"` // what this machine has now
	Used      []Factor `json:"used,omitempty"`    // known after unlock
	Promise   string   `json:"promise,omitempty"` // about old copies of the vault's files, after an erasure; known after unlock
	MinSecret int      `json:"min_secret"`        // characters of a passphrase, fewer where a TPM guards it
}

// Protection is known in part before enrolment and while locked: what the machine offers.
func (a *Agent) Protection() (Protection, error) { return Protection{MinSecret: MinPassphrase}, nil }

// ChangeFactors makes use what opens the vault together with passphrase, in place of what did.
func (a *Agent) ChangeFactors(ctx context.Context, passphrase string, use []Factor) error {
	return problem(Internal, errors.New("not yet"))
}
