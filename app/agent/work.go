package agent

import (
	"cmp"
	"encoding/hex"
	"slices"
	"time"

	"handslag/vault"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// FieldState is one field of the work on an assignment.
type FieldState struct {
	Topic  record.Topic `json:"topic"`
	Name   string       `json:"name,omitempty"` // of a point
	Unit   string       `json:"unit,omitempty"` // of a point that is measured; without one it is checked
	Says   []Saying     `json:"says,omitempty"` // none: nobody has said anything; several: they did not know of each other
	Before []Saying     `json:"before,omitempty"`
}

// Saying is a value and who said so.
type Saying struct {
	Value     string    `json:"value"`
	By        string    `json:"by"`
	Mine      bool      `json:"mine,omitempty"` // on this device
	At        time.Time `json:"at"`             // by the clock of who said it
	Waiting   bool      `json:"waiting,omitempty"`
	Lost      bool      `json:"lost,omitempty"` // of what stands no more: who said what stands did not know of it
	Operation string    `json:"operation"`      // what Choose takes
}

// Value is what stands, empty where nothing does, or several values.
func (f FieldState) Value() string {
	if len(f.Says) != 1 {
		return ""
	}
	return f.Says[0].Value
}

// Conflict reports whether several values stand side by side.
func (f FieldState) Conflict() bool { return len(f.Says) > 1 }

// Settled are the values that the connected system's order decided against.
func (f FieldState) Settled() []Saying {
	return slices.DeleteFunc(slices.Clone(f.Before), func(s Saying) bool { return !s.Lost })
}

// Fields are all of the assignment's, in the order in which they are shown.
func (t Task) Fields() []FieldState { return append([]FieldState{t.Status, t.Planned}, t.Points...) }

// Conflicts counts the fields that wait for a choice, or for the connected system's order.
func (t Task) Conflicts() (n int) {
	for _, f := range t.Fields() {
		if f.Conflict() {
			n++
		}
	}
	return n
}

// sawNothing is Task.Seen where nobody has said anything yet.
const sawNothing = "nothing"

// work fills in what was said about the work.
func (t *Task) work(s *session, row vault.AssignmentRow) {
	sheet := record.Merge(row.Operations())
	confirmed := map[journal.Hash]bool{}
	for _, w := range row.Work {
		confirmed[journal.HashOf(w.Said.Entry)] = w.Confirmed
	}
	saying := func(o record.Operation) Saying {
		mine := o.Device == s.device
		return Saying{Value: o.Value, By: o.Person.Name(), Mine: mine, At: o.At.Time(), Waiting: mine && !confirmed[o.Hash], Operation: hex.EncodeToString(o.Hash[:])}
	}
	field := func(topic record.Topic) FieldState {
		f, standing := FieldState{Topic: topic}, sheet.Standing(topic)
		for _, o := range standing.Says {
			f.Says = append(f.Says, saying(o))
		}
		for _, o := range standing.Before {
			one := saying(o.Operation)
			one.Lost = o.Lost
			f.Before = append(f.Before, one)
		}
		return f
	}
	t.Status, t.Planned = field(record.TopicStatus), field(record.TopicPlanned)
	for _, p := range row.Points {
		f := field(record.PointTopic(p.Name))
		f.Name, f.Unit = p.Name, p.Unit
		t.Points = append(t.Points, f)
	}
	for _, o := range sheet.Notes {
		t.Notes = append(t.Notes, saying(o))
	}
	for _, o := range sheet.Signatures {
		mine := o.Device == s.device
		t.Signatures = append(t.Signatures, DoneState{
			By: o.Person.Name(), At: o.At.Time(), Note: o.Value, Number: o.Number, Mine: mine, Waiting: mine && !confirmed[o.Hash],
			OlderVersion: o.Number < row.Number, EarlierState: o.Earlier, Fingerprint: fingerprint(o.Hash[:]),
		})
	}
	for i, done := range t.Signatures { // this device's own newest word, which it can show the signature of, before the first of others
		if done.Mine || t.Done == nil {
			t.Done = &t.Signatures[i]
		}
	}
	for _, head := range sheet.Heads {
		t.Seen += hex.EncodeToString(head[:])
	}
	t.Seen = cmp.Or(t.Seen, sawNothing)
}
