package gate

import (
	"context"
	"strings"
	"testing"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/testnet/postgres"
	"handslag/vault/journal"
)

// Who has the data key too can encrypt other words where an entry's own were. The entry was signed with a commitment
// to those.
func TestWordsThatAnEntryDoesNotCommitToAreSeen(t *testing.T) {
	ctx, c := context.Background(), newCrowded(t, postgres.Database(t))
	for what, row := range map[string]struct{ note, says string }{
		"the same words":            {"", ""},
		"another reason":            {"avbokad", "its words are not those it commits to"},
		"the same reason once more": {"läcka", "its words are not those it commits to"}, // the salt is another
	} {
		var place int64
		err := c.g.store.Do(ctx, func(tx *store.Tx) (err error) {
			place, err = c.g.say(ctx, tx, journal.Entry{Kind: journal.SystemChanged, Subject: "s-1"}, &journal.Details{Note: "läcka"})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		var was []byte
		if err := c.db.QueryRow("SELECT payload FROM entries WHERE id = $1", place).Scan(&was); err != nil {
			t.Fatal(err)
		}
		err = c.g.store.Do(ctx, func(tx *store.Tx) error {
			rows, err := tx.EntriesFrom(ctx, sqlc.EntriesFromParams{After: place - 1, Rows: 1})
			if err != nil || row.note == "" {
				return err
			}
			p, err := journal.NewPayload(journal.Details{Note: row.note})
			if err != nil {
				return err
			}
			if err := keepPayload(ctx, tx, &rows[0], p, "s-1"); err != nil {
				return err
			}
			return tx.SetPayload(ctx, sqlc.SetPayloadParams{ID: place, PayloadSubject: "s-1", Payload: rows[0].Payload, PayloadState: payloadKept})
		})
		if err != nil {
			t.Fatal(err)
		}
		v, err := c.g.VerifyAll(ctx)
		if says := strings.Join(v.Problems, "\n"); err != nil || (says == "") != (row.says == "") || !strings.Contains(says, row.says) {
			t.Errorf("%s: verify says %q, %v", what, says, err)
		}
		c.exec("UPDATE entries SET payload = $1 WHERE id = $2", was, place)
	}
}
