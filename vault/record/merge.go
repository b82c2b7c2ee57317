package record

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"slices"

	"handslag/vault/journal"
)

// Sheet is what a set of operations comes to. It depends on the set alone: not on the order in which
// they came, nor on anybody's clock.
type Sheet struct {
	Topics     []Standing // by name
	Notes      []Operation
	Signatures []Signature
	Heads      []journal.Hash // the newest operations: what whoever sees this sheet has seen
	State      []byte         // 32 bytes that stand for what is visible: values and notes, no signatures
}

// Standing is one topic. One operation stands, or several that did not know of each other do, until the
// connected system's order, or a later operation that knows of them, settles it.
type Standing struct {
	Topic  Topic
	Says   []Operation // with different values; what the connected system has comes first
	Before []Earlier   // what stands no more, the newest first
}

// Earlier is an operation that stands no more. Lost: who said what stands did not know of it.
type Earlier struct {
	Operation
	Lost bool
}

// Signature is a signature on the work. Earlier: for another state than the one that is there now.
type Signature struct {
	Operation
	Earlier bool
}

// Standing is how topic stands; the zero value where nobody has said anything.
func (s Sheet) Standing(topic Topic) Standing {
	for _, standing := range s.Topics {
		if standing.Topic == topic {
			return standing
		}
	}
	return Standing{Topic: topic}
}

// Conflict reports whether different values stand side by side.
func (s Standing) Conflict() bool { return len(s.Says) > 1 }

// Join is the union of two sets, by hash. Of the same operation the one that has an order counts.
func Join(a, b []Operation) []Operation {
	all := slices.Concat(a, b)
	slices.SortStableFunc(all, func(x, y Operation) int {
		return cmp.Or(bytes.Compare(x.Hash[:], y.Hash[:]), cmp.Compare(y.Order, x.Order), cmp.Compare(x.Person.Name(), y.Person.Name()))
	})
	return slices.CompactFunc(all, func(x, y Operation) bool { return x.Hash == y.Hash })
}

// Merge is the sheet that ops come to. An operation has seen those that it names as heads and all that
// they have seen; since it names them by hash, nobody can claim to have seen what was not said yet.
// What it has seen it replaces. Of what stands side by side, the connected system's order decides:
// each operation, in that order, replaces what stands only if it has seen it.
func Merge(ops []Operation) Sheet {
	g := newSeen(Join(ops, nil))
	var s Sheet
	topics := map[Topic][]int{}
	for i, o := range g.ops {
		switch o.Topic {
		case TopicNote:
			s.Notes = append(s.Notes, o)
		case TopicDone:
			s.Signatures = append(s.Signatures, Signature{Operation: o})
		default:
			topics[o.Topic] = append(topics[o.Topic], i)
		}
	}
	for topic, of := range topics {
		standing := g.settle(of)
		standing.Topic = topic
		s.Topics = append(s.Topics, standing)
	}
	slices.SortFunc(s.Topics, func(x, y Standing) int { return cmp.Compare(x.Topic, y.Topic) })
	slices.SortFunc(s.Notes, g.compare)
	slices.SortFunc(s.Signatures, func(x, y Signature) int { return g.compare(x.Operation, y.Operation) })
	s.Heads, s.State = g.heads(), s.state()
	for i := range s.Signatures {
		s.Signatures[i].Earlier = !bytes.Equal(s.Signatures[i].State, s.State)
	}
	return s
}

// state is SHA-256 of a domain and the hashes of all that is visible, ascending. Each of them commits to
// salted words, so that the state says nothing once they are erased.
func (s Sheet) state() []byte { return StateOf(s.Visible()) }

// Visible are the operations that somebody sees who looks at the sheet, without signatures.
func (s Sheet) Visible() []journal.Hash {
	var visible []journal.Hash
	for _, standing := range s.Topics {
		for _, o := range standing.Says {
			visible = append(visible, o.Hash)
		}
	}
	for _, o := range s.Notes {
		visible = append(visible, o.Hash)
	}
	return visible
}

// StateOf is the state in which exactly these operations are visible.
func StateOf(visible []journal.Hash) []byte {
	visible = slices.Clone(visible)
	slices.SortFunc(visible, func(x, y journal.Hash) int { return bytes.Compare(x[:], y[:]) })
	h := sha256.New()
	h.Write([]byte("handslag/1/work-state\x00"))
	for _, hash := range visible {
		h.Write(hash[:])
	}
	return h.Sum(nil)
}

// settle is how the operations of one topic stand.
func (g *seen) settle(of []int) Standing {
	stands, settled := -1, slices.DeleteFunc(slices.Clone(of), func(i int) bool { return g.ops[i].Order == 0 })
	slices.SortFunc(settled, func(i, j int) int { return g.compare(g.ops[i], g.ops[j]) })
	for _, i := range settled {
		if stands < 0 || g.has(i, stands) {
			stands = i
		}
	}
	var open []int
	for _, i := range of {
		if i == stands || g.ops[i].Order == 0 {
			open = append(open, i)
		}
	}
	var says []int
	for _, i := range open {
		if !slices.ContainsFunc(open, func(j int) bool { return g.has(j, i) }) {
			says = append(says, i)
		}
	}
	slices.SortFunc(says, func(i, j int) int { return g.compare(g.ops[i], g.ops[j]) })
	var s Standing
	var agree []string
	for _, i := range says {
		if !slices.Contains(agree, g.ops[i].Value) {
			agree = append(agree, g.ops[i].Value)
			s.Says = append(s.Says, g.ops[i])
		}
	}
	for _, i := range of {
		if slices.ContainsFunc(s.Says, func(o Operation) bool { return o.Hash == g.ops[i].Hash }) {
			continue
		}
		known := slices.Contains(agree, g.ops[i].Value) || slices.ContainsFunc(says, func(j int) bool { return g.has(j, i) })
		s.Before = append(s.Before, Earlier{Operation: g.ops[i], Lost: !known})
	}
	slices.SortFunc(s.Before, func(x, y Earlier) int { return g.compare(y.Operation, x.Operation) })
	return s
}
