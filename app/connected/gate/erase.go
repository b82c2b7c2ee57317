package gate

import (
	"context"
	"errors"
	"fmt"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
)

// Erased says what an erasure destroyed, and after when no copy opens any more.
type Erased struct {
	Number      uint64      `json:"number"` // of the order that devices get
	At          signed.Time `json:"at"`     // of the first erasure, where it is done again
	Payloads    int         `json:"payloads"`
	Records     int         `json:"records"`
	Assignments int         `json:"assignments"`
	Attachments int         `json:"attachments"`
	LentUntil   signed.Time `json:"lent_until,omitempty"` // the last copy's loan; 0: none was lent
	NoCopyAfter signed.Time `json:"no_copy_opens_after"`
}

// codeErase is what the log calls it.
const codeErase = "subject_erase"

// EraseSubject destroys a data subject's key and everything that lies under it, and orders
// every device to do the same. Hashes, signatures and chains stay, so VerifyAll still holds.
// Done again it finishes what another reader of the database kept from being overwritten.
func (g *Gate) EraseSubject(ctx context.Context, subject journal.SubjectID) (Erased, error) {
	var done Erased
	err := g.store.Do(ctx, func(tx *store.Tx) error {
		var err error
		if done, err = g.erase(ctx, tx, subject); err != nil {
			return err
		}
		return g.sayChanged(ctx, tx, codeErase, "", journal.Entry{Subject: subject, Count: done.Number})
	})
	if err == nil {
		err = g.store.Settle(ctx)
	}
	if err != nil {
		return Erased{}, fmt.Errorf("erase subject: %w", err)
	}
	return done, nil
}

// Erase is EraseSubject for a caller with the right to it.
func (c *Call) Erase(subject journal.SubjectID) (Erased, error) {
	done, err := c.g.erase(c.ctx, c.tx, subject)
	switch {
	case errors.Is(err, ErrInput):
		return Erased{}, Refuse(link.CodeBadRequest)
	case errors.Is(err, ErrUnknown):
		return Erased{}, Refuse(link.CodeNotFound)
	case err != nil:
		return Erased{}, err
	}
	c.settle = true
	_, err = c.g.say(c.ctx, c.tx, journal.Entry{Kind: journal.SystemChanged, Code: codeErase, Subject: subject, Count: done.Number,
		Person: c.Person.ID, Peer: identity.DeviceID(c.device.ID), Route: c.route.Path}, nil)
	return done, err
}

// erase destroys what is kept about subject and makes the order. What nobody has heard of is
// not erased: a slip in the ID would look like success, for ever.
func (g *Gate) erase(ctx context.Context, tx *store.Tx, subject journal.SubjectID) (Erased, error) {
	if identity.CheckOpaque(string(subject)) != nil {
		return Erased{}, fmt.Errorf("%w: subject", ErrInput)
	}
	order, err := g.order(ctx, tx, subject)
	if err != nil {
		return Erased{}, err
	}
	done := Erased{Number: uint64(order.Number), At: signed.Time(order.At)}
	payloads, err := tx.ErasePayloads(ctx, sqlc.ErasePayloadsParams{Nothing: []byte{}, Subject: string(subject)})
	if err != nil {
		return Erased{}, err
	}
	done.Payloads = int(payloads)
	if done.Assignments, err = drop(ctx, string(subject), tx.AssignmentsOfSubject,
		tx.ClearAssignmentPeople, tx.DeleteOperations, tx.DeleteAssignmentVersions, tx.DeleteAssignment); err != nil {
		return Erased{}, err
	}
	if done.Attachments, err = drop(ctx, string(subject), tx.AttachmentsOfSubject, tx.DeleteAttachmentChunks, tx.DeleteAttachment); err != nil {
		return Erased{}, err
	}
	if done.Records, err = drop(ctx, string(subject), tx.RecordsOfSubject,
		tx.ClearRecordPeople, tx.ClearRecordHeld, tx.DeleteRecord); err != nil {
		return Erased{}, err
	}
	if err := tx.Destroy(ctx, string(subject), order.At); err != nil {
		return Erased{}, err
	}
	copies, err := g.copies(ctx, tx, order)
	if err != nil {
		return Erased{}, err
	}
	for _, search := range copies.searches {
		words, err := eraseSearch(ctx, tx, search.device, search.hash, order.At)
		if err != nil {
			return Erased{}, err
		}
		done.Payloads += words
	}
	done.LentUntil, done.NoCopyAfter = copies.lentUntil(), copies.noneAfter(g.config.Backups)
	return done, nil
}

// drop takes away the things that list names, each with all that hangs on it.
func drop(ctx context.Context, subject string, list func(context.Context, string) ([]string, error), steps ...func(context.Context, string) error) (int, error) {
	ids, err := list(ctx, subject)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		for _, step := range steps {
			if err := step(ctx, id); err != nil {
				return 0, err
			}
		}
	}
	return len(ids), nil
}

// order is the subject's order, made now where there is none. Its number is above all before
// it, those too that a system restored from a backup knows no more: it is no less than the
// microseconds since 1970.
func (g *Gate) order(ctx context.Context, tx *store.Tx, subject journal.SubjectID) (sqlc.Erasure, error) {
	order, err := tx.Erasure(ctx, string(subject))
	if !store.Missing(err) {
		return order, err
	}
	if _, err := tx.SubjectKey(ctx, string(subject)); store.Missing(err) {
		n, err := tx.CountAbout(ctx, string(subject))
		if err != nil {
			return order, err
		}
		if n == 0 {
			return order, fmt.Errorf("subject %s: %w", subject, ErrUnknown)
		}
	} else if err != nil {
		return order, err
	}
	last, err := tx.LastErasure(ctx)
	if err != nil {
		return order, err
	}
	order = sqlc.Erasure{Number: max(last+1, int64(g.now())), Subject: string(subject), At: int64(g.now())}
	return order, tx.AddErasure(ctx, sqlc.AddErasureParams(order))
}

// eraseSearch erases the words of a search that found somebody erased: they may name them.
// They hang on a key of their own, because a search is about nobody until it has found.
func eraseSearch(ctx context.Context, tx *store.Tx, device string, hash []byte, at int64) (words int, err error) {
	rows, err := tx.EntryByHash(ctx, sqlc.EntryByHashParams{DeviceID: device, Hash: some(hash)})
	if err != nil || len(rows) == 0 || rows[0].Kind != string(journal.RecordsSearched) {
		return 0, err
	}
	own := ownSubject(&rows[0])
	n, err := tx.EraseOwnPayload(ctx, sqlc.EraseOwnPayloadParams{Nothing: []byte{}, DeviceID: device, Hash: rows[0].Hash, Own: own})
	if err != nil {
		return 0, err
	}
	return int(n), tx.Destroy(ctx, own, at)
}

// erased reports whether the subject has been erased.
func erased(ctx context.Context, tx *store.Tx, subject string) (bool, error) {
	_, err := tx.Erasure(ctx, subject)
	if store.Missing(err) {
		return false, nil
	}
	return err == nil, err
}

// orders puts the orders that the device has not carried out on its page. One so old that every
// loan from before it ended before the device was enrolled is none of its business.
func (p *paging) orders(after uint64) error {
	since := signed.Time(p.device.EnrolledAt).Add(-identity.MaxValidity)
	rows, err := p.tx.ErasuresAfter(p.ctx, sqlc.ErasuresAfterParams{Number: int64(after), Since: int64(since), Rows: link.PageErasures + 1})
	if err != nil {
		return fmt.Errorf("read erasure orders: %w", err)
	}
	if len(rows) > link.PageErasures {
		rows, p.page.More = rows[:link.PageErasures], true
	}
	for _, row := range rows {
		order, err := p.g.signOrder(row)
		if err != nil {
			return err
		}
		p.page.Erasures = append(p.page.Erasures, order)
	}
	return nil
}
