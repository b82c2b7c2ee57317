package gate

import (
	"context"
	"fmt"
	"slices"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
)

// counterRevocations counts the changes of who may not be met.
const counterRevocations = "revocations"

// relist says that the list has changed, in the transaction of what changed it.
func relist(ctx context.Context, tx *store.Tx) error {
	_, err := tx.NextCounter(ctx, counterRevocations)
	return err
}

// revocations puts the list on the page where the device has an older one: devices that were
// revoked, or whose person is disabled, and whose credentials would still be believed offline.
func (p *paging) revocations(have uint64) error {
	number, err := p.tx.CounterValue(p.ctx, counterRevocations)
	if store.Missing(err) || err == nil && uint64(number) <= have {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read revocations: %w", err)
	}
	rows, err := p.tx.BarredDevices(p.ctx, sqlc.BarredDevicesParams{Now: int64(p.Now), Rows: identity.MaxRevocations})
	if err != nil {
		return fmt.Errorf("read revocations: %w", err)
	}
	list := identity.Revocations{Version: 1, Org: p.g.org, Number: uint64(number), Time: p.Now}
	for _, id := range rows {
		list.Devices = append(list.Devices, identity.DeviceID(id))
	}
	slices.Sort(list.Devices)
	p.page.Revocations, err = list.Sign(p.g.config.Keys.Issuing)
	return err
}
