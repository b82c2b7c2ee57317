package record

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
)

// Topic is what an operation speaks about: one field of an assignment's work.
type Topic string

// The topics. A point's is PointTopic. Notes and signatures add, all others replace.
const (
	TopicStatus  Topic = "status"  // StatusOpen and its like
	TopicPlanned Topic = "planned" // PlannedForm
	TopicNote    Topic = "note"
	TopicDone    Topic = "done"

	pointTopic = "point/"
)

// PointTopic is the topic of a point of the assignment.
func PointTopic(name string) Topic { return Topic(pointTopic + name) }

// What a status or a checked point may be, and how a planned time is written: local time of the place,
// by nobody's clock.
const (
	StatusOpen    = "open"
	StatusBegun   = "begun"
	StatusWaiting = "waiting"
	PointYes      = "yes"
	PointNo       = "no"
	PlannedForm   = "2006-01-02 15:04"
)

// Bounds of operations.
const (
	OperationNote  = 2000 // bytes of a note, or of the words with a signature
	OperationValue = 200  // bytes of a value
	Operations     = 120  // on one assignment
	pointName      = 80   // bytes
)

// ErrOperation says that bytes are no operation on an assignment.
var ErrOperation = errors.New("operation is not valid")

// Said is an operation as it is kept and passed on: the signed entry of its writer's journal, the
// words that it commits to, and who the writer is.
type Said struct {
	_       struct{}        `cbor:",toarray"`
	Entry   []byte          `json:"entry"`
	Payload journal.Payload `json:"payload"`
	Person  identity.Person `json:"person"`
	Order   uint64          `json:"order,omitempty"` // in which the connected system got it, from 1; 0: it has not
}

// Operation is what a Said says.
type Operation struct {
	Hash       journal.Hash
	Heads      []journal.Hash // the newest operations that its writer had seen
	Device     identity.DeviceID
	Person     identity.Person
	Assignment journal.AssignmentID
	Number     uint64      // version of the assignment that its writer had
	At         signed.Time // by its writer's clock: to be shown, never to be compared
	Topic      Topic
	Value      string // a note's text; what was said with a signature
	Work       []byte // a signature: Work, signed
	State      []byte // a signature: the state that it is for
	Order      uint64
}

// Read is the operation that s says. The signature of its entry is for the caller to verify, or to
// trust whoever brought it.
func (s Said) Read() (Operation, error) {
	var e journal.Entry
	if err := signed.Unverified(s.Entry, journal.EntryLimit, &e); err != nil {
		return Operation{}, fmt.Errorf("read operation: %w: %w", ErrOperation, err)
	}
	if err := e.Check(); err != nil {
		return Operation{}, fmt.Errorf("read operation: %w: %w", ErrOperation, err)
	}
	commit, err := s.Payload.Commit()
	if err != nil || !bytes.Equal(commit, e.Payload) {
		return Operation{}, fmt.Errorf("read operation: %w: %w", ErrOperation, journal.ErrPayload)
	}
	o := Operation{
		Hash: journal.HashOf(s.Entry), Device: e.Device, Person: s.Person, Assignment: e.Assignment, Number: e.AssignmentVersion,
		At: e.Time(), Topic: Topic(s.Payload.Details.Topic), Value: s.Payload.Details.Value, Work: e.Signature, Order: s.Order,
	}
	for _, head := range e.Heads {
		o.Heads = append(o.Heads, journal.Hash(head))
	}
	switch e.Kind {
	case journal.AssignmentNoted:
		o.Topic, o.Value = TopicNote, s.Payload.Details.Note
	case journal.AssignmentDone:
		o.Topic, o.Value = TopicDone, s.Payload.Details.Note
	case journal.AssignmentEdited:
	default:
		return Operation{}, fmt.Errorf("read operation: %w: an entry of another kind", ErrOperation)
	}
	if e.Assignment == "" || e.AssignmentVersion == 0 {
		return Operation{}, fmt.Errorf("read operation: %w: of no assignment", ErrOperation)
	}
	if (e.Kind == journal.AssignmentEdited) == (o.Topic == TopicNote || o.Topic == TopicDone) {
		return Operation{}, fmt.Errorf("read operation: %w: an entry of another kind", ErrOperation)
	}
	if err := CheckValue(o.Topic, o.Value); err != nil {
		return Operation{}, err
	}
	if o.Topic == TopicDone {
		var w Work
		if err := signed.Unverified(o.Work, WorkLimit, &w); err != nil {
			return Operation{}, fmt.Errorf("read operation: %w: %w", ErrOperation, err)
		}
		o.State = w.State
	}
	return o, nil
}

// Open is Read for who has the writer's signing key: the entry is verified under it, and so is a
// signature.
func (s Said) Open(key signed.Key) (Operation, error) {
	if _, err := journal.OpenEntry(s.Entry, key); err != nil {
		return Operation{}, err
	}
	o, err := s.Read()
	if err == nil && o.Topic == TopicDone {
		var w Work
		if w, err = OpenWork(o.Work, key); err == nil && (w.Assignment != o.Assignment || w.Number != o.Number) {
			err = fmt.Errorf("open operation: %w", ErrWork)
		}
	}
	return o, err
}

// CheckValue says whether value may be said about topic.
func CheckValue(topic Topic, value string) error {
	bad := func(why string) error { return fmt.Errorf("check operation: %w: %s", ErrOperation, why) }
	if !utf8.ValidString(value) || !utf8.ValidString(string(topic)) {
		return bad("not text")
	}
	switch {
	case topic == TopicNote || topic == TopicDone:
		if len(value) > OperationNote || topic == TopicNote && strings.TrimSpace(value) == "" {
			return bad("a note of nothing, or too long")
		}
		return nil
	case len(value) > OperationValue, strings.ContainsFunc(value, unicode.IsControl):
		return bad("a value too long, or of several lines")
	case topic == TopicStatus:
		if value != StatusOpen && value != StatusBegun && value != StatusWaiting {
			return bad("no status")
		}
		return nil
	case topic == TopicPlanned:
		if at, err := time.Parse(PlannedForm, value); value != "" && (err != nil || at.Format(PlannedForm) != value) {
			return bad("no time")
		}
		return nil
	}
	name, ok := strings.CutPrefix(string(topic), pointTopic)
	if !ok || checkPointName(name) != nil {
		return bad("no such field")
	}
	return nil
}

func checkPointName(name string) error {
	if name == "" || len(name) > pointName || name != strings.TrimSpace(name) || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return fmt.Errorf("%w: malformed point", ErrAssignment)
	}
	return nil
}

// Point is something that an assignment asks for: a value in a unit, or, without one, to be checked.
type Point struct {
	_    struct{} `cbor:",toarray"`
	Name string   `json:"name"`
	Unit string   `json:"unit,omitempty"`
}
