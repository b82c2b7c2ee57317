package gate

import (
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"time"

	"handslag/app/connected/oidc"
	"handslag/identity"
	"handslag/identity/access"
	"handslag/identity/signed"
)

// Keys is what the connected system signs, opens and encrypts with. The root key is not
// among them: it stays offline.
type Keys struct {
	Statement []byte             // signed, as devices get it
	Parsed    identity.Statement // what it says
	Issuing   *signed.PrivateKey
	Sealing   []*identity.SealPrivate // newest first
	Log       *signed.PrivateKey
	FormerLog []*signed.PrivateKey // sign checkpoints beside Log, for who has not heard of it
	Data      []byte               // 32 bytes: encrypts columns
}

func (k Keys) check() error {
	switch {
	case len(k.Statement) == 0 || len(k.Parsed.Issuing) == 0 || len(k.Parsed.Log) == 0:
		return errors.New("open gate: statement is missing")
	case k.Issuing == nil || k.Log == nil || len(k.Sealing) == 0 || len(k.Data) != identity.AEADKeySize:
		return errors.New("open gate: a key is missing")
	case !k.Parsed.Issuing[0].Equal(k.Issuing.Public()) || !k.Parsed.Log[0].Equal(k.Log.Public()):
		return errors.New("open gate: the keys are not the statement's")
	}
	return nil
}

// search is the organisation's search key, which devices have too. The data key can not be
// found from it.
func (k Keys) search() ([]byte, error) {
	return hkdf.Key(sha256.New, k.Data, nil, "handslag/1/search", sha256.Size)
}

// attempts is the key under which sign-ins at the identity provider lie with the devices that began them.
func (k Keys) attempts() ([]byte, error) {
	return hkdf.Key(sha256.New, k.Data, nil, "handslag/1/sign-in", identity.AEADKeySize)
}

// Decide answers whether somebody may; access.May is the one to pass.
type Decide func(who access.Subject, right identity.Right, what access.Thing) access.Decision

// Config is what a Gate is opened with. Zero durations stand for the defaults given.
type Config struct {
	Path     string // SQLite file; its folder exists
	Postgres string // URL of a PostgreSQL database, in place of the file
	Keys     Keys
	Decide   Decide           // required
	Now      func() time.Time // nil: time.Now
	Zone     *time.Location   // what a day in the log's filter means; nil: time.Local
	Operator string           // who runs commands, for the log
	Loan     time.Duration    // 7 days; never beyond the credential
	Validity time.Duration    // of a credential: 14 days, at most identity.MaxValidity
	Deadline time.Duration    // after which a lone half is a finding: 24 hours
	SignIn   *oidc.Client     // the identity provider at which staff may sign in; nil: none
	Only     bool             // with it: no password signs in
	Approve  bool             // a device is enrolled once an administrator has approved it
	Devices  int              // which one person may have at once; 0: any number
	// KeepHashes leaves a password's hash of other parameters as it is; otherwise the next sign-in replaces it.
	KeepHashes bool
	Pace       int           // entries of one device's journal that are stored in a minute, in whole batches; 30,000
	Meter      Meter         // nil: nobody watches
	Backups    time.Duration // how long a backup of the database lives: 30 days. The subjects' keys stand in it
}
