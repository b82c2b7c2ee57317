package command

import (
	"context"
	"flag"
	"fmt"
	"strings"

	"handslag/app/connected/gate"
	"handslag/identity"
	"handslag/identity/access"
)

// administratorRole is the first administrator's: they review the log, with whoever else may, and take it elsewhere. It reads
// no record; whoever runs commands on the server's machine can give it more, which the log tells.
func administratorRole() gate.Role {
	return gate.Role{ID: "administrator", Name: "Administratör", Grants: []identity.Grant{
		{Right: access.LogRead, Scope: access.All}, {Right: access.LogExport, Scope: access.All},
	}}
}

// firstAdmin is the account that an organisation begins with: one person's, since what they do stands in the log by name.
type firstAdmin struct {
	username, name string
	password       passwordFlags
}

func (f *firstAdmin) flags(flags *flag.FlagSet) {
	flags.StringVar(&f.username, "admin", "", "`username` of the first administrator, a person")
	flags.StringVar(&f.name, "admin-name", "", "their `name`, first and last")
	flags.IntVar(&f.password.fd, "admin-password-fd", -1, "read their first password from this file descriptor `number`; without it, one is made and printed once")
}

// check refuses before anything is made what could not be made then.
func (f *firstAdmin) check() error {
	switch {
	case f.username == "" && (f.name != "" || f.password.fd >= 0):
		return &usageError{"-admin is missing", "try: connected init -h"}
	case f.username == "":
		return nil
	}
	return f.user("").Check()
}

// user is the account.
func (f *firstAdmin) user(hash string) gate.NewUser {
	first, last, _ := strings.Cut(strings.TrimSpace(f.name), " ")
	if first == "" {
		first = f.username
	}
	return gate.NewUser{Username: f.username, First: first, Last: strings.TrimSpace(last), Roles: []string{administratorRole().ID}, PasswordHash: hash}
}

// take reads or makes the password; fresh is one that was made.
func (f *firstAdmin) take(ctx context.Context, c *call) (hash, fresh string, err error) {
	if f.username == "" {
		return "", "", nil
	}
	f.password.generate = f.password.fd < 0
	return f.password.take(ctx, c)
}

// make adds role and account to the organisation that was just made.
func (f *firstAdmin) make(ctx context.Context, c *call, hash string) error {
	if f.username == "" {
		return nil
	}
	err := c.administer(ctx, func(admin gate.Administration) error {
		if err := admin.PutRole(ctx, administratorRole()); err != nil {
			return err
		}
		_, err := admin.AddUser(ctx, f.user(hash))
		return err
	})
	if err != nil {
		return &hinted{fmt.Errorf("the organisation is made, its first administrator is not: %w", err),
			"keep the recovery file; then: connected role put administrator …, connected user add " + f.username + " -role administrator"}
	}
	return nil
}
