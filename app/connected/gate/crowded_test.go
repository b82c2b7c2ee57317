package gate

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"handslag/app/connected/gate/internal/store"
	"handslag/identity"
	"handslag/identity/access"
	"handslag/identity/signed"
	"handslag/testnet/postgres"
	"handslag/vault/journal"
)

// crowded is a gate whose log is filled past it, row by row in SQL, with entries that were never said: 2,740 a
// day, in batches of ten from 2,000 devices. Each fifth batch was said up to three days before it came,
// and one person, who has left, said 100,000 of the first 500,000.
type crowded struct {
	t        testing.TB
	g        *Gate
	db       *sql.DB
	n        int               // entries
	reviewer identity.DeviceID // whose log pages are
}

const (
	crowdedSince = int64(1_600_000_000_000_000) // µs
	crowdedEvery = int64(31_532_846)            // µs from entry to entry
	gone         = "p-gone"
)

func newCrowded(t testing.TB, url string) *crowded {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var keys [3]*signed.PrivateKey
	for i := range keys {
		key, err := signed.NewPrivateKey(rand.Reader)
		must(err)
		keys[i] = key
	}
	sealing, err := identity.NewSealPrivate()
	must(err)
	statement := identity.Statement{Version: 1, Number: 1, Root: keys[0].Public(), Name: "Linden", Issuing: []signed.Key{keys[1].Public()}, Log: []signed.Key{keys[2].Public()}}
	config := Config{Path: filepath.Join(t.TempDir(), "x.db"), Postgres: url, Decide: access.May, Zone: time.FixedZone("", 3600),
		Keys: Keys{Statement: []byte{0}, Parsed: statement, Issuing: keys[1], Log: keys[2], Sealing: []*identity.SealPrivate{sealing}, Data: make([]byte, 32)}}
	g, err := Open(context.Background(), config)
	must(err)
	t.Cleanup(func() { must(g.Close(context.Background())) })
	c := &crowded{t: t, g: g, reviewer: identity.DeviceIDOf(keys[0].Public())}
	if url != "" {
		c.db, err = sql.Open("pgx", url)
	} else {
		c.db, err = sql.Open("sqlite", config.Path+"?_pragma=synchronous(OFF)&_pragma=busy_timeout(60000)")
	}
	must(err)
	c.db.SetMaxOpenConns(1)
	t.Cleanup(func() { must(c.db.Close()) })
	return c
}

func (c *crowded) exec(statement string, args ...any) {
	c.t.Helper()
	if _, err := c.db.Exec(statement, args...); err != nil {
		c.t.Fatalf("%s: %v", strings.Fields(statement)[:3], err)
	}
}

// grow adds entries up to n in all.
func (c *crowded) grow(n int) {
	c.t.Helper()
	if c.n > 0 { // and looks at it were entered since
		if err := c.db.QueryRow("SELECT value FROM counters WHERE name = 'entries'").Scan(&c.n); err != nil {
			c.t.Fatal(err)
		}
	}
	indexes := c.dropIndexes()
	raw := c.raw()
	blob := "CAST('%s' || i AS BLOB)"
	if c.g.config.Postgres != "" {
		blob = "convert_to('%s' || i, 'UTF8')"
	}
	counted := fmt.Sprintf("WITH RECURSIVE n (i) AS (SELECT CAST(%d AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < %%d) ", c.n+1)
	received := fmt.Sprintf("(%d + (i / 10) * 10 * CAST(%d AS BIGINT))", crowdedSince, crowdedEvery)
	early := "(CASE WHEN (i / 10) % 5 = 0 THEN ((i / 10) % 3 + 1) * 86400000000 ELSE 60000000 END)"
	c.exec(fmt.Sprintf(counted, n)+`INSERT INTO entries (id, hash, raw, device_id, generation, seq, covered, verdict, is_system, kind, person_id, epoch,
			not_before, received_at, subject, record_id, assignment_id, peer, pair, lone, address, carrier, payload_subject, payload, payload_state)
		SELECT i, `+fmt.Sprintf(blob, "h")+`, $1, 'd-' || (i / 10 * 7919 % 2000), 1, i, 1, 'follows', CASE WHEN i % 10 = 0 THEN 1 ELSE 0 END, 'record.opened',
			CASE WHEN i < 500000 AND i % 5 = 0 THEN '`+gone+`' ELSE 'p-' || (i / 10 * 7919 % 2000) END, 1,
			`+received+` - `+early+`, `+received+`, 's-' || (i % 20011), 'r-' || (i % 20011), '', 'd-' || (i % 2000), $2, 0, '', '', '', $2, 0
		FROM n`, raw, []byte{})
	c.exec(fmt.Sprintf(strings.Replace(counted, fmt.Sprint(c.n+1), fmt.Sprint(c.n/10), 1), n/10) + `INSERT INTO late (day, received_at, last, first)
		SELECT ` + strings.ReplaceAll(received, "(i / 10) * 10", "i * 10") + ` / 86400000000 - d.back, ` + strings.ReplaceAll(received, "(i / 10) * 10", "i * 10") + `, i * 10 + 9, i * 10
		FROM n JOIN (SELECT 0 AS back UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3) d ON i % 5 = 0 AND d.back <= i % 3 + 1
		ON CONFLICT (day, received_at, last) DO NOTHING`)
	hashes := "WITH RECURSIVE n (i) AS (SELECT %d UNION ALL SELECT i + 1 FROM n WHERE i < %d) INSERT INTO log_hashes (id, hash) SELECT i, $1 FROM n"
	c.exec(fmt.Sprintf(hashes, tlog.StoredHashIndex(0, int64(c.n)), tlog.StoredHashIndex(0, int64(n))-1), make([]byte, 32))
	c.exec("DELETE FROM counters WHERE name = 'entries'")
	c.exec("INSERT INTO counters (name, value) VALUES ('entries', $1)", n)
	for _, index := range indexes {
		c.exec(index)
	}
	c.exec("ANALYZE")
	if c.g.config.Postgres == "" {
		c.exec("DROP TABLE IF EXISTS sqlite_stat1") // the program makes none
		c.exec("PRAGMA wal_checkpoint(TRUNCATE)")
	}
	c.n = n
}

// dropIndexes drops what is made faster anew when the rows are there, and says how.
func (c *crowded) dropIndexes() (again []string) {
	c.t.Helper()
	list := "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'entries' AND sql IS NOT NULL"
	if c.g.config.Postgres != "" {
		list = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'entries' AND indexdef NOT LIKE 'CREATE UNIQUE%'"
	}
	rows, err := c.db.Query(list)
	if err != nil {
		c.t.Fatal(err)
	}
	defer rows.Close()
	var drop []string
	for rows.Next() {
		var name, made string
		if err := rows.Scan(&name, &made); err != nil {
			c.t.Fatal(err)
		}
		drop, again = append(drop, "DROP INDEX "+name), append(again, made)
	}
	rows.Close()
	if len(drop) < 8 {
		c.t.Fatalf("only %d indexes found", len(drop))
	}
	for _, statement := range drop {
		c.exec(statement)
	}
	return again
}

// raw is an entry as somebody signed it: what rows show is read from it.
func (c *crowded) raw() []byte {
	c.t.Helper()
	key, err := signed.NewPrivateKey(rand.Reader)
	if err != nil {
		c.t.Fatal(err)
	}
	e := journal.Entry{Version: 1, Kind: journal.RecordOpened, Device: identity.DeviceIDOf(key.Public()), Generation: 1, Seq: 1, Epoch: 1,
		Prev: make([]byte, 32), Subject: "s-1", Record: "r-1", After: 1}
	raw, err := e.Sign(func(content signed.Content) ([]byte, error) { return content.Sign(key) })
	if err != nil {
		c.t.Fatal(err)
	}
	return raw
}

// read is one page.
func (c *crowded) read(q logQuery, tell func(tx *store.Tx, q *logQuery) error) {
	c.t.Helper()
	err := c.g.store.Read(context.Background(), func(tx *store.Tx) error { return tell(tx, &q) })
	if err != nil {
		c.t.Fatal(err)
	}
}

// onBoth runs a benchmark on both engines.
func onBoth(b *testing.B, run func(b *testing.B, url string)) {
	b.Run("SQLite", func(b *testing.B) { run(b, "") })
	b.Run("PostgreSQL", func(b *testing.B) {
		server := postgres.ForTest(b, postgres.Options{Durable: true})
		if err := server.Create(context.Background(), "linden"); err != nil {
			b.Fatal(err)
		}
		run(b, server.URL("linden"))
	})
}
