package agent

import (
	"context"
	"crypto/rand"
	"fmt"

	"handslag/app/agent/signin"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault"
)

// signInWay is how a person signs in: by a password, or, where browse opens their browser at an address, in it.
type signInWay struct {
	password string
	browse   func(address string) error
}

// none reports that the person is not asked: they have signed in before.
func (w signInWay) none() bool { return w.password == "" && w.browse == nil }

// askCredential signs in with a password and shows that the device holds its keys.
func (a *Agent) askCredential(ctx context.Context, p vault.Profile, statement identity.Statement, keys *identity.KeySet, request string, way signInWay) (link.Issued, identity.Credential, error) {
	possession, err := keys.Sign(signed.DomainEnrolment, link.Enrolment{
		Version: 1, Org: p.Org, RequestID: request, Machine: p.Machine, Keys: keys.Public(),
	})
	if err != nil {
		return link.Issued{}, identity.Credential{}, err
	}
	client := link.NewClient(statement, keys, link.ClientOptions{OnTime: a.clock.Hear})
	defer client.Close()
	ask := link.EnrolRequest{RequestID: request, Username: p.Username, Password: way.password, Machine: p.Machine, Possession: possession}
	if way.browse != nil {
		answer, err := signin.InBrowser(ctx, client, keys.Device(), way.browse)
		if err != nil {
			return link.Issued{}, identity.Credential{}, err
		}
		ask.Username, ask.Password, ask.SignIn = "", "", &answer
	}
	var issued link.Issued
	if way.none() { // the person has signed in, in an earlier run
		issued.Waiting = &link.Waiting{}
	} else if issued, err = client.Enrol(ctx, ask); err != nil {
		return link.Issued{}, identity.Credential{}, err
	}
	if issued.Waiting != nil {
		if issued, err = a.awaitApproval(ctx, client, p, keys.Device(), issued.Waiting.Until); err != nil {
			return link.Issued{}, identity.Credential{}, err
		}
	}
	c, err := ownCredential(issued.Credential, statement, keys)
	return issued, c, err
}

// SignIns asks how staff sign in; a connected system that does not answer soon is taken to want a password.
func (a *Agent) SignIns(ctx context.Context) (link.SignIns, error) {
	s, err := a.current()
	if err != nil {
		return link.SignIns{}, err
	}
	return a.signIns(ctx, s.who().statement), nil
}

// SignIn asks for a new credential with the password, for a device that was away for so long
// that its own has expired: the keys, the journal and the device ID stay. Sync afterwards.
func (a *Agent) SignIn(ctx context.Context, password string) error {
	return a.signIn(ctx, signInWay{password: password})
}

// SignInInBrowser is SignIn for whom browse opens a browser to sign in with.
func (a *Agent) SignInInBrowser(ctx context.Context, browse func(address string) error) error {
	return a.signIn(ctx, signInWay{browse: browse})
}

func (a *Agent) signIn(ctx context.Context, way signInWay) error {
	a.syncing.Lock()
	defer a.syncing.Unlock()
	s, err := a.current()
	if err != nil {
		return err
	}
	me := s.who()
	issued, c, err := a.askCredential(ctx, me.profile, me.statement, s.keys, "r-"+rand.Text(), way)
	if err != nil {
		return translate(err)
	}
	if c.Epoch < me.credential.Epoch || c.Person.ID != me.credential.Person.ID {
		return problem(BadAnswer, identity.ErrCredential)
	}
	me.profile.Credential, me.profile.Person = issued.Credential, c.Person
	if err := s.keepProfile(me.profile, me.statement, c); err != nil {
		return translate(err)
	}
	a.changed(StateChanged, SyncChanged)
	a.nudge()
	return nil
}

// ownCredential takes a credential that is for exactly these keys.
func ownCredential(data []byte, statement identity.Statement, keys *identity.KeySet) (identity.Credential, error) {
	c, err := identity.OpenCredential(data, statement.Org(), statement.Issuing)
	if err != nil {
		return c, err
	}
	mine, err := signed.Encode(keys.Public())
	if err != nil {
		return c, err
	}
	theirs, err := signed.Encode(c.Keys)
	if err != nil {
		return c, err
	}
	if string(mine) != string(theirs) {
		return c, fmt.Errorf("%w: for other keys", identity.ErrCredential)
	}
	return c, nil
}
