package main

import (
	"errors"
	"io"
	"testing"
	"time"

	"handslag/testnet/postgres"
)

// A small outage: every device hands in while the server is killed and started again, and each has a receipt
// for all that it said; nothing is lost or doubled.
func TestDevicesComeBackAfterAnOutage(t *testing.T) {
	for _, engine := range []string{engineSQLite, enginePostgres} {
		t.Run(engine, func(t *testing.T) {
			ctx := t.Context()
			f := figures{options: options{devices: 17, entries: 110, atOnce: 6, engine: engine, kill: true, verify: true, dir: t.TempDir()}}
			org, fleet, err := prepare(ctx, f.options, io.Discard)
			if errors.Is(err, postgres.ErrNone) {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := org.close(); err != nil {
					t.Error(err)
				}
			})
			if err := f.rush(ctx, org, fleet, io.Discard); err != nil {
				t.Fatal(err)
			}
			if err := f.count(ctx, org, fleet, io.Discard); err != nil {
				t.Fatal(err)
			}
			if want := int64(f.devices); f.receipts != want || f.recovered == 0 || f.checked == 0 {
				t.Errorf("%d receipts of %d; killed: %v; signatures checked behind: %v", f.receipts, want, f.recovered > 0, f.checked > 0)
			}
			if err := f.compare(ctx, org, io.Discard); err != nil || f.bareRows != f.stored {
				t.Errorf("the bare engine took %d of %d rows, %v", f.bareRows, f.stored, err)
			}
			lost := fleet.devices[3]
			for what, change := range map[string]string{
				"an entry is lost":    "DELETE FROM entries WHERE device_id = $1 AND seq = 110",
				"an entry is held":    "UPDATE entries SET covered = 0 WHERE device_id = $1 AND seq = 7",
				"an entry is doubled": "UPDATE entries SET seq = 8 WHERE device_id = $1 AND seq = 9",
			} {
				if _, err := org.rows.ExecContext(ctx, change, string(lost.id)); err != nil {
					t.Fatal(err)
				}
				g := f
				g.stored, g.verify = 0, false
				if err := g.count(ctx, org, fleet, io.Discard); err == nil {
					t.Errorf("%s, and nobody sees it", what)
				}
			}
		})
	}
}

// A receipt that is not for the whole journal, or is another device's, is none.
func TestAReceiptForAnotherJournalIsNone(t *testing.T) {
	ctx := t.Context()
	f := figures{options: options{devices: 2, entries: 3, atOnce: 1, engine: engineSQLite, dir: t.TempDir()}}
	org, fleet, err := prepare(ctx, f.options, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer org.close()
	if err := org.start(); err != nil {
		t.Fatal(err)
	}
	d, other := fleet.devices[0], fleet.devices[1]
	if _, err := d.handIn(ctx, org, f.entries); err != nil {
		t.Fatal(err)
	}
	if _, err := d.handIn(ctx, org, f.entries+1); err == nil {
		t.Error("one for fewer entries is taken")
	}
	d.head = other.head
	if _, err := d.handIn(ctx, org, f.entries); err == nil {
		t.Error("one for another head is taken")
	}
}

// What is said meanwhile tells the pace since the last line, not the one from the beginning: growth shows.
func TestProgressTellsThePaceOfLately(t *testing.T) {
	for _, test := range []struct {
		took, lately time.Duration
		n, some      int64
		want         string
	}{
		{time.Minute, time.Minute, 1000, 1000, ", 8333 entries/s and 120.0 µs an entry since the last line, about 9m0s left"},
		{2 * time.Minute, time.Minute, 1500, 500, ", 4167 entries/s and 240.0 µs an entry since the last line, about 11m20s left"},
		{time.Minute, time.Minute, 0, 0, ""},
	} {
		if got := pace(test.took, test.lately, test.n, test.some, 10_000, 500); got != test.want {
			t.Errorf("%d in %v: %q", test.n, test.took, got)
		}
	}
}
