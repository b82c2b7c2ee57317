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

func unitAddVerb() verb {
	var name string
	return verb{
		name: "unit add", args: "ID", short: "Add a unit, or rename it", min: 1, max: 1,
		examples: []string{"unit add norra -name Norra"},
		begin: func(flags *flag.FlagSet) func(context.Context, *call) error {
			flags.StringVar(&name, "name", "", "`name` of the unit (required)")
			return func(ctx context.Context, c *call) error {
				if name == "" {
					return &usageError{"-name is required", "try: connected unit add -h"}
				}
				return c.administer(ctx, func(admin gate.Administration) error {
					if err := admin.AddUnit(ctx, identity.Unit{ID: identity.UnitID(c.args[0]), Name: name}); err != nil {
						return err
					}
					return c.done(changed{Unit: c.args[0], Done: "added"})
				})
			}
		},
	}
}

func unitListVerb() verb {
	return verb{
		name: "unit list", short: "List the units", examples: []string{"unit list"},
		begin: simple(func(ctx context.Context, c *call) error {
			return c.administer(ctx, func(admin gate.Administration) error {
				units, err := admin.ListUnits(ctx)
				if err != nil {
					return err
				}
				return c.answer(orEmpty(units), func() {
					var rows [][]string
					for _, u := range units {
						rows = append(rows, []string{string(u.ID), u.Name})
					}
					c.list("No units yet: connected unit add.", []string{"ID", "NAME"}, rows)
				})
			})
		}),
	}
}

func rolePutVerb() verb {
	var name string
	var grants words
	return verb{
		name: "role put", args: "ID", short: "Add a role, or replace its name and grants", min: 1, max: 1,
		examples: []string{
			"role put caretaker -name Fastighetsskötare -grant record.read:own -grant record.receive:unit -grant assignment.work:own",
			"role put reviewer -name Loggranskare -grant log.read:all",
			"role put privacy -name Dataskyddsombud -grant subject.erase:all",
		},
		begin: func(flags *flag.FlagSet) func(context.Context, *call) error {
			flags.StringVar(&name, "name", "", "`name` of the role (required)")
			flags.Var(&grants, "grant", fmt.Sprintf("`right:scope`, may be repeated; rights: %s; scopes: %s", join(access.Rights()), join(access.Scopes())))
			return func(ctx context.Context, c *call) error {
				if name == "" {
					return &usageError{"-name is required", "try: connected role put -h"}
				}
				role := gate.Role{ID: c.args[0], Name: name}
				for _, text := range grants {
					right, scope, ok := strings.Cut(text, ":")
					if !ok {
						return &usageError{fmt.Sprintf("-grant %q is not right:scope", text), "for example: -grant record.read:unit"}
					}
					role.Grants = append(role.Grants, identity.Grant{Right: identity.Right(right), Scope: identity.Scope(scope)})
				}
				return c.administer(ctx, func(admin gate.Administration) error {
					if err := admin.PutRole(ctx, role); err != nil {
						return err
					}
					return c.done(changed{Role: role.ID, Done: "put"})
				})
			}
		},
	}
}

func roleGrantVerb() verb {
	return verb{
		name: "role grant", args: "USERNAME ROLE", short: "Give a user a role, from the next call on", min: 2, max: 2,
		examples: []string{"role grant anna.lind reviewer"},
		begin: simple(func(ctx context.Context, c *call) error {
			return c.administer(ctx, func(admin gate.Administration) error {
				if err := admin.GrantRole(ctx, c.args[0], c.args[1]); err != nil {
					return err
				}
				return c.done(changed{Username: c.args[0], Role: c.args[1], Done: "granted"})
			})
		}),
	}
}

func roleTakeVerb() verb {
	return verb{
		name: "role take", args: "USERNAME ROLE", short: "Take a role from a user, from the next call on", min: 2, max: 2,
		examples: []string{"role take anna.lind reviewer"},
		begin: simple(func(ctx context.Context, c *call) error {
			return c.administer(ctx, func(admin gate.Administration) error {
				if err := admin.TakeRole(ctx, c.args[0], c.args[1]); err != nil {
					return err
				}
				return c.done(changed{Username: c.args[0], Role: c.args[1], Done: "taken"})
			})
		}),
	}
}

func roleListVerb() verb {
	return verb{
		name: "role list", short: "List the roles and what they grant", examples: []string{"role list"},
		begin: simple(func(ctx context.Context, c *call) error {
			return c.administer(ctx, func(admin gate.Administration) error {
				roles, err := admin.ListRoles(ctx)
				if err != nil {
					return err
				}
				return c.answer(orEmpty(roles), func() {
					var rows [][]string
					for _, r := range roles {
						var grants []string
						for _, g := range r.Grants {
							grants = append(grants, string(g.Right)+":"+string(g.Scope))
						}
						rows = append(rows, []string{r.ID, r.Name, dash(strings.Join(grants, " "))})
					}
					c.list("No roles yet: connected role put.", []string{"ID", "NAME", "GRANTS"}, rows)
				})
			})
		}),
	}
}
