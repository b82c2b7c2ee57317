package peer

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"handslag/identity"
	"handslag/identity/access"
	"handslag/identity/signed"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// Outgoing is a record to hand over, as this device holds it.
type Outgoing struct {
	Record []byte              // signed by the organisation
	Cipher []byte              // the protected part, as it came
	Hands  []record.Hand       // that end at this device
	Until  signed.Time         // 0: as long as this device has it
	People []identity.PersonID // further persons whose assignments name the record
	// Reseal seals the content key to the other device with info, once the entry is durable.
	Reseal func(to identity.Credential, info string) ([]byte, error)
}

// Handing is one record of a share, as entries need it.
type Handing struct {
	Record  journal.RecordID
	Number  uint64
	Subject journal.SubjectID
	Peer    identity.DeviceID
	Until   signed.Time
	Pair    []byte // 32 bytes, in both entries
}

// Sharer is what the sharer's journal does, in order. Each returns once its entries are
// durable; an error ends the share.
type Sharer struct {
	// Before writes one entry for each handing, share.sent, and returns their hashes. No byte
	// has left when it is called.
	Before func(ctx context.Context, all []Handing) ([]journal.Hash, error)
	// Confirmed writes what arrived: share.confirmed with Ref, the receiver's entry.
	Confirmed func(ctx context.Context, one Handing, ref journal.Hash) error
	// Refused writes what the receiver refused: share.refused with the code.
	Refused func(ctx context.Context, one Handing, why Why) error
}

// Sent is what became of one record.
type Sent struct {
	Handing
	Had     bool         // the receiver held that version already; only the loan is new
	Ref     journal.Hash // the receiver's entry; zero where none came
	Refused Why          // "" where it was not
}

// Arrived reports whether the receiver said so.
func (s Sent) Arrived() bool { return s.Ref != journal.Hash{} }

// Send hands records over, at most MaxItems. It refuses the whole share with a *Refusal,
// before any entry, if the other device may not receive one of them or this one may not
// share it. After an error in the middle the result says what is known to have arrived.
func (v *Verified) Send(ctx context.Context, purpose string, items []Outgoing, sharer Sharer) ([]Sent, error) {
	if err := v.live(); err != nil {
		return nil, err
	}
	if len(items) == 0 || len(items) > MaxItems || len(purpose) > maxPurpose || sharer.Before == nil || sharer.Confirmed == nil || sharer.Refused == nil {
		return nil, fmt.Errorf("share: no records, too many, or no journal: %w", ErrShare)
	}
	ctx, cancel := v.within(ctx)
	defer cancel()
	v.session.sending.Lock()
	defer v.session.sending.Unlock()
	sent := make([]Sent, len(items))
	handings := make([]Handing, len(items))
	seen := map[journal.RecordID]bool{}
	for i, item := range items {
		handing, refusal := v.judgeOutgoing(item)
		if refusal != nil {
			return nil, refusal
		}
		if seen[handing.Record] {
			return nil, fmt.Errorf("share: a record stands twice: %w", ErrShare)
		}
		seen[handing.Record] = true
		handings[i], sent[i].Handing = handing, handing
	}
	hashes, err := sharer.Before(ctx, handings)
	if err != nil {
		return nil, fmt.Errorf("share: write it in the journal first: %w", err)
	}
	if len(hashes) != len(items) {
		return nil, fmt.Errorf("share: %d entries for %d records: %w", len(hashes), len(items), ErrShare)
	}
	messages, manifest, err := v.pack(purpose, items, handings, hashes)
	if err != nil {
		return sent, err
	}
	return sent, v.deliver(ctx, manifest, messages, sent, sharer)
}

// judgeOutgoing asks everything that this device can know before it writes an entry.
func (v *Verified) judgeOutgoing(item Outgoing) (Handing, *Refusal) {
	rec, err := record.OpenRecord(item.Record, item.Cipher, v.self.org, v.self.issuing)
	refuse := func(why Why, reason access.Reason, err error) (Handing, *Refusal) {
		return Handing{}, &Refusal{Record: rec.ID, Number: rec.Number, Why: why, Access: reason, Err: err}
	}
	if err != nil {
		return refuse(BadRecord, "", err)
	}
	if item.Reseal == nil {
		return refuse(BadRecord, "", errors.New("no content key"))
	}
	if why := v.stillGood(); why != "" {
		return refuse(why, "", nil)
	}
	thing := rec.Thing(item.People...)
	if d := access.May(access.SubjectOf(v.self.credential), access.RecordShare, thing); !d.Allowed {
		return refuse(NoRightToShare, d.Reason, nil)
	}
	if d := access.May(access.SubjectOf(v.meeting.Peer), access.RecordReceive, thing); !d.Allowed {
		return refuse(NoRightToReceive, d.Reason, nil)
	}
	loan, err := record.OpenHands(item.Hands, v.self.org, v.self.issuing, v.self.credential.Device())
	switch {
	case err != nil:
		return refuse(BadRecord, "", err)
	case loan.Record != rec.ID, loan.Number != rec.Number:
		return refuse(BadRecord, "", record.ErrLoan)
	case loan.Until <= v.self.now():
		return refuse(LoanEnded, "", nil)
	case v.handRevoked(item.Hands):
		return refuse(HandRevoked, "", nil)
	case len(item.Hands) >= record.MaxHands:
		return refuse(TooManyHands, "", nil)
	}
	until := item.Until
	if until == 0 {
		until = loan.Until
	}
	if until > loan.Until {
		return refuse(LoanTooLong, "", nil)
	}
	if until <= v.self.now() {
		return refuse(LoanEnded, "", nil)
	}
	pair := make([]byte, 32)
	rand.Read(pair)
	return Handing{Record: rec.ID, Number: rec.Number, Subject: rec.Subject, Peer: v.meeting.Peer.Device(), Until: until, Pair: pair}, nil
}

// pack lends each record on, reseals its key and signs the manifest over all of them.
func (v *Verified) pack(purpose string, items []Outgoing, handings []Handing, hashes []journal.Hash) ([]itemMessage, []byte, error) {
	m := Manifest{Version: 1, Org: v.self.org, Sharer: v.self.credential.Device(), Recipient: v.meeting.Peer.Device(),
		Transcript: v.meeting.Transcript, Purpose: purpose}
	messages := make([]itemMessage, len(items))
	for i, item := range items {
		h := handings[i]
		loan, err := v.self.signWith(signed.DomainLoan, record.Loan{Version: 1, Org: v.self.org, Record: h.Record, Number: h.Number,
			From: m.Sharer, To: m.Recipient, Until: h.Until})
		if err != nil {
			return nil, nil, fmt.Errorf("lend record on: %w", err)
		}
		hands := append(append([]record.Hand(nil), item.Hands...), record.Hand{Loan: loan, Credential: v.self.raw})
		sealed, err := item.Reseal(v.meeting.Peer, record.SharedKeyInfo(v.meeting.Transcript, h.Record, h.Number))
		if err != nil {
			return nil, nil, fmt.Errorf("reseal content key: %w", err)
		}
		messages[i] = itemMessage{Line: uint64(i), Record: item.Record, Cipher: item.Cipher, Sealed: sealed, Hands: hands}
		sum, err := messages[i].sum()
		if err != nil {
			return nil, nil, err
		}
		m.Items = append(m.Items, Line{Record: h.Record, Number: h.Number, Until: h.Until, Pair: h.Pair, Entry: hashes[i][:], Sum: sum})
	}
	data, err := v.self.signWith(signed.DomainManifest, m)
	if err != nil {
		return nil, nil, fmt.Errorf("sign manifest: %w", err)
	}
	return messages, data, nil
}

// deliver sends the manifest, then each wanted record, and writes down each answer before it
// sends the next.
func (v *Verified) deliver(ctx context.Context, manifest []byte, messages []itemMessage, sent []Sent, sharer Sharer) error {
	stream, err := v.stream(ctx)
	if err != nil {
		return fmt.Errorf("share: %w", err)
	}
	t := newTalk(ctx, stream, v.session.timing)
	defer t.fail()
	if err := t.say(manifestMessage{Manifest: manifest}); err != nil {
		return fmt.Errorf("share: %w", err)
	}
	var wanted want
	if err := t.hear(wantLimit, t.timing.answer, &wanted); err != nil {
		return fmt.Errorf("share: %w", err)
	}
	if err := wanted.check(len(messages)); err != nil {
		return fmt.Errorf("share: %w", err)
	}
	next := wanted.Lines
	for i := range messages {
		if len(next) > 0 && next[0] == uint64(i) {
			next = next[1:]
			if err := t.say(messages[i]); err != nil {
				return fmt.Errorf("share: %w", err)
			}
		} else {
			sent[i].Had = true
			had := messages[i]
			had.Cipher = nil // the loan and the key go, the ciphertext is there
			if err := t.say(had); err != nil {
				return fmt.Errorf("share: %w", err)
			}
		}
		var a ack
		if err := t.hear(ackLimit, t.timing.answer, &a); err != nil {
			return fmt.Errorf("share: %w", err)
		}
		if err := v.note(ctx, a, &sent[i], uint64(i), sharer); err != nil {
			return err
		}
	}
	t.end()
	return nil
}

// note writes one answer down.
func (v *Verified) note(ctx context.Context, a ack, one *Sent, line uint64, sharer Sharer) error {
	switch {
	case a.Line != line, len(a.Entry) == 0 && !a.Refused.known(), len(a.Entry) != 0 && (len(a.Entry) != 32 || a.Refused != ""):
		return fmt.Errorf("share: read answer: %w", ErrShare)
	case a.Refused != "":
		one.Refused = a.Refused
		if err := sharer.Refused(ctx, one.Handing, a.Refused); err != nil {
			return fmt.Errorf("share: write the refusal: %w", err)
		}
	default:
		one.Ref = journal.Hash(a.Entry)
		if err := sharer.Confirmed(ctx, one.Handing, one.Ref); err != nil {
			return fmt.Errorf("share: write the acknowledgement: %w", err)
		}
	}
	return nil
}
