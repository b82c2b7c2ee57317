package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"handslag/app/connected/gate/internal/store/sqlc"
)

// counterEntries counts the audit log's entries: on PostgreSQL its row is the log's head.
const counterEntries = "entries"

// atOnce bounds how many rows one statement names.
const atOnce = 256

// logEnd is the end of the audit log in one transaction: how many entries there are, and hashes of the
// tree over them. A batch grows it in memory, and the end of the transaction writes it.
type logEnd struct {
	read   bool
	size   int64
	hashes map[int64][]byte // read or grown in this transaction
	first  int64            // stored index of the first that has grown
	grown  int64            // how many have, one after the other
}

// Places is how many entries the audit log has.
func (tx *Tx) Places(ctx context.Context) (int64, error) {
	if tx.end.read {
		return tx.end.size, nil
	}
	n, err := tx.CounterValue(ctx, counterEntries)
	if err != nil && !Missing(err) {
		return 0, fmt.Errorf("read the log's size: %w", err)
	}
	tx.end.read, tx.end.size = true, n
	return n, nil
}

// NextPlace gives an entry its place in the audit log, from 1 on, without gaps.
func (tx *Tx) NextPlace(ctx context.Context) (int64, error) {
	if _, err := tx.Places(ctx); err != nil {
		return 0, err
	}
	tx.end.size++
	tx.grows = true
	return tx.end.size, nil
}

// GrowLog keeps hashes of the tree, at the stored indexes from first on, which follow those before.
func (tx *Tx) GrowLog(first int64, hashes [][]byte) error {
	if tx.end.grown == 0 {
		tx.end.first = first
	}
	if first != tx.end.first+tx.end.grown {
		return fmt.Errorf("grow the log: index %d is not the next", first)
	}
	for i, hash := range hashes {
		tx.end.hashes[first+int64(i)] = hash
	}
	tx.end.grown += int64(len(hashes))
	return nil
}

// LogHashesAt reads hashes of the tree by their stored indexes, all at once; nil stands for one that
// is not there.
func (tx *Tx) LogHashesAt(ctx context.Context, at []int64) ([][]byte, error) {
	var lacking []any
	for _, id := range at {
		if _, ok := tx.end.hashes[id]; !ok {
			lacking = append(lacking, id)
		}
	}
	for len(lacking) > 0 {
		some := lacking[:min(len(lacking), atOnce)]
		lacking = lacking[len(some):]
		if err := tx.readHashes(ctx, some); err != nil {
			return nil, fmt.Errorf("read the log's hashes: %w", err)
		}
	}
	out := make([][]byte, len(at))
	for i, id := range at {
		out[i] = tx.end.hashes[id]
	}
	return out, nil
}

func (tx *Tx) readHashes(ctx context.Context, ids []any) error {
	rows, err := tx.raw.QueryContext(ctx, "SELECT id, hash FROM log_hashes WHERE id IN "+places(1, len(ids)), ids...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var hash []byte
		if err := rows.Scan(&id, &hash); err != nil {
			return err
		}
		tx.end.hashes[id] = hash
	}
	return rows.Err()
}

// FindingCodes are the codes of the findings about entries, by their hash, each list in order.
func (tx *Tx) FindingCodes(ctx context.Context, hashes [][]byte) (map[string][]string, error) {
	codes := map[string][]string{}
	return codes, gather(ctx, tx, "SELECT hash, code FROM findings WHERE hash IN %s ORDER BY code", hashes, func(rows *sql.Rows) error {
		var hash []byte
		var code string
		err := rows.Scan(&hash, &code)
		codes[string(hash)] = append(codes[string(hash)], code)
		return err
	})
}

// flush writes what has grown.
func (tx *Tx) flush(ctx context.Context) error {
	if err := tx.catchUp(ctx); err != nil {
		return err
	}
	if !tx.grows {
		return nil
	}
	if err := tx.PutCounter(ctx, sqlc.PutCounterParams{Name: counterEntries, Value: tx.end.size}); err != nil {
		return fmt.Errorf("write the log's size: %w", err)
	}
	rows := make([][]any, tx.end.grown)
	for i := range rows {
		id := tx.end.first + int64(i)
		rows[i] = []any{id, tx.end.hashes[id]}
	}
	if err := tx.bulk(ctx, "log_hashes", []string{"id", "hash"}, rows); err != nil {
		return fmt.Errorf("write the log's hashes: %w", err)
	}
	return nil
}

// places is ($from, …), n of them.
func places(from, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, ", $%d", from+i)
	}
	return "(" + strings.TrimPrefix(b.String(), ", ") + ")"
}
