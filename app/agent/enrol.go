package agent

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"handslag/identity"
	"handslag/vault"
)

// Bounds of a passphrase: characters at least, bytes at most.
const (
	MinPassphrase = 8
	maxPassphrase = 512
)

// Enrol makes this device one of the person's: directory, statement, keys made here and
// sealed to disk with a request id, and only then the credential. Whatever interrupts it,
// Enrol or ResumeEnrol goes on with the same keys and the same request. Where an administrator has to let devices in it waits for
// that: Me().ApprovalUntil says so, with StateChanged. It ends unlocked.
func (a *Agent) Enrol(ctx context.Context, e Enrolment) error {
	a.entering.Lock()
	defer a.entering.Unlock()
	switch state := a.State(); state {
	case IsNew, IsEnrolling:
	case IsElsewhere:
		return problem(OpenElsewhere, nil)
	default:
		return problem(AlreadyEnrolled, nil)
	}
	org, err := a.ReadOrganisation(string(e.Org))
	if err != nil {
		return err
	}
	if err := checkPassphrase(e.Passphrase, a.minSecret(e.Factors)); err != nil {
		return err
	}
	username, way := strings.TrimSpace(e.Username), signInWay{e.Password, e.Browse}
	if way.browse != nil {
		username, way.password = "", ""
	} else if username == "" || e.Password == "" {
		return problem(WrongPassword, errors.New("a field is empty"))
	}
	statement, _, err := a.findStatement(ctx, org)
	if err != nil {
		return err
	}
	v, err := a.begin(e.Passphrase, e.Factors)
	if err != nil {
		return translate(err)
	}
	defer a.changed(StateChanged)
	err = a.prepare(v, org, statement, username)
	if err == nil {
		err = a.complete(ctx, v, way)
	}
	if err != nil {
		return translate(errors.Join(err, v.Close()))
	}
	return nil
}

// ResumeEnrol finishes an enrolment that was begun: passphrase opens the keys, password asks
// for their credential again; none is needed while the device waits for an administrator. A statement newer than the one sealed is fetched first, since
// the old one may lead nowhere by now.
func (a *Agent) ResumeEnrol(ctx context.Context, passphrase, password string) error {
	return a.resumeEnrol(ctx, passphrase, signInWay{password: password})
}

// ResumeEnrolInBrowser is ResumeEnrol for whom browse opens a browser to sign in with.
func (a *Agent) ResumeEnrolInBrowser(ctx context.Context, passphrase string, browse func(address string) error) error {
	return a.resumeEnrol(ctx, passphrase, signInWay{browse: browse})
}

func (a *Agent) resumeEnrol(ctx context.Context, passphrase string, way signInWay) error {
	a.entering.Lock()
	defer a.entering.Unlock()
	switch state := a.State(); state {
	case IsEnrolling:
	case IsNew:
		return problem(NotEnrolled, nil)
	case IsElsewhere:
		return problem(OpenElsewhere, nil)
	default:
		return problem(AlreadyEnrolled, nil)
	}
	v, _, err := a.openVault(passphrase)
	if err != nil {
		return err
	}
	defer a.changed(StateChanged)
	err = a.resume(ctx, v, way)
	if err != nil {
		return translate(errors.Join(err, v.Close()))
	}
	return nil
}

func (a *Agent) resume(ctx context.Context, v *vault.Vault, way signInWay) error {
	p, err := v.Profile()
	if err != nil {
		return err
	}
	if p.Org == "" || len(p.Request) == 0 || p.Username == "" && way.password != "" {
		return problem(NotEnrolled, errors.New("nothing was asked yet: enrol anew"))
	}
	err = a.complete(ctx, v, way)
	if code := CodeOf(translate(err)); code != PinMismatch && code != ServerAway {
		return err
	}
	data, _, finding := a.findStatement(ctx, p.Org)
	if finding != nil || string(data) == string(p.Statement) {
		return err
	}
	if err := a.prepare(v, p.Org, data, p.Username); err != nil {
		return err
	}
	return a.complete(ctx, v, way)
}

func checkPassphrase(text string, least int) error {
	switch {
	case utf8.RuneCountInString(text) < least:
		return problem(PassphraseShort, nil, "min", strconv.Itoa(least))
	case len(text) > maxPassphrase:
		return problem(PassphraseLong, nil, "max", strconv.Itoa(maxPassphrase))
	}
	return nil
}

// begin makes the vault, or opens the half-made one. One whose passphrase is another, or whose
// other half is gone, holds keys that have never said anything: it is put away and begun anew.
func (a *Agent) begin(passphrase string, use []Factor) (*vault.Vault, error) {
	secret := []byte(passphrase)
	defer clear(secret)
	options := a.cfg.VaultOptions
	options.Use = use
	v, err := vault.Create(a.cfg.Vault, secret, options)
	if !errors.Is(err, vault.ErrExists) {
		return v, err
	}
	v, _, err = a.openVault(passphrase)
	switch CodeOf(err) {
	case "":
		if err := v.ChangeFactors(secret, use, func() error { return nil }); err != nil {
			return nil, errors.Join(err, v.Close())
		}
		return v, nil
	case WrongPassphrase, FactorMissing:
	default:
		return nil, err
	}
	state, err := vault.Exists(a.cfg.Vault)
	if err != nil || state != vault.Enrolling {
		return nil, errors.Join(problem(AlreadyEnrolled, nil), err)
	}
	aside := a.cfg.Vault + ".begun-" + rand.Text()[:8]
	if err := os.Rename(a.cfg.Vault, aside); err != nil {
		return nil, err
	}
	if v, err = vault.Create(a.cfg.Vault, secret, options); err != nil {
		return nil, err
	}
	if err := errors.Join(vault.Destroy(aside, options), os.RemoveAll(aside)); err != nil {
		a.log.Warn("the half-made vault put aside stays", "error", err)
	}
	return v, nil
}

// prepare makes keys and request durable, or leaves them where they stand: for the same
// person and organisation they are asked for again, for another they are made anew.
func (a *Agent) prepare(v *vault.Vault, org identity.OrgID, statement []byte, username string) error {
	p, err := v.Profile()
	if err != nil {
		return err
	}
	if p.Org == org && p.Username == username && len(p.Request) > 0 {
		if err := notOlder(statement, p.Statement, org); err != nil {
			return err
		}
		p.Statement = statement
		return v.SaveProfile(p, nil)
	}
	machine, err := a.place.ID()
	if err != nil {
		return err
	}
	keys, err := identity.NewKeySet()
	if err != nil {
		return err
	}
	return v.SaveProfile(vault.Profile{
		Org: org, Statement: statement, Request: []byte("r-" + rand.Text()), Machine: machine, Username: username,
	}, keys)
}

// notOlder refuses a statement that is older than the one sealed to disk.
func notOlder(data, before []byte, org identity.OrgID) error {
	next, err := identity.OpenStatement(data, org)
	if err != nil {
		return err
	}
	if have, err := identity.OpenStatement(before, org); err == nil && next.Number < have.Number {
		return problem(StatementOlder, nil)
	}
	return nil
}

// complete asks for the credential with what prepare sealed, keeps it, and enters.
func (a *Agent) complete(ctx context.Context, v *vault.Vault, way signInWay) error {
	p, err := v.Profile()
	if err != nil {
		return err
	}
	keys, err := v.Keys()
	if err != nil {
		return err
	}
	statement, err := identity.OpenStatement(p.Statement, p.Org)
	if err != nil {
		return err
	}
	request := string(p.Request)
	a.clock.Forget()
	issued, c, err := a.askCredential(ctx, p, statement, keys, request, way)
	if CodeOf(translate(err)) == DeviceRefused { // these keys are spent
		p.Request = nil
		return errors.Join(err, v.SaveProfile(p, nil), a.prepare(v, p.Org, p.Statement, p.Username))
	}
	if err != nil {
		return err
	}
	p.Credential, p.Person, p.Username, p.Label = issued.Credential, c.Person, c.Person.Username, issued.Label
	a.clock.Learn(c.Issued)
	clock, err := a.clock.Save()
	if err != nil {
		return err
	}
	err = v.Update(func(tx *vault.Tx) error {
		return errors.Join(tx.SetSetting(clockSetting, clock), setEarlier(tx, issued.Earlier))
	})
	if err != nil {
		return err
	}
	if err := v.SaveProfile(p, nil); err != nil { // enrolled, from here on
		return err
	}
	return a.enter(v, "")
}
