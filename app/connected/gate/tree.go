package gate

import (
	"context"
	"errors"

	"golang.org/x/mod/sumdb/tlog"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity/signed"
	"handslag/vault/journal/audit"
)

// The audit log is a Merkle tree over all entries, which grows in the transaction of each row: what
// has a receipt is under the next checkpoint, or the receipt was never given.

// tree reads the stored hashes of one transaction.
type tree struct {
	ctx context.Context
	tx  *store.Tx
}

// ReadHashes is tlog.HashReader.
func (t tree) ReadHashes(at []int64) ([]tlog.Hash, error) {
	return t.tx.ReadHashes(t.ctx, at)
}

// errTree says that the stored tree is not one.
var errTree = errors.New("the audit log's tree is damaged")

// leafOf is the row's leaf.
func leafOf(r sqlc.Entry) audit.Leaf {
	return audit.NewLeaf(r.Raw, signed.Time(r.ReceivedAt))
}
