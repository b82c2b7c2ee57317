package gate

import (
	"context"
	"fmt"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/vault/journal"
)

// AddUnit adds a unit or renames it.
func (g *Gate) AddUnit(ctx context.Context, unit identity.Unit) error {
	err := g.administer(ctx, "unit_put", "unit "+string(unit.ID), journal.Entry{}, func(tx *store.Tx) error {
		return putUnit(ctx, tx, unit)
	})
	if err != nil {
		return fmt.Errorf("add unit: %w", err)
	}
	return nil
}

func putUnit(ctx context.Context, tx *store.Tx, unit identity.Unit) error {
	if identity.CheckOpaque(string(unit.ID)) != nil || !isName(unit.Name) {
		return fmt.Errorf("%w: unit's ID or name", ErrInput)
	}
	return tx.PutUnit(ctx, sqlc.PutUnitParams{ID: string(unit.ID), Name: unit.Name})
}

// ListUnits lists units by ID.
func (g *Gate) ListUnits(ctx context.Context) ([]identity.Unit, error) {
	var units []identity.Unit
	err := g.store.Read(ctx, func(tx *store.Tx) error {
		rows, err := tx.Units(ctx)
		for _, u := range rows {
			units = append(units, identity.Unit{ID: identity.UnitID(u.ID), Name: u.Name})
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list units: %w", err)
	}
	return units, nil
}

// PutRole adds a role or replaces its name and grants.
func (g *Gate) PutRole(ctx context.Context, role Role) error {
	err := g.administer(ctx, "role_put", "role "+role.ID, journal.Entry{}, func(tx *store.Tx) error {
		return putRole(ctx, tx, role)
	})
	if err != nil {
		return fmt.Errorf("put role: %w", err)
	}
	return nil
}

func putRole(ctx context.Context, tx *store.Tx, role Role) error {
	if identity.CheckOpaque(role.ID) != nil || !isName(role.Name) {
		return fmt.Errorf("%w: role's ID or name", ErrInput)
	}
	if err := checkGrants(role.Grants); err != nil {
		return err
	}
	if err := tx.PutRole(ctx, sqlc.PutRoleParams{ID: role.ID, Name: role.Name}); err != nil {
		return err
	}
	if err := tx.ClearGrants(ctx, role.ID); err != nil {
		return err
	}
	for _, grant := range role.Grants {
		err := tx.AddGrant(ctx, sqlc.AddGrantParams{RoleID: role.ID, RightName: string(grant.Right), Scope: string(grant.Scope)})
		if err != nil {
			return err
		}
	}
	return nil
}

// ListRoles lists roles by ID.
func (g *Gate) ListRoles(ctx context.Context) ([]Role, error) {
	var roles []Role
	err := g.store.Read(ctx, func(tx *store.Tx) error {
		rows, err := tx.Roles(ctx)
		if err != nil {
			return err
		}
		for _, r := range rows {
			role := Role{ID: r.ID, Name: r.Name}
			grants, err := tx.GrantsOfRole(ctx, r.ID)
			if err != nil {
				return err
			}
			for _, grant := range grants {
				role.Grants = append(role.Grants, identity.Grant{Right: identity.Right(grant.RightName), Scope: identity.Scope(grant.Scope)})
			}
			roles = append(roles, role)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list roles: %w", err)
	}
	return roles, nil
}
