package gate

import (
	"context"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
)

// unitSet is the set of units that the device's person served in by the credential of that epoch; where it is
// not known here, by the one that came with the batch.
func (t *taking) unitSet(ctx context.Context, epoch uint64) (int64, error) {
	if set, ok := t.sets[epoch]; ok {
		return set, nil
	}
	credential := t.credential
	if epoch != credential.Epoch {
		row, err := t.tx.Credential(ctx, sqlc.CredentialParams{DeviceID: string(t.batch.Device), Epoch: int64(epoch)})
		if err != nil && !store.Missing(err) {
			return 0, err
		}
		if c, err := identity.OpenCredential(row.Body, t.g.org, t.g.keys().Parsed.Issuing); err == nil {
			credential = c
		}
	}
	var units []string
	for _, u := range credential.Units {
		units = append(units, string(u.ID))
	}
	set, err := t.tx.UnitSet(ctx, units)
	t.sets[epoch] = set
	return set, err
}
