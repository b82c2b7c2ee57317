package gate

import (
	"strings"
	"time"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/app/connected/oidc"
	"handslag/identity/signed"
	"handslag/sync/link"
)

// After freeAttempts failures each one doubles the wait before the next, from a second to
// longestWait; an hour's quiet forgets them.
const (
	freeAttempts = 3
	longestWait  = 5 * time.Minute
	quiet        = time.Hour
)

// attempt is one sign-in under way.
type attempt struct {
	request   link.EnrolRequest
	name      []byte // keyed hash of the name typed
	hash      string // the password's hash that was compared
	matched   bool
	user      *sqlc.User // nil: no such user
	possessed enrolment

	person *oidc.Person // whom the identity provider named, in place of a password
	link   []byte       // by which that is the user
	linked string       // what kind of link that was
}

// nameHash is what attempts are counted by.
func nameHash(tx *store.Tx, username string) []byte { return tx.MAC("username", []byte(username)) }

// beginSignIn reads the request, checks what it proves of the device's keys, and compares
// the password: outside any transaction, because that takes half a second. The attempt is
// counted as failed before it is made, so that attempts side by side gain nothing.
func (c *Call) beginSignIn() error {
	a := &attempt{}
	if err := c.Read(&a.request); err != nil {
		return err
	}
	if a.request.SignIn != nil {
		return c.beginProviderSignIn(a)
	}
	if c.g.config.SignIn != nil && c.g.config.Only {
		return Refuse(link.CodeNoPassword)
	}
	username := strings.ToLower(strings.TrimSpace(a.request.Username))
	if username == "" || len(username) > maxUsername || len(a.request.Password) > maxPassword {
		return Refuse(link.CodeBadRequest)
	}
	var err error
	if a.possessed, err = c.g.openEnrolment(a.request); err != nil {
		return Refuse(link.CodeBadRequest)
	}
	// Its turn to hash comes first: who is sent away for want of it has not guessed.
	done, err := c.g.turn(c.ctx)
	if err != nil {
		return err
	}
	defer done()
	wait := false
	err = c.g.store.Do(c.ctx, func(tx *store.Tx) error {
		a.name = nameHash(tx, username)
		if wait, err = c.countAttempt(tx, a.name); err != nil || wait {
			return err
		}
		if checkUsername(username) != nil {
			return nil // nobody has such a name, and no database has to take it
		}
		user, err := tx.UserByName(c.ctx, username)
		if store.Missing(err) {
			return nil
		}
		if err != nil {
			return err
		}
		a.user, a.hash = &user, user.Password
		return nil
	})
	if err != nil {
		return err
	}
	if wait {
		return Refuse(link.CodeTooMany)
	}
	a.matched = checkPassword(a.hash, a.request.Password)
	a.request.Password = ""
	c.signIn = a
	if a.user != nil {
		c.Person = personOf(*a.user)
	}
	return nil
}

// countAttempt reports whether it is too early, or else counts one more failure.
func (c *Call) countAttempt(tx *store.Tx, name []byte) (wait bool, err error) {
	if err := tx.PruneAttempts(c.ctx, int64(c.Now.Add(-quiet))); err != nil {
		return false, err
	}
	row, err := tx.Attempts(c.ctx, name)
	if err != nil && !store.Missing(err) {
		return false, err
	}
	if err == nil && int64(c.Now) < row.NextAt {
		return true, nil
	}
	row.Failures++
	return false, tx.PutAttempts(c.ctx, sqlc.PutAttemptsParams{NameHash: name, Failures: row.Failures, NextAt: int64(waitAfter(row.Failures, c.Now))})
}

// waitAfter is when the next attempt may come after so many failures.
func waitAfter(failures int64, now signed.Time) signed.Time {
	if failures <= freeAttempts {
		return now
	}
	wait := longestWait
	if doublings := failures - freeAttempts - 1; doublings < 16 {
		wait = min(time.Second<<doublings, longestWait)
	}
	return now.Add(wait)
}

// endSignIn judges the attempt on live state, in the transaction that acts on it.
func (c *Call) endSignIn() error {
	a := c.signIn
	if a.user == nil {
		return Refuse(link.CodeWrongPassword)
	}
	user, err := c.tx.User(c.ctx, a.user.ID)
	if err != nil {
		return err
	}
	switch {
	case a.person != nil:
		if err := c.endProviderSignIn(a, user); err != nil {
			return err
		}
	case user.Password != a.hash: // changed meanwhile
		return Refuse(link.CodeBusy)
	case !a.matched:
		return Refuse(link.CodeWrongPassword)
	case user.DisabledAt != 0:
		return Refuse(link.CodeUserDisabled)
	}
	if a.person == nil {
		if err := c.tx.ForgetAttempts(c.ctx, a.name); err != nil {
			return err
		}
	}
	c.user = &user
	who, err := c.g.subjectOf(c.ctx, c.tx, user.ID)
	c.who = who
	return err
}
