package agent

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
)

// entries are d's own of one kind, the oldest first.
func (d *tablet) entries(kind journal.Kind) (all []journal.Entry) {
	d.h.t.Helper()
	for st, err := range d.session.journal.Entries(0, 0) {
		ok(d.h.t, err)
		if st.Entry.Kind == kind {
			all = append(all, st.Entry)
		}
	}
	return all
}

func TestAMeetingShowsHowFarJournalsGo(t *testing.T) {
	h := newHouse(t)
	anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
	anna.parts(bo)
	seen := anna.entries(journal.HeadSeen)
	if len(seen) != 1 || seen[0].Peer != bo.Me().Device {
		t.Fatalf("%+v", seen)
	}
	head, err := journal.OpenHead(seen[0].Signature, anna.session.who().profile.Org, bo.session.keys.Public().Signing)
	ok(t, err)
	if head.Seq != seen[0].Count || string(head.Hash) != string(seen[0].Pair) {
		t.Errorf("the entry says %+v, the head %+v", seen[0], head)
	}
	anna.die() // what an entry says comes back with it
	ok(t, anna.Unlock(t.Context(), passphrase))
	if got := anna.session.sighting(bo.Me().Device); string(got.Head) != string(seen[0].Signature) {
		t.Errorf("after a crash Anna's device remembers %+v", got)
	}
	anna.parts(bo)
	if again := anna.entries(journal.HeadSeen); len(again) != 2 || again[1].Count <= seen[0].Count || len(anna.entries(journal.DeviceForked)) != 0 {
		t.Errorf("a journal that went on: %+v", again)
	}
}

// Bo's tablet is set back to how it was in the morning, and nobody has had coverage since. Anna's device,
// which he met at noon, sees it and says so; his own hears of it from her and goes on in a new generation.
func TestAnOlderCopyIsSeenAtAMeeting(t *testing.T) {
	h := newHouse(t)
	anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
	anna.sync()
	bo.sync()
	ok(t, bo.Lock())
	putBack := bo.copied(bo.cfg.Vault, bo.cfg.Outbox)
	address := h.address
	h.stop()
	ok(t, bo.Unlock(t.Context(), passphrase))
	bo.works("förmiddag")
	anna.parts(bo)
	noon := anna.entries(journal.HeadSeen)[0]
	ok(t, bo.Lock())
	putBack()
	ok(t, bo.Unlock(t.Context(), passphrase))
	if bo.session.journal.Chain().Generation != 1 {
		t.Fatal("the older copy is seen without a meeting: the story shows nothing")
	}
	anna.parts(bo)
	forked := anna.entries(journal.DeviceForked)
	if len(forked) != 1 || forked[0].Code != headBehind || forked[0].Peer != bo.Me().Device || forked[0].Count != noon.Count || string(forked[0].Ref) != string(noon.Pair) {
		t.Fatalf("Anna's device says %+v", forked)
	}
	args := anna.told(DeviceForked)
	if args["name"] != "Bo Ek" || args["device"] != bo.Me().Device.Grouped() || !strings.Contains(args["first"], fingerprint(noon.Pair)) || args["second"] == args["first"] {
		t.Errorf("Anna is told %v", args)
	}
	opened := bo.entries(journal.GenerationOpened)
	if len(opened) != 1 || string(opened[0].Ref) != string(noon.Pair) {
		t.Fatalf("Bo's device says %+v", opened)
	}
	bo.told(JournalBehind)
	anna.parts(bo)
	if got := anna.entries(journal.DeviceForked); len(got) != 1 {
		t.Errorf("once is enough: %+v", got)
	}
	h.address = address
	h.back()
	anna.sync()
	bo.sync()
}

// headAt is what a device with Bo's keys shows.
func (d *tablet) headAt(generation, seq uint64, hash byte) []byte {
	d.h.t.Helper()
	c := journal.Chain{Generation: generation, Last: seq, Head: journal.Hash{hash}}
	data, err := journal.HeadOf(d.session.who().profile.Org, d.Me().Device, c).Sign(d.session.keys.Sign)
	ok(d.h.t, err)
	return data
}

func TestWhichHeadsContradictEachOther(t *testing.T) {
	h := newHouse(t)
	for _, c := range []struct {
		shown string // generation/number/hash, one meeting after the other
		want  string
	}{
		{"1/5/a 1/5/a", ""},
		{"1/5/a 1/6/b 2/1/c", ""},
		{"1/5/a 1/5/b", "forked:a"},
		{"1/5/a 1/4/b", "behind:a"},
		{"2/1/a 1/9/b", "behind:a"},
		{"1/5/a 1/5/b 1/5/a", "forked:a"},
		{"1/5/a 1/4/b 1/6/c", "behind:a"},
		{"1/5/a 1/6/b 1/6/c", "forked:b"},
	} {
		anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
		for shown := range strings.FieldsSeq(c.shown) {
			var generation, seq uint64
			var hash byte
			_, err := fmt.Sscanf(shown, "%d/%d/%c", &generation, &seq, &hash)
			ok(t, err)
			ok(t, anna.witness(anna.session, bo.session.who().credential, bo.headAt(generation, seq, hash)))
		}
		var got []string
		for _, e := range anna.entries(journal.DeviceForked) {
			got = append(got, fmt.Sprintf("%s:%c", e.Code, e.Ref[0]))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %s", c.shown, got, c.want)
		}
	}
}

// A head in a colleague's name, another organisation's or nobody's says nothing of them.
func TestAFalseHeadIsNotBelieved(t *testing.T) {
	h := newHouse(t)
	anna, bo, carl := h.enrolled("anna.lind"), h.enrolled("bo.ek"), h.enrolled("carl.ask")
	who := bo.session.who()
	inBosName, err := carl.session.keys.Sign(signed.DomainHead, journal.Head{Version: 1, Org: who.profile.Org, Device: bo.Me().Device, Generation: 1, Seq: 3, Hash: make([]byte, 32)})
	ok(t, err)
	for what, shown := range map[string][]byte{"Carl's": carl.headAt(1, 3, 'a'), "forged": inBosName, "nothing": nil, "too long": make([]byte, journal.HeadLimit+1)} {
		if err := anna.witness(anna.session, who.credential, shown); err == nil {
			t.Errorf("%s is believed", what)
		}
		if err := bo.reminded(bo.session, shown); err == nil {
			t.Errorf("%s is believed of one's own", what)
		}
	}
	// One's own, from where the journal still has it, changes nothing.
	ok(t, bo.reminded(bo.session, bo.session.ownHead()))
	if len(anna.entries(journal.HeadSeen)) != 0 || bo.session.journal.Chain().Generation != 1 {
		t.Error("something was believed")
	}
}

func TestSightingsAreBounded(t *testing.T) {
	h := newHouse(t)
	anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
	head := bo.headAt(1, 1<<40, 'a')
	var first, last identity.DeviceID
	for i := range maxSightings + 8 {
		last = identity.DeviceIDOf(seeded(t, byte(i)).Public())
		if i == 0 {
			first = last
		}
		e := journal.Entry{Kind: journal.HeadSeen, Peer: last, Count: 1, Pair: make([]byte, 32), Signature: head}
		_, err := anna.session.say(line{entry: e})
		ok(t, err)
	}
	list := anna.session.sightings()
	if len(list) != maxSightings || list[len(list)-1].Device != last || slices.ContainsFunc(list, func(g sighting) bool { return g.Device == first }) {
		t.Errorf("%d are kept", len(list))
	}
}
