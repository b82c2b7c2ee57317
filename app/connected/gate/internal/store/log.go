package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"handslag/app/connected/gate/internal/store/sqlc"
)

// counterEntries counts the audit log's entries: on PostgreSQL its row is the log's head.
const counterEntries = "entries"

// logEnd is the end of the audit log in one transaction: how many entries there are, and what was read or has grown of the
// tree over them. Batches grow it in memory, and the end of the transaction writes it.
type logEnd struct {
	read  bool
	size  int64
	tiles map[tileAt][]byte
	grown map[tileAt]bool
	edge  []tlog.Hash // roots of the whole subtrees that the leaves make, largest first; nil: not read
}

func newLogEnd() logEnd {
	return logEnd{tiles: map[tileAt][]byte{}, grown: map[tileAt]bool{}}
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
	tx.changes++
	tx.grows = true
	return tx.end.size, nil
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
	if err := tx.putHours(ctx); err != nil {
		return err
	}
	return tx.putTiles(ctx)
}

// places is ($from, …), n of them.
func places(from, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, ", $%d", from+i)
	}
	return "(" + strings.TrimPrefix(b.String(), ", ") + ")"
}
