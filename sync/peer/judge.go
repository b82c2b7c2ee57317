package peer

import (
	"bytes"
	"errors"
	"fmt"

	"handslag/identity"
	"handslag/identity/access"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// What a receiver asks of each thing before it says a word about it in its journal. Keys are
// unwrapped once, to see that they open what they should, and forgotten.

// incoming is line n, as far as the manifest says what it is.
func (r *reception) incoming(n uint64, signed []byte) Incoming {
	in := Incoming{Handing: r.lines[n], Purpose: r.manifest.Purpose, Theirs: journal.Hash(r.manifest.entry(int(n))), Signed: signed}
	in.Had = r.held[int(n)]
	return in
}

func badly(err error) *Refusal { return &Refusal{Why: BadRecord, Err: err} }

// stillWelcome asks what may have changed since the verification, and whether the subject is to be
// forgotten.
func (r *reception) stillWelcome(subject journal.SubjectID) *Refusal {
	if why := r.v.stillGood(); why != "" {
		return &Refusal{Why: why}
	}
	if subject != "" && r.receiver.Erased != nil && r.receiver.Erased(subject) {
		return &Refusal{Why: SubjectErased}
	}
	return nil
}

var errManifest = fmt.Errorf("not what the manifest says: %w", ErrShare)

func (r *reception) judgeTask(m taskMessage) (Incoming, *Refusal) {
	v, line := r.v, r.manifest.Tasks[m.Line]
	in := r.incoming(m.Line, m.Signed)
	if len(m.Signed) == 0 { // this device has it
		in.Had = true
		if refusal := r.stillWelcome(""); refusal != nil {
			return Incoming{}, refusal
		}
		return in, nil
	}
	sum, err := m.sum()
	if err != nil || !bytes.Equal(sum, line.Sum) {
		return Incoming{}, badly(errManifest)
	}
	if in.Task, err = record.OpenAssignment(m.Signed, v.self.org, v.self.issuing); err != nil {
		return Incoming{}, badly(err)
	}
	if in.Task.ID != line.Assignment || in.Task.Number != line.Number {
		return Incoming{}, badly(errManifest)
	}
	in.Subject = in.Task.Subject
	if refusal := r.stillWelcome(in.Subject); refusal != nil {
		return Incoming{}, refusal
	}
	if d := access.May(access.SubjectOf(v.self.credential), access.AssignmentWork, in.Task.Thing()); !d.Allowed {
		return Incoming{}, &Refusal{Why: NoRightToReceive, Access: d.Reason}
	}
	if d := access.May(access.SubjectOf(v.meeting.Peer), access.AssignmentWork, in.Task.Thing()); !d.Allowed {
		return Incoming{}, &Refusal{Why: NoRightToShare, Access: d.Reason}
	}
	return in, nil
}

// judgeRecord checks a record against manifest, organisation, loan and this device's own
// right.
func (r *reception) judgeRecord(m itemMessage) (Incoming, *Refusal) {
	v, item := r.v, len(r.manifest.Tasks)
	line := r.manifest.Items[int(m.Line)-item]
	in := r.incoming(m.Line, m.Record)
	in.Cipher, in.Hands, in.Key = m.Cipher, m.Hands, m.Key
	if in.Had {
		if len(m.Cipher) != 0 {
			return Incoming{}, badly(ErrShare)
		}
		in.Cipher = m.held
	}
	sum, err := m.sum()
	if err != nil || !bytes.Equal(sum, line.Sum) {
		return Incoming{}, badly(errManifest)
	}
	if in.Value, err = record.OpenRecord(m.Record, in.Cipher, v.self.org, v.self.issuing); err != nil {
		return Incoming{}, badly(err)
	}
	if in.Value.ID != line.Record || in.Value.Number != line.Number {
		return Incoming{}, badly(errManifest)
	}
	in.Subject = in.Value.Subject
	if refusal := r.judgeHands(line, m.Hands); refusal != nil {
		return Incoming{}, refusal
	}
	if refusal := r.stillWelcome(in.Subject); refusal != nil {
		return Incoming{}, refusal
	}
	var people []identity.PersonID
	if r.receiver.People != nil {
		people = r.receiver.People(in.Value.ID)
	}
	thing := in.Value.Thing(people...)
	if d := access.May(access.SubjectOf(v.self.credential), access.RecordReceive, thing); !d.Allowed {
		return Incoming{}, &Refusal{Why: NoRightToReceive, Access: d.Reason}
	}
	// How far the sharer's right reaches this device can not know: it lacks the sharer's
	// assignments. That there is no such right at all, it can.
	if d := access.May(access.SubjectOf(v.meeting.Peer), access.RecordShare, thing); !d.Allowed && d.Reason != access.OutOfReach {
		return Incoming{}, &Refusal{Why: NoRightToShare, Access: d.Reason}
	}
	in.Unwrap, in.Context = r.key, record.SharedKeyInfo(v.meeting.Transcript, in.Value.ID, in.Value.Number)
	return in, r.judgeKey(in, in.Value.CheckKey)
}

func (r *reception) judgeHands(line Line, hands []record.Hand) *Refusal {
	v := r.v
	loan, err := record.OpenHands(hands, v.self.org, v.self.issuing, v.self.credential.Device())
	switch {
	case err != nil:
		return badly(err)
	case loan.Record != line.Record, loan.Number != line.Number, loan.From != r.manifest.Sharer, loan.Until != line.Until:
		return badly(fmt.Errorf("another loan than the manifest says: %w", record.ErrLoan))
	case loan.Until <= v.self.now():
		return &Refusal{Why: LoanEnded}
	case v.handRevoked(hands[:len(hands)-1]): // of the last, the other device itself, stillGood speaks
		return &Refusal{Why: HandRevoked}
	}
	return nil
}

// judgeKey unwraps a content key, for check to say whether it is the one that the organisation signed for.
func (r *reception) judgeKey(in Incoming, check func(key []byte) error) *Refusal {
	key, err := r.key.unwrap(in.Key, in.Context)
	if err != nil {
		return badly(err)
	}
	defer clear(key)
	if err := check(key); err != nil {
		return &Refusal{Why: WrongKey, Err: err}
	}
	return nil
}

// judgeFile lets an attachment come where its record came.
func (r *reception) judgeFile(m fileMessage) (Incoming, *Refusal) {
	_, first := r.manifest.first()
	line := r.manifest.Files[int(m.Line)-first]
	in := r.incoming(m.Line, m.Signed)
	in.Key = m.Key
	sum, err := m.sum()
	if err != nil || !bytes.Equal(sum, line.Sum) {
		return Incoming{}, badly(errManifest)
	}
	if in.File, err = record.OpenAttachment(m.Signed, r.v.self.org, r.v.self.issuing); err != nil {
		return Incoming{}, badly(err)
	}
	if in.File.ID != line.Attachment || in.File.Record != line.Record {
		return Incoming{}, badly(errManifest)
	}
	in.Subject = in.File.Subject
	if r.receiver.Begin == nil {
		return Incoming{}, &Refusal{Why: NotStored}
	}
	if subject, ok := r.landed[line.Record]; !ok {
		return Incoming{}, badly(errors.New("its record did not come"))
	} else if subject != in.Subject {
		return Incoming{}, badly(fmt.Errorf("its record is about another subject: %w", record.ErrAttachment))
	}
	if refusal := r.stillWelcome(in.Subject); refusal != nil {
		return Incoming{}, refusal
	}
	in.Unwrap, in.Context = r.key, record.SharedAttachmentKeyInfo(r.v.meeting.Transcript, in.File.ID)
	return in, r.judgeKey(in, in.File.CheckKey)
}
