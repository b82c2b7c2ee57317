package command

import (
	"context"
	"flag"
	"strings"

	"handslag/app/connected/gate"
	"handslag/identity"
)

// changed is what commands answer that only change something.
type changed struct {
	Username string `json:"username,omitempty"`
	Device   string `json:"device,omitempty"`
	Replaced string `json:"replaced,omitempty"` // an older device

	Attachment string `json:"attachment,omitempty"`
	Unit       string `json:"unit,omitempty"`
	Role       string `json:"role,omitempty"`
	Done       string `json:"done"`
	Password   string `json:"password,omitempty"` // generated, to be handed over
}

// passwordFlags are the ways to give somebody a password.
type passwordFlags struct {
	fd       int
	generate bool
}

func (p *passwordFlags) add(flags *flag.FlagSet) {
	flags.IntVar(&p.fd, "password-fd", -1, "read the password from this file descriptor `number`; without it, it is asked for")
	flags.BoolVar(&p.generate, "generate", false, "make a password and print it once")
}

// take gives the password's hash, and the password itself where it was generated.
func (p *passwordFlags) take(ctx context.Context, c *call) (hash, fresh string, err error) {
	var password string
	switch {
	case p.generate && p.fd >= 0:
		return "", "", &usageError{"-generate and -password-fd exclude each other", ""}
	case p.generate:
		fresh = generated()
		password = fresh
	default:
		secret, err := c.ask(ctx, p.fd, "password-fd", "password", true)
		if err != nil {
			return "", "", err
		}
		defer clear(secret)
		password = string(secret)
	}
	hash, err = gate.HashPassword(password)
	return hash, fresh, err
}

func userAddVerb() verb {
	var user gate.NewUser
	var units, roles words
	var password passwordFlags
	var none bool
	return verb{
		name: "user add", args: "USERNAME", short: "Add a member of staff", min: 1, max: 1,
		examples: []string{
			"user add anna.lind -first Anna -last Lind -unit norra -role case_officer -generate",
			"user add bo.ek -first Bo -last Ek -unit norra -role caretaker -password-fd 3 3<password.txt",
		},
		begin: func(flags *flag.FlagSet) func(context.Context, *call) error {
			flags.StringVar(&user.First, "first", "", "first `name` (required)")
			flags.StringVar(&user.Last, "last", "", "last `name`")
			flags.Var(&units, "unit", "`ID` of a unit; may be repeated")
			flags.Var(&roles, "role", "`ID` of a role; may be repeated")
			password.add(flags)
			flags.BoolVar(&none, "no-password", false, "nobody signs in as this user until connected user password")
			return func(ctx context.Context, c *call) error {
				if user.First == "" || none && (password.generate || password.fd >= 0) {
					return &usageError{"-first is required, and -no-password goes alone", "try: connected user add -h"}
				}
				user.Username, user.Roles = c.args[0], roles
				for _, unit := range units {
					user.Units = append(user.Units, identity.UnitID(unit))
				}
				var fresh string
				if !none {
					var err error
					if user.PasswordHash, fresh, err = password.take(ctx, c); err != nil {
						return err
					}
				}
				return c.administer(ctx, func(admin gate.Administration) error {
					person, err := admin.AddUser(ctx, user)
					if err != nil {
						return err
					}
					return c.done(changed{Username: person.Username, Done: "added", Password: fresh})
				})
			}
		},
	}
}

// done tells what was changed.
func (c *call) done(what changed) error {
	return c.answer(what, func() {
		name := strings.Join(strings.Fields(what.Unit+" "+what.Username+" "+what.Replaced+" "+what.Device+" "+what.Role+" "+what.Attachment), " ")
		c.say("%s: %s", name, what.Done)
		if what.Password != "" {
			c.say("Password, shown this once: %s", what.Password)
		}
	})
}

func userPasswordVerb() verb {
	var password passwordFlags
	return verb{
		name: "user password", args: "USERNAME", short: "Give a user a new password", min: 1, max: 1,
		examples: []string{"user password anna.lind", "user password anna.lind -generate -json"},
		begin: func(flags *flag.FlagSet) func(context.Context, *call) error {
			password.add(flags)
			return func(ctx context.Context, c *call) error {
				hash, fresh, err := password.take(ctx, c)
				if err != nil {
					return err
				}
				return c.administer(ctx, func(admin gate.Administration) error {
					if err := admin.SetPassword(ctx, c.args[0], hash); err != nil {
						return err
					}
					return c.done(changed{Username: c.args[0], Done: "password set", Password: fresh})
				})
			}
		},
	}
}

func userDisableVerb() verb {
	return verb{
		name: "user disable", args: "USERNAME", short: "End all that a user may, from the next call on", min: 1, max: 1,
		examples: []string{"user disable carl.berg"},
		begin: simple(func(ctx context.Context, c *call) error {
			return c.administer(ctx, func(admin gate.Administration) error {
				if err := admin.DisableUser(ctx, c.args[0]); err != nil {
					return err
				}
				return c.done(changed{Username: c.args[0], Done: "disabled"})
			})
		}),
	}
}

func userEnableVerb() verb {
	return verb{
		name: "user enable", args: "USERNAME", short: "Let a disabled user in again", min: 1, max: 1,
		examples: []string{"user enable carl.berg"},
		begin: simple(func(ctx context.Context, c *call) error {
			return c.administer(ctx, func(admin gate.Administration) error {
				if err := admin.EnableUser(ctx, c.args[0]); err != nil {
					return err
				}
				return c.done(changed{Username: c.args[0], Done: "enabled"})
			})
		}),
	}
}

func userListVerb() verb {
	return verb{
		name: "user list", short: "List the users", examples: []string{"user list", "user list -json"},
		begin: simple(func(ctx context.Context, c *call) error {
			return c.administer(ctx, func(admin gate.Administration) error {
				users, err := admin.ListUsers(ctx)
				if err != nil {
					return err
				}
				return c.answer(orEmpty(users), func() {
					var rows [][]string
					for _, u := range users {
						rows = append(rows, []string{u.Person.Username, u.Person.Name(), dash(join(u.Units)), dash(strings.Join(u.Roles, ", ")), stateOf(u)})
					}
					c.list("No users yet: connected user add, or connected import.", []string{"USERNAME", "NAME", "UNITS", "ROLES", "STATE"}, rows)
				})
			})
		}),
	}
}

func stateOf(u gate.UserRow) string {
	switch {
	case !u.DisabledAt.IsZero():
		return "disabled " + minute(u.DisabledAt)
	case !u.HasPassword:
		return "no password"
	}
	return "active"
}

func join[T ~string](ids []T) string {
	text := make([]string, len(ids))
	for i, id := range ids {
		text[i] = string(id)
	}
	return strings.Join(text, ", ")
}
