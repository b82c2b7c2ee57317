package agent

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"

	"handslag/identity/access"
	"handslag/vault"
	"handslag/vault/journal"
	"handslag/vault/journalfile"
	"handslag/vault/record"
)

// Edit is what a person says about one field of the work. Seen is Task.Seen of what they had before them
// as they said it; empty: all that this device knows.
type Edit struct {
	Topic record.Topic
	Value string
	Seen  string
}

// EditWork says what a field is now. An edit that somebody makes at the same time, unseen, is not
// overwritten: both stand, until one is chosen or the connected system's order settles it.
func (a *Agent) EditWork(ctx context.Context, id journal.AssignmentID, e Edit) (Task, error) {
	return a.edit(ctx, id, e, nil)
}

// Note adds a note; notes only add.
func (a *Agent) Note(ctx context.Context, id journal.AssignmentID, text string) (Task, error) {
	text = strings.TrimSpace(text)
	if len(text) > record.OperationNote {
		return Task{}, problem(TextLong, nil, "max", strconv.Itoa(record.OperationNote))
	}
	return a.edit(ctx, id, Edit{Topic: record.TopicNote, Value: text}, nil)
}

// Choose settles a conflict: operation, a Saying's, is what stands from here on, and the entry names it
// and what it stood beside.
func (a *Agent) Choose(ctx context.Context, id journal.AssignmentID, topic record.Topic, operation, seen string) (Task, error) {
	_, row, err := a.assignment(ctx, id)
	if err != nil {
		return Task{}, err
	}
	for _, o := range record.Merge(row.Operations()).Standing(topic).Says {
		if hex.EncodeToString(o.Hash[:]) == operation {
			return a.edit(ctx, id, Edit{Topic: topic, Value: o.Value, Seen: seen}, o.Hash[:])
		}
	}
	return Task{}, problem(WorkMoved, nil) // it has been settled meanwhile
}

func (a *Agent) edit(ctx context.Context, id journal.AssignmentID, e Edit, chosen []byte) (Task, error) {
	s, row, err := a.assignment(ctx, id)
	if err != nil {
		return Task{}, err
	}
	if err := record.CheckValue(e.Topic, e.Value); err != nil || e.Topic == record.TopicDone {
		return Task{}, problem(BadValue, err)
	}
	if err := a.mayWork(s, row); err != nil {
		return Task{}, err
	}
	heads, err := seenHeads(row, e.Seen)
	if err != nil {
		return Task{}, err
	}
	entry := workEntry(journal.AssignmentEdited, row, heads)
	entry.Ref = chosen
	words := &journal.Details{Topic: string(e.Topic), Value: e.Value}
	if e.Topic == record.TopicNote {
		entry.Kind, words = journal.AssignmentNoted, &journal.Details{Note: e.Value}
	}
	if _, err := s.say(line{entry: entry, words: words}); err != nil {
		return Task{}, translate(err)
	}
	a.worked()
	return a.Assignment(ctx, id)
}

// worked tells screens, the connected system and a colleague's device of an operation.
func (a *Agent) worked() {
	a.changed(AssignmentsChanged, EventsChanged, SyncChanged)
	a.nudge()
	a.tellMate()
}

// mayWork asks all that can be known before an entry.
func (a *Agent) mayWork(s *session, row vault.AssignmentRow) error {
	me := s.who()
	if p := decided(access.May(access.SubjectOf(me.credential), access.AssignmentWork, row.Thing())); p != nil {
		return p
	}
	if me.credential.ValidAt(a.clock.Read().Floor) != nil {
		return problem(CredentialExpired, nil)
	}
	if len(row.Work) >= record.Operations {
		return problem(WorkFull, nil, "max", strconv.Itoa(record.Operations))
	}
	return nil
}

func workEntry(kind journal.Kind, row vault.AssignmentRow, heads []journal.Hash) journal.Entry {
	e := journal.Entry{Kind: kind, Subject: row.Subject, Record: row.Record, Assignment: row.ID, AssignmentVersion: row.Number}
	for _, head := range heads {
		e.Heads = append(e.Heads, head[:])
	}
	return e
}

// seenHeads are the operations that Task.Seen stood for; those of the row as it is now, where it is empty.
func seenHeads(row vault.AssignmentRow, seen string) ([]journal.Hash, error) {
	if seen == "" {
		return record.Merge(row.Operations()).Heads, nil
	}
	if seen == sawNothing {
		return nil, nil
	}
	data, err := hex.DecodeString(seen)
	if err != nil || len(data)%len(journal.Hash{}) != 0 || len(data) > record.MaxHeads*len(journal.Hash{}) {
		return nil, problem(WorkMoved, errors.New("what was seen does not read"))
	}
	var heads []journal.Hash
	for part := range slices.Chunk(data, len(journal.Hash{})) {
		heads = append(heads, journal.Hash(part))
	}
	slices.SortFunc(heads, func(x, y journal.Hash) int { return bytes.Compare(x[:], y[:]) })
	return slices.Compact(heads), nil
}

// written is the operation that an entry of this session says, as the journal has it; nil about somebody
// who is erased.
func (s *session) written(e journal.Entry) *record.Said {
	for st, err := range s.journal.Entries(e.Generation, e.Seq) {
		if err != nil || st.Entry.Generation != e.Generation || st.Entry.Seq != e.Seq {
			return nil
		}
		return s.operation(st)
	}
	return nil
}

// operation is what an entry in this device's journal says about the work on an assignment.
func (s *session) operation(st journalfile.Stored) *record.Said {
	if !st.Entry.Kind.IsWork() {
		return nil
	}
	p := s.payload(st)
	if p == nil {
		return nil
	}
	said := &record.Said{Entry: st.Raw, Payload: *p, Person: s.who().credential.Person}
	if _, err := said.Read(); err != nil {
		return nil // of a version of the program that knew less; the entry keeps it
	}
	return said
}
