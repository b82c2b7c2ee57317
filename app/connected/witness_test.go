package connected_test

import (
	"crypto/rand"
	"testing"
	"time"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
)

// shows is how far the device says that its journal goes.
func (d *device) shows() (head journal.Head, raw []byte) {
	d.h.t.Helper()
	head = journal.HeadOf(d.h.statement.Org(), d.keys.Device(), d.chain)
	return head, must[[]byte](d.h.t)(head.Sign(d.keys.Sign))
}

// saw is what a witness says of another's head.
func (d *device) saw(head journal.Head, raw []byte) journal.Item {
	d.h.t.Helper()
	return d.say(journal.Entry{Kind: journal.HeadSeen, Peer: head.Device, Count: head.Seq, Pair: head.Hash, Signature: raw}, nil)
}

// twin is the same device as it was: its keys, and its journal as far as it went.
func (d *device) twin() *device { t := *d; return &t }

func TestAJournalIsHeldAgainstWhatAWitnessSaw(t *testing.T) {
	say := func(d *device, n int) []journal.Item {
		var items []journal.Item
		for range n {
			items = append(items, d.say(journal.Entry{Kind: journal.Locked, Code: rand.Text()}, nil)) // no two alike
		}
		return items
	}
	for _, c := range []struct {
		what string
		do   func(h *house, anna, bo *device)
		want string
	}{
		{"it has come already", func(h *house, anna, bo *device) {
			bo.hands(bo.batch(say(bo, 3)...))
			anna.hands(anna.batch(anna.saw(bo.shows())))
		}, ""},
		{"it comes later", func(h *house, anna, bo *device) {
			items := say(bo, 3)
			anna.hands(anna.batch(anna.saw(bo.shows())))
			h.clock.pass(48 * time.Hour)
			bo.hands(bo.batch(append(items, say(bo, 1)...)...))
		}, ""},
		{"its device has not been in since", func(h *house, anna, bo *device) {
			bo.hands(bo.batch(say(bo, 1)...))
			say(bo, 2)
			anna.hands(anna.batch(anna.saw(bo.shows())))
			h.clock.pass(48 * time.Hour)
		}, ""},
		{"an older copy was put back, and is in with nothing more", func(h *house, anna, bo *device) {
			bo.hands(bo.batch(say(bo, 2)...))
			old := bo.twin()
			say(bo, 3)
			anna.hands(anna.batch(anna.saw(bo.shows())))
			h.clock.pass(25 * time.Hour)
			old.hands(old.batch(say(old, 1)...))
		}, "head_missing open"},
		{"an older copy was put back, which then comes as far", func(h *house, anna, bo *device) {
			bo.hands(bo.batch(say(bo, 2)...))
			old := bo.twin()
			say(bo, 3)
			anna.hands(anna.batch(anna.saw(bo.shows())))
			old.hands(old.batch(say(old, 3)...))
		}, "head_differs open"},
		{"the other branch is here before its witness", func(h *house, anna, bo *device) {
			old := bo.twin()
			say(bo, 2)
			shown, raw := bo.shows()
			old.hands(old.batch(say(old, 4)...))
			anna.hands(anna.batch(anna.saw(shown, raw)))
		}, "head_differs open"},
		{"what was missing comes after the finding", func(h *house, anna, bo *device) {
			first := say(bo, 1)
			rest := say(bo, 2)
			anna.hands(anna.batch(anna.saw(bo.shows())))
			h.clock.pass(25 * time.Hour)
			bo.hands(bo.batch(first...))
			if got := bo.finds(anna); got != "head_missing open" {
				h.t.Errorf("before it comes: %s", got)
			}
			bo.hands(bo.batch(rest...))
		}, "head_missing closed"},
		{"a witness was shown two", func(h *house, anna, bo *device) {
			old := bo.twin()
			bos := say(bo, 2)
			first, raw := bo.shows()
			say(old, 2)
			second, _ := old.shows()
			bo.hands(bo.batch(bos...))
			anna.hands(anna.batch(anna.saw(first, raw), anna.say(journal.Entry{Kind: journal.DeviceForked, Peer: bo.keys.Device(), Code: "forked",
				Count: first.Seq, Ref: first.Hash, Pair: second.Hash, Signature: raw}, nil)))
		}, "device_forked open"},
	} {
		h := newHouse(t, live)
		anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
		c.do(h, anna, bo)
		if got := bo.finds(anna); got != c.want {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
}

// A modified witness accuses nobody: what it says of another must be signed by that other, and is otherwise
// a finding about itself.
func TestAFalseWitnessAccusesItself(t *testing.T) {
	for what, lie := range map[string]func(h *house, anna, bo *device, head journal.Head, raw []byte) journal.Entry{
		"a head that Anna signed": func(h *house, anna, bo *device, head journal.Head, _ []byte) journal.Entry {
			head.Hash = make([]byte, 32)
			rand.Read(head.Hash)
			raw := must[[]byte](h.t)(anna.keys.Sign(signed.DomainHead, head))
			return journal.Entry{Kind: journal.HeadSeen, Peer: bo.keys.Device(), Count: head.Seq, Pair: head.Hash, Signature: raw}
		},
		"another hash than the head's": func(h *house, anna, bo *device, head journal.Head, raw []byte) journal.Entry {
			return journal.Entry{Kind: journal.HeadSeen, Peer: bo.keys.Device(), Count: head.Seq, Pair: make([]byte, 32), Signature: raw}
		},
		"another place than the head's": func(h *house, anna, bo *device, head journal.Head, raw []byte) journal.Entry {
			return journal.Entry{Kind: journal.HeadSeen, Peer: bo.keys.Device(), Count: head.Seq + 7, Pair: head.Hash, Signature: raw}
		},
		"no head": func(h *house, anna, bo *device, head journal.Head, raw []byte) journal.Entry {
			return journal.Entry{Kind: journal.HeadSeen, Peer: bo.keys.Device(), Count: head.Seq, Pair: head.Hash}
		},
		"a device that nobody knows": func(h *house, anna, bo *device, head journal.Head, raw []byte) journal.Entry {
			stranger := must[*identity.KeySet](h.t)(identity.NewKeySet())
			return journal.Entry{Kind: journal.HeadSeen, Peer: stranger.Device(), Count: head.Seq, Pair: head.Hash, Signature: raw}
		},
		"two ends, of which none is the other's": func(h *house, anna, bo *device, head journal.Head, raw []byte) journal.Entry {
			return journal.Entry{Kind: journal.DeviceForked, Peer: bo.keys.Device(), Code: "forked", Count: head.Seq, Ref: make([]byte, 32), Pair: head.Hash, Signature: raw}
		},
	} {
		h := newHouse(t, live)
		anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
		bo.hands(bo.batch(bo.say(journal.Entry{Kind: journal.Locked}, nil)))
		head, raw := bo.shows()
		if reached := anna.hands(anna.batch(anna.say(lie(h, anna, bo, head, raw), nil))); reached != 1 {
			t.Errorf("%s: the entry is not taken", what)
		}
		if got := bo.finds(anna); got != "" {
			t.Errorf("%s accuses Bo: %s", what, got)
		}
		if got := anna.finds(anna); got != "bad_signature open" {
			t.Errorf("%s: %q", what, got)
		}
	}
}
