package gate

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/identity/access"
	"handslag/identity/signed"
	"handslag/vault/journal"
)

// Bounds of what the administrator types, in bytes.
const (
	maxUsername = 64
	maxName     = 128
)

// administer runs one command: what it changes and the entry that says so, or neither.
func (g *Gate) administer(ctx context.Context, code, note string, e journal.Entry, act func(*store.Tx) error) error {
	return g.store.Do(ctx, func(tx *store.Tx) error {
		if err := act(tx); err != nil {
			return err
		}
		return g.sayChanged(ctx, tx, code, note, e)
	})
}

func (g *Gate) sayChanged(ctx context.Context, tx *store.Tx, code, note string, e journal.Entry) error {
	e.Kind, e.Code = journal.SystemChanged, code
	_, err := g.say(ctx, tx, e, &journal.Details{Reason: clip(g.config.Operator), Note: clip(note)})
	return err
}

// clip keeps a note within what a payload may hold.
func clip(text string) string {
	const most = 1000
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + " …"
}

// AddUser adds somebody. It returns ErrExists for a username in use.
func (g *Gate) AddUser(ctx context.Context, user NewUser) (identity.Person, error) {
	var person identity.Person
	err := g.administer(ctx, "user_add", "user "+user.Username, journal.Entry{}, func(tx *store.Tx) error {
		if _, err := tx.UserByName(ctx, user.Username); !store.Missing(err) {
			if err != nil {
				return err
			}
			return ErrExists
		}
		var err error
		person, err = g.addUser(ctx, tx, user)
		return err
	})
	if err != nil {
		return identity.Person{}, fmt.Errorf("add user: %w", err)
	}
	return person, nil
}

func (g *Gate) addUser(ctx context.Context, tx *store.Tx, user NewUser) (identity.Person, error) {
	if err := checkUser(user); err != nil {
		return identity.Person{}, err
	}
	random := make([]byte, 8)
	rand.Read(random)
	person := identity.Person{ID: identity.PersonID("p-" + hex.EncodeToString(random)), Username: user.Username, First: user.First, Last: user.Last}
	err := tx.AddUser(ctx, sqlc.AddUserParams{ID: string(person.ID), Username: user.Username, FirstName: user.First,
		LastName: user.Last, Password: user.PasswordHash, CreatedAt: int64(g.now())})
	if err != nil {
		return identity.Person{}, err
	}
	return person, putPlaces(ctx, tx, person.ID, user)
}

// Check refuses (ErrInput) what AddUser would, as far as it can be told without asking who is there.
func (user NewUser) Check() error { return checkUser(user) }

func checkUser(user NewUser) error {
	switch {
	case checkUsername(user.Username) != nil:
		return checkUsername(user.Username)
	case !isName(user.First) || user.Last != "" && !isName(user.Last):
		return fmt.Errorf("%w: name is missing, too long, or not one line of text", ErrInput)
	case user.PasswordHash != "":
		if _, err := parsePHC(user.PasswordHash); err != nil {
			return err
		}
	}
	return nil
}

func isName(name string) bool { return name != "" && len(name) <= maxName && oneLine(name) }

// oneLine accepts texts that lists, headers and terminals show on one line as they are.
func oneLine(texts ...string) bool {
	for _, text := range texts {
		if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }) {
			return false
		}
	}
	return true
}

func checkUsername(name string) error {
	if len(name) > maxUsername || identity.CheckOpaque(name) != nil || name != strings.ToLower(name) {
		return fmt.Errorf("%w: a username is 1 to %d of a–z, 0–9, dot, dash, underscore", ErrInput, maxUsername)
	}
	return nil
}

// putPlaces makes units and roles of a user what they say.
func putPlaces(ctx context.Context, tx *store.Tx, person identity.PersonID, user NewUser) error {
	if err := tx.ClearUnitsOfUser(ctx, string(person)); err != nil {
		return err
	}
	for _, unit := range user.Units {
		if _, err := tx.Unit(ctx, string(unit)); err != nil {
			return known(err, "unit", string(unit))
		}
		if err := tx.AddUnitOfUser(ctx, sqlc.AddUnitOfUserParams{UserID: string(person), UnitID: string(unit)}); err != nil {
			return err
		}
	}
	if err := tx.ClearRolesOfUser(ctx, string(person)); err != nil {
		return err
	}
	for _, role := range user.Roles {
		if _, err := tx.Role(ctx, role); err != nil {
			return known(err, "role", role)
		}
		if err := tx.AddRoleOfUser(ctx, sqlc.AddRoleOfUserParams{UserID: string(person), RoleID: role}); err != nil {
			return err
		}
	}
	return nil
}

// known says which thing is not known where err says that there is no row of it.
func known(err error, what, id string) error {
	if store.Missing(err) {
		return fmt.Errorf("%s %q: %w", what, id, ErrUnknown)
	}
	return err
}

// changeUser runs a command about one user.
func (g *Gate) changeUser(ctx context.Context, code, note, username string, act func(*store.Tx, sqlc.User) error) error {
	return g.administer(ctx, code, note, journal.Entry{}, func(tx *store.Tx) error {
		user, err := tx.UserByName(ctx, username)
		if err != nil {
			return known(err, "user", username)
		}
		return act(tx, user)
	})
}

// DisableUser ends what the user may, on every device, from the next call on.
func (g *Gate) DisableUser(ctx context.Context, username string) error {
	return g.changeUser(ctx, "user_disable", "user "+username, username, func(tx *store.Tx, u sqlc.User) error {
		if err := tx.SetDisabled(ctx, sqlc.SetDisabledParams{ID: u.ID, DisabledAt: int64(g.now())}); err != nil {
			return err
		}
		return g.relist(ctx, tx)
	})
}

// EnableUser takes DisableUser back.
func (g *Gate) EnableUser(ctx context.Context, username string) error {
	return g.changeUser(ctx, "user_enable", "user "+username, username, func(tx *store.Tx, u sqlc.User) error {
		if err := tx.SetDisabled(ctx, sqlc.SetDisabledParams{ID: u.ID}); err != nil {
			return err
		}
		return g.relist(ctx, tx)
	})
}

// SetPassword sets what HashPassword made. Devices that are enrolled stay so.
func (g *Gate) SetPassword(ctx context.Context, username, passwordHash string) error {
	if _, err := parsePHC(passwordHash); err != nil {
		return fmt.Errorf("set password: %w", err)
	}
	return g.changeUser(ctx, "user_password", "user "+username, username, func(tx *store.Tx, u sqlc.User) error {
		if err := tx.ForgetAttempts(ctx, tx.MAC(countName, []byte(username))); err != nil {
			return err
		}
		if err := g.endWaitingOf(ctx, tx, u.ID); err != nil {
			return err
		}
		return tx.SetPassword(ctx, sqlc.SetPasswordParams{ID: u.ID, Password: passwordHash})
	})
}

// GrantRole gives a user a role.
func (g *Gate) GrantRole(ctx context.Context, username, role string) error {
	return g.changeUser(ctx, "role_grant", "user "+username+" role "+role, username, func(tx *store.Tx, u sqlc.User) error {
		if _, err := tx.Role(ctx, role); err != nil {
			return known(err, "role", role)
		}
		return tx.AddRoleOfUser(ctx, sqlc.AddRoleOfUserParams{UserID: u.ID, RoleID: role})
	})
}

// TakeRole takes a role away from a user.
func (g *Gate) TakeRole(ctx context.Context, username, role string) error {
	return g.changeUser(ctx, "role_take", "user "+username+" role "+role, username, func(tx *store.Tx, u sqlc.User) error {
		if _, err := tx.Role(ctx, role); err != nil {
			return known(err, "role", role)
		}
		return tx.RemoveRoleOfUser(ctx, sqlc.RemoveRoleOfUserParams{UserID: u.ID, RoleID: role})
	})
}

// ListUsers lists users by username.
func (g *Gate) ListUsers(ctx context.Context) ([]UserRow, error) {
	var rows []UserRow
	err := g.store.Read(ctx, func(tx *store.Tx) error {
		users, err := tx.Users(ctx)
		if err != nil {
			return err
		}
		for _, u := range users {
			row := UserRow{Person: personOf(u), HasPassword: u.Password != "", DisabledAt: signed.Time(u.DisabledAt)}
			links, err := tx.SignInLinksOfUser(ctx, u.ID)
			if err != nil {
				return err
			}
			row.Linked = links > 0
			units, err := tx.UnitsOfUser(ctx, u.ID)
			if err != nil {
				return err
			}
			for _, unit := range units {
				row.Units = append(row.Units, identity.UnitID(unit.ID))
			}
			roles, err := tx.RolesOfUser(ctx, u.ID)
			if err != nil {
				return err
			}
			for _, role := range roles {
				row.Roles = append(row.Roles, role.ID)
			}
			rows = append(rows, row)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list users: %w", err)
	}
	return rows, nil
}

func personOf(u sqlc.User) identity.Person {
	return identity.Person{ID: identity.PersonID(u.ID), Username: u.Username, First: u.FirstName, Last: u.LastName}
}

// checkGrants refuses rights and scopes that identity/access does not know.
func checkGrants(grants []identity.Grant) error {
	for _, grant := range grants {
		if !slices.Contains(access.Rights(), grant.Right) || !slices.Contains(access.Scopes(), grant.Scope) {
			return fmt.Errorf("%w: no right %q with scope %q", ErrInput, grant.Right, grant.Scope)
		}
	}
	return nil
}
