package record_test

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"handslag/identity"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// said is an operation of a story: who says what about which topic, having seen which others.
func said(name, who string, topic record.Topic, value string, seen ...record.Operation) record.Operation {
	o := record.Operation{Hash: journal.HashOf([]byte(name)), Device: identity.DeviceID(who), Person: identity.Person{First: who}, Topic: topic, Value: value}
	for _, s := range seen {
		o.Heads = append(o.Heads, s.Hash)
	}
	return o
}

// in gives operations the connected system's order.
func in(order ...record.Operation) []record.Operation {
	for i := range order {
		order[i].Order = uint64(i + 1)
	}
	return order
}

func values(s record.Standing) string {
	var all []string
	for _, o := range s.Says {
		all = append(all, o.Person.First+" "+o.Value)
	}
	return strings.Join(all, ", ")
}

func lost(s record.Standing) string {
	var all []string
	for _, o := range s.Before {
		if o.Lost {
			all = append(all, o.Person.First+" "+o.Value)
		}
	}
	return strings.Join(all, ", ")
}

func TestWhatStandsAfterTwoHaveWorked(t *testing.T) {
	begun := said("1", "Anna", record.TopicStatus, record.StatusBegun)
	waits := said("2", "Bo", record.TopicStatus, record.StatusWaiting)
	planned := said("3", "Bo", record.TopicPlanned, "2026-03-02 14:00")
	after := said("4", "Bo", record.TopicStatus, record.StatusWaiting, begun)
	chosen := said("5", "Anna", record.TopicStatus, record.StatusWaiting, begun, waits)
	same := said("6", "Bo", record.TopicStatus, record.StatusBegun)
	onward := said("7", "Anna", record.TopicStatus, record.StatusOpen, begun)
	blind := said("8", "Bo", record.TopicStatus, record.StatusOpen, waits)
	through := said("10", "Bo", record.TopicNote, "Jag ser.", begun)
	beyond := said("11", "Bo", record.TopicStatus, record.StatusOpen, through)
	unheard := said("9", "Bo", record.TopicStatus, record.StatusWaiting, said("nobody has it", "Carl", record.TopicNote, "x"), begun)
	for _, c := range []struct {
		sentence string
		ops      []record.Operation
		topic    record.Topic
		stands   string
		lost     string
	}{
		{"nobody has said anything", nil, record.TopicStatus, "", ""},
		{"one has", []record.Operation{begun}, record.TopicStatus, "Anna begun", ""},
		{"different fields merge: the one", []record.Operation{begun, planned}, record.TopicStatus, "Anna begun", ""},
		{"different fields merge: the other", []record.Operation{begun, planned}, record.TopicPlanned, "Bo 2026-03-02 14:00", ""},
		{"the same field, one after the other", []record.Operation{after, begun}, record.TopicStatus, "Bo waiting", ""},
		{"the same field, neither knew of the other", []record.Operation{begun, waits}, record.TopicStatus, "Anna begun, Bo waiting", ""},
		{"they say the same", []record.Operation{begun, same}, record.TopicStatus, "Anna begun", ""},
		{"a person chooses", []record.Operation{begun, waits, chosen}, record.TopicStatus, "Anna waiting", ""},
		{"the order settles it: Anna first", in(begun, waits), record.TopicStatus, "Anna begun", "Bo waiting"},
		{"the order settles it: Bo first", in(waits, begun), record.TopicStatus, "Bo waiting", "Anna begun"},
		{"only one of them has come yet", append(in(waits), begun), record.TopicStatus, "Bo waiting, Anna begun", ""},
		{"what stands goes on, and does not bring back what lost", in(begun, waits, onward), record.TopicStatus, "Anna open", "Bo waiting"},
		{"who goes on from what lost loses too", in(begun, waits, blind), record.TopicStatus, "Anna begun", "Bo open, Bo waiting"},
		{"a choice that came before what it chose from", in(begun, chosen, waits), record.TopicStatus, "Anna waiting", ""},
		{"a choice not yet up", append(in(begun, waits), chosen), record.TopicStatus, "Anna waiting", ""},
		{"what was seen of what was seen", []record.Operation{begun, through, beyond}, record.TopicStatus, "Bo open", ""},
		{"to name what nobody has is no claim to have seen all", []record.Operation{unheard, begun, waits}, record.TopicStatus, "Bo waiting", ""},
	} {
		if c.sentence == "they say the same" { // whose it is shown as, their hashes decide
			c.stands = values(record.Merge([]record.Operation{begun, same}).Standing(c.topic))
		}
		got := record.Merge(c.ops).Standing(c.topic)
		sorted := func(s string) string {
			parts := strings.Split(s, ", ")
			slices.Sort(parts)
			return strings.Join(parts, ", ")
		}
		if sorted(values(got)) != sorted(c.stands) || sorted(lost(got)) != sorted(c.lost) {
			t.Errorf("%s: %q stands and %q lost", c.sentence, values(got), lost(got))
		}
		if strings.HasPrefix(c.sentence, "only one") && values(got) != c.stands {
			t.Errorf("%s: what the connected system has does not come first: %q", c.sentence, values(got))
		}
		if got.Conflict() != strings.Contains(c.stands, ",") {
			t.Errorf("%s: conflict %v", c.sentence, got.Conflict())
		}
	}
}

func TestNobodyCanClaimToHaveSeenWhatComesLater(t *testing.T) {
	anna := said("anna", "Anna", record.TopicStatus, record.StatusBegun)
	// Bo's device is modified: it names all it knows, and what it makes up.
	bo := said("bo", "Bo", record.TopicStatus, record.StatusOpen)
	for b := range byte(8) {
		bo.Heads = append(bo.Heads, journal.Hash(bytes.Repeat([]byte{b}, 32)))
	}
	later := said("later", "Anna", record.TopicStatus, record.StatusWaiting, anna)
	if s := record.Merge([]record.Operation{anna, bo, later}).Standing(record.TopicStatus); len(s.Says) != 2 {
		t.Errorf("%s stands", values(s))
	}
	// Two that name each other, which hashes do not allow, end somewhere, and the same way every time.
	a, b := said("a", "Anna", record.TopicStatus, record.StatusBegun), said("b", "Bo", record.TopicStatus, record.StatusOpen)
	a.Heads, b.Heads = []journal.Hash{b.Hash, a.Hash}, []journal.Hash{a.Hash}
	if !reflect.DeepEqual(record.Merge([]record.Operation{a, b}), record.Merge([]record.Operation{b, a})) {
		t.Error("a circle comes out in two ways")
	}
}

func TestNotesOnlyAddAndStandInOneOrder(t *testing.T) {
	first := said("n1", "Anna", record.TopicNote, "Nyckeln hänger i porten.")
	second := said("n2", "Bo", record.TopicNote, "Tack.", first)
	third := said("n3", "Anna", record.TopicNote, "Klart där nere.")
	s := record.Merge([]record.Operation{third, second, first})
	if len(s.Notes) != 3 || slices.IndexFunc(s.Notes, func(o record.Operation) bool { return o.Hash == second.Hash }) <
		slices.IndexFunc(s.Notes, func(o record.Operation) bool { return o.Hash == first.Hash }) {
		t.Errorf("notes %+v", s.Notes)
	}
	if len(s.Heads) != 2 || len(s.Topics) != 0 {
		t.Errorf("heads %v, topics %v", s.Heads, s.Topics)
	}
	s = record.Merge(in(third, second, first))
	if s.Notes[0].Hash != third.Hash {
		t.Error("notes do not stand as the connected system got them")
	}
}

func TestASignatureIsForTheStateThatWasSeen(t *testing.T) {
	begun := said("1", "Anna", record.TopicStatus, record.StatusBegun)
	signature := said("2", "Bo", record.TopicDone, "Klart.", begun)
	signature.State = record.Merge([]record.Operation{begun}).State
	signed := func(ops ...record.Operation) record.Signature {
		return record.Merge(append(ops, signature)).Signatures[0]
	}
	if signed(begun).Earlier {
		t.Error("the state that was signed counts as another")
	}
	second := said("3", "Anna", record.TopicDone, "Jag med.", signature)
	if signed(begun, second).Earlier {
		t.Error("another signature changes what was signed")
	}
	for what, later := range map[string]record.Operation{
		"an edit":                        said("4", "Anna", record.TopicStatus, record.StatusWaiting, signature),
		"a note":                         said("5", "Anna", record.TopicNote, "Det droppar igen.", signature),
		"an edit that nobody had seen":   said("6", "Anna", record.TopicPlanned, "2026-03-02 14:00"),
		"a rival that nobody had seen":   said("7", "Anna", record.TopicStatus, record.StatusOpen),
		"a point that was not there yet": said("8", "Bo", record.PointTopic("Kallvatten"), "8,5", signature),
	} {
		if !signed(begun, later).Earlier {
			t.Errorf("after %s the signature still looks as if it were for all that is there", what)
		}
	}
	if signed().Earlier != true {
		t.Error("a signature is for a state that is not there")
	}
}

// drawn is some history: each operation may have seen any that were made before it, and some have come to
// the connected system, in some order.
func drawn(t *rapid.T) []record.Operation {
	topics := []record.Topic{record.TopicStatus, record.TopicPlanned, record.TopicNote, record.TopicDone, record.PointTopic("a")}
	n := rapid.IntRange(0, 14).Draw(t, "operations")
	ops := make([]record.Operation, n)
	for i := range ops {
		var heads []record.Operation
		for j := range i {
			if rapid.IntRange(0, 3).Draw(t, "saw") == 0 {
				heads = append(heads, ops[j])
			}
		}
		ops[i] = said(string(rune('a'+i)), []string{"Anna", "Bo", "Carl"}[rapid.IntRange(0, 2).Draw(t, "who")],
			rapid.SampledFrom(topics).Draw(t, "topic"), rapid.SampledFrom([]string{"x", "y", "z"}).Draw(t, "value"), heads...)
		ops[i].State = record.StateOf(nil)
	}
	order := rapid.Permutation(ops).Draw(t, "order")
	for k, o := range order[:rapid.IntRange(0, n).Draw(t, "arrived")] {
		for i := range ops {
			if ops[i].Hash == o.Hash {
				ops[i].Order = uint64(k + 1)
			}
		}
	}
	return ops
}

// some is a part of a history as one device may have it: not all of it, and of some not the order yet.
func some(t *rapid.T, ops []record.Operation) []record.Operation {
	var part []record.Operation
	for _, o := range ops {
		switch rapid.IntRange(0, 3).Draw(t, "has") {
		case 0:
			continue
		case 1:
			o.Order = 0
		}
		part = append(part, o)
	}
	return part
}

func TestMergingIsTheSameWhateverCameFirst(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := drawn(t)
		a, b, c := some(t, all), some(t, all), some(t, all)
		same := func(what string, x, y []record.Operation) {
			t.Helper()
			if !reflect.DeepEqual(record.Merge(x), record.Merge(y)) {
				t.Fatalf("not %s:\n%+v\n%+v", what, record.Merge(x), record.Merge(y))
			}
		}
		same("commutative", record.Join(a, b), record.Join(b, a))
		same("associative", record.Join(record.Join(a, b), c), record.Join(a, record.Join(b, c)))
		same("idempotent", record.Join(a, a), a)
		same("absorbing", record.Join(record.Join(a, b), b), record.Join(a, b))
		same("free of order", rapid.Permutation(a).Draw(t, "shuffled"), a)

		// Nothing is lost: each operation is somewhere, once.
		s, seen := record.Merge(a), map[journal.Hash]int{}
		for _, standing := range s.Topics {
			for _, o := range standing.Says {
				seen[o.Hash]++
			}
			for _, o := range standing.Before {
				seen[o.Hash]++
			}
			if len(standing.Says) == 0 {
				t.Fatalf("nothing stands: %+v", standing)
			}
		}
		for _, o := range s.Notes {
			seen[o.Hash]++
		}
		for _, o := range s.Signatures {
			seen[o.Hash]++
		}
		for _, o := range a {
			if seen[o.Hash] != 1 {
				t.Fatalf("an operation stands %d times", seen[o.Hash])
			}
		}
		// Once all has come, nothing is left to settle; and what stands then stays with whatever follows that
		// has not seen it.
		settled := slices.Clone(all)
		for i := range settled {
			settled[i].Order = settled[i].Order + uint64(i+1)*100
		}
		late := said("late", "Dora", record.TopicStatus, "w")
		late.Order = 1 << 40
		before, after := record.Merge(settled), record.Merge(append(slices.Clone(settled), late))
		for _, standing := range before.Topics {
			if standing.Conflict() {
				t.Fatalf("settled, and still in conflict: %+v", standing)
			}
			if now := after.Standing(standing.Topic); now.Says[0].Hash != standing.Says[0].Hash {
				t.Fatalf("what came late and had seen nothing stands: %+v", now)
			}
		}
	})
}
