package gate

import (
	"context"
	"fmt"
	"testing"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/testnet/postgres"
)

// A list of barred devices that has no room for all is cut, and somebody has to know.
func TestAListOfTheBarredThatIsCutIsAFinding(t *testing.T) {
	ctx, c := context.Background(), newCrowded(t, postgres.Database(t))
	c.exec("INSERT INTO users (id, username, first_name, last_name, password, created_at, disabled_at) VALUES ('p-bo', 'bo', 'Bo', 'Ek', '', 0, 0)")
	add := func(id string, revoked int64) {
		c.exec("INSERT INTO devices (id, user_id, machine, keys, epoch, expires_at, enrolled_at, seen_at, synced_at, revoked_at, page) VALUES ($1, 'p-bo', 'm', $2, 1, $3, 0, 0, 0, $4, 0)",
			id, []byte{}, int64(1)<<60, revoked)
	}
	for i := range identity.MaxRevocations - 1 {
		add(fmt.Sprintf("d-%d", i), 1)
	}
	revoke := func(id identity.DeviceID) (codes []string) {
		add(string(id), 0)
		if err := c.g.RevokeDevice(ctx, id); err != nil {
			t.Fatal(err)
		}
		err := c.g.store.Read(ctx, func(tx *store.Tx) error {
			found, err := tx.Findings(ctx, sqlc.FindingsParams{Before: 1 << 60, Rows: 10})
			for _, f := range found {
				codes = append(codes, f.Code)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return codes
	}
	if codes := revoke(c.reviewer); len(codes) != 0 {
		t.Errorf("a list with room for all: %v", codes)
	}
	if codes := revoke(c.g.self()); len(codes) != 1 || codes[0] != foundBarred {
		t.Errorf("one too many: %v", codes)
	}
}
