package gate

import (
	"context"
	"fmt"
	"testing"

	"handslag/app/connected/gate/internal/store"
	"handslag/identity/signed"
)

// BenchmarkSpread is the spread of a record of which ten thousand devices have got copies, each from the one before it: read, summed and its
// first part drawn. HANDSLAG_BENCH_KEEP is not for it: it fills the log anew.
func BenchmarkSpread(b *testing.B) {
	onBoth(b, func(b *testing.B, url string) {
		c := newCrowded(b, url)
		if c.n == 0 {
			c.grow(crowdedForty)
		}
		const copies = 10_000
		tx := c.begin()
		for i := range copies {
			tx(`INSERT INTO entries (id, hash, raw, device_id, generation, seq, covered, verdict, is_system, kind, person_id, epoch, not_before, received_at, subject, record_id,
					assignment_id, peer, pair, lone, address, carrier, payload_subject, payload, payload_state, unit_set)
				SELECT $1, hash, raw, $2, 1, $1, 1, 'follows', 0, 'share.received', 'p-1', 1, $1, $1, 's-0', 'r-0', '', $3, pair, 0, '', '', '', $4, 0, 0 FROM raws WHERE n = 21`,
				1_000_000_000+i, fmt.Sprintf("c-%d", i), fmt.Sprintf("c-%d", i/50), []byte{})
		}
		tx("")
		b.ReportAllocs()
		for b.Loop() {
			err := c.g.store.Read(context.Background(), func(tx *store.Tx) error {
				s, err := c.g.spreadOf(context.Background(), tx, "r-0", signed.Time(1))
				if err != nil {
					return err
				}
				out, ok := s.tree("", "")
				if !ok || out.Devices < copies-1 || len(out.Copies) == 0 {
					return fmt.Errorf("%d devices, %d copies", out.Devices, len(out.Copies))
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}
