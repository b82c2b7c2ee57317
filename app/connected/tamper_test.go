package connected_test

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"database/sql"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"handslag/app/connected"
	"handslag/app/connected/gate"
	"handslag/sync/link"
	"handslag/testnet/postgres"
	"handslag/vault/journal"
)

// Whoever has the file can change it; VerifyAll says so.
func TestAChangedLogIsNotSound(t *testing.T) {
	for name, change := range map[string]string{
		"a person exchanged":        `UPDATE entries SET subject = 's-maja' WHERE subject = 's-maj' AND kind = 'record.opened'`,
		"a caller exchanged":        `UPDATE entries SET person_id = 'p-other' WHERE kind = 'system.record_sent'`,
		"a hash exchanged":          `UPDATE entries SET hash = ZEROS WHERE kind = 'record.opened'`,
		"an entry taken out":        `DELETE FROM entries WHERE kind = 'record.opened'`,
		"the newest entry cut off":  `DELETE FROM entries WHERE id = (SELECT MAX(id) FROM entries WHERE is_system = 0)`,
		"a journal dropped":         `DELETE FROM entries WHERE is_system = 0`,
		"a receipt for too much":    `UPDATE chains SET last_seq = last_seq + 1`,
		"a chain forgotten":         `DELETE FROM chains`,
		"a held entry made to fit":  `UPDATE entries SET covered = 1 WHERE covered = 0`,
		"words exchanged":           `UPDATE entries SET payload = (SELECT payload FROM entries WHERE kind = 'system.changed' LIMIT 1) WHERE kind = 'record.opened'`,
		"a credential dropped":      `DELETE FROM credentials`,
		"signed bytes exchanged":    `UPDATE entries SET raw = (SELECT raw FROM entries WHERE kind = 'record.closed' LIMIT 1) WHERE kind = 'record.opened'`,
		"a time put back":           `UPDATE entries SET received_at = received_at - 1 WHERE kind = 'record.opened'`,
		"two change places":         `UPDATE entries SET id = CASE id WHEN 5 THEN -6 ELSE -5 END WHERE id IN (5, 6); UPDATE entries SET id = -id WHERE id < 0`,
		"a hash of the tree":        `UPDATE log_tiles SET hashes = EDITED WHERE level = 0`,
		"a tile cut short":          `UPDATE log_tiles SET hashes = SUBSTR(hashes, 1, LENGTH(hashes) - 32) WHERE level = 0`,
		"a tile cut within a hash":  `UPDATE log_tiles SET hashes = SUBSTR(hashes, 1, LENGTH(hashes) - 1) WHERE level = 0`,
		"a tile taken out":          `DELETE FROM log_tiles`,
		"the tree goes on":          `INSERT INTO log_tiles (level, number, hashes) SELECT level, number + 1, ZEROS FROM log_tiles`,
		"the tree grows higher":     `INSERT INTO log_tiles (level, number, hashes) SELECT level + 1, number, ZEROS FROM log_tiles`,
		"an entry of another moved": `UPDATE entries SET device_id = 'x' WHERE kind = 'record.opened'`,
		"a hash too many in a tile": `UPDATE log_tiles SET hashes = LONGER`,
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, live)
			bo := h.enrolled("bo.ek")
			bo.changes("")
			opened := bo.say(journal.Entry{Kind: journal.RecordOpened, Subject: "s-maj"}, &journal.Details{Reason: "läcka"})
			closed := bo.say(journal.Entry{Kind: journal.RecordClosed, Subject: "s-maj"}, nil)
			bo.items(1) // never handed in
			ahead := bo.items(1)
			bo.hands(bo.batch(opened, closed, ahead[0]))
			h.sound()
			db := h.database()
			defer db.Close()
			result := must[sql.Result](t)(db.Exec(strings.NewReplacer("ZEROS", h.zeros(32), "EDITED", h.tile(3, 1), "LONGER", h.tile(0, 0)).Replace(change)))
			if n, err := result.RowsAffected(); err != nil || n == 0 {
				t.Fatalf("nothing was changed: %d, %v", n, err)
			}
			if v := must[gate.Verification](t)(h.gate.VerifyAll(context.Background())); v.Sound() {
				t.Errorf("it is called sound: %+v", v)
			}
		})
	}
}

func TestTheDatabaseOpensUnderItsOwnKeysOnly(t *testing.T) {
	h := newHouse(t, live)
	other := h.config
	other.Keys.Data = make([]byte, 32)
	rand.Read(other.Keys.Data)
	if _, err := gate.Open(context.Background(), other); err == nil {
		t.Error("another data key opens it")
	}
	other = h.config
	other.Keys.Log = newKey(t)
	if _, err := gate.Open(context.Background(), other); err == nil {
		t.Error("a log key opens it that the statement does not name")
	}
	other = h.config
	other.Decide = nil
	if _, err := gate.Open(context.Background(), other); err == nil {
		t.Error("it opens with nobody who decides")
	}
	if h.config.Postgres != "" {
		return // its files are its server's
	}
	info := must[os.FileInfo](t)(os.Stat(h.config.Path))
	if info.Mode().Perm() != 0o600 {
		t.Errorf("others may read it: %v", info.Mode())
	}
}

func TestADatabaseOfANewerProgramIsLeftAlone(t *testing.T) {
	h := newHouse(t, live)
	db := h.database()
	defer db.Close()
	must[sql.Result](t)(db.Exec(`INSERT INTO goose_db_version (version_id, is_applied, tstamp) VALUES (99999, true, '2030-01-01')`))
	if _, err := gate.Open(context.Background(), h.config); err == nil || !strings.Contains(err.Error(), "newer") {
		t.Errorf("it opens: %v", err)
	}
	must[sql.Result](t)(db.Exec(`DELETE FROM goose_db_version WHERE version_id = 99999`))
}

// A process that is killed closes nothing: a copy of the files as they lie there opens, with
// everything that was answered for.
func TestAKilledServerHasWhatItGaveReceiptsFor(t *testing.T) {
	postgres.OnlySQLite(t, "what a killed PostgreSQL keeps stands in testnet")
	h := newHouse(t, live)
	bo := h.enrolled("bo.ek")
	batch := bo.batch(bo.items(3)...)
	bo.hands(batch)
	dead := h.config
	dead.Path = filepath.Join(t.TempDir(), "copy.db")
	for _, suffix := range []string{"", "-wal"} {
		ok(t, os.WriteFile(dead.Path+suffix, readIfThere(t, h.config.Path+suffix), 0o600))
	}
	g := must[*gate.Gate](t)(gate.Open(context.Background(), dead))
	defer g.Close(context.Background())
	want := h.sound()
	if v := must[gate.Verification](t)(g.VerifyAll(context.Background())); !v.Sound() || v.Covered != want.Covered {
		t.Errorf("living %+v, dead %+v", want, v)
	}
}

func TestTheServerEndsWithItsContext(t *testing.T) {
	h := newHouse(t, live)
	bo := h.enrolled("bo.ek")
	address := h.server.Listener.Addr().String()
	h.server.Close()
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := make(chan error, 1)
	listener := must[net.Listener](t)(net.Listen("tcp", address))
	go func() { ended <- connected.Serve(ctx, h.gate, listener, func() *tls.Certificate { return &h.cert }) }()
	bo.changes("")
	cancel()
	select {
	case err := <-ended:
		ok(t, err)
	case <-time.After(longEnough):
		t.Fatal("it goes on")
	}
	if _, err := bo.client.Changes(context.Background(), "", link.Had{Statement: 1}); err == nil {
		t.Error("it still answers")
	}
	h.server.Config.SetKeepAlivesEnabled(false)
}

func TestLogPagesHoldEveryRowOnce(t *testing.T) {
	h := newHouse(t, live)
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	bo.hands(bo.batch(bo.items(25)...))
	seen := map[int64]bool{}
	filter := link.LogFilter{Person: "bo.ek", Limit: 7}
	for pages := 0; ; pages++ {
		page := anna.log(filter)
		for _, row := range page.Rows {
			if seen[row.ID] || row.Person.Username != "bo.ek" {
				t.Fatalf("row %d again, or another's", row.ID)
			}
			seen[row.ID] = true
		}
		if filter.After = page.Cursor; filter.After == "" {
			break
		}
		if pages > 20 {
			t.Fatal("no last page")
		}
	}
	if len(seen) != 26 { // his sign-in, too
		t.Errorf("%d rows", len(seen))
	}
}

func TestTheLogIsFilteredByDay(t *testing.T) {
	h := newHouse(t, live)
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	early := bo.say(journal.Entry{Kind: journal.Unlocked}, nil) // on the 23rd
	h.clock.pass(48 * time.Hour)
	late := bo.say(journal.Entry{Kind: journal.Locked}, nil) // on the 25th, when both are handed in
	bo.hands(bo.batch(early, late))
	for day, want := range map[string]int{"2026-11-22": 0, "2026-11-23": 1, "2026-11-24": 1, "2026-11-25": 2, "2026-11-26": 0} {
		got := 0
		for _, row := range anna.log(link.LogFilter{Person: "bo.ek", Day: day}).Rows {
			if !row.System {
				got++
			}
		}
		if got != want {
			t.Errorf("on %s: %d entries, want %d", day, got, want)
		}
	}
	for days, want := range map[[2]string]int{
		{"2026-11-20", "2026-11-22"}: 0, {"2026-11-22", "2026-11-23"}: 1, {"2026-11-24", "2026-11-26"}: 2, {"2026-11-23", "2026-12-23"}: 2, {"2026-11-26", "2026-11-27"}: 0,
	} {
		got := 0
		for _, row := range anna.log(link.LogFilter{Person: "bo.ek", Day: days[0], To: days[1]}).Rows {
			if !row.System {
				got++
			}
		}
		if got != want {
			t.Errorf("in %s: %d entries, want %d", days, got, want)
		}
	}
	for _, f := range []link.LogFilter{{Day: "23/11"}, {To: "2026-11-23"}, {Day: "2026-11-24", To: "2026-11-23"}, {Day: "2026-11-23", To: "2026-12-24"}, {Day: "2026-11-23", To: "snart"}, {After: "x"}, {Subject: "Maja Vintergrind"}, {Device: "slip"}, {Person: "bo ek"}} {
		if _, err := anna.client.Log(context.Background(), f); code(t, err) != link.CodeBadRequest {
			t.Errorf("%+v: %v", f, err)
		}
	}
}

func TestADestroyedKeyLiesInNoFile(t *testing.T) {
	h := newHouse(t, live)
	db := h.database()
	var key []byte
	ok(t, db.QueryRow(`SELECT wrapped FROM subject_keys WHERE subject = 's-maj'`).Scan(&key))
	ok(t, db.Close())
	if len(key) < 32 || !h.lies(key) {
		t.Fatal("the search sees nothing")
	}
	must[gate.Erased](t)(h.gate.EraseSubject(context.Background(), "s-maj"))
	if h.lies(key) {
		t.Error("the key can still be read from the file")
	}
}
