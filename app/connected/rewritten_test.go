package connected_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"handslag/app/connected/gate"
	"handslag/app/verify"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
	"handslag/vault/journal/audit"
)

// A watcher remembers what its device has seen of the log, and compares as an agent does (app/agent's own
// stories are in its growth_test.go).
type watcher struct {
	*device
	own audit.Checkpoint
}

// syncs asks for the newest checkpoint and compares it with what was seen before, and with what a colleague has.
func (w *watcher) syncs(heard ...audit.Checkpoint) error {
	w.h.t.Helper()
	known := heard
	if w.own.Size > 0 {
		known = append([]audit.Checkpoint{w.own}, heard...)
	}
	sizes := []uint64{0}
	for _, c := range known {
		sizes = append(sizes, uint64(c.Size))
	}
	page := must[link.Page](w.h.t)(w.client.Changes(context.Background(), "", link.Had{Statement: 1, Log: sizes}))
	now := must[audit.Checkpoint](w.h.t)(audit.OpenCheckpoint(page.Growth.Checkpoint, w.h.statement.Org(), w.h.statement.Log))
	proofs := map[uint64][]audit.Hash{}
	for _, p := range page.Growth.Proofs {
		for _, hash := range p.Hashes {
			proofs[p.From] = append(proofs[p.From], audit.Hash(hash))
		}
	}
	w.own = now
	for _, before := range known {
		if err := audit.Consistent(before, now, proofs[uint64(before.Size)]); err != nil {
			return err
		}
	}
	return nil
}

// exports writes the log to a folder as `connected export tiles` does, from nothing.
func (h *house) exports() (folder string, err error) {
	h.t.Helper()
	folder = h.t.TempDir()
	_, err = h.gate.ExportTiles(context.Background(), true, audit.Checkpoint{}, func(string) bool { return false }, func(path string, data []byte) error {
		path = filepath.Join(folder, path)
		return errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, data, 0o644))
	})
	return folder, err
}

// verifies runs the stand-alone verifier and returns what it says.
func (h *house) verifies(files ...string) (sound bool, told string) {
	h.t.Helper()
	var out, errs bytes.Buffer
	code := verify.Run(&out, &errs, append([]string{string(h.statement.Org())}, files...))
	if errs.Len() > 0 || code > 1 {
		h.t.Fatalf("the verifier ends with %d: %s", code, &errs)
	}
	return code == 0, out.String()
}

func (h *house) writes(name string, data []byte) string {
	h.t.Helper()
	path := filepath.Join(h.t.TempDir(), name)
	ok(h.t, os.WriteFile(path, data, 0o600))
	return path
}

// happens is an administrator's command, which the log holds.
func (h *house) happens(times int) {
	h.t.Helper()
	for range times {
		ok(h.t, h.gate.SetPassword(context.Background(), "carl.ask", lightHash(passwordOf("carl.ask"))))
	}
}

// back opens a stopped house at its address.
func (h *house) back() {
	h.t.Helper()
	h.start(must[net.Listener](h.t)(net.Listen("tcp", strings.TrimPrefix(h.statement.URL, "https://"))))
}

// sql does something to the rows past the gate.
func (h *house) sql(statements ...string) {
	h.t.Helper()
	db := h.database()
	defer db.Close()
	for _, s := range statements {
		result, err := db.Exec(s)
		if err != nil {
			h.t.Fatalf("%s: %v", s, err)
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			h.t.Fatalf("%s changes nothing: %v", s, err)
		}
	}
}

// try does what may find nothing to do.
func (h *house) try(statement string) {
	h.t.Helper()
	db := h.database()
	defer db.Close()
	must[sql.Result](h.t)(db.Exec(statement))
}

// number is one that a query finds, as SQL writes it.
func (h *house) number(query string) string {
	h.t.Helper()
	db := h.database()
	defer db.Close()
	var n int64
	ok(h.t, db.QueryRow(query).Scan(&n))
	return fmt.Sprint(n)
}

// columns are a table's, as SQL lists them.
func (h *house) columns(table string) string {
	h.t.Helper()
	db := h.database()
	defer db.Close()
	rows := must[*sql.Rows](h.t)(db.Query(`SELECT * FROM ` + table))
	defer rows.Close()
	return strings.Join(must[[]string](h.t)(rows.Columns()), ", ")
}

// stored is a tree in memory.
type stored []tlog.Hash

func (s stored) ReadHashes(at []int64) (out []tlog.Hash, err error) {
	for _, i := range at {
		out = append(out, s[i])
	}
	return out, nil
}

// remakesTree is the attacker who knows what the log is made of: entries are numbered anew, the tree is made of
// what the rows say now, and each journal's end is what is left of it.
func (h *house) remakesTree() {
	h.t.Helper()
	db := h.database()
	defer db.Close()
	rows := must[*sql.Rows](h.t)(db.Query(`SELECT id, raw, received_at, device_id, generation, seq, hash, covered FROM entries ORDER BY id`))
	type end struct {
		seq  int64
		hash []byte
	}
	var tree stored
	var ids []int64
	ends := map[string]end{}
	for rows.Next() {
		var id, received, generation, seq, covered int64
		var raw, hash []byte
		var device string
		ok(h.t, rows.Scan(&id, &raw, &received, &device, &generation, &seq, &hash, &covered))
		leaf := must[audit.Hash](h.t)(audit.NewLeaf(raw, signed.Time(received)).Hash())
		tree = append(tree, must[[]tlog.Hash](h.t)(tlog.StoredHashesForRecordHash(int64(len(ids)), leaf, tree))...)
		ids = append(ids, id)
		if key := fmt.Sprintf("device_id = '%s' AND generation = %d", device, generation); covered == 1 && seq > ends[key].seq {
			ends[key] = end{seq, hash}
		}
	}
	ok(h.t, errors.Join(rows.Err(), rows.Close()))
	exec := func(statement string, args ...any) {
		h.t.Helper()
		must[sql.Result](h.t)(db.Exec(statement, args...))
	}
	for i, id := range ids {
		if id != int64(i+1) {
			exec(`UPDATE entries SET id = $1 WHERE id = $2`, i+1, id)
		}
	}
	exec(`DELETE FROM log_tiles`)
	ok(h.t, audit.Tiles(int64(len(ids)), func(tile audit.Tile) error {
		exec(`INSERT INTO log_tiles (level, number, hashes) VALUES ($1, $2, $3)`, tile.Level, tile.Index, must[[]byte](h.t)(tile.Read(tree)))
		return nil
	}))
	exec(`DELETE FROM hours`)
	exec(`INSERT INTO hours (hour, first, last) SELECT received_at / 3600000000, MIN(id), MAX(id) FROM entries GROUP BY received_at / 3600000000`)
	for key, e := range ends {
		exec(`UPDATE chains SET last_seq = $1, head = $2 WHERE `+key, e.seq, e.hash)
	}
	exec(`UPDATE counters SET value = $1 WHERE name = 'entries'`, len(ids))
}

const (
	bosLast = `(SELECT MAX(id) FROM entries WHERE kind = 'record.opened')`
	forget  = `DELETE FROM cosignatures`
)

// Who sees what: `connected verify`; the stand-alone verifier, given what was exported before and after; a device
// that had seen the log before, at its next sync; two devices that meet. Each column has cases that it does not see,
// so that none is there for show. The README says the same.
func TestTamperingIsSeenByWhom(t *testing.T) {
	swap := []string{`UPDATE entries SET id = -8 WHERE id = 8`, `UPDATE entries SET id = 8 WHERE id = 9`, `UPDATE entries SET id = 9 WHERE id = -8`}
	for _, c := range []struct {
		what   string
		tamper func(h *house)
		seen   string // by whom: verify, verifier, device
	}{
		{"nothing", func(h *house) {}, ""},
		{"an entry is edited", func(h *house) {
			h.sql(`UPDATE entries SET raw = (SELECT raw FROM entries WHERE kind = 'record.closed' LIMIT 1) WHERE kind = 'record.opened'`)
		}, "verify verifier"},
		{"what an entry is found by is edited", func(h *house) { h.sql(`UPDATE entries SET subject = 's-maja' WHERE kind = 'record.opened'`) }, "verify"},
		{"an entry is deleted", func(h *house) { h.sql(`DELETE FROM entries WHERE id = ` + bosLast) }, "verify verifier"},
		{"two entries change places", func(h *house) { h.sql(swap...) }, "verify verifier"},
		{"an entry is put in", func(h *house) {
			columns := h.columns("entries")
			other := strings.NewReplacer(" id,", " id + 1000,", " seq,", " seq + 1000,").Replace(" " + columns)
			h.sql(`INSERT INTO entries (` + columns + `) SELECT ` + other + ` FROM entries WHERE kind = 'record.opened'`)
		}, "verify"},
		{"a hash of the tree is edited", func(h *house) { h.sql(`UPDATE log_tiles SET hashes = ` + h.tile(3, 1) + ` WHERE level = 0`) }, "verify verifier device"},

		{"an entry is deleted, and the tree made anew", func(h *house) {
			h.sql(`DELETE FROM entries WHERE id = ` + bosLast)
			h.remakesTree()
		}, "verify verifier device"},
		{"the same, and what witnesses said is taken away", func(h *house) {
			h.sql(`DELETE FROM entries WHERE id = `+bosLast, forget)
			h.remakesTree()
		}, "verifier device"},
		{"two journals' entries change places, the tree is made anew, the witnesses' words are taken away", func(h *house) {
			h.sql(append(swap, forget)...)
			h.remakesTree()
		}, "verifier device"},
		{"an entry is held to have come earlier, the tree is made anew, the witnesses' words are taken away", func(h *house) {
			h.sql(`UPDATE entries SET received_at = received_at - 1, not_before = not_before - 1 WHERE kind = 'record.opened'`, forget)
			h.remakesTree()
		}, "verifier device"},
		{"an entry is put in by who has the log key, the tree is made anew, the witnesses' words are taken away", func(h *house) {
			h.sql(forget)
			h.happens(1)
			h.sql(`UPDATE entries SET id = -id WHERE id IN (SELECT id FROM entries WHERE is_system = 0) OR id > (SELECT MAX(id) FROM entries WHERE is_system = 0)`,
				`UPDATE entries SET id = 100000 - id WHERE id < 0 AND is_system = 0`, `UPDATE entries SET id = 1000 - id WHERE id < 0`)
			h.remakesTree()
		}, "verifier device"},
	} {
		t.Run(c.what, func(t *testing.T) {
			h := newHouse(t, live)
			bo, anna := h.enrolled("bo.ek"), &watcher{device: h.enrolled("anna.lind")}
			opened := bo.say(journal.Entry{Kind: journal.RecordOpened, Subject: "s-maj"}, nil)
			closed := bo.say(journal.Entry{Kind: journal.RecordClosed, Subject: "s-maj"}, nil)
			anna.hands(anna.batch(anna.items(1)...))
			bo.hands(bo.batch(closed, opened)) // the newest is the one to be rid of
			bo.hands(bo.batch(bo.say(journal.Entry{Kind: journal.RecordOpened, Subject: "s-maj"}, nil)))
			h.happens(3)
			ok(t, anna.syncs())
			anna.handsCosigned(anna.vouches(anna.own.Size))
			h.sound()
			kept, err := h.exports()
			ok(t, err)
			bundle := h.writes("before.evidence", must[[]byte](t)(h.gate.Evidence(context.Background(), []int64{anna.own.Size})))

			h.stop()
			h.back()
			c.tamper(h)
			h.restart()
			h.happens(12) // life goes on
			var seen []string
			if !must[gate.Verification](t)(h.gate.VerifyAll(context.Background())).Sound() {
				seen = append(seen, "verify")
			}
			told := ""
			after, err := h.exports()
			sound := err == nil
			if sound {
				sound, told = h.verifies(kept, bundle, after)
			}
			if !sound {
				seen = append(seen, "verifier")
			}
			if err := anna.syncs(); errors.Is(err, audit.ErrInconsistent) {
				seen = append(seen, "device")
			}
			if got := strings.Join(seen, " "); got != c.seen {
				t.Errorf("seen by %q, want %q (export: %v)\n%s", got, c.seen, err, told)
			}
		})
	}
}

// A day is taken back as a whole: everything in the database fits.
func TestALogThatIsTakenBackADayIsSeenByADevice(t *testing.T) {
	h := newHouse(t, live)
	anna, carl := &watcher{device: h.enrolled("anna.lind")}, &watcher{device: h.enrolled("carl.ask")}
	h.happens(3)
	ok(t, carl.syncs())
	h.stop()
	putBack := h.backup()
	h.back()
	h.happens(5)
	ok(t, anna.syncs())
	anna.handsCosigned(anna.vouches(anna.own.Size))
	today, err := h.exports()
	ok(t, err)
	before := must[audit.Checkpoint](t)(audit.ReadCheckpoint(readIfThere(t, filepath.Join(today, "checkpoint"))))
	h.stop()
	putBack()
	h.back()
	h.sound() // `connected verify` can not know
	ok(t, carl.syncs())
	shrunk := *anna
	if err := shrunk.syncs(); !errors.Is(err, audit.ErrInconsistent) {
		t.Errorf("who had seen the day: %v", err)
	}
	// Into the folder that was exported today nothing is exported any more.
	write := func(path string, _ []byte) error { t.Errorf("%s is written", path); return nil }
	if _, err := h.gate.ExportTiles(context.Background(), true, before, func(string) bool { return true }, write); !errors.Is(err, gate.ErrRewritten) {
		t.Errorf("exported over today's: %v", err)
	}
	h.happens(20) // and as long as before it does not fit better
	if err := anna.syncs(); !errors.Is(err, audit.ErrInconsistent) {
		t.Errorf("later: %v", err)
	}
	tomorrow, err := h.exports()
	ok(t, err)
	if sound, told := h.verifies(today, tomorrow); sound || !strings.Contains(told, "was rewritten") {
		t.Errorf("the verifier: %s", told)
	}
	if sound, told := h.verifies(tomorrow); !sound {
		t.Errorf("the verifier has nothing to compare with, and still: %s", told)
	}
}

// Two devices are shown two histories, each sound by itself and each device content. They meet.
func TestTwoHistoriesAreSeenByTwoDevicesThatMeet(t *testing.T) {
	h := newHouse(t, live)
	anna, bo := &watcher{device: h.enrolled("anna.lind")}, &watcher{device: h.enrolled("bo.ek")}
	ok(t, anna.syncs())
	ok(t, bo.syncs())
	h.stop()
	putBack := h.backup()
	h.back()
	h.happens(4)
	ok(t, anna.syncs())
	h.sound()
	forAnna, err := h.exports()
	ok(t, err)
	heard := anna.own
	h.stop()
	putBack()
	h.back()
	h.happens(9)
	ok(t, bo.syncs())
	h.sound()
	forBo, err := h.exports()
	ok(t, err)
	if sound, told := h.verifies(forAnna); !sound {
		t.Errorf("one by itself: %s", told)
	}
	if sound, told := h.verifies(forAnna, forBo); sound || !strings.Contains(told, "was rewritten") && !strings.Contains(told, "two logs") {
		t.Errorf("the verifier, given both: %s", told)
	}
	if err := bo.syncs(heard); !errors.Is(err, audit.ErrInconsistent) {
		t.Errorf("Bo's device has met Anna's: %v", err)
	}
}
