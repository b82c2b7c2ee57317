package organisation

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/disk"
)

// Errors of a new statement.
var (
	ErrUnchanged = errors.New("nothing would change")                       // from what the newest says
	ErrChanging  = errors.New("another command makes a new statement, now") // of two, each would lose the other's key
)

// Changes says what a new statement says anew; empty fields stay as they are.
type Changes struct {
	Name  string
	URL   string
	Above uint64 // the new number is above this one too: after a restore, the newest number that was ever out

	Rotate     Rotation                // which key is to be another
	Generation *identity.LogGeneration // the audit log was restored; Number is set here
	Newest     []byte                  // after a restore: the newest signed statement that was ever out; nil: the folder's
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
// recovery file, and makes a certificate of the TLS key for the new host; the former
// host stays in it for devices that have not heard yet. A running server takes the new
// statement by itself.
func Reissue(dir, recovery string, passphrase []byte, changes Changes, now time.Time) (identity.Statement, error) {
	s, err := exclusively(dir, func() (identity.Statement, error) { return reissue(dir, recovery, passphrase, changes, now) })
	if err != nil {
		return identity.Statement{}, fmt.Errorf("issue statement: %w", err)
	}
	return s, nil
}

// exclusively acts while no other process makes a statement in dir.
func exclusively(dir string, act func() (identity.Statement, error)) (s identity.Statement, err error) {
	if _, err := open(dir); err != nil { // before the lock's file is made where nothing is
		return s, err
	}
	lock, err := disk.OS{}.Lock(filepath.Join(dir, lockFile))
	if errors.Is(err, disk.ErrLocked) {
		return s, ErrChanging
	}
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	return act()
}

func reissue(dir, recovery string, passphrase []byte, changes Changes, now time.Time) (identity.Statement, error) {
	keys, err := open(dir)
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
	if next.Name == keys.Statement.Name && next.URL == keys.Statement.URL && changes.Above < next.Number &&
		changes.Rotate == "" && changes.Generation == nil {
		return identity.Statement{}, ErrUnchanged
	}
	if err := follow(&next, keys.Org, changes.Newest); err != nil {
		return identity.Statement{}, err
	}
	if changes.Generation != nil {
		next = opened(next, *changes.Generation)
	}
	next.Number = max(next.Number, changes.Above) + 1
	next.Issued = signed.At(now)
	safe, err := openRecovery(keys.Org, recovery, passphrase)
	if err != nil {
		return identity.Statement{}, err
	}
	defer safe.Root.Destroy()
	ring := keys.ring.clone()
	defer ring.clear()
	if err := rotate(&next, &ring, changes.Rotate); err != nil {
		return identity.Statement{}, err
	}
	if err := ring.forget(keys.Statement, next); err != nil {
		return identity.Statement{}, err
	}
	message, err := signStatement(safe.Root, next)
	if err != nil {
		return identity.Statement{}, err
	}
	// Each step leaves an organisation that opens: first what opens what will be sealed, then the ring and
	// the certificates with the keys of both statements, then the statement.
	if changes.Rotate == RotateSealing {
		if err := safe.rewrite(recovery, passphrase, ring.Sealing); err != nil {
			return identity.Statement{}, err
		}
	}
	return next, put(dir, keys, ring, next, message, hosts, now)
}

// put makes a signed statement the one in force.
func put(dir string, keys *Keys, ring serverKeys, next identity.Statement, message []byte, hosts []string, now time.Time) error {
	folder := filepath.Join(dir, folderName)
	cert, err := ring.certificate(next.TLS[0], hosts, now)
	if err != nil {
		return err
	}
	if !bytes.Equal(next.TLS[0], keys.Statement.TLS[0]) {
		cert = append(cert, pemOf(keys.TLS.Certificate[0])...)
	}
	serverKey, err := readLimited(filepath.Join(folder, serverKeyFile), identity.AEADKeySize)
	if err != nil {
		return err
	}
	defer clear(serverKey)
	sealed, err := sealKeys(serverKey, ring)
	if err != nil {
		return err
	}
	for _, f := range []struct {
		name string
		data []byte
	}{{keysFile, sealed}, {certFile, cert}, {statementFile, message}} {
		if err := replace(filepath.Join(folder, f.name), f.data); err != nil {
			return err
		}
	}
	return nil
}

// certificate makes the one that serves, of the key with this pin.
func (s *serverKeys) certificate(pin identity.Pin, hosts []string, now time.Time) ([]byte, error) {
	for _, seed := range s.Signing {
		key, err := signed.PrivateKeyFromSeed(seed)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrKeys, err)
		}
		cert, own, err := certify(key, hosts, now)
		if err != nil {
			return nil, err
		}
		if bytes.Equal(own, pin) {
			return pemOf(cert), nil
		}
	}
	return nil, fmt.Errorf("%w: the statement names another TLS key", ErrKeys)
}

// follow has the statement come after newest, which a restored server does not have: what keys that are lost
// have signed holds still.
func follow(s *identity.Statement, org identity.OrgID, newest []byte) error {
	if len(newest) == 0 {
		return nil
	}
	n, err := identity.OpenStatement(newest, org)
	if err != nil {
		return err
	}
	if n.Number <= s.Number {
		return nil
	}
	s.Number, s.Name, s.URL, s.Generations = n.Number, n.Name, n.URL, n.Generations
	for _, keys := range []struct {
		own *[]signed.Key
		all []signed.Key
	}{{&s.Issuing, n.Issuing}, {&s.Log, n.Log}} {
		*keys.own = slices.Clone(*keys.own)
		for _, key := range keys.all {
			if !slices.ContainsFunc(*keys.own, key.Equal) {
				*keys.own = append(*keys.own, key)
			}
		}
	}
	return nil
}

// opened is the statement with one generation of the audit log more; the oldest are let go.
func opened(s identity.Statement, g identity.LogGeneration) identity.Statement {
	g.Number = s.Generation() + 1
	former := s.Generations[max(0, len(s.Generations)+1-identity.MaxGenerations):]
	s.Generations = append(slices.Clone(former), g)
	return s
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
