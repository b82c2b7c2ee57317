package gate

import (
	"crypto/cipher"
	"crypto/subtle"
	"errors"
	"time"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/app/connected/oidc"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
)

// signInTime is how long a sign-in at the identity provider may take.
const signInTime = 10 * time.Minute

const attemptLimit = 1 << 10 // bytes

// providerAttempt is a sign-in at the identity provider, as the device that began it holds it: sealed, so that it can
// neither read what proves the answer nor give it to another device.
type providerAttempt struct {
	Version uint64            `cbor:"1,keyasint"`
	Device  identity.DeviceID `cbor:"2,keyasint"`
	Until   signed.Time       `cbor:"3,keyasint"`
	Issuer  string            `cbor:"4,keyasint"`
	Attempt oidc.Attempt      `cbor:"5,keyasint"`
}

// SignIns are the ways in which staff sign in.
func (c *Call) SignIns() link.SignIns {
	at := c.g.config.SignIn != nil
	return link.SignIns{Password: !at || !c.g.config.Only, Provider: at}
}

// BeginSignIn begins a sign-in at the identity provider for one device. Nothing of it is kept here: whoever begins many
// fills nothing.
func (c *Call) BeginSignIn(ask link.SignInRequest) (link.SignInBegun, error) {
	if c.g.config.SignIn == nil {
		return link.SignInBegun{}, Refuse(link.CodeNotFound)
	}
	device, err := identity.ParseDeviceID(string(ask.Device))
	if err != nil {
		return link.SignInBegun{}, Refuse(link.CodeBadRequest)
	}
	attempt, url, err := c.g.config.SignIn.Begin(c.ctx, ask.Redirect)
	switch {
	case errors.Is(err, oidc.ErrRedirect):
		return link.SignInBegun{}, Refuse(link.CodeBadRequest)
	case errors.Is(err, oidc.ErrAway):
		return link.SignInBegun{}, Refuse(link.CodeProviderAway)
	case err != nil:
		return link.SignInBegun{}, err
	}
	a := providerAttempt{Version: 1, Device: device, Until: c.Now.Add(signInTime), Issuer: c.g.config.SignIn.Issuer(), Attempt: attempt}
	text, err := signed.Encode(a)
	if err != nil {
		return link.SignInBegun{}, err
	}
	aead, err := c.g.attemptsAEAD()
	if err != nil {
		return link.SignInBegun{}, err
	}
	return link.SignInBegun{URL: url, State: attempt.State, Attempt: aead.Seal(nil, nil, text, c.g.attemptContext()), Until: a.Until}, nil
}

func (g *Gate) attemptsAEAD() (cipher.AEAD, error) {
	key, err := g.keys().attempts()
	if err != nil {
		return nil, err
	}
	return identity.NewAEAD(key)
}

func (g *Gate) attemptContext() []byte { return []byte("sign-in:" + string(g.org)) }

// openAttempt reads an attempt that the device itself began, here, not long ago, and whose answer this is.
func (c *Call) openAttempt(s link.SignedIn, device identity.DeviceID) (oidc.Attempt, error) {
	refused := Refuse(link.CodeSignIn)
	if len(s.Attempt) > attemptLimit {
		return oidc.Attempt{}, refused
	}
	aead, err := c.g.attemptsAEAD()
	if err != nil {
		return oidc.Attempt{}, err
	}
	text, err := aead.Open(nil, nil, s.Attempt, c.g.attemptContext())
	if err != nil {
		return oidc.Attempt{}, refused
	}
	var a providerAttempt
	if err := signed.Decode(text, attemptLimit, &a); err != nil {
		return oidc.Attempt{}, refused
	}
	if a.Version != 1 || a.Device != device || a.Issuer != c.g.config.SignIn.Issuer() || c.Now > a.Until || a.Until > c.Now.Add(signInTime) ||
		subtle.ConstantTimeCompare([]byte(a.Attempt.State), []byte(s.State)) != 1 {
		return oidc.Attempt{}, refused
	}
	return a.Attempt, nil
}

// beginProviderSignIn ends what was begun at the identity provider, and finds the user: outside any transaction, because
// the provider is asked. The attempt is spent before it is, so that the same answer twice gains nothing. Nothing is
// counted by a username, so nobody is locked out by it.
func (c *Call) beginProviderSignIn(a *attempt) error {
	provider := c.g.config.SignIn
	if provider == nil || a.request.Username != "" || a.request.Password != "" {
		return Refuse(link.CodeBadRequest)
	}
	var err error
	if a.possessed, err = c.g.openEnrolment(a.request); err != nil {
		return Refuse(link.CodeBadRequest)
	}
	c.signIn = a
	begun, err := c.openAttempt(*a.request.SignIn, identity.DeviceIDOf(a.possessed.Keys.Signing))
	if err != nil {
		return err
	}
	err = c.g.store.Do(c.ctx, func(tx *store.Tx) error {
		if err := tx.PruneSignIns(c.ctx, int64(c.Now)); err != nil {
			return err
		}
		n, err := tx.SpendSignIn(c.ctx, sqlc.SpendSignInParams{State: tx.MAC("sign-in:state", []byte(begun.State)), Until: int64(c.Now.Add(signInTime))})
		if err == nil && n == 0 {
			return Refuse(link.CodeSignIn)
		}
		return err
	})
	if err != nil {
		return err
	}
	person, err := provider.Finish(c.ctx, begun, a.request.SignIn.Code, a.request.SignIn.Issuer)
	a.request.SignIn = nil
	switch {
	case errors.Is(err, oidc.ErrAway):
		return Refuse(link.CodeProviderAway)
	case err != nil:
		return Refuse(link.CodeSignIn)
	}
	return c.g.store.Read(c.ctx, func(tx *store.Tx) error {
		a.person = &person
		for _, by := range linksOf(tx, person) {
			row, err := tx.SignInLink(c.ctx, by.key)
			if store.Missing(err) {
				continue
			}
			if err != nil {
				return err
			}
			user, err := tx.User(c.ctx, row.UserID)
			if err != nil {
				return err
			}
			a.user, a.link, a.linked = &user, by.key, by.kind
			c.Person = personOf(user)
			return nil
		}
		return Refuse(link.CodeUnlinked)
	})
}

// endProviderSignIn judges the link on live state. One by an address becomes one by the provider's own name for the
// person: an address may be somebody else's later.
func (c *Call) endProviderSignIn(a *attempt, user sqlc.User) error {
	row, err := c.tx.SignInLink(c.ctx, a.link)
	switch {
	case store.Missing(err), err == nil && row.UserID != user.ID: // taken away meanwhile
		return Refuse(link.CodeUnlinked)
	case err != nil:
		return err
	case user.DisabledAt != 0:
		return Refuse(link.CodeUserDisabled)
	}
	if a.linked == linkSubject {
		return nil
	}
	if err := c.tx.RemoveSignInLink(c.ctx, a.link); err != nil {
		return err
	}
	return putLink(c.ctx, c.tx, subjectKey(c.tx, a.person.Issuer, a.person.Subject), user.ID, linkSubject)
}

// way is how somebody signed in, as the entry about it says.
func (a *attempt) way() string {
	if a.person != nil {
		return "provider"
	}
	return ""
}
