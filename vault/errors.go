package vault

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"handslag/vault/disk"
)

// Errors of the vault; callers match them with errors.Is.
var (
	ErrPassphrase    = errors.New("passphrase is wrong")
	ErrFormat        = errors.New("vault has a format that this program does not know")
	ErrDamaged       = errors.New("vault is damaged")
	ErrReadOnly      = errors.New("vault can not be written to")
	ErrFull          = errors.New("disk is full")
	ErrOpenElsewhere = errors.New("vault is open elsewhere")
	ErrExists        = errors.New("there is a vault already")
	ErrView          = errors.New("view is damaged and must be rebuilt")
	ErrOlder         = errors.New("vault is older than its journal")
	ErrClosed        = errors.New("vault is locked")
	ErrNoStamp       = errors.New("no durable entry stands for this deed")
	ErrLoan          = errors.New("loan has ended")
	ErrNotFound      = errors.New("not in the vault")
	ErrOrder         = errors.New("journal entries are applied out of order")
	ErrTooLarge      = errors.New("too much for the vault at once")
	ErrFactor        = errors.New("a factor has lost what opens the vault")
	ErrFactorAway    = errors.New("a factor does not answer")
	ErrFactorLocked  = errors.New("a factor is locked after too many tries")
	ErrLeft          = errors.New("a factor keeps something of a vault that is gone")
)

// named gives the errors of a file system the vault's own words, and keeps the cause.
func named(deed string, err error) error {
	switch {
	case err == nil:
		return nil
	case disk.IsFull(err):
		return fmt.Errorf("%s: %w: %w", deed, ErrFull, err)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%s: %w: %w", deed, ErrReadOnly, err)
	}
	return fmt.Errorf("%s: %w", deed, err)
}
