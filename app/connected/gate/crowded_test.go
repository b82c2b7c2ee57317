package gate

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
// day, in batches of ten from 2,000 devices, about 20,040 records with cards and words that decrypt. Of forty
// entries two are the halves of a share, two of work that came to a colleague, two a search and what it found. Each fifth batch was
// said up to three days before it came, and one person, who has left, said 100,000 of the first 500,000. Rows that
// are made of the same template have the same bytes, hash and words, and else nothing in common.
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

	crowdedThings = 20040 // of which each fortieth is of one kind
	crowdedForty  = 40
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
	config := Config{Path: filepath.Join(cmp.Or(os.Getenv("HANDSLAG_BENCH_KEEP"), t.TempDir()), "x.db"), Postgres: url, Decide: access.May, Zone: time.FixedZone("", 3600),
		Keys: Keys{Statement: []byte{0}, Parsed: statement, Issuing: keys[1], Log: keys[2], Sealing: []*identity.SealPrivate{sealing}, Data: make([]byte, 32)}}
	g, err := Open(context.Background(), config)
	must(err)
	t.Cleanup(func() { must(g.Close(context.Background())) })
	c := &crowded{t: t, g: g, reviewer: identity.DeviceIDOf(keys[0].Public())}
	if url != "" {
		c.db, err = sql.Open("pgx", url)
	} else {
		c.db, err = sql.Open("sqlite", config.Path+"?_pragma=synchronous(OFF)&_pragma=busy_timeout(60000)&_pragma=cache_size(-262144)")
	}
	must(err)
	c.db.SetMaxOpenConns(1)
	t.Cleanup(func() { must(c.db.Close()) })
	if c.db.QueryRow("SELECT COUNT(*) FROM raws").Scan(&c.things) == nil { // as an earlier run left it
		c.count()
	}
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
	c.exec("CREATE TABLE raws (n BIGINT PRIMARY KEY, thing BIGINT, raw BYTEA, hash BYTEA, kind TEXT, assignment_id TEXT, pair BYTEA, payload_subject TEXT, payload BYTEA)")
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

// crowdedKind is what the templates of one place in forty say.
func crowdedKind(n int) journal.Kind {
	switch n % crowdedForty {
	case 2:
		return journal.RecordRefused
	case 9, 19, 22, 29, 39:
		return journal.AssignmentNoted
	case 20:
		return journal.ShareSent
	case 21:
		return journal.ShareReceived
	case 23:
		return journal.AssignmentReceived
	case 24:
		return journal.RecordsSearched
	case 25:
		return journal.RecordFound
	}
	if n%3 == 0 {
		return journal.RecordClosed
	}
	return journal.RecordOpened
}

// follows reports whether the template goes on with the thing of the one before.
func follows(n int) bool { return n%crowdedForty == 21 || n%crowdedForty == 23 }

// addThings adds records and assignments up to n in all, and what is said of each.
func (c *crowded) addThings(n int) {
	c.t.Helper()
	must := func(err error) {
		c.t.Helper()
		if err != nil {
			c.t.Fatal(err)
		}
	}
	var rows []func(func(string, ...any))
	must(c.g.store.Do(context.Background(), func(tx *store.Tx) error {
		rows = nil
		var before []byte
		for i := c.things; i < n; i++ {
			rec, work := c.addThing(tx, i)
			e := journal.Entry{Version: 1, Kind: crowdedKind(i), Device: crowdedDevice(i), Generation: 1, Seq: 2, Epoch: 1, Prev: rec.Cipher,
				Subject: rec.Subject, Record: rec.ID, Assignment: work, Peer: crowdedDevice(i + 1), After: 1}
			thing, pair := i, []byte{}
			if follows(i) {
				thing = i - 1
				e.Record, e.Subject, e.Assignment = journal.RecordID(fmt.Sprintf("r-%d", thing)), journal.SubjectID(fmt.Sprintf("s-%d", thing)), ""
			}
			switch e.Kind {
			case journal.AssignmentReceived:
				e.Pair, e.Assignment = before, journal.AssignmentID(fmt.Sprintf("u-%d", thing))
				pair = before
			case journal.RecordFound:
				e.Ref = before
			}
			words, err := journal.NewPayload(journal.Details{Reason: "Dagens uppdrag", Note: "Läckan under diskbänken är lagad, och locket sitter."})
			must(err)
			e.Payload, err = words.Commit()
			must(err)
			raw, err := e.Sign(func(content signed.Content) ([]byte, error) { return content.Sign(c.g.keys().Log) })
			must(err)
			hash := journal.HashOf(raw)
			before = hash[:]
			row := sqlc.Entry{Hash: before}
			must(keepPayload(context.Background(), tx, &row, words, string(rec.Subject)))
			rows = append(rows, func(tx func(string, ...any)) {
				tx("INSERT INTO raws (n, thing, raw, hash, kind, assignment_id, pair, payload_subject, payload) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
					i, thing, raw, row.Hash, string(e.Kind), string(e.Assignment), pair, row.PayloadSubject, row.Payload)
			})
		}
		return nil
	}))
	tx := c.begin()
	for _, row := range rows {
		row(tx)
	}
	tx("")
	c.things = n
}

// addThing adds a record and, where that place in forty has one, an assignment.
func (c *crowded) addThing(tx *store.Tx, i int) (record.Record, journal.AssignmentID) {
	ctx := context.Background()
	must := func(err error) {
		c.t.Helper()
		if err != nil {
			c.t.Fatal(err)
		}
	}
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
	if crowdedKind(i) != journal.AssignmentNoted {
		return rec, ""
	}
	work := record.Assignment{Version: 1, Org: c.g.org, ID: journal.AssignmentID(fmt.Sprintf("u-%d", i)), Number: 1, Record: rec.ID, Subject: rec.Subject, Unit: "n-1", Title: "Läcka", Issued: 1}
	if body, err = work.Sign(c.g.keys().Issuing); err != nil {
		c.t.Fatal(err)
	}
	sealed, err = tx.Seal(ctx, subject, "assignment_versions:body", versionRow(string(work.ID), 1), body)
	must(err)
	must(tx.AddAssignment(ctx, sqlc.AddAssignmentParams{ID: string(work.ID), Number: 1, RecordID: id, Subject: subject, UnitID: "n-1", LineMac: []byte{}}))
	must(tx.AddAssignmentVersion(ctx, sqlc.AddAssignmentVersionParams{AssignmentID: string(work.ID), Number: 1, Body: sealed}))
	return rec, work.ID
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
	if c.n == 0 {
		c.people()
	} else {
		c.count() // looks at it were entered since
	}
	if things := min(n/crowdedForty*crowdedForty, crowdedThings); c.things < things {
		c.addThings(things)
	}
	indexes := c.dropIndexes()
	blob := "CAST('p' || %s AS BLOB)"
	if c.g.config.Postgres != "" {
		blob = "convert_to('p' || %s, 'UTF8')"
	}
	counted := fmt.Sprintf("WITH RECURSIVE n (i) AS (SELECT CAST(%d AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < %%d) ", c.n+1)
	received := fmt.Sprintf("(%d + (i / 10) * 10 * CAST(%d AS BIGINT))", crowdedSince, crowdedEvery)
	early := "(CASE WHEN (i / 10) % 5 = 0 THEN ((i / 10) % 3 + 1) * 86400000000 ELSE 60000000 END)"
	device := "'d-' || (i / 10 * 7919 % 2000)"
	c.exec(fmt.Sprintf(counted, n) + `INSERT INTO entries (id, hash, raw, device_id, generation, seq, covered, verdict, is_system, kind, person_id, epoch,
			not_before, received_at, subject, record_id, assignment_id, peer, pair, lone, address, carrier, payload_subject, payload, payload_state, unit_set)
		SELECT i, raws.hash, raws.raw, CASE WHEN i % 40 IN (21, 23) THEN 'd-' || ((i - 1) % 2000) ELSE ` + device + ` END, 1, i, 1, 'follows', CASE WHEN i % 10 = 0 AND i % 40 <> 20 THEN 1 ELSE 0 END,
			CASE WHEN i % 10000 = 77 THEN 'device.wiped' ELSE raws.kind END,
			CASE WHEN i < 500000 AND i % 5 = 0 THEN '` + gone + `' WHEN i % 40 IN (21, 23) THEN 'p-' || ((i - 1) % 2000) ELSE 'p-' || (i / 10 * 7919 % 2000) END, 1,
			` + received + ` - ` + early + `, ` + received + `, 's-' || raws.thing, 'r-' || raws.thing, raws.assignment_id,
			CASE WHEN i % 40 IN (21, 23) THEN ` + device + ` ELSE 'd-' || (i % 2000) END,
			CASE i % 40 WHEN 20 THEN ` + fmt.Sprintf(blob, "i") + ` WHEN 21 THEN ` + fmt.Sprintf(blob, "(i - 1)") + ` ELSE raws.pair END,
			0, '', '', raws.payload_subject, raws.payload, 1, i / 10 * 7919 % 2000 % 8
		FROM n JOIN raws ON raws.n = i % ` + fmt.Sprint(c.things))
	c.exec(fmt.Sprintf(strings.Replace(counted, fmt.Sprint(c.n+1), fmt.Sprint(c.n/10), 1), n/10) + `INSERT INTO late (day, received_at, last, first, person_id)
		SELECT ` + strings.ReplaceAll(received, "(i / 10) * 10", "i * 10") + ` / 86400000000 - d.back, ` + strings.ReplaceAll(received, "(i / 10) * 10", "i * 10") + `, i * 10 + 9, i * 10, 'p-' || (i * 7919 % 2000)
		FROM n JOIN (SELECT 0 AS back UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3) d ON i % 5 = 0 AND d.back <= i % 3 + 1
		ON CONFLICT (day, last) DO NOTHING`)
	c.exec("DELETE FROM hours")
	c.exec("INSERT INTO hours (hour, first, last) SELECT received_at / 3600000000, MIN(id), MAX(id) FROM entries GROUP BY received_at / 3600000000")
	c.exec("DELETE FROM log_tiles")
	for level := 0; n>>(8*level) > 0; level++ {
		hashes := n >> (8 * level)
		tiles := "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %d) INSERT INTO log_tiles (level, number, hashes) SELECT %d, i, $1 FROM n WHERE i >= %d"
		if full := hashes / 256; full > 0 {
			c.exec(fmt.Sprintf(tiles, full-1, level, 0), make([]byte, 32*256))
		}
		if more := hashes % 256; more > 0 {
			c.exec(fmt.Sprintf(tiles, hashes/256, level, hashes/256), make([]byte, 32*more))
		}
	}
	c.exec("DELETE FROM counters WHERE name = 'entries'")
	c.exec("INSERT INTO counters (name, value) VALUES ('entries', $1)", n)
	for _, index := range indexes {
		c.exec(index)
	}
	if c.g.config.Postgres == "" {
		c.exec("PRAGMA wal_checkpoint(TRUNCATE)") // the program analyses nothing on SQLite
	} else {
		c.exec("ANALYZE") // as the server does by itself
	}
	c.n = n
}

// count learns how many entries there are.
func (c *crowded) count() {
	c.t.Helper()
	if err := c.db.QueryRow("SELECT value FROM counters WHERE name = 'entries'").Scan(&c.n); err != nil {
		c.t.Fatal(err)
	}
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

// onBoth runs a benchmark on both engines. What it fills stays for the next run in the folder HANDSLAG_BENCH_KEEP, and in the
// database HANDSLAG_BENCH_POSTGRES.
func onBoth(b *testing.B, run func(b *testing.B, url string)) {
	b.Run("SQLite", func(b *testing.B) { run(b, "") })
	b.Run("PostgreSQL", func(b *testing.B) {
		if url := os.Getenv("HANDSLAG_BENCH_POSTGRES"); url != "" {
			run(b, url)
			return
		}
		server := postgres.ForTest(b, postgres.Options{Durable: true, Settings: []string{"max_wal_size = 2GB", "maintenance_work_mem = 512MB"}})
		if err := server.Create(context.Background(), "linden"); err != nil {
			b.Fatal(err)
		}
		run(b, server.URL("linden"))
	})
}
