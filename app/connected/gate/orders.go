package gate

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// Orders are erasure orders that the organisation has signed, from a file with one a line: base64 of
// the signed record.Erasure. Files of several devices may stand one after the other. They name nobody.
type Orders []record.Erasure

const ordersMost = 1 << 20

// ReadOrders reads and verifies a file of them, under the organisation's issuing keys.
func ReadOrders(r io.Reader, org identity.OrgID, issuing []signed.Key) (Orders, error) {
	var all Orders
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		if len(lines.Bytes()) == 0 {
			continue
		}
		data, err := base64.StdEncoding.DecodeString(lines.Text())
		if err == nil {
			var o record.Erasure
			o, err = record.OpenErasure(data, org, issuing)
			all = append(all, o)
		}
		if err != nil || len(all) > ordersMost {
			return nil, fmt.Errorf("read erasure orders: line %d: %w", n, errors.Join(record.ErrErasure, err))
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read erasure orders: %w", err)
	}
	return all, nil
}

// Newest is the highest number, 0 where there is none.
func (o Orders) Newest() (number uint64) {
	for _, one := range o {
		number = max(number, one.Number)
	}
	return number
}

// WriteOrders writes all orders there are, as ReadOrders reads them, and returns how many.
func (g *Gate) WriteOrders(ctx context.Context, w io.Writer) (int, error) {
	n := 0
	err := g.store.ReadOnce(ctx, func(tx *store.Tx) error {
		for last := int64(0); ; {
			rows, err := tx.ErasuresAfter(ctx, sqlc.ErasuresAfterParams{Number: last, Rows: 500})
			if err != nil || len(rows) == 0 {
				return err
			}
			for _, row := range rows {
				order, err := g.signOrder(row)
				if err != nil {
					return err
				}
				if _, err := fmt.Fprintln(w, base64.StdEncoding.EncodeToString(order)); err != nil {
					return err
				}
				last = row.Number
				n++
			}
		}
	})
	if err != nil {
		return n, fmt.Errorf("write erasure orders: %w", err)
	}
	return n, nil
}

func (g *Gate) signOrder(row sqlc.Erasure) ([]byte, error) {
	return record.Erasure{Version: 1, Org: g.org, Number: uint64(row.Number), Subject: journal.SubjectID(row.Subject),
		At: signed.Time(row.At)}.Sign(g.keys().Issuing)
}

// carryOut erases whom orders name, and keeps the orders under their own numbers, also about somebody
// of whom these data know nothing: an entry may still come. It returns how many were not known.
func (g *Gate) carryOut(ctx context.Context, tx *store.Tx, orders Orders) (fresh int, err error) {
	for _, o := range orders {
		known, err := erased(ctx, tx, string(o.Subject))
		if err != nil {
			return fresh, err
		}
		if !known {
			fresh++
			if err := tx.AddErasure(ctx, sqlc.AddErasureParams{Number: int64(o.Number), Subject: string(o.Subject), At: int64(o.At)}); err != nil {
				return fresh, err
			}
		}
		if _, err := g.erase(ctx, tx, o.Subject); err != nil {
			return fresh, err
		}
		if !known {
			if err := g.sayChanged(ctx, tx, codeErase, "", journal.Entry{Subject: o.Subject, Count: o.Number}); err != nil {
				return fresh, err
			}
		}
	}
	return fresh, nil
}
