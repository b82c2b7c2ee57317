package gate

import (
	"context"
	"fmt"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/identity/signed"
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

// ListDevices lists devices by the username of their person.
func (g *Gate) ListDevices(ctx context.Context) ([]DeviceRow, error) {
	var devices []DeviceRow
	err := g.store.Read(ctx, func(tx *store.Tx) error {
		rows, err := tx.Devices(ctx)
		for _, d := range rows {
			devices = append(devices, DeviceRow{
				ID:      identity.DeviceID(d.ID),
				Person:  identity.Person{ID: identity.PersonID(d.UserID), Username: d.Username, First: d.FirstName, Last: d.LastName},
				Machine: identity.MachineID(d.Machine), Epoch: uint64(d.Epoch), EnrolledAt: signed.Time(d.EnrolledAt),
				SeenAt: signed.Time(d.SeenAt), SyncedAt: signed.Time(d.SyncedAt), ExpiresAt: signed.Time(d.ExpiresAt), RevokedAt: signed.Time(d.RevokedAt), QuarantinedAt: signed.Time(d.QuarantinedAt),
			})
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list devices: %w", err)
	}
	return devices, nil
}

// RevokeDevice ends what the device may, from its next call on.
func (g *Gate) RevokeDevice(ctx context.Context, device identity.DeviceID) error {
	err := g.administer(ctx, "device_revoke", "", journal.Entry{Peer: device}, func(tx *store.Tx) error {
		if _, err := tx.Device(ctx, string(device)); err != nil {
			return known(err, "device", string(device))
		}
		if err := tx.SetRevoked(ctx, sqlc.SetRevokedParams{ID: string(device), RevokedAt: int64(g.now())}); err != nil {
			return err
		}
		return g.relist(ctx, tx)
	})
	if err != nil {
		return fmt.Errorf("revoke device: %w", err)
	}
	return nil
}
