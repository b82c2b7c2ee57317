package agent

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"handslag/sync/peer"
	"handslag/vault"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// maxFailedShares is how many shares may fail before this end takes no more in this meeting.
const maxFailedShares = 16

// receive takes what the other gives for as long as the meeting lasts.
func (h *Handover) receive(v *peer.Verified) {
	over, cancel := h.while(context.Background())
	defer cancel()
	for failures := 0; failures < maxFailedShares; {
		err := h.receiveOne(over, v)
		h.malformed("share", err) // whoever sent it may be gone by now
		if errors.Is(err, peer.ErrNotVerified) || over.Err() != nil {
			return
		}
		if err != nil {
			failures++
			h.agent.log.Info("a share broke off", "error", CodeOf(translate(err)))
		}
	}
}

// maxMalformed is how many entries a meeting has of what a verified device sent and is none of what it should be.
const maxMalformed = 16

// malformed is the entry of what a verified device sent that was no share, no news, no segment, no work.
func (h *Handover) malformed(protocol string, err error) {
	why := peer.Malformed(protocol, err)
	h.mu.Lock()
	h.bad += min(len(why), 1)
	enough := h.bad > maxMalformed
	h.mu.Unlock()
	if why == "" || enough {
		return
	}
	_, err = h.session.say(line{entry: journal.Entry{Kind: journal.ShareMalformed, Peer: h.otherDevice(), Code: why}})
	if err != nil {
		h.agent.log.Warn("a share that was none has no entry", "error", err)
		return
	}
	h.agent.changed(EventsChanged, SyncChanged)
	h.agent.nudge()
}

// receiveOne takes one share, or as much of it as this person lets come.
func (h *Handover) receiveOne(over context.Context, v *peer.Verified) error {
	ctx, refuse := context.WithCancel(over)
	defer refuse()
	ended := make(chan struct{})
	defer close(ended)
	defer h.receiving.Store(false)
	h.mu.Lock()
	h.refuse, h.received = refuse, ended
	giver := vault.Source{Device: h.other.Device(), Name: h.other.Person.Name()}
	h.mu.Unlock()
	blobs, err := h.session.vault.Blobs()
	if err != nil {
		return err
	}
	defer blobs.Close()
	t := &taking{h: h, blobs: blobs, giver: giver, telling: shareTelling{h: h}}
	_, err = v.Receive(ctx, peer.Receiver{
		Has: t.has, Ciphertext: t.ciphertext, HasTask: t.hasTask, People: h.session.people, Erased: h.session.erased,
		Received: t.received, Refused: t.refused, Begin: t.begin, Keep: blobs.Put, Flush: blobs.Sync, Moved: t.telling.moved,
	})
	if err != nil && ctx.Err() != nil && over.Err() == nil {
		return nil // nothing was under way
	}
	return err
}

// Sharing reports whether something is being handed over now, in either direction.
func (h *Handover) Sharing() bool { return h.sending.Load() || h.receiving.Load() }

// Refuse ends, at a good place, what is being received now, at this person's wish; what has arrived stays.
// The meeting goes on. It returns what is closed when that share has ended.
func (h *Handover) Refuse() (ended <-chan struct{}) {
	h.mu.Lock()
	refuse, ended := h.refuse, h.received
	h.mu.Unlock()
	if refuse == nil { // before it is verified there is nothing to receive
		none := make(chan struct{})
		close(none)
		return none
	}
	refuse()
	return ended
}

// taking is one share that comes.
type taking struct {
	h       *Handover
	blobs   *vault.Blobs
	giver   vault.Source
	telling shareTelling
}

// has reports whether this device holds that version already.
func (t *taking) has(id journal.RecordID, number uint64) bool {
	t.h.receiving.Store(true)
	row, err := t.h.session.vault.Record(id)
	return err == nil && row.Number == number
}

func (t *taking) ciphertext(id journal.RecordID, number uint64) []byte {
	held, err := t.h.session.vault.Copy(id)
	if err != nil {
		return nil
	}
	return held.Cipher // of another version it will not have the right hash
}

func (t *taking) hasTask(id journal.AssignmentID, number uint64) bool {
	t.h.receiving.Store(true)
	row, err := t.h.session.vault.Assignment(id)
	return err == nil && row.Number >= number
}

// begin remembers an attachment, so that the chunks which come are somebody's.
func (t *taking) begin(_ context.Context, in peer.Incoming) (missing []int, err error) {
	s := t.h.session
	err = s.vault.Update(unlessErased(in.Subject, func(tx *vault.Tx) error {
		_, err := tx.PutAttachment(vault.AttachmentCopy{Signed: in.Signed, Source: t.source()})
		return err
	}))
	if err != nil {
		return nil, err
	}
	if missing, err = t.blobs.Missing(in.File); err != nil {
		return nil, err
	}
	return missing, t.blobs.Room(uint64(len(missing)) * record.ChunkLimit)
}

func (t *taking) source() vault.Source {
	from := t.giver
	from.At = t.h.session.clock.Read().Time
	return from
}

// received is the receiver's half of the double entry, and with it the copies: durable before
// anything opens.
func (t *taking) received(_ context.Context, all []peer.Incoming) ([]journal.Hash, error) {
	s, me := t.h.session, t.h.session.who().credential.Person.ID
	var lines []line
	for _, in := range all {
		e := shareEntry(journal.ShareReceived, in.Handing)
		e.Ref = in.Theirs[:]
		if in.Assignment == "" {
			e.Assignment, e.AssignmentVersion = s.needed(in.Record, me)
		}
		lines = append(lines, line{entry: e, words: inWords(cmp.Or(in.Purpose, s.reasonOf(e)))})
	}
	if err := t.stage(all); err != nil {
		return nil, err
	}
	stamps, err := s.say(lines...)
	if err != nil {
		return nil, err
	}
	var hashes []journal.Hash
	for i, in := range all {
		hashes = append(hashes, stamps[i].Hash())
		t.took(in)
	}
	t.h.agent.changed(RecordsChanged, AssignmentsChanged, EventsChanged, SyncChanged)
	t.h.agent.nudge()
	return hashes, nil
}

// stage makes copies durable before the entries that say so, whose effect puts them among the others.
func (t *taking) stage(all []peer.Incoming) error {
	v, from := t.h.session.vault, t.source()
	if err := v.Room(); err != nil {
		return err
	}
	return v.Update(func(tx *vault.Tx) error {
		for _, in := range all {
			if err := unlessErased(in.Subject, func(tx *vault.Tx) error { return stage(tx, in, from) })(tx); err != nil {
				return fmt.Errorf("keep what was received: %w", err)
			}
		}
		return nil
	})
}

// stagedName is where a copy waits for its entry: under the sharer's entry, which the sharer chooses, and the thing, so
// that no entry puts another thing in its place than the one that it names.
func stagedName(theirs []byte, thing peer.Thing) []byte {
	return append(bytes.Clone(theirs), thing.String()...)
}

func stage(tx *vault.Tx, in peer.Incoming, from vault.Source) error {
	name := stagedName(in.Theirs[:], in.Thing)
	switch {
	case in.Assignment != "" && in.Had:
		return nil
	case in.Assignment != "":
		return tx.StageAssignment(name, vault.AssignmentCopy{Signed: in.Signed})
	case in.Attachment != "":
		return tx.StageAttachment(name, vault.AttachmentCopy{
			Signed: in.Signed, Sealed: in.Key, Info: in.Context, Unwrap: in.Unwrap, Source: from,
		})
	}
	return tx.StageRecord(name, vault.RecordCopy{
		Signed: in.Signed, Cipher: in.Cipher, Sealed: in.Key, Info: in.Context, Unwrap: in.Unwrap, Hands: in.Hands, Source: from,
	})
}

// putReceived is what the entry of a share changes in the view.
func putReceived(tx *vault.Tx, e effect) error {
	thing := peer.Thing{Record: e.entry.Record, Attachment: e.entry.Attachment}
	if thing.Record == "" { // an entry of a record may name the assignment that it was needed for
		thing.Assignment = e.entry.Assignment
	}
	data, err := tx.Setting(erasedName(e.entry.Subject))
	return tx.Unstage(stagedName(e.entry.Ref, thing), err == nil && len(data) == 0)
}

func (t *taking) took(in peer.Incoming) {
	t.telling.fared(in.Thing, t.title(in), ShareIsReceived, nil)
	if in.Thing != (peer.Thing{Record: in.Record}) {
		return
	}
	t.h.mu.Lock()
	defer t.h.mu.Unlock()
	if !slices.Contains(t.h.taken, in.Record) {
		t.h.taken = append(t.h.taken, in.Record)
	}
}

func (t *taking) title(in peer.Incoming) string {
	switch {
	case in.Assignment != "":
		return in.Task.Title
	case in.Attachment == "":
		return in.Value.Card.Title
	}
	row, err := t.h.session.vault.Record(in.Record)
	if err != nil {
		return ""
	}
	return row.Card.Title
}

// refused is what came and was not taken, or did not come.
func (t *taking) refused(_ context.Context, all []peer.Declined) error {
	for some := range slices.Chunk(all, shareAtOnce) {
		var lines []line
		for _, one := range some {
			e := shareEntry(journal.ShareRefused, one.Handing)
			e.Code, e.Until = string(one.Refusal.Why), 0
			lines = append(lines, line{entry: e})
			t.telling.fared(one.Thing, "", ShareIsRefused, problem(shareCode(one.Refusal.Why), nil))
		}
		if _, err := t.h.session.say(lines...); err != nil {
			return err
		}
	}
	t.h.agent.changed(EventsChanged, SyncChanged)
	t.h.agent.nudge()
	return nil
}
