package peer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"testing"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/peer/internal/message"
	"handslag/sync/peer/internal/road"
	"handslag/vault/journal"
)

// bag is what one end has to be carried, and what it took.
type bag struct {
	files [][]byte
	owner identity.DeviceID
	took  [][]byte
	wants func(offers []Sealed) []int // nil: all
	take  func(b []byte) error        // nil: all
}

func (g *bag) carrier() Carrier {
	c := Carrier{
		Read: func(i int) ([]byte, error) { return g.files[i], nil },
		Want: func(offers []Sealed) []int {
			if g.wants != nil {
				return g.wants(offers)
			}
			all := make([]int, len(offers))
			for i := range all {
				all[i] = i
			}
			return all
		},
		Take: func(_ Sealed, b []byte) error {
			if g.take != nil {
				if err := g.take(b); err != nil {
					return err
				}
			}
			g.took = append(g.took, bytes.Clone(b))
			return nil
		},
	}
	for i, data := range g.files {
		sum := sha256.Sum256(data)
		c.Offers = append(c.Offers, Sealed{Device: g.owner, Generation: 1, First: uint64(i) + 1, Entries: 1, Size: uint64(len(data)), Sum: sum[:]})
	}
	return c
}

// carried has both ends carry, each as its Carrier says, and returns what either says of it.
func carried(t *testing.T, s, d *Verified, scanner, displayer Carrier) (sErr, dErr error) {
	t.Helper()
	done := make(chan error, 1)
	go func() {
		_, _, err := d.Carry(t.Context(), displayer)
		done <- err
	}()
	_, _, sErr = s.Carry(t.Context(), scanner)
	return sErr, await(t, "D's end", done)
}

func TestSegmentsAreCarriedBothWays(t *testing.T) {
	org := newOrganisation(t, 1)
	anna, bo := org.enrol("anna"), org.enrol("bo")
	_, _, s, d := meet(t, anna.config(), bo.config())
	mine := &bag{owner: anna.credential.Device(), files: [][]byte{[]byte("one"), []byte("two"), []byte("three")}}
	theirs := &bag{owner: bo.credential.Device(), files: [][]byte{bytes.Repeat([]byte{7}, 2<<20)},
		wants: func([]Sealed) []int { return []int{0, 2} }}
	sErr, dErr := carried(t, s, d, mine.carrier(), theirs.carrier())
	if sErr != nil || dErr != nil {
		t.Fatal(sErr, dErr)
	}
	if len(mine.took) != 1 || !bytes.Equal(mine.took[0], theirs.files[0]) || len(theirs.took) != 2 || string(theirs.took[1]) != "three" {
		t.Errorf("S took %d, D %d", len(mine.took), len(theirs.took))
	}
}

// What one end refuses to keep is no reason to leave the others.
func TestASegmentThatIsNoneHidesNoOther(t *testing.T) {
	org := newOrganisation(t, 1)
	anna := org.enrol("anna")
	_, _, s, d := meet(t, anna.config(), org.enrol("bo").config())
	mine := &bag{owner: anna.credential.Device(), files: [][]byte{[]byte("none"), []byte("good")}}
	theirs := &bag{take: func(b []byte) error {
		if string(b) == "none" {
			return ErrShare
		}
		return nil
	}}
	given := make(chan int, 1)
	go func() {
		n, _, _ := s.Carry(t.Context(), mine.carrier())
		given <- n
	}()
	if _, kept, err := d.Carry(t.Context(), theirs.carrier()); err != nil || kept != 1 {
		t.Errorf("kept %d, %v", kept, err)
	}
	if n := await(t, "S's end", given); n != 1 {
		t.Errorf("S was told of %d", n)
	}
}

// A modified device offers and sends what it likes. Nothing of it lands, and the other end is rid of it.
func TestALyingCarrierHarmsNothing(t *testing.T) {
	org := newOrganisation(t, 1)
	anna, bo := org.enrol("anna"), org.enrol("bo")
	one := func(change func(*Sealed)) []Sealed {
		sum := sha256.Sum256([]byte("segment"))
		o := Sealed{Device: anna.credential.Device(), Generation: 1, First: 1, Entries: 1, Size: 7, Sum: sum[:]}
		change(&o)
		return []Sealed{o}
	}
	good := func(*Sealed) {}
	for what, lie := range map[string]struct {
		offers []Sealed
		send   message.Body // in answer to a want of the first
	}{
		"ten thousand tiny segments": {offers: slices.Repeat(one(good), 10_000)},
		"one more than a meeting":    {offers: slices.Repeat(one(good), MaxSealed+1)},
		"more bytes than a meeting":  {offers: slices.Repeat(one(func(o *Sealed) { o.Size = journal.SegmentLimit }), 3)},
		"sizes that wrap around":     {offers: one(func(o *Sealed) { o.Size = 1<<64 - 1 })},
		"a size of nothing":          {offers: one(func(o *Sealed) { o.Size = 0 })},
		"a device that is none":      {offers: one(func(o *Sealed) { o.Device = "../../etc" })},
		"half a sum":                 {offers: one(func(o *Sealed) { o.Sum = o.Sum[:16] })},
		"another segment":            {offers: one(good), send: sealedMessage{Line: 0, Bytes: []byte("foreign")}},
		"a longer segment":           {offers: one(good), send: sealedMessage{Line: 0, Bytes: []byte("segment and more")}},
		"another line":               {offers: one(good), send: sealedMessage{Line: 1, Bytes: []byte("segment")}},
		"a segment without end":      {offers: one(good), send: sealedMessage{Line: 0, Bytes: make([]byte, sealedMsgLimit)}},
		"something else":             {offers: one(good), send: want{}},
	} {
		_, _, s, d := meet(t, anna.config(), bo.config())
		theirs := &bag{}
		failed := make(chan error, 1)
		go func() {
			_, _, err := d.Carry(t.Context(), theirs.carrier())
			failed <- err
		}()
		stream, err := s.open(t.Context(), road.Carry)
		if err != nil {
			t.Fatal(err)
		}
		l := newTalk(t.Context(), stream, *unhurried())
		_ = l.say(offersMessage{Offers: lie.offers})
		if lie.send != nil {
			var w want
			if err := l.hear(wantLimit, l.timing.item, &w); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			_ = l.say(lie.send)
		}
		err = await(t, "D's refusal", failed)
		if err == nil || len(theirs.took) != 0 || !errors.Is(err, ErrShare) && !errors.Is(err, signed.ErrTooLarge) && !errors.Is(err, message.ErrMalformed) {
			t.Errorf("%s: took %d, %v", what, len(theirs.took), err)
		}
		l.fail()
		share(t, s, d, 1) // the meeting goes on
	}
}

// The other way: it asks for what was not offered, or claims to have kept more than it got.
func TestALyingTakerGetsNothing(t *testing.T) {
	org := newOrganisation(t, 1)
	anna := org.enrol("anna")
	for what, lie := range map[string]struct {
		want  want
		taken uint64
	}{
		"a line that was not offered": {want: want{Lines: []uint64{1}}},
		"a line twice":                {want: want{Lines: []uint64{0, 0}}},
		"more than was sent":          {taken: 1},
	} {
		_, _, s, d := meet(t, anna.config(), org.enrol("bo").config())
		mine := &bag{owner: anna.credential.Device(), files: [][]byte{[]byte("segment")}}
		failed := make(chan error, 1)
		go func() {
			given, _, err := s.Carry(context.Background(), mine.carrier())
			if given != 0 {
				t.Errorf("%s: it was told that %d are kept", what, given)
			}
			failed <- err
		}()
		stream, err := d.arranged(t.Context(), road.Carry, d.session.carries)
		if err != nil {
			t.Fatal(err)
		}
		l := newTalk(t.Context(), stream, *unhurried())
		var offers offersMessage
		if err := l.hear(offersLimit, l.timing.item, &offers); err != nil {
			t.Fatal(err)
		}
		_ = l.say(lie.want)
		_ = l.say(taken{Count: lie.taken})
		if err := await(t, "S's end", failed); !errors.Is(err, ErrShare) {
			t.Errorf("%s: %v", what, err)
		}
		l.fail()
	}
}
