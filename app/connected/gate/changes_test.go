package gate

import (
	"context"
	"fmt"
	"testing"
	"time"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/identity/access"
	"handslag/identity/signed"
	"handslag/sync/link"
)

// BenchmarkChanges is a device's first pages of changes, 200 records each: the cost of one does not grow with how many
// records concern its person, nor with how many were sent before.
func BenchmarkChanges(b *testing.B) {
	onBoth(b, func(b *testing.B, url string) {
		for _, n := range []int{2_000, 20_000} {
			c := newCrowded(b, url)
			c.people()
			c.addThings(n)
			caller := c.named("p-1")
			b.Run(fmt.Sprint(n), func(b *testing.B) {
				cursor := ""
				for b.Loop() {
					page := c.changes(b, caller, cursor)
					if len(page.Records) != link.PageRecords {
						b.Fatalf("%d records", len(page.Records))
					}
					if cursor = page.Cursor; !page.More || page.Left < link.PageRecords {
						b.StopTimer()
						c.exec("DELETE FROM sent")
						cursor = ""
						b.StartTimer()
					}
				}
			})
			if url != "" {
				return // one database
			}
		}
	})
}

// named is a device of somebody whom all records name.
func (c *crowded) named(user string) sqlc.Device {
	c.t.Helper()
	keys, err := identity.NewKeySet()
	if err != nil {
		c.t.Fatal(err)
	}
	public, err := signed.Encode(keys.Public())
	if err != nil {
		c.t.Fatal(err)
	}
	c.exec("INSERT INTO record_people (record_id, user_id) SELECT id, '" + user + "' FROM records")
	d := sqlc.Device{ID: string(keys.Device()), UserID: user, Keys: public, ExpiresAt: 1 << 60}
	c.exec("INSERT INTO devices (id, user_id, machine, keys, epoch, expires_at, enrolled_at, seen_at, synced_at, revoked_at, page) VALUES ($1, $2, '', $3, 0, $4, 0, 0, 0, 0, 0)", d.ID, user, public, d.ExpiresAt)
	return d
}

func (c *crowded) changes(t testing.TB, d sqlc.Device, cursor string) (page link.Page) {
	t.Helper()
	ctx := context.Background()
	err := c.g.store.Do(ctx, func(tx *store.Tx) error {
		device, err := tx.Device(ctx, d.ID)
		if err != nil {
			return err
		}
		call := &Call{ctx: ctx, g: c.g, tx: tx, Now: signed.At(time.Now()), Person: identity.Person{ID: identity.PersonID(d.UserID)}, route: &Route{Path: link.PathChanges}, device: &device,
			user: &sqlc.User{ID: d.UserID}, who: access.Subject{Person: identity.PersonID(d.UserID), Grants: []identity.Grant{{Right: access.RecordRead, Scope: access.Own}}}}
		page, err = call.Changes(cursor, link.Had{Statement: 1})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// The way through all that concerns somebody begins where the page before ended, whatever a cursor says it is.
func TestACursorIsReadAsItWasWrittenOrNotAtAll(t *testing.T) {
	for _, at := range []place{{}, {station: 1, id: "U-2300", left: 7}, {kind: sentRecord, id: "r.1-x", left: 1}, {station: 2, left: 9}} {
		page, got, err := parseCursor(at.cursor(12))
		if err != nil || page != 12 || got != at {
			t.Errorf("%q: %d %+v %v", at.cursor(12), page, got, err)
		}
	}
	for _, bad := range []string{"x", "-1", "1/", "1/0/a/b", "1/9/a/b/0", "1/0/a b/c/0", "1/0/a/b/-1", "1/0/a/b/0/0", "1/-1/a/b/0"} {
		if _, _, err := parseCursor(bad); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
}
