package gate

import (
	"context"
	"fmt"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
)

// maxLabel bounds what people call a device, in bytes.
const maxLabel = 64

// DeviceRow is a device as lists show it. Zero times mean never.
type DeviceRow struct {
	ID         identity.DeviceID  `json:"id"`
	Label      string             `json:"label,omitempty"` // what people call it
	Person     identity.Person    `json:"person"`
	Machine    identity.MachineID `json:"machine"`
	Epoch      uint64             `json:"epoch"`
	EnrolledAt signed.Time        `json:"enrolled_at"`
	SeenAt     signed.Time        `json:"seen_at,omitempty"`
	SyncedAt   signed.Time        `json:"synced_at,omitempty"`
	ExpiresAt  signed.Time        `json:"expires_at,omitempty"`
	RevokedAt  signed.Time        `json:"revoked_at,omitempty"`
	ReplacedBy identity.DeviceID  `json:"replaced_by,omitempty"`

	QuarantinedAt signed.Time `json:"quarantined_at,omitempty"`

	// Of a device that is none yet: since when it waits for an administrator and until when; when one has refused it.
	AskedAt   signed.Time `json:"asked_at,omitempty"`
	AskedTill signed.Time `json:"waits_until,omitempty"`
	RefusedAt signed.Time `json:"refused_at,omitempty"`
}

// Waits reports whether it waits for an administrator.
func (d DeviceRow) Waits() bool { return !d.AskedAt.IsZero() && d.RefusedAt.IsZero() }

// ListDevices lists devices by the username of their person, and behind them those that wait to become one.
func (g *Gate) ListDevices(ctx context.Context) ([]DeviceRow, error) {
	var devices []DeviceRow
	err := g.store.Read(ctx, func(tx *store.Tx) error {
		rows, err := tx.Devices(ctx)
		if err != nil {
			return err
		}
		for _, d := range rows {
			devices = append(devices, DeviceRow{
				ID: identity.DeviceID(d.ID), Label: d.Label,
				Person:  identity.Person{ID: identity.PersonID(d.UserID), Username: d.Username, First: d.FirstName, Last: d.LastName},
				Machine: identity.MachineID(d.Machine), Epoch: uint64(d.Epoch), EnrolledAt: signed.Time(d.EnrolledAt),
				SeenAt: signed.Time(d.SeenAt), SyncedAt: signed.Time(d.SyncedAt), ExpiresAt: signed.Time(d.ExpiresAt), RevokedAt: signed.Time(d.RevokedAt),
				ReplacedBy: identity.DeviceID(d.ReplacedBy), QuarantinedAt: signed.Time(d.QuarantinedAt),
			})
		}
		waiting, err := tx.WaitingDevices(ctx, int64(g.now()))
		for _, w := range waiting {
			devices = append(devices, DeviceRow{
				ID:      identity.DeviceID(w.ID),
				Person:  identity.Person{ID: identity.PersonID(w.UserID), Username: w.Username, First: w.FirstName, Last: w.LastName},
				Machine: identity.MachineID(w.Machine), AskedAt: signed.Time(w.AskedAt), AskedTill: signed.Time(w.ExpiresAt), RefusedAt: signed.Time(w.RefusedAt),
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
		return g.revoke(ctx, tx, device, g.now())
	})
	return wrap("revoke device", err)
}

func (g *Gate) revoke(ctx context.Context, tx *store.Tx, device identity.DeviceID, now signed.Time) error {
	if err := tx.SetRevoked(ctx, sqlc.SetRevokedParams{ID: string(device), RevokedAt: int64(now)}); err != nil {
		return err
	}
	return g.relist(ctx, tx)
}

// RenameDevice says what people call a device, in lists and in the log; nothing where label is empty. It is theirs: no
// other log has it.
func (g *Gate) RenameDevice(ctx context.Context, device identity.DeviceID, label string) error {
	err := g.administer(ctx, "device_rename", label, journal.Entry{Peer: device}, func(tx *store.Tx) error {
		if err := checkLabel(label); err != nil {
			return err
		}
		if _, err := tx.Device(ctx, string(device)); err != nil {
			return known(err, "device", string(device))
		}
		return tx.SetLabel(ctx, sqlc.SetLabelParams{ID: string(device), Label: label})
	})
	return wrap("rename device", err)
}

func checkLabel(label string) error {
	if len(label) > maxLabel || !oneLine(label) {
		return fmt.Errorf("%w: a device's name is at most %d bytes on one line", ErrInput, maxLabel)
	}
	return nil
}

// ReplaceDevice says that newer stands in older's place, both of the same person's: older is revoked, from its next
// call on, and its journal is taken still.
func (g *Gate) ReplaceDevice(ctx context.Context, older, newer identity.DeviceID) error {
	err := g.store.Do(ctx, func(tx *store.Tx) error { return g.replace(ctx, tx, older, newer, g.now()) })
	return wrap("replace device", err)
}

func (g *Gate) replace(ctx context.Context, tx *store.Tx, older, newer identity.DeviceID, now signed.Time) error {
	before, err := tx.Device(ctx, string(older))
	if err != nil {
		return known(err, "device", string(older))
	}
	after, err := tx.Device(ctx, string(newer))
	switch {
	case err != nil:
		return known(err, "device", string(newer))
	case older == newer || before.UserID != after.UserID:
		return fmt.Errorf("%w: the two are not devices of one person", ErrInput)
	case after.RevokedAt != 0:
		return fmt.Errorf("%w: the newer device is revoked", ErrInput)
	case before.ReplacedBy != "":
		return fmt.Errorf("%w: %s has replaced it", ErrExists, before.ReplacedBy)
	}
	if err := tx.Replace(ctx, sqlc.ReplaceParams{ID: before.ID, ReplacedBy: after.ID}); err != nil {
		return err
	}
	if err := g.revoke(ctx, tx, older, now); err != nil {
		return err
	}
	return g.sayChanged(ctx, tx, "device_replace", "replaced by "+after.ID, journal.Entry{Person: identity.PersonID(before.UserID), Peer: older})
}

// checkDevices refuses where the person would have more devices than one may have, counting so many more than there are.
func (g *Gate) checkDevices(ctx context.Context, tx *store.Tx, user string, more int64) error {
	if g.config.Devices == 0 {
		return nil
	}
	n, err := tx.LiveDevicesOf(ctx, user)
	if err == nil && n+more > int64(g.config.Devices) {
		return ErrDevices
	}
	return err
}

// roomForDevice is checkDevices for the person who calls.
func (c *Call) roomForDevice() error {
	err := c.g.checkDevices(c.ctx, c.tx, c.user.ID, 1)
	if err == ErrDevices {
		return Refuse(link.CodeDeviceLimit)
	}
	return err
}
