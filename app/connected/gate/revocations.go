package gate

import (
	"context"
	"fmt"
	"slices"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
)

// counterRevocations is the number of the newest list of who may not be met: the time of the change, in
// microseconds. A system that was put back from a backup knows no more how far it had counted, and a list
// with a number that devices have seen before would reach none of them.
const counterRevocations = "revocations"

// relist says that the list has changed, in the transaction of what changed it. A list that has no room for
// all is a finding: who stands outside is refused here as ever, and met by colleagues until its
// credential expires.
func (g *Gate) relist(ctx context.Context, tx *store.Tx) error {
	if err := tx.RaiseCounter(ctx, sqlc.RaiseCounterParams{Name: counterRevocations, Least: int64(g.now())}); err != nil {
		return err
	}
	barred, err := tx.BarredDevices(ctx, sqlc.BarredDevicesParams{Now: int64(g.now()), Rows: identity.MaxRevocations + 1})
	if err != nil || len(barred) <= identity.MaxRevocations {
		return err
	}
	return find(ctx, tx, sqlc.PutFindingParams{Code: foundBarred, At: int64(g.now())})
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
	p.page.Revocations, err = list.Sign(p.g.keys().Issuing)
	return err
}
