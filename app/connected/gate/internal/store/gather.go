package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
)

// What a page of the log names is read for the whole page at once: a statement for each kind of thing, however
// many rows there are.

// gather runs query, in which %s stands for the keys behind those that are given, for some keys at a time, and has
// take read each row.
func gather[K any](ctx context.Context, tx *Tx, query string, keys []K, take func(*sql.Rows) error, given ...any) error {
	for some := range slices.Chunk(keys, tx.names) {
		if err := gatherSome(ctx, tx, query, some, take, given); err != nil {
			return fmt.Errorf("gather: %w", err)
		}
	}
	return nil
}

func gatherSome[K any](ctx context.Context, tx *Tx, query string, keys []K, take func(*sql.Rows) error, given []any) error {
	a := arguments(slices.Clone(given))
	rows, err := tx.asks.QueryContext(ctx, fmt.Sprintf(query, "("+strings.Join(padded(&a, keys), ", ")+")"), a...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := take(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// shownColumns are those of an entry's row that a page of the log shows something of.
const shownColumns = `id, hash, raw, device_id, is_system, kind, person_id, received_at, subject, record_id, peer, pair, lone, address, carrier,
	payload_subject, payload, payload_state, unit_set`

// EntriesAt are the entries at these places. Columns that no page shows anything of are zero.
func (tx *Tx) EntriesAt(ctx context.Context, places []int64) (map[int64]sqlc.Entry, error) {
	all := make(map[int64]sqlc.Entry, len(places))
	return all, gather(ctx, tx, "SELECT "+shownColumns+" FROM entries WHERE id IN %s", places, func(rows *sql.Rows) error {
		e, err := scanEntry(rows)
		all[e.ID] = e
		return err
	})
}

func scanEntry(rows *sql.Rows) (sqlc.Entry, error) {
	var e sqlc.Entry
	err := rows.Scan(&e.ID, &e.Hash, &e.Raw, &e.DeviceID, &e.IsSystem, &e.Kind, &e.PersonID, &e.ReceivedAt, &e.Subject, &e.RecordID, &e.Peer, &e.Pair,
		&e.Lone, &e.Address, &e.Carrier, &e.PayloadSubject, &e.Payload, &e.PayloadState, &e.UnitSet)
	return e, err
}

// Named is an entry as others name it: by its device and its hash.
type Named struct{ Device, Hash string }

// EntriesNamed are the entries that are named.
func (tx *Tx) EntriesNamed(ctx context.Context, names []Named) ([]sqlc.Entry, error) {
	return ofEach(ctx, tx, names, func(a *arguments, n Named) string {
		return "device_id = " + a.add(n.Device) + " AND hash = " + a.add([]byte(n.Hash)) // one, but where a journal forked
	})
}

// EntriesOfPairs are the first entries of each pair.
func (tx *Tx) EntriesOfPairs(ctx context.Context, pairs [][]byte) ([]sqlc.Entry, error) {
	return ofEach(ctx, tx, pairs, func(a *arguments, pair []byte) string {
		return fmt.Sprintf("pair = %s AND LENGTH(pair) > 0 ORDER BY id LIMIT %d", a.add(pair), firstMost)
	})
}

// firstMost bounds how many entries of one pair are read: who may be its halves stand among the first.
const firstMost = 16

// ofEach reads the entries of each key, in the order of their places: an arm of one statement for each, so that
// every planner goes along the key's index, whatever it thinks of lists.
func ofEach[K any](ctx context.Context, tx *Tx, keys []K, where func(a *arguments, key K) string) (all []sqlc.Entry, err error) {
	const arms = 64
	for some := range slices.Chunk(keys, arms) {
		var a arguments
		var each []string
		for i := range powerOfFour(len(some)) {
			each = append(each, fmt.Sprintf("SELECT * FROM (SELECT %s FROM entries WHERE %s) e",
				shownColumns, where(&a, some[min(i, len(some)-1)])))
		}
		if all, err = tx.appendEntries(ctx, all, strings.Join(each, " UNION ALL "), a); err != nil {
			return nil, fmt.Errorf("gather entries: %w", err)
		}
	}
	slices.SortFunc(all, func(a, b sqlc.Entry) int { return cmp.Compare(a.ID, b.ID) })
	return slices.CompactFunc(all, func(a, b sqlc.Entry) bool { return a.ID == b.ID }), nil
}

func (tx *Tx) appendEntries(ctx context.Context, all []sqlc.Entry, query string, a arguments) ([]sqlc.Entry, error) {
	rows, err := tx.asks.QueryContext(ctx, query, a...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		e, err := scanEntry(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, rows.Err()
}

// Persons are users, by ID.
func (tx *Tx) Persons(ctx context.Context, ids []string) (map[string]identity.Person, error) {
	all := map[string]identity.Person{}
	return all, gather(ctx, tx, "SELECT id, username, first_name, last_name FROM users WHERE id IN %s", ids, func(rows *sql.Rows) error {
		var p identity.Person
		err := rows.Scan(&p.ID, &p.Username, &p.First, &p.Last)
		all[string(p.ID)] = p
		return err
	})
}

// Owned is whose a device is, and what people call it.
type Owned struct{ User, Label string }

// Owners are whose devices these are, by ID.
func (tx *Tx) Owners(ctx context.Context, devices []string) (map[string]Owned, error) {
	all := map[string]Owned{}
	return all, gather(ctx, tx, "SELECT id, user_id, label FROM devices WHERE id IN %s", devices, func(rows *sql.Rows) error {
		var device string
		var of Owned
		err := rows.Scan(&device, &of.User, &of.Label)
		all[device] = of
		return err
	})
}

// DeviceRows are devices, by ID: of each whose it is, what people call it, when its journal last came, and when it was revoked.
func (tx *Tx) DeviceRows(ctx context.Context, ids []string) (map[string]sqlc.Device, error) {
	all := map[string]sqlc.Device{}
	return all, gather(ctx, tx, "SELECT id, user_id, synced_at, revoked_at, label FROM devices WHERE id IN %s", ids, func(rows *sql.Rows) error {
		var d sqlc.Device
		err := rows.Scan(&d.ID, &d.UserID, &d.SyncedAt, &d.RevokedAt, &d.Label)
		all[d.ID] = d
		return err
	})
}

// Guard is the newest entry of a kind that says what guards a device, or that it has been emptied.
type Guard struct{ Device, Kind string }

// Guards are the places of such entries of devices.
func (tx *Tx) Guards(ctx context.Context, devices []string) (map[Guard]int64, error) {
	all := map[Guard]int64{}
	query := "SELECT device_id, kind, MAX(id) FROM entries WHERE (kind = 'device.enrolled' OR kind = 'device.factors_changed' OR kind = 'device.wiped') AND device_id IN %s GROUP BY device_id, kind"
	return all, gather(ctx, tx, query, devices, func(rows *sql.Rows) error {
		var g Guard
		var place int64
		err := rows.Scan(&g.Device, &g.Kind, &place)
		all[g] = place
		return err
	})
}

// UnitsIn are the units of sets, each in the order of their IDs.
func (tx *Tx) UnitsIn(ctx context.Context, sets []int64) (map[int64][]identity.Unit, error) {
	all := map[int64][]identity.Unit{}
	query := "SELECT s.id, s.unit_id, COALESCE(u.name, s.unit_id) FROM unit_sets s LEFT JOIN units u ON u.id = s.unit_id WHERE s.id IN %s ORDER BY s.id, s.unit_id"
	return all, gather(ctx, tx, query, sets, func(rows *sql.Rows) error {
		var set int64
		var u identity.Unit
		err := rows.Scan(&set, &u.ID, &u.Name)
		all[set] = append(all[set], u)
		return err
	})
}

// Body is what a record's or an assignment's row holds of it, encrypted.
type Body struct {
	ID, Subject string
	Unit        string
	Number      int64
	Body        []byte
}

const recordBodies = "SELECT id, subject, unit_id, number, body FROM records "

// RecordBodies are records by ID, without what they protect.
func (tx *Tx) RecordBodies(ctx context.Context, ids []string) (map[string]Body, error) {
	all := map[string]Body{}
	return all, gather(ctx, tx, recordBodies+"WHERE id IN %s", ids, keepBody(all, func(b Body) string { return b.ID }))
}

// SubjectBodies are the first record about each subject.
func (tx *Tx) SubjectBodies(ctx context.Context, subjects []string) (map[string]Body, error) {
	all := map[string]Body{}
	return all, gather(ctx, tx, recordBodies+"WHERE subject IN %s ORDER BY id DESC", subjects, keepBody(all, func(b Body) string { return b.Subject }))
}

// AssignmentBodies are the newest versions of assignments, by ID.
func (tx *Tx) AssignmentBodies(ctx context.Context, ids []string) (map[string]Body, error) {
	all := map[string]Body{}
	query := "SELECT a.id, a.subject, a.unit_id, a.number, v.body FROM assignments a JOIN assignment_versions v ON v.assignment_id = a.id AND v.number = a.number WHERE a.id IN %s"
	return all, gather(ctx, tx, query, ids, keepBody(all, func(b Body) string { return b.ID }))
}

func keepBody(all map[string]Body, key func(Body) string) func(*sql.Rows) error {
	return func(rows *sql.Rows) error {
		var b Body
		err := rows.Scan(&b.ID, &b.Subject, &b.Unit, &b.Number, &b.Body)
		all[key(b)] = b
		return err
	}
}

// LearnKeys reads the keys of subjects at once, so that each is at hand when it is asked for.
func (tx *Tx) LearnKeys(ctx context.Context, subjects []string) error {
	lacking := slices.DeleteFunc(slices.Clone(subjects), func(s string) bool { _, ok := tx.deks[s]; return ok })
	return gather(ctx, tx, "SELECT subject, wrapped, destroyed_at FROM subject_keys WHERE subject IN %s", lacking, func(rows *sql.Rows) error {
		var row sqlc.SubjectKey
		if err := rows.Scan(&row.Subject, &row.Wrapped, &row.DestroyedAt); err != nil {
			return err
		}
		if row.DestroyedAt != 0 {
			tx.deks[row.Subject] = nil
			return nil
		}
		dek, err := tx.unwrap(row)
		if err == nil {
			tx.deks[row.Subject] = dek
		}
		return nil // one that does not open says so when it is asked for
	})
}
