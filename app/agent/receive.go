package agent

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"handslag/identity/signed"
	"handslag/sync/peer"
	"handslag/vault"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// maxFailedShares is how many shares may fail before this end takes no more in this meeting.
const maxFailedShares = 16

// receive takes what the other gives for as long as the meeting lasts.
func (h *Handover) receive(v *peer.Verified) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-h.peer.Done():
			cancel()
		case <-ctx.Done():
		}
	}()
	for failures := 0; failures < maxFailedShares; {
		_, err := v.Receive(ctx, peer.Receiver{
			Ciphertext: h.ciphertext, People: h.session.people, Erased: h.session.erased, Received: h.received, Refused: h.refusedTo,
		})
		if errors.Is(err, peer.ErrNotVerified) || ctx.Err() != nil {
			return
		}
		if err != nil {
			failures++
			h.agent.log.Info("a share broke off", "error", CodeOf(translate(err)))
		}
	}
}

// ciphertext is what this device holds of that version already.
func (h *Handover) ciphertext(id journal.RecordID, number uint64) []byte {
	row, err := h.session.vault.Record(id)
	if err != nil || row.Number != number {
		return nil
	}
	held, err := h.session.vault.Copy(id)
	if err != nil {
		return nil
	}
	return held.Cipher
}

// received is the receiver's half of the double entry, and with it the copy: durable before
// anything opens.
func (h *Handover) received(_ context.Context, in peer.Incoming) (journal.Hash, error) {
	s := h.session
	cipher := in.Cipher
	if in.Had {
		cipher = h.ciphertext(in.Record, in.Number)
	}
	h.mu.Lock()
	giver := vault.Source{Device: h.other.Device(), Name: h.other.Person.Name(), At: s.clock.read().Time}
	h.mu.Unlock()
	entry := journal.Entry{
		Kind: journal.ShareReceived, Subject: in.Subject, Record: in.Record, RecordVersion: in.Number,
		Peer: in.Peer, Pair: in.Pair, Until: in.Until, Ref: in.Theirs[:],
	}
	entry.Assignment, entry.AssignmentVersion = s.needed(in.Record, s.who().credential.Person.ID)
	if err := s.stage(in, vault.RecordCopy{
		Signed: in.Signed, Cipher: cipher, Sealed: in.Sealed, Info: in.Info, Hands: in.Hands, Source: giver,
	}); err != nil {
		return journal.Hash{}, err
	}
	one := line{entry: entry}
	one.words = inWords(cmp.Or(in.Purpose, s.reasonOf(entry)))
	stamps, err := s.say(one)
	if err != nil {
		return journal.Hash{}, err
	}
	h.mu.Lock()
	if !slices.Contains(h.taken, in.Record) {
		h.taken = append(h.taken, in.Record)
	}
	h.mu.Unlock()
	p := h.Progress()
	if p.State != ShareIsReceived {
		p = ShareProgress{}
	}
	h.advance(ShareProgress{Done: p.Done + 1, Total: p.Done + 1, Record: in.Record, Item: in.Value.Card.Title, State: ShareIsReceived})
	h.agent.changed(RecordsChanged, AssignmentsChanged, EventsChanged, SyncChanged)
	h.agent.nudge()
	return stamps[0].Hash(), nil
}

// stage makes a copy durable before the entry that says so, whose effect puts it among the others.
func (s *session) stage(in peer.Incoming, c vault.RecordCopy) error {
	if err := s.vault.Room(); err != nil {
		return err
	}
	return s.vault.Update(unlessErased(in.Subject, func(tx *vault.Tx) error { return tx.StageRecord(in.Theirs[:], c) }))
}

// putReceived is what the entry of a share changes in the view.
func putReceived(tx *vault.Tx, e effect) error {
	data, err := tx.Setting(erasedName(e.entry.Subject))
	return tx.UnstageRecord(e.entry.Ref, err == nil && len(data) == 0)
}

// refusedTo is a record that came and was not taken.
func (h *Handover) refusedTo(_ context.Context, one peer.Handing, why peer.Why) error {
	_, err := h.session.say(line{entry: journal.Entry{
		Kind: journal.ShareRefused, Subject: one.Subject, Record: one.Record, RecordVersion: one.Number,
		Peer: one.Peer, Pair: one.Pair, Code: string(why),
	}})
	if err != nil {
		return err
	}
	h.advance(ShareProgress{Done: 1, Total: 1, Record: one.Record, State: ShareIsRefused, Problem: problem(shareCode(why), nil)})
	h.agent.changed(EventsChanged, SyncChanged)
	h.agent.nudge()
	return nil
}

func unverifiedRecord(data []byte, r *record.Record) error {
	return signed.Unverified(data, record.RecordLimit, r)
}
