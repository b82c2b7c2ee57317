package peer

import (
	"bytes"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestRandomWalks lets messages be lost, doubled, damaged and late, persons hesitate, mistype
// and leave, and a colleague who photographed the code play along by every rule. However it
// goes it ends, says so once, and nobody is verified but the two who stand before each other.
func TestRandomWalks(t *testing.T) {
	org := newOrganisation(t, 1)
	anna, bo, mallory := org.enrol("anna"), org.enrol("bo"), org.enrol("mallory")
	happy := map[Form]int{}
	rapid.Check(t, func(rt *rapid.T) {
		form := rapid.SampledFrom(forms).Draw(rt, "form")
		st := stageIn(rt, form, anna, bo, mallory)
		st.tell(st.d, started{})
		cruel := rapid.Bool().Draw(rt, "cruel")
		for range rapid.IntRange(5, 60).Draw(rt, "steps") {
			switch deed := rapid.IntRange(0, 19).Draw(rt, "deed"); {
			case deed < 8:
				st.next()
			case deed < 10:
				st.tell(st.s, started{})
			case deed < 13:
				if st.s.evidence != nil {
					st.tell(st.d, scanned{*st.s.evidence})
				} else if st.s.digits != "" {
					st.tell(st.d, typed{st.s.digits})
				}
				if st.d.digits != "" {
					st.tell(st.s, typed{st.d.digits})
				}
			case deed < 14:
				st.pass(time.Duration(rapid.IntRange(1, 20).Draw(rt, "seconds")) * time.Second)
			case !cruel:
			case deed == 14:
				st.tell(st.m, started{})
			case deed == 15 && len(st.wire) > 0:
				st.wire = append(st.wire, st.wire[rapid.IntRange(0, len(st.wire)-1).Draw(rt, "doubled")])
			case deed == 16 && len(st.wire) > 0:
				p := st.wire[0]
				p.data = bytes.Clone(p.data)
				p.data[rapid.IntRange(0, len(p.data)-1).Draw(rt, "at")] ^= byte(rapid.IntRange(1, 255).Draw(rt, "flip"))
				st.wire[0] = p
			case deed == 17 && len(st.wire) > 0:
				st.wire = st.wire[1:]
			case deed == 18 && st.m.digits != "":
				st.tell(st.d, typed{"000000"})
			case deed == 19:
				st.tell([]*player{st.s, st.d}[rapid.IntRange(0, 1).Draw(rt, "who")], lost{1})
			}
		}
		if verifiedAt(st.d) {
			happy[form]++
		}
		for range 4 {
			st.pass(15 * time.Minute)
		}
		for _, p := range []*player{st.s, st.d} {
			if p.machine.state != IsClosed && p.machine.state != Idle {
				rt.Fatalf("%s never ends: %s", p.name, p.machine.state)
			}
			if len(p.finals) > 1 || len(p.finals) == 1 && verifiedAt(p) {
				rt.Fatalf("%s went through %v and ended with %v", p.name, p.states, p.finals)
			}
			if verifiedAt(p) && p.entries != 1 {
				rt.Fatalf("%s is verified with %d entries", p.name, p.entries)
			}
		}
		if verifiedAt(st.m) {
			rt.Fatal("the colleague with the photograph is verified")
		}
		if verifiedAt(st.d) && st.d.machine.meeting.Peer.Device() != anna.credential.Device() {
			rt.Fatal("D is verified with a device that was not there")
		}
		if verifiedAt(st.s) && (st.s.machine.meeting.Peer.Device() != bo.credential.Device() || st.d.entries != 1) {
			rt.Fatal("S is verified with a device that was not there, or before its entry")
		}
	})
	for _, form := range forms {
		if happy[form] == 0 {
			t.Errorf("no walk of %s came as far as VERIFIED: the test shows nothing", form.Code())
		}
	}
}
