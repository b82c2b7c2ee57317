package organisation

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"handslag/identity"
	"handslag/identity/signed"
)

// ErrUnchanged says that a new statement would say what the newest one says.
var ErrUnchanged = errors.New("nothing would change")

// Changes says what a new statement says anew; empty fields stay as they are.
type Changes struct {
	Name  string
	URL   string
	Above uint64 // the new number is above this one too: after a restore, the newest number that was ever out
}

// Locked says whether the recovery file at path wants a passphrase. It returns
// ErrRecovery for a file that is none.
func Locked(path string) (bool, error) {
	data, err := readLimited(path, recoveryLimit)
	if err != nil {
		return false, fmt.Errorf("read recovery file: %w", err)
	}
	file, err := readRecovery(data)
	return file.KDF != nil, err
}

// Reissue signs the next statement of the organisation in dir with the root key from the
// recovery file, and makes a certificate of the same TLS key for the new host; the former
// host stays in it for devices that have not heard yet. A running server takes the new
// statement when it is started again.
func Reissue(dir, recovery string, passphrase []byte, changes Changes, now time.Time) (identity.Statement, error) {
	s, err := reissue(dir, recovery, passphrase, changes, now)
	if err != nil {
		return identity.Statement{}, fmt.Errorf("issue statement: %w", err)
	}
	return s, nil
}

func reissue(dir, recovery string, passphrase []byte, changes Changes, now time.Time) (identity.Statement, error) {
	keys, serving, err := open(dir)
	if err != nil {
		return identity.Statement{}, err
	}
	next := keys.Statement
	if changes.Name != "" {
		if !validName(changes.Name) {
			return identity.Statement{}, ErrName
		}
		next.Name = changes.Name
	}
	hosts, err := moveTo(&next, changes.URL)
	if err != nil {
		return identity.Statement{}, err
	}
	if next.Name == keys.Statement.Name && next.URL == keys.Statement.URL && changes.Above < next.Number {
		return identity.Statement{}, ErrUnchanged
	}
	next.Number = max(next.Number, changes.Above) + 1
	next.Issued = signed.At(now)
	root, err := rootOf(keys, recovery, passphrase)
	if err != nil {
		return identity.Statement{}, err
	}
	defer root.Destroy()
	message, err := signStatement(root, next)
	if err != nil {
		return identity.Statement{}, err
	}
	cert, _, err := certify(serving, hosts, now)
	if err != nil {
		return identity.Statement{}, err
	}
	// The certificate first: it fits the old statement too, but not the other way round.
	folder := filepath.Join(dir, folderName)
	if err := replace(filepath.Join(folder, certFile), pemOf(cert)); err != nil {
		return identity.Statement{}, err
	}
	return next, replace(filepath.Join(folder, statementFile), message)
}

// moveTo sets the statement's URL and returns the hosts that its certificate is for.
func moveTo(s *identity.Statement, url string) ([]string, error) {
	_, former, err := hostOf(s.URL)
	if err != nil || url == "" {
		return []string{former}, err
	}
	canonical, host, err := hostOf(url)
	if err != nil {
		return nil, err
	}
	s.URL = canonical
	return slices.Compact([]string{host, former}), nil
}

func rootOf(keys *Keys, recovery string, passphrase []byte) (*signed.PrivateKey, error) {
	data, err := readLimited(recovery, recoveryLimit)
	if err != nil {
		return nil, fmt.Errorf("read recovery file: %w", err)
	}
	defer clear(data)
	file, err := readRecovery(data)
	if err != nil {
		return nil, err
	}
	if identity.OrgIDOf(file.Root) != keys.Org {
		return nil, fmt.Errorf("%w: another organisation's", ErrRecovery)
	}
	root, _, err := file.open(passphrase)
	return root, err
}
