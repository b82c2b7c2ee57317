package organisation

import (
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"handslag/identity"
	"handslag/identity/signed"
)

// Errors about folders.
var (
	ErrExists         = errors.New("an organisation is there already")
	ErrRecoveryExists = errors.New("the recovery file is there already")
	ErrRecoveryInside = errors.New("the recovery file may not lie in the server's own folder")
	ErrRecoveryFolder = errors.New("the folder for the recovery file is not there")
	ErrName           = errors.New("the organisation's name is empty or too long")
)

// Plan says what organisation to make, and where.
type Plan struct {
	Dir        string // the server's folder; the organisation comes to lie in a folder below it
	Name       string // at most 128 bytes
	URL        string // https://host[:port], where devices reach the connected system
	Recovery   string // path of the offline recovery file, outside Dir
	Passphrase []byte // of the recovery file; nil leaves it unencrypted
	Now        time.Time
}

// Created tells what Init made; nothing in it is secret.
type Created struct {
	Org       identity.OrgID
	Statement identity.Statement
	Recovery  string // path
	Encrypted bool   // whether the recovery file wants a passphrase
}

// Init makes an organisation: its keys, its first statement, a TLS certificate and the
// recovery file. All of it stands or nothing does; nothing that exists is overwritten
// (ErrExists, ErrRecoveryExists). The root key is in the recovery file and nowhere else.
func Init(plan Plan) (Created, error) {
	created, err := initialise(plan)
	if err != nil {
		return Created{}, fmt.Errorf("make organisation: %w", err)
	}
	return created, nil
}

func initialise(plan Plan) (Created, error) {
	canonical, host, err := hostOf(plan.URL)
	if err != nil {
		return Created{}, err
	}
	if !validName(plan.Name) {
		return Created{}, ErrName
	}
	if plan.Passphrase != nil {
		if err := checkPassphrase(plan.Passphrase); err != nil {
			return Created{}, err
		}
	}
	if err := checkPlaces(plan); err != nil {
		return Created{}, err
	}
	made, err := makeKeys(plan.Name, canonical, host, plan.Now)
	if err != nil {
		return Created{}, err
	}
	defer made.root.Destroy()
	recovery, err := sealRecovery(made.root, []*identity.SealPrivate{made.sealing}, plan.Name, plan.Passphrase, signed.At(plan.Now))
	if err != nil {
		return Created{}, err
	}
	defer clear(recovery)
	if err := made.store(plan, recovery); err != nil {
		return Created{}, err
	}
	return Created{Org: made.statement.Org(), Statement: made.statement, Recovery: plan.Recovery, Encrypted: plan.Passphrase != nil}, nil
}

// checkPlaces refuses early, before keys are made; the writes themselves refuse again.
func checkPlaces(plan Plan) error {
	if plan.Dir == "" || plan.Recovery == "" {
		return errors.New("folder or recovery file is not named")
	}
	if _, err := os.Lstat(filepath.Join(plan.Dir, folderName)); err == nil {
		return ErrExists
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, err := os.Lstat(plan.Recovery); err == nil {
		return ErrRecoveryExists
	}
	// A folder that is not there is not made: it may be the stick that is not plugged in.
	if info, err := os.Stat(filepath.Dir(plan.Recovery)); err != nil || !info.IsDir() {
		return ErrRecoveryFolder
	}
	inside, err := below(plan.Dir, plan.Recovery)
	if err != nil {
		return err
	}
	if inside {
		return ErrRecoveryInside
	}
	return nil
}

// below says whether path lies in dir, symbolic links followed where they exist.
func below(dir, path string) (bool, error) {
	root, err := filepath.Abs(dir)
	if err != nil {
		return false, err
	}
	folder, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return false, err
	}
	if real, err := filepath.EvalSymlinks(root); err == nil {
		root = real
	}
	if real, err := filepath.EvalSymlinks(folder); err == nil {
		folder = real
	}
	rel, err := filepath.Rel(root, folder)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)), nil
}

func validName(name string) bool {
	return strings.TrimSpace(name) == name && name != "" && len(name) <= 128 &&
		strings.ToValidUTF8(name, "") == name && !strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// made is a new organisation in memory.
type made struct {
	root      *signed.PrivateKey
	sealing   *identity.SealPrivate
	keys      serverKeys
	statement identity.Statement
	signed    []byte
	cert      []byte // DER
}

func makeKeys(name, url, host string, now time.Time) (*made, error) {
	var keys [5]*signed.PrivateKey // root, issuing, log, TLS, next TLS
	for i := range keys {
		key, err := signed.NewPrivateKey(rand.Reader)
		if err != nil {
			return nil, err
		}
		keys[i] = key
	}
	root, issuing, log, serving, next := keys[0], keys[1], keys[2], keys[3], keys[4]
	sealing, err := identity.NewSealPrivate()
	if err != nil {
		return nil, err
	}
	secret, err := sealing.Bytes()
	if err != nil {
		return nil, err
	}
	data := make([]byte, dataKeySize)
	rand.Read(data)
	cert, pin, err := certify(serving, []string{host}, now)
	if err != nil {
		return nil, err
	}
	_, nextPin, err := certify(next, []string{host}, now)
	if err != nil {
		return nil, err
	}
	m := &made{root: root, sealing: sealing, cert: cert, statement: identity.Statement{
		Version: 1, Number: 1, Root: root.Public(), Name: name, URL: url, TLS: []identity.Pin{pin, nextPin},
		Issuing: []signed.Key{issuing.Public()}, Sealing: []identity.SealKey{sealing.Public()},
		Log: []signed.Key{log.Public()}, Issued: signed.At(now),
	}}
	m.keys = serverKeys{
		Version: keysVersion, Org: m.statement.Org(), Signing: [][]byte{issuing.Seed(), log.Seed(), serving.Seed(), next.Seed()},
		Sealing: [][]byte{secret}, Data: data,
	}
	m.signed, err = signStatement(root, m.statement)
	return m, err
}

func signStatement(root *signed.PrivateKey, s identity.Statement) ([]byte, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	return signed.Sign(signed.DomainStatement, root, s)
}

// store writes the recovery file and the folder; without the folder there is no recovery file either.
func (m *made) store(plan Plan, recovery []byte) error {
	defer m.keys.clear()
	return m.keys.settle(plan.Dir, m.signed, pemOf(m.cert), func() error {
		err := writeNew(plan.Recovery, recovery)
		if errors.Is(err, fs.ErrExist) {
			return ErrRecoveryExists
		}
		return err
	}, func() { os.Remove(plan.Recovery) })
}

// settle writes an organisation's folder under another name, does what comes before, and last gives
// the folder its name: the one step that makes the organisation exist. Where that fails, undo.
func (s *serverKeys) settle(dir string, statement, cert []byte, before func() error, undo func()) (err error) {
	serverKey := make([]byte, identity.AEADKeySize)
	rand.Read(serverKey)
	defer clear(serverKey)
	sealed, err := sealKeys(serverKey, *s)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	staging, err := os.MkdirTemp(dir, ".new-organisation-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(staging) // empty-handed once it has its name
	for name, data := range map[string][]byte{
		serverKeyFile: serverKey, keysFile: sealed, statementFile: statement, certFile: cert,
	} {
		if err := writeNew(filepath.Join(staging, name), data); err != nil {
			return err
		}
	}
	if err := before(); err != nil {
		return err
	}
	target := filepath.Join(dir, folderName)
	if err := os.Rename(staging, target); err != nil {
		undo()
		if _, there := os.Lstat(target); there == nil {
			return ErrExists
		}
		return err
	}
	return syncFolder(dir)
}

func pemOf(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
