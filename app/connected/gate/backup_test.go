package gate

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"handslag/app/connected/gate/internal/store"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/testnet/postgres"
	"handslag/vault/record"
)

const backedUp = `{"type":"unit","id":"norra","name":"Norra"}
{"type":"user","username":"bo.ek","first":"Bo","last":"Ek","unit":"norra"}
{"type":"record","id":"r-1","kind":"person","subject":"s-1","unit":"norra","card":{"title":"Eva Ekmark","area":"Norra"},"protected":{"name":"Eva Ekmark"}}
{"type":"record","id":"r-2","kind":"person","subject":"s-2","unit":"norra","card":{"title":"Ulf Ek","area":"Norra"},"protected":{"name":"Ulf Ek"}}
{"type":"assignment","id":"W-1","record":"r-1","unit":"norra","title":"Läcka","due":"2026-11-23","text":""}
`

// taken is a backup in memory.
type taken struct {
	snapshot   Snapshot
	data, keys [][]byte
}

func take(t testing.TB, g *Gate) (b taken) {
	t.Helper()
	keep := func(to *[][]byte) func([]byte) error {
		return func(line []byte) error {
			*to = append(*to, bytes.Clone(line))
			return nil
		}
	}
	var err error
	if b.snapshot, err = g.Backup(context.Background(), keep(&b.data), keep(&b.keys)); err != nil {
		t.Fatal(err)
	}
	return b
}

func lines(all [][]byte) Lines {
	return func(each func([]byte) error) error {
		for _, line := range all {
			if err := each(line); err != nil {
				return err
			}
		}
		return nil
	}
}

// elsewhere is an empty database, on the other engine where there is one.
func elsewhere(t testing.TB, config Config) Config {
	config.Path, config.Postgres = filepath.Join(t.TempDir(), "y.db"), ""
	return config
}

// Restored is every row of every table, on either engine; what came after is not, and whom the orders name is gone.
func TestARestoreIsEveryTable(t *testing.T) {
	ctx, c := context.Background(), newCrowded(t, postgres.Database(t))
	if _, err := c.g.Import(ctx, strings.NewReader(backedUp)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.g.EraseSubject(ctx, "s-2"); err != nil {
		t.Fatal(err)
	}
	c.exec("INSERT INTO devices (id, user_id, machine, keys, epoch, expires_at, enrolled_at, seen_at, synced_at, revoked_at, page) SELECT 'd-1', id, 'm', $1, 3, 0, 0, 0, 0, 0, 0 FROM users", []byte{})
	b := take(t, c.g)
	for name, config := range map[string]Config{"sqlite": elsewhere(t, c.g.config), "the same": func() Config {
		config := elsewhere(t, c.g.config)
		config.Postgres = postgres.Database(t)
		return config
	}()} {
		config.Keys = *c.g.keys()
		g, v, err := Restore(ctx, config, b.snapshot, lines(b.data), lines(b.keys))
		if err != nil {
			t.Fatal(name, err, v.Problems)
		}
		t.Cleanup(func() { g.Close(ctx) })
		if err := g.Ready(ctx); !errors.Is(err, ErrRestored) {
			t.Errorf("%s: it serves: %v", name, err)
		}
		if err := g.Started(ctx); !errors.Is(err, ErrRestored) {
			t.Errorf("%s: it starts: %v", name, err)
		}
		var again taken
		err = g.store.Read(ctx, func(tx *store.Tx) error {
			again = taken{}
			for to, tables := range map[*[][]byte]func(func([]byte) error) error{
				&again.data: func(each func([]byte) error) error { return tx.Dump(ctx, store.DumpedData, each) },
				&again.keys: func(each func([]byte) error) error { return tx.Dump(ctx, store.DumpedKeys, each) },
			} {
				if err := tables(func(line []byte) error { *to = append(*to, bytes.Clone(line)); return nil }); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(name, err)
		}
		compare(t, name, b.keys, again.keys, nil)
		compare(t, name, b.data, again.data, func(l store.Line) bool { return len(l.Row) == 2 && l.Row[0] == counterRestored })

		// The order about s-1, whom these data know.
		order := Orders{{Version: 1, Org: g.org, Number: 1 << 52, Subject: "s-1", At: g.now()}, {Version: 1, Org: g.org, Number: 1<<52 + 1, Subject: "s-never", At: g.now()}}
		generation, err := g.Restored(ctx, order)
		if err != nil || generation.Size != uint64(b.snapshot.Size) || !bytes.Equal(generation.Root, b.snapshot.Root[:]) || generation.Orders != 1<<52+1 {
			t.Fatalf("%s: %+v, %v", name, generation, err)
		}
		if _, err := g.Resume(ctx, order); err == nil {
			t.Errorf("%s: it goes on without the root key's word", name)
		}
		keys := *g.keys()
		generation.Number = 2
		keys.Parsed.Number, keys.Parsed.Generations = 2, []identity.LogGeneration{generation}
		if err := g.SetKeys(keys); err != nil {
			t.Fatal(err)
		}
		done, err := g.Resume(ctx, order)
		if err != nil || done.Orders != 2 || done.Generation != 2 {
			t.Fatalf("%s: %+v, %v", name, done, err)
		}
		if err := g.Started(ctx); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := g.Resume(ctx, order); !errors.Is(err, ErrNotRestored) {
			t.Errorf("%s: twice: %v", name, err)
		}
		err = g.store.Read(ctx, func(tx *store.Tx) error {
			device, err := tx.Device(ctx, "d-1")
			if device.Epoch < 1_000_000 { // devices may hold the credentials of a century since
				t.Errorf("%s: its next credential counts %d", name, device.Epoch+1)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
		for _, subject := range []string{"s-1", "s-2", "s-never"} {
			err := g.store.Do(ctx, func(tx *store.Tx) error {
				_, err := tx.Seal(ctx, subject, "x", "y", nil)
				return err
			})
			if !errors.Is(err, store.ErrErased) {
				t.Errorf("%s: %s is back: %v", name, subject, err)
			}
		}
		var file bytes.Buffer
		if n, err := g.WriteOrders(ctx, &file); err != nil || n != 3 {
			t.Errorf("%s: %d orders, %v", name, n, err)
		}
		if read, err := ReadOrders(&file, g.org, g.Issuing()); err != nil || len(read) != 3 || read.Newest() != 1<<52+1 {
			t.Errorf("%s: %d orders, %v", name, len(read), err)
		}
		if v, err := g.VerifyAll(ctx); err != nil || !v.Sound() || v.Leaves <= b.snapshot.Size {
			t.Errorf("%s: %v, %v", name, v.Problems, err)
		}
	}
}

func compare(t *testing.T, name string, want, have [][]byte, but func(store.Line) bool) {
	t.Helper()
	at := 0
	for _, line := range have {
		var l store.Line
		if err := signed.Decode(line, store.LineLimit, &l); err != nil {
			t.Fatal(err)
		}
		if but != nil && but(l) {
			continue
		}
		if at == len(want) || !bytes.Equal(line, want[at]) {
			t.Fatalf("%s: line %d is another: %v", name, at, l)
		}
		at++
	}
	if at != len(want) || at < 2 {
		t.Errorf("%s: %d lines of %d", name, at, len(want))
	}
}

// What was changed before the backup was signed is found by the tree, and nothing of it stays.
func TestAnUnsoundBackupIsNotRestored(t *testing.T) {
	ctx, c := context.Background(), newCrowded(t, postgres.Database(t))
	if _, err := c.g.Import(ctx, strings.NewReader(backedUp)); err != nil {
		t.Fatal(err)
	}
	b := take(t, c.g)
	config := elsewhere(t, c.g.config)
	config.Keys = *c.g.keys()
	for name, spoil := range map[string]func(taken) taken{
		"a time changed": func(b taken) taken { return b.change(t, "entries", "received_at", uint64(5)) },
		"a root of another log": func(b taken) taken {
			b.snapshot.Root[0] ^= 1
			return b
		},
		"a log that was longer": func(b taken) taken {
			b.snapshot.Size++
			return b
		},
	} {
		bad := spoil(b)
		if _, _, err := Restore(ctx, config, bad.snapshot, lines(bad.data), lines(bad.keys)); !errors.Is(err, ErrUnsound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	g, v, err := Restore(ctx, config, b.snapshot, lines(b.data), lines(b.keys))
	if err != nil {
		t.Fatalf("after them the true one: %v, %v", err, v.Problems)
	}
	t.Cleanup(func() { g.Close(ctx) })
}

// change sets a column of a table's first row.
func (b taken) change(t *testing.T, table, column string, value any) taken {
	out := b
	out.data = nil
	at, found := -1, false
	for _, line := range b.data {
		var l store.Line
		if err := signed.Decode(line, store.LineLimit, &l); err != nil {
			t.Fatal(err)
		}
		switch {
		case l.Table != "":
			at = -1
			for i, name := range l.Columns {
				if l.Table == table && name == column {
					at = i
				}
			}
		case at >= 0 && !found:
			l.Row[at], found = value, true
			line, _ = signed.Encode(l)
		}
		out.data = append(out.data, line)
	}
	if !found {
		t.Fatalf("no %s.%s", table, column)
	}
	return out
}

func FuzzReadOrders(f *testing.F) {
	key, err := signed.PrivateKeyFromSeed(make([]byte, 32))
	if err != nil {
		f.Fatal(err)
	}
	org := identity.OrgIDOf(key.Public())
	order, err := record.Erasure{Version: 1, Org: org, Number: 7, Subject: "s-1", At: 1}.Sign(key)
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("not base64"))
	f.Add([]byte(base64.StdEncoding.EncodeToString(order) + "\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		orders, err := ReadOrders(bytes.NewReader(data), org, []signed.Key{key.Public()})
		if err != nil {
			return
		}
		for _, o := range orders {
			if o.Org != org || o.Check() != nil {
				t.Errorf("believed: %+v", o)
			}
		}
	})
}
