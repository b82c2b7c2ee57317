package peer

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"handslag/identity/access"
	"handslag/identity/signed"
	"handslag/sync/peer/internal/message"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// parcel is one share on its way.
type parcel struct {
	v      *Verified
	share  Share
	sharer Sharer
	sent   []Sent
	files  []record.Attachment // of share.Files
	going  []int               // the indices in sent of the manifest's lines

	entries []journal.Hash // of this device's journal, of those

	manifest Manifest
	signed   []byte
	messages []message.Body // one for each line
}

// judge asks everything that this device can know before it writes an entry, and writes what stays.
func (p *parcel) judge(ctx context.Context) error {
	tasks, items := len(p.share.Tasks), len(p.share.Records)
	p.sent = make([]Sent, tasks+items+len(p.share.Files))
	p.files = make([]record.Attachment, len(p.share.Files))
	side(tasks+items, func(n int) {
		if n < tasks {
			p.sent[n] = p.v.judgeTask(p.share.Tasks[n])
		} else {
			p.sent[n] = p.v.judgeOutgoing(p.share.Records[n-tasks])
		}
	})
	records := map[journal.RecordID]Sent{}
	for _, s := range p.sent[tasks : tasks+items] {
		records[s.Record] = s
	}
	for i, file := range p.share.Files {
		p.sent[tasks+items+i], p.files[i] = p.v.judgeFile(file, records)
	}
	var stay []*Refusal
	seen := map[Thing]bool{}
	for i, s := range p.sent {
		if s.Stays != nil {
			stay = append(stay, s.Stays)
			continue
		}
		if seen[s.Thing] {
			return fmt.Errorf("share: a thing stands twice: %w", ErrShare)
		}
		seen[s.Thing] = true
		p.going = append(p.going, i)
	}
	if len(stay) == 0 {
		return nil
	}
	if err := p.sharer.Stays(ctx, stay); err != nil {
		return fmt.Errorf("share: write what stays: %w", err)
	}
	return nil
}

func (v *Verified) judgeTask(task OutgoingTask) Sent {
	a, err := record.OpenAssignment(task.Signed, v.self.org, v.self.issuing)
	handing := Handing{Thing: Thing{Assignment: a.ID}, Number: a.Number, Subject: a.Subject, Peer: v.meeting.Peer.Device(), Pair: newPair()}
	refuse := func(why Why, reason access.Reason, err error) Sent {
		return Sent{Handing: handing, Stays: &Refusal{Thing: handing.Thing, Number: a.Number, Why: why, Access: reason, Err: err}}
	}
	if err != nil {
		return refuse(BadRecord, "", err)
	}
	if why := v.stillGood(); why != "" {
		return refuse(why, "", nil)
	}
	if d := access.May(access.SubjectOf(v.self.credential), access.AssignmentWork, a.Thing()); !d.Allowed {
		return refuse(NoRightToShare, d.Reason, nil)
	}
	if d := access.May(access.SubjectOf(v.meeting.Peer), access.AssignmentWork, a.Thing()); !d.Allowed {
		return refuse(NoRightToReceive, d.Reason, nil)
	}
	return Sent{Handing: handing}
}

func (v *Verified) judgeOutgoing(item Outgoing) Sent {
	rec, err := record.OpenRecord(item.Record, item.Cipher, v.self.org, v.self.issuing)
	handing := Handing{Thing: Thing{Record: rec.ID}, Number: rec.Number, Subject: rec.Subject, Peer: v.meeting.Peer.Device(), Pair: newPair()}
	refuse := func(why Why, reason access.Reason, err error) Sent {
		return Sent{Handing: handing, Stays: &Refusal{Thing: handing.Thing, Number: rec.Number, Why: why, Access: reason, Err: err}}
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
	handing.Until = item.Until
	if handing.Until == 0 {
		handing.Until = loan.Until
	}
	if handing.Until > loan.Until {
		return refuse(LoanTooLong, "", nil)
	}
	if handing.Until <= v.self.now() {
		return refuse(LoanEnded, "", nil)
	}
	return Sent{Handing: handing}
}

// judgeFile lets an attachment go where its record goes.
func (v *Verified) judgeFile(file OutgoingFile, records map[journal.RecordID]Sent) (Sent, record.Attachment) {
	a, err := record.OpenAttachment(file.Signed, v.self.org, v.self.issuing)
	of, with := records[a.Record]
	handing := Handing{Thing: Thing{Record: a.Record, Attachment: a.ID}, Subject: a.Subject, Peer: v.meeting.Peer.Device(), Until: of.Until, Pair: newPair()}
	why := Why("")
	switch {
	case err != nil, !with, file.Reseal == nil, file.Chunk == nil:
		why, err = BadRecord, errors.Join(err, errors.New("without its record, key or content"))
	case of.Stays != nil:
		why = of.Stays.Why
	case a.Subject != of.Subject:
		why, err = BadRecord, record.ErrAttachment
	}
	if why != "" {
		return Sent{Handing: handing, Stays: &Refusal{Thing: handing.Thing, Why: why, Err: err}}, a
	}
	return Sent{Handing: handing}, a
}

func newPair() []byte {
	pair := make([]byte, 32)
	rand.Read(pair)
	return pair
}

// handings are the things that go.
func (p *parcel) handings() []Handing {
	all := make([]Handing, len(p.going))
	for i, n := range p.going {
		all[i] = p.sent[n].Handing
	}
	return all
}

// enter writes the entries.
func (p *parcel) enter(ctx context.Context) (err error) {
	if p.entries, err = p.sharer.Before(ctx, p.handings()); err != nil {
		return fmt.Errorf("share: write it in the journal first: %w", err)
	}
	if len(p.entries) != len(p.going) {
		return fmt.Errorf("share: %d entries for %d things: %w", len(p.entries), len(p.going), ErrShare)
	}
	return nil
}

// keep writes that nothing left of what the entries tell of: something was erased meanwhile, say.
func (p *parcel) keep(ctx context.Context) error {
	var all []Sent
	for _, n := range p.going {
		p.sent[n].Refused = BrokenOff
		all = append(all, p.sent[n])
	}
	if err := p.sharer.Answered(ctx, all); err != nil {
		return fmt.Errorf("share: write that nothing left: %w", err)
	}
	return nil
}

// pack lends each record on, reseals keys and signs the manifest over all of them.
func (p *parcel) pack() (err error) {
	v, handings, hashes := p.v, p.handings(), p.entries
	m := Manifest{Version: 1, Org: v.self.org, Sharer: v.self.credential.Device(), Recipient: v.meeting.Peer.Device(),
		Transcript: v.meeting.Transcript, Purpose: p.share.Purpose}
	if m.Key, err = p.sharer.Key(v.meeting.Peer, record.ShareKeyInfo(v.meeting.Transcript)); err != nil {
		return fmt.Errorf("share: make its key: %w", err)
	}
	p.messages = make([]message.Body, len(p.going))
	sums, errs := make([][]byte, len(p.going)), make([]error, len(p.going))
	side(len(p.going), func(i int) {
		p.messages[i], sums[i], errs[i] = p.say(i)
	})
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("share: %w", err)
	}
	for i, h := range handings {
		switch {
		case h.Assignment != "":
			m.Tasks = append(m.Tasks, TaskLine{Assignment: h.Assignment, Number: h.Number, Pair: h.Pair, Entry: hashes[i][:], Sum: sums[i]})
		case h.Attachment != "":
			m.Files = append(m.Files, FileLine{Attachment: h.Attachment, Record: h.Record, Pair: h.Pair, Entry: hashes[i][:], Sum: sums[i]})
		default:
			m.Items = append(m.Items, Line{Record: h.Record, Number: h.Number, Until: h.Until, Pair: h.Pair, Entry: hashes[i][:], Sum: sums[i]})
		}
	}
	p.manifest = m
	if p.signed, err = v.self.signWith(signed.DomainManifest, m); err != nil {
		return fmt.Errorf("share: sign manifest: %w", err)
	}
	return nil
}

// say is what is sent of line i, and its sum.
func (p *parcel) say(i int) (said message.Body, sum []byte, err error) {
	n, v := p.going[i], p.v
	h := p.sent[n].Handing
	tasks, items := len(p.share.Tasks), len(p.share.Records)
	switch {
	case n < tasks:
		m := taskMessage{Line: uint64(i), Signed: p.share.Tasks[n].Signed}
		sum, err = m.sum()
		return m, sum, err
	case n >= tasks+items:
		file := p.share.Files[n-tasks-items]
		key, err := file.Reseal(record.SharedAttachmentKeyInfo(v.meeting.Transcript, h.Attachment))
		if err != nil {
			return nil, nil, fmt.Errorf("reseal content key: %w", err)
		}
		m := fileMessage{Line: uint64(i), Signed: file.Signed, Key: key}
		sum, err = m.sum()
		return m, sum, err
	}
	item := p.share.Records[n-tasks]
	loan, err := v.self.signWith(signed.DomainLoan, record.Loan{Version: 1, Org: v.self.org, Record: h.Record, Number: h.Number,
		From: v.self.credential.Device(), To: h.Peer, Until: h.Until})
	if err != nil {
		return nil, nil, fmt.Errorf("lend record on: %w", err)
	}
	hands := append(append([]record.Hand(nil), item.Hands...), record.Hand{Loan: loan, Credential: v.self.raw})
	key, err := item.Reseal(record.SharedKeyInfo(v.meeting.Transcript, h.Record, h.Number))
	if err != nil {
		return nil, nil, fmt.Errorf("reseal content key: %w", err)
	}
	m := itemMessage{Line: uint64(i), Record: item.Record, Cipher: item.Cipher, Key: key, Hands: hands}
	sum, err = m.sum()
	return m, sum, err
}
