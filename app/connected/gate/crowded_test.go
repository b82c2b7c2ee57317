package gate

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/identity/access"
	"handslag/identity/signed"
	"handslag/testnet/postgres"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// crowded is a gate whose log is filled past it, row by row in SQL, with entries that were never said: 2,740 a
// day, in batches of ten from 2,000 devices, about 20,011 records with cards that decrypt. Each fifth batch was
// said up to three days before it came, and one person, who has left, said 100,000 of the first 500,000.
type crowded struct {
	t        testing.TB
	g        *Gate
	db       *sql.DB
	n        int               // entries
	things   int               // records that there are
	reviewer identity.DeviceID // whose log pages are
}

const (
	crowdedSince = int64(1_600_000_000_000_000) // µs
	crowdedEvery = int64(31_532_846)            // µs from entry to entry
	gone         = "p-gone"

	crowdedThings = 20011
	crowdedSets   = 7 // of units: n-1, n-2, … and, of the last ones, n-1 beside it
)

// crowdedIn reports whether a unit is one of a set.
func crowdedIn(unit string, set int64) bool {
	return set > 0 && (unit == crowdedUnit(set) || unit == "n-1" && set > 5)
}

func crowdedUnit(set int64) string {
	if set == 0 {
		return ""
	}
	return fmt.Sprintf("n-%d", set)
}

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

// people are those who are named: 2,000, each with a device, a reviewer, and one who has left.
func (c *crowded) people() {
	c.t.Helper()
	user := "INSERT INTO users (id, username, first_name, last_name, password, created_at, disabled_at) VALUES ($1, $2, $3, 'Ek', '', 0, 0)"
	err := c.g.store.Do(context.Background(), func(tx *store.Tx) error {
		for set := range int64(crowdedSets + 1) {
			if err := tx.PutUnit(context.Background(), sqlc.PutUnitParams{ID: fmt.Sprintf("n-%d", set), Name: "Norra"}); err != nil {
				return err
			}
			for unit := range int64(crowdedSets + 1) {
				if !crowdedIn(fmt.Sprintf("n-%d", unit), set) {
					continue
				}
				if err := tx.AddUnitSet(context.Background(), sqlc.AddUnitSetParams{ID: set, UnitID: fmt.Sprintf("n-%d", unit)}); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		c.t.Fatal(err)
	}
	c.exec("CREATE TABLE raws (n BIGINT PRIMARY KEY, raw BYTEA)")
	c.exec(user, "p-anna", "anna", "Anna")
	c.exec(user, gone, "gone", "Gun")
	tx := c.begin()
	for i := range 2000 {
		tx(user, fmt.Sprintf("p-%d", i), fmt.Sprintf("u%d", i), "Bo")
		for _, id := range []string{fmt.Sprintf("d-%d", i), string(crowdedDevice(i))} {
			tx("INSERT INTO devices (id, user_id, machine, keys, epoch, expires_at, enrolled_at, seen_at, synced_at, revoked_at, page) VALUES ($1, $2, '', $3, 0, 0, 0, 0, 0, 0, 0)",
				id, fmt.Sprintf("p-%d", i), []byte{})
		}
	}
	tx("")
}

// begin is exec in one transaction, which nothing ends.
func (c *crowded) begin() func(statement string, args ...any) {
	c.t.Helper()
	tx, err := c.db.Begin()
	if err != nil {
		c.t.Fatal(err)
	}
	return func(statement string, args ...any) {
		c.t.Helper()
		if statement == "" {
			err = tx.Commit()
		} else {
			_, err = tx.Exec(statement, args...)
		}
		if err != nil {
			c.t.Fatalf("%s: %v", statement, err)
		}
	}
}

// crowdedDevice is a device's ID as entries name it.
func crowdedDevice(i int) identity.DeviceID {
	seed := sha256.Sum256(fmt.Appendf(nil, "device %d", i%2000))
	return identity.DeviceIDOf(signed.Key{Alg: signed.EdDSA, Bytes: seed[:]})
}

// addThings adds records and assignments up to n in all, and what is said of each.
func (c *crowded) addThings(n int) {
	c.t.Helper()
	ctx := context.Background()
	must := func(err error) {
		c.t.Helper()
		if err != nil {
			c.t.Fatal(err)
		}
	}
	var raws [][]byte
	must(c.g.store.Do(ctx, func(tx *store.Tx) error {
		raws = nil
		for i := c.things; i < n; i++ {
			subject, id := fmt.Sprintf("s-%d", i), fmt.Sprintf("r-%d", i)
			cipher := sha256.Sum256([]byte(id))
			rec := record.Record{Version: 1, Org: c.g.org, ID: journal.RecordID(id), Number: 1, Subject: journal.SubjectID(subject), Kind: "person", Unit: "n-1",
				Card: record.Card{Title: "Maj Ripsele", Street: "Sparvhagen 4"}, Cipher: cipher[:], Issued: 1, Commitment: cipher[:]}
			body, err := rec.Sign(c.g.keys().Issuing)
			must(err)
			sealed, err := tx.Seal(ctx, subject, "records:body", versionRow(id, 1), body)
			must(err)
			key, err := tx.Seal(ctx, subject, "records:content_key", versionRow(id, 1), cipher[:])
			must(err)
			must(tx.PutRecord(ctx, sqlc.PutRecordParams{ID: id, Number: 1, Subject: subject, UnitID: "n-1", Body: sealed, Cipher: cipher[:], ContentKey: key, LineMac: []byte{}}))
			e := journal.Entry{Version: 1, Kind: journal.RecordOpened, Device: crowdedDevice(i), Generation: 1, Seq: 2, Epoch: 1, Prev: cipher[:],
				Subject: rec.Subject, Record: rec.ID, Peer: crowdedDevice(i + 1), After: 1}
			if i%10 == 9 {
				e.Assignment = journal.AssignmentID(fmt.Sprintf("u-%d", i))
				work := record.Assignment{Version: 1, Org: c.g.org, ID: e.Assignment, Number: 1, Record: rec.ID, Subject: rec.Subject, Unit: "n-1", Title: "Läcka", Issued: 1}
				body, err := work.Sign(c.g.keys().Issuing)
				must(err)
				sealed, err := tx.Seal(ctx, subject, "assignment_versions:body", versionRow(string(work.ID), 1), body)
				must(err)
				must(tx.AddAssignment(ctx, sqlc.AddAssignmentParams{ID: string(work.ID), Number: 1, RecordID: id, Subject: subject, UnitID: "n-1", LineMac: []byte{}}))
				must(tx.AddAssignmentVersion(ctx, sqlc.AddAssignmentVersionParams{AssignmentID: string(work.ID), Number: 1, Body: sealed}))
			}
			raw, err := e.Sign(func(content signed.Content) ([]byte, error) { return content.Sign(c.g.keys().Log) })
			must(err)
			raws = append(raws, raw)
		}
		return nil
	}))
	tx := c.begin()
	for i, raw := range raws {
		tx("INSERT INTO raws (n, raw) VALUES ($1, $2)", c.things+i, raw)
	}
	tx("")
	c.things = n
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
	if c.n == 0 {
		c.people()
	}
	if things := min(n, crowdedThings); c.things < things {
		c.addThings(things)
	}
	indexes := c.dropIndexes()
	blob := "CAST('%s' || i AS BLOB)"
	if c.g.config.Postgres != "" {
		blob = "convert_to('%s' || i, 'UTF8')"
	}
	counted := fmt.Sprintf("WITH RECURSIVE n (i) AS (SELECT CAST(%d AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < %%d) ", c.n+1)
	received := fmt.Sprintf("(%d + (i / 10) * 10 * CAST(%d AS BIGINT))", crowdedSince, crowdedEvery)
	early := "(CASE WHEN (i / 10) % 5 = 0 THEN ((i / 10) % 3 + 1) * 86400000000 ELSE 60000000 END)"
	c.exec(fmt.Sprintf(counted, n)+`INSERT INTO entries (id, hash, raw, device_id, generation, seq, covered, verdict, is_system, kind, person_id, epoch,
			not_before, received_at, subject, record_id, assignment_id, peer, pair, lone, address, carrier, payload_subject, payload, payload_state, unit_set)
		SELECT i, `+fmt.Sprintf(blob, "h")+`, raws.raw, 'd-' || (i / 10 * 7919 % 2000), 1, i, 1, 'follows', CASE WHEN i % 10 = 0 THEN 1 ELSE 0 END,
			CASE WHEN i % 10 = 9 THEN 'assignment.noted' WHEN i % 100 = 42 THEN 'record.refused' WHEN i % 10000 = 77 THEN 'device.wiped' WHEN i % 3 = 0 THEN 'record.closed' ELSE 'record.opened' END,
			CASE WHEN i < 500000 AND i % 5 = 0 THEN '`+gone+`' ELSE 'p-' || (i / 10 * 7919 % 2000) END, 1,
			`+received+` - `+early+`, `+received+`, 's-' || (i % 20011), 'r-' || (i % 20011),
			CASE WHEN i % 10 = 9 THEN 'u-' || (i % 20011) ELSE '' END, 'd-' || (i % 2000), $1, 0, '', '', '', $1, 0, i / 10 * 7919 % 2000 % 8
		FROM n JOIN raws ON raws.n = i % `+fmt.Sprint(c.things), []byte{})
	c.exec(fmt.Sprintf(strings.Replace(counted, fmt.Sprint(c.n+1), fmt.Sprint(c.n/10), 1), n/10) + `INSERT INTO late (day, received_at, last, first, person_id)
		SELECT ` + strings.ReplaceAll(received, "(i / 10) * 10", "i * 10") + ` / 86400000000 - d.back, ` + strings.ReplaceAll(received, "(i / 10) * 10", "i * 10") + `, i * 10 + 9, i * 10, 'p-' || (i * 7919 % 2000)
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
