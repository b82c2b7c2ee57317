package vault

import (
	"errors"

	"handslag/vault/internal/fault"
)

// Errors of the vault; callers match them with errors.Is.
var (
	ErrPassphrase    = fault.ErrPassphrase
	ErrFormat        = fault.ErrFormat
	ErrDamaged       = fault.ErrDamaged
	ErrReadOnly      = fault.ErrReadOnly
	ErrFull          = fault.ErrFull
	ErrOpenElsewhere = fault.ErrOpenElsewhere
	ErrExists        = errors.New("there is a vault already")
	ErrView          = fault.ErrView
	ErrOlder         = errors.New("vault is older than its journal")
	ErrClosed        = fault.ErrClosed
	ErrNoStamp       = errors.New("no durable entry stands for this deed")
	ErrLoan          = errors.New("loan has ended")
	ErrNotFound      = fault.ErrNotFound
	ErrOrder         = errors.New("journal entries are applied out of order")
	ErrTooLarge      = fault.ErrTooLarge
	ErrFactor        = fault.ErrFactor
	ErrFactorAway    = fault.ErrFactorAway
	ErrFactorLocked  = fault.ErrFactorLocked
	ErrLeft          = errors.New("a factor keeps something of a vault that is gone")
)
