package vault

import (
	"errors"
	"io/fs"
	"math"
	"strconv"

	"handslag/vault/internal/folder"
)

// The count of wrong passphrases lies unsealed, because it is written while the vault is
// shut. It guards nothing: it tells the owner that somebody tried.

const attemptsLimit = 20 // digits

// attempts is the count since it was last forgotten. What can not be read counts as one:
// somebody was there.
func attempts(f folder.Folder) (uint64, error) {
	data, err := f.Read(folder.Attempts, attemptsLimit)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return 0, nil
	case errors.Is(err, ErrDamaged):
		return 1, nil
	case err != nil:
		return 0, err
	}
	count, err := strconv.ParseUint(string(data), 10, 64)
	if err != nil {
		return 1, nil
	}
	return count, nil
}

func countAttempt(f folder.Folder) error {
	count, err := attempts(f)
	if err != nil {
		return err
	}
	if count < math.MaxUint64 {
		count++
	}
	return f.Write(folder.Attempts, strconv.AppendUint(nil, count, 10))
}

// Attempts is how many wrong passphrases were given since ForgetAttempts.
func (v *Vault) Attempts() (uint64, error) {
	if err := v.enter(); err != nil {
		return 0, err
	}
	defer v.mu.RUnlock()
	return attempts(v.folder)
}

// ForgetAttempts begins the count anew; the caller has told it in a durable entry.
func (v *Vault) ForgetAttempts() error {
	if err := v.enter(); err != nil {
		return err
	}
	defer v.mu.RUnlock()
	count, err := attempts(v.folder)
	if err != nil || count == 0 {
		return err
	}
	return v.folder.Write(folder.Attempts, []byte("0"))
}
