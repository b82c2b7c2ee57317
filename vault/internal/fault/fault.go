// Package fault has the errors that the vault's inner rooms give: the vault hands them on under its own name.
package fault

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"handslag/vault/disk"
)

// What may be wrong; vault says of each what it means to who called.
var (
	ErrPassphrase    = errors.New("passphrase is wrong")
	ErrFormat        = errors.New("vault has a format that this program does not know")
	ErrDamaged       = errors.New("vault is damaged")
	ErrReadOnly      = errors.New("vault can not be written to")
	ErrFull          = errors.New("disk is full")
	ErrOpenElsewhere = errors.New("vault is open elsewhere")
	ErrView          = errors.New("view is damaged and must be rebuilt")
	ErrClosed        = errors.New("vault is locked")
	ErrNotFound      = errors.New("not in the vault")
	ErrTooLarge      = errors.New("too much for the vault at once")
	ErrFactor        = errors.New("a factor has lost what opens the vault")
	ErrFactorAway    = errors.New("a factor does not answer")
	ErrFactorLocked  = errors.New("a factor is locked after too many tries")
)

// Named gives the errors of a file system the vault's own words, and keeps the cause.
func Named(deed string, err error) error {
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
