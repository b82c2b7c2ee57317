package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"

	"handslag/app/connected/gate/internal/store/sqlc"
)

// UnitSet is the number of a set of units, noted for whoever asks what units it has: 0 for none. One set has
// one number, made of its units' IDs.
func (tx *Tx) UnitSet(ctx context.Context, units []string) (int64, error) {
	units = slices.Compact(slices.Sorted(slices.Values(units)))
	if len(units) == 0 {
		return 0, nil
	}
	name := strings.Join(units, "\n")
	if set, ok := tx.sets[name]; ok {
		return set, nil
	}
	set := UnitSetNumber(units)
	for _, unit := range units {
		if err := tx.AddUnitSet(ctx, sqlc.AddUnitSetParams{ID: set, UnitID: unit}); err != nil {
			return 0, fmt.Errorf("note units: %w", err)
		}
	}
	tx.sets[name] = set
	return set, nil
}

// UnitSetNumber is the number of the set of these units.
func UnitSetNumber(units []string) int64 {
	units = slices.Compact(slices.Sorted(slices.Values(units)))
	if len(units) == 0 {
		return 0
	}
	sum := sha256.Sum256([]byte("handslag/1/unit-set\x00" + strings.Join(units, "\n")))
	return max(1, int64(binary.BigEndian.Uint64(sum[:])&math.MaxInt64))
}

// UnitSetOf is the set of those in which a user serves now; 0 for nobody.
func (tx *Tx) UnitSetOf(ctx context.Context, user string) (int64, error) {
	if user == "" {
		return 0, nil
	}
	key := "\n" + user // no unit's ID is empty
	if set, ok := tx.sets[key]; ok {
		return set, nil
	}
	rows, err := tx.UnitsOfUser(ctx, user)
	if err != nil {
		return 0, fmt.Errorf("read units: %w", err)
	}
	var units []string
	for _, u := range rows {
		units = append(units, u.ID)
	}
	set, err := tx.UnitSet(ctx, units)
	tx.sets[key] = set
	return set, err
}
