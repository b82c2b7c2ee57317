package peer

import (
	"bytes"
	"context"
	"fmt"

	"handslag/identity"
	"handslag/identity/access"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// Incoming is a record that arrived and verified, still sealed.
type Incoming struct {
	Handing              // Peer is the sharer
	Purpose string       // why, in the sharer's words
	Theirs  journal.Hash // the sharer's entry
	Signed  []byte       // the record, as signed
	Value   record.Record
	Cipher  []byte // nil where Had
	Had     bool   // this device holds the ciphertext of that version; key and loan are new
	Sealed  []byte // content key, sealed to this device
	Info    string // what it opens with
	Hands   []record.Hand
}

// Receiver is what the receiver's journal and store do.
type Receiver struct {
	// Ciphertext is what this device holds of that version already, nil if nothing. Optional.
	Ciphertext func(id journal.RecordID, number uint64) []byte
	// People are persons whose assignments on this device name the record. Optional.
	People func(id journal.RecordID) []identity.PersonID
	// Erased says of whom this device has carried out an erasure order. Optional.
	Erased func(id journal.SubjectID) bool
	// Received writes the entry, share.received, waits until it is durable, stores the record
	// and returns the entry's hash. An error says that it is not stored: the sharer is told, and
	// the share ends.
	Received func(ctx context.Context, item Incoming) (journal.Hash, error)
	// Refused writes share.refused with the code.
	Refused func(ctx context.Context, item Handing, why Why) error
}

// Got is what became of one record of a share.
type Got struct {
	Handing
	Refused *Refusal // nil where it is stored
}

// Receive waits for one share of the verified device and takes it, record by record: what it
// returns with an error has landed whole. Call it again for the next.
func (v *Verified) Receive(ctx context.Context, receiver Receiver) ([]Got, error) {
	if err := v.live(); err != nil {
		return nil, err
	}
	if receiver.Received == nil || receiver.Refused == nil {
		return nil, fmt.Errorf("receive share: no journal: %w", ErrShare)
	}
	ctx, cancel := v.within(ctx)
	defer cancel()
	select {
	case stream := <-v.session.shares:
		t := newTalk(ctx, stream, v.session.timing)
		got, err := v.take(ctx, t, receiver)
		if err != nil {
			t.fail()
			return got, fmt.Errorf("receive share: %w", err)
		}
		t.end()
		return got, nil
	case <-ctx.Done():
		if err := v.live(); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("receive share: %w", ctx.Err())
	}
}

func (v *Verified) take(ctx context.Context, t *talk, receiver Receiver) ([]Got, error) {
	var first manifestMessage
	if err := t.hear(manifestLimit, t.timing.item, &first); err != nil {
		return nil, err
	}
	m, err := v.openManifest(first.Manifest)
	if err != nil {
		return nil, err
	}
	held := map[int][]byte{}
	var wanted want
	wanted.Lines = []uint64{}
	for i, line := range m.Items {
		if receiver.Ciphertext != nil {
			if cipher := receiver.Ciphertext(line.Record, line.Number); cipher != nil {
				held[i] = cipher
				continue
			}
		}
		wanted.Lines = append(wanted.Lines, uint64(i))
	}
	if err := t.say(wanted); err != nil {
		return nil, err
	}
	var got []Got
	for i, line := range m.Items {
		var item itemMessage
		if err := t.hear(itemLimit, t.timing.answer, &item); err != nil {
			return got, err
		}
		if item.Line != uint64(i) {
			return got, fmt.Errorf("line %d where %d was to come: %w", item.Line, i, ErrShare)
		}
		one, answer, err := v.takeOne(ctx, m, line, item, held[i], receiver)
		if answer.Entry != nil || answer.Refused != "" {
			answer.Line = uint64(i)
			got = append(got, one)
			if err := t.say(answer); err != nil {
				return got, err
			}
		}
		if err != nil {
			t.end() // the answer that says so still arrives
			return got, err
		}
	}
	return got, nil
}

// takeOne lets one record land whole, or not at all.
func (v *Verified) takeOne(ctx context.Context, m Manifest, line Line, item itemMessage, held []byte, receiver Receiver) (Got, ack, error) {
	handing := Handing{Record: line.Record, Number: line.Number, Peer: m.Sharer, Until: line.Until, Pair: line.Pair}
	incoming, refusal := v.judgeIncoming(m, line, item, held, receiver)
	if refusal != nil {
		refusal.Record, refusal.Number = line.Record, line.Number
		if err := receiver.Refused(ctx, handing, refusal.Why); err != nil {
			return Got{Handing: handing, Refused: refusal}, ack{Refused: refusal.Why}, fmt.Errorf("write the refusal: %w", err)
		}
		return Got{Handing: handing, Refused: refusal}, ack{Refused: refusal.Why}, nil
	}
	hash, err := receiver.Received(ctx, incoming)
	if err != nil {
		refusal = &Refusal{Record: line.Record, Number: line.Number, Why: NotStored, Err: err}
		return Got{Handing: incoming.Handing, Refused: refusal}, ack{Refused: NotStored}, fmt.Errorf("store a received record: %w", err)
	}
	return Got{Handing: incoming.Handing}, ack{Entry: hash[:]}, nil
}

// judgeIncoming checks a record against manifest, organisation, loan and this device's own
// right. The sealed key is opened once to see that it will open, and forgotten.
func (v *Verified) judgeIncoming(m Manifest, line Line, item itemMessage, held []byte, receiver Receiver) (Incoming, *Refusal) {
	bad := func(err error) (Incoming, *Refusal) { return Incoming{}, &Refusal{Why: BadRecord, Err: err} }
	cipher := item.Cipher
	if held != nil {
		if len(cipher) != 0 {
			return bad(ErrShare)
		}
		cipher = held
	}
	sum, err := item.sum()
	if err != nil || !bytes.Equal(sum, line.Sum) {
		return bad(fmt.Errorf("not what the manifest says: %w", ErrShare))
	}
	value, err := record.OpenRecord(item.Record, cipher, v.self.org, v.self.issuing)
	if err != nil {
		return bad(err)
	}
	if value.ID != line.Record || value.Number != line.Number {
		return bad(fmt.Errorf("another record than the manifest says: %w", ErrShare))
	}
	loan, err := record.OpenHands(item.Hands, v.self.org, v.self.issuing, v.self.credential.Device())
	switch {
	case err != nil:
		return bad(err)
	case loan.Record != line.Record, loan.Number != line.Number, loan.From != m.Sharer, loan.Until != line.Until:
		return bad(fmt.Errorf("another loan than the manifest says: %w", record.ErrLoan))
	case loan.Until <= v.self.now():
		return Incoming{}, &Refusal{Why: LoanEnded}
	case v.handRevoked(item.Hands[:len(item.Hands)-1]): // of the last, the other device itself, stillGood speaks
		return Incoming{}, &Refusal{Why: HandRevoked}
	}
	if why := v.stillGood(); why != "" {
		return Incoming{}, &Refusal{Why: why}
	}
	if receiver.Erased != nil && receiver.Erased(value.Subject) {
		return Incoming{}, &Refusal{Why: SubjectErased}
	}
	var people []identity.PersonID
	if receiver.People != nil {
		people = receiver.People(value.ID)
	}
	thing := value.Thing(people...)
	if d := access.May(access.SubjectOf(v.self.credential), access.RecordReceive, thing); !d.Allowed {
		return Incoming{}, &Refusal{Why: NoRightToReceive, Access: d.Reason}
	}
	// How far the sharer's right reaches this device can not know: it lacks the sharer's
	// assignments. That there is no such right at all, it can.
	if d := access.May(access.SubjectOf(v.meeting.Peer), access.RecordShare, thing); !d.Allowed && d.Reason != access.OutOfReach {
		return Incoming{}, &Refusal{Why: NoRightToShare, Access: d.Reason}
	}
	info := record.SharedKeyInfo(v.meeting.Transcript, value.ID, value.Number)
	key, err := v.session.config.Keys.OpenSealed(info, item.Sealed)
	defer clear(key)
	if err != nil || len(item.Sealed) > sealedLimit || len(key) != identity.AEADKeySize {
		return bad(fmt.Errorf("the content key does not open: %w", identity.ErrSealed))
	}
	if err := value.CheckKey(key); err != nil {
		return Incoming{}, &Refusal{Why: WrongKey, Err: err}
	}
	in := Incoming{
		Handing: Handing{Record: value.ID, Number: value.Number, Subject: value.Subject, Peer: m.Sharer, Until: loan.Until, Pair: line.Pair},
		Purpose: m.Purpose, Theirs: journal.Hash(line.Entry), Signed: item.Record, Value: value,
		Cipher: item.Cipher, Had: held != nil, Sealed: item.Sealed, Info: info, Hands: item.Hands,
	}
	return in, nil
}
