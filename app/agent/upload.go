package agent

import (
	"context"
	"fmt"
	"slices"

	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault"
	"handslag/vault/journal"
)

// upload sends what has no receipt until nothing is left to send.
func (r *run) upload(ctx context.Context) error {
	s := r.session
	for range maxBatches {
		if err := ctx.Err(); err != nil {
			return err
		}
		me := s.who()
		batch, more, err := s.journal.Batch(me.profile.Credential)
		if err != nil || !more {
			return err
		}
		data, err := batch.Encode()
		if err != nil {
			return err
		}
		answer, err := r.client.Journal(ctx, data)
		if err != nil {
			return err
		}
		receipt, err := journal.OpenReceipt(answer, me.profile.Org, s.device, me.statement.Log)
		if err != nil {
			return err
		}
		covered, err := r.believe(receipt)
		if err != nil {
			return err
		}
		r.result.Sent += covered
		s.clock.Learn(receipt.Time)
		if err := r.confirm(batch, receipt); err != nil {
			return err
		}
		r.changed = append(r.changed, EventsChanged)
	}
	return fmt.Errorf("send journal: %w: more batches than a journal has", link.ErrAnswer)
}

// confirm marks the work whose entries the receipt covers.
func (r *run) confirm(batch journal.Batch, receipt journal.Receipt) error {
	type done struct {
		id   journal.AssignmentID
		hash journal.Hash
	}
	var all []done
	for _, item := range batch.Items {
		var e journal.Entry
		if err := signed.Unverified(item.Entry, journal.EntryLimit, &e); err != nil {
			return err
		}
		covered := slices.ContainsFunc(receipt.Ranges, func(g journal.Range) bool {
			return g.Generation == e.Generation && g.From <= e.Seq && e.Seq <= g.To
		})
		if covered && e.Kind.IsWork() {
			all = append(all, done{e.Assignment, journal.HashOf(item.Entry)})
		}
	}
	if len(all) == 0 {
		return nil
	}
	r.changed = append(r.changed, AssignmentsChanged)
	return r.session.vault.Update(func(tx *vault.Tx) error {
		for _, d := range all {
			if err := tx.ConfirmWork(d.id, d.hash); err != nil {
				return err
			}
		}
		return nil
	})
}
