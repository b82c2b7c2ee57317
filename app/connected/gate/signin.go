package gate

import (
	"net/netip"
	"strings"
	"time"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/app/connected/oidc"
	"handslag/identity/signed"
	"handslag/sync/link"
)

// After so many failures each one doubles the wait before the next, from a second to
// longestWait; an hour's quiet forgets them. They are counted by name and network: who guesses somebody's password
// slows those who sign in from there. Over all networks more are free, so that it takes many to slow
// that person everywhere, and those who have many guess no faster.
const (
	freeAttempts = 3  // from one network
	freeOverall  = 60 // from all
	longestWait  = 5 * time.Minute
	quiet        = time.Hour
)

// attempt is one sign-in under way.
type attempt struct {
	request   link.EnrolRequest
	counted   []counted
	hash      string // the password's hash that was compared
	matched   bool
	rehashed  string     // the same password hashed as is advised now; empty: it is
	user      *sqlc.User // nil: no such user
	possessed enrolment

	person *oidc.Person // whom the identity provider named, in place of a password
	link   []byte       // by which that is the user
	linked string       // what kind of link that was
}

// What the keyed hashes are of.
const (
	countName = "username"
	countFrom = "username and network"
)

// counted is what attempts are counted by, a keyed hash, and how many of it cost no wait.
type counted struct {
	by   []byte
	free int64
}

// counts are what an attempt for username is counted by.
func (c *Call) counts(tx *store.Tx, username string) []counted {
	return []counted{
		{tx.MAC(countName, []byte(username)), freeOverall},
		{tx.MAC(countFrom, []byte(username+" "+network(c.Address))), freeAttempts},
	}
}

// network is the part of an IP address that one subscriber has.
func network(address string) string {
	at, err := netip.ParseAddr(address)
	if err != nil {
		return ""
	}
	bits := 48
	if at = at.Unmap(); at.Is4() {
		bits = 24
	}
	prefix, err := at.Prefix(bits)
	if err != nil {
		return ""
	}
	return prefix.String()
}

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
		a.counted = c.counts(tx, username)
		if wait, err = c.countAttempt(tx, a.counted); err != nil || wait {
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
	if a.matched && !c.g.config.KeepHashes && outdated(a.hash) {
		if a.rehashed, err = HashPassword(a.request.Password); err != nil {
			return err
		}
	}
	a.request.Password = ""
	c.signIn = a
	if a.user != nil {
		c.Person = personOf(*a.user)
	}
	return nil
}

// countAttempt reports whether it is too early, or else counts one more failure.
func (c *Call) countAttempt(tx *store.Tx, all []counted) (wait bool, err error) {
	if err := tx.PruneAttempts(c.ctx, int64(c.Now.Add(-quiet))); err != nil {
		return false, err
	}
	failures := make([]int64, len(all))
	for i, one := range all {
		row, err := tx.Attempts(c.ctx, one.by)
		if err != nil && !store.Missing(err) {
			return false, err
		}
		if err == nil && int64(c.Now) < row.NextAt {
			return true, nil // and none is counted: it is no guess
		}
		failures[i] = row.Failures + 1
	}
	for i, one := range all {
		err := tx.PutAttempts(c.ctx, sqlc.PutAttemptsParams{NameHash: one.by, Failures: failures[i], NextAt: int64(waitAfter(failures[i], one.free, c.Now))})
		if err != nil {
			return false, err
		}
	}
	return false, nil
}

// waitAfter is when the next attempt may come after so many failures.
func waitAfter(failures, free int64, now signed.Time) signed.Time {
	if failures <= free {
		return now
	}
	wait := longestWait
	if doublings := failures - free - 1; doublings < 16 {
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
	if a.rehashed != "" {
		if err := c.tx.SetPassword(c.ctx, sqlc.SetPasswordParams{ID: user.ID, Password: a.rehashed}); err != nil {
			return err
		}
	}
	for _, one := range a.counted {
		if err := c.tx.ForgetAttempts(c.ctx, one.by); err != nil {
			return err
		}
	}
	c.user = &user
	who, err := c.g.subjectOf(c.ctx, c.tx, user.ID)
	c.who = who
	return err
}
