package gate

import (
	"context"
	"fmt"
	"net/mail"
	"strings"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/app/connected/oidc"
)

// Kinds of links between a user and the identity provider. What links them lies as a keyed hash: neither an address nor
// the provider's name for somebody stands in the database.
const (
	linkSubject = "subject"
	linkEmail   = "email"
)

// Bounds of what an administrator links by, in bytes.
const (
	maxIssuer  = 512
	maxSubject = 255
	maxAddress = 254
)

type signInLink struct {
	kind string
	key  []byte
}

// linksOf are the links by which the person may be a user, the surest first.
func linksOf(tx *store.Tx, p oidc.Person) []signInLink {
	all := []signInLink{{linkSubject, subjectKey(tx, p.Issuer, p.Subject)}}
	if p.Email != "" {
		all = append(all, signInLink{linkEmail, emailKey(tx, p.Issuer, p.Email)})
	}
	return all
}

func subjectKey(tx *store.Tx, issuer, subject string) []byte {
	return tx.MAC("sign-in:subject", []byte(issuer+"\x00"+subject))
}

func emailKey(tx *store.Tx, issuer, address string) []byte {
	return tx.MAC("sign-in:email", []byte(issuer+"\x00"+strings.ToLower(address)))
}

func putLink(ctx context.Context, tx *store.Tx, key []byte, user, kind string) error {
	row, err := tx.SignInLink(ctx, key)
	switch {
	case err == nil && row.UserID != user:
		return fmt.Errorf("another user's sign-in: %w", ErrExists)
	case err == nil:
		return nil
	case !store.Missing(err):
		return err
	}
	return tx.AddSignInLink(ctx, sqlc.AddSignInLinkParams{LinkKey: key, UserID: user, Kind: kind})
}

// LinkUser lets a user sign in as whom the issuer calls subject. ErrExists: that is another user.
func (g *Gate) LinkUser(ctx context.Context, username, issuer, subject string) error {
	if issuer == "" || len(issuer) > maxIssuer || subject == "" || len(subject) > maxSubject || !oneLine(issuer, subject) {
		return fmt.Errorf("link user: %w: issuer or subject", ErrInput)
	}
	err := g.changeUser(ctx, "user_link", "user "+username, username, func(tx *store.Tx, u sqlc.User) error {
		return putLink(ctx, tx, subjectKey(tx, issuer, subject), u.ID, linkSubject)
	})
	return wrap("link user", err)
}

// LinkUserByEmail lets a user sign in the first time by an address that the issuer has verified, where its verified
// addresses count. From then on it is the issuer's own name for them. ErrExists: it is another user's.
func (g *Gate) LinkUserByEmail(ctx context.Context, username, issuer, address string) error {
	if a, err := mail.ParseAddress(address); err != nil || a.Address != address || len(address) > maxAddress || issuer == "" || len(issuer) > maxIssuer {
		return fmt.Errorf("link user: %w: e-mail address or issuer", ErrInput)
	}
	err := g.changeUser(ctx, "user_link", "user "+username+" by e-mail", username, func(tx *store.Tx, u sqlc.User) error {
		return putLink(ctx, tx, emailKey(tx, issuer, address), u.ID, linkEmail)
	})
	return wrap("link user", err)
}

// UnlinkUser takes all that away: from the next call on the identity provider's word is none about the user. Devices that
// are enrolled stay so.
func (g *Gate) UnlinkUser(ctx context.Context, username string) error {
	err := g.changeUser(ctx, "user_unlink", "user "+username, username, func(tx *store.Tx, u sqlc.User) error {
		return tx.RemoveSignInLinks(ctx, u.ID)
	})
	return wrap("unlink user", err)
}
