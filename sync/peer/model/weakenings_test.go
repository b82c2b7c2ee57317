package model

import (
	"strings"
	"testing"
)

// The deliberate weakenings: each takes one defence away, and spin must find the attack on
// the property that the defence is there for.
func TestEachWeakeningIsAttacked(t *testing.T) {
	for _, w := range []struct {
		name  string
		flags string
		last  string // how the story ends
	}{
		{"no commitment in the no-camera form: Eve grinds the digits of both connections",
			"FORM=3 NO_COMMITMENT ONLY=KEYS", "VERIFIED with E"},
		{"no commitment in the one-camera form: Bo types Anna's digits and gets Eve",
			"FORM=2 NO_COMMITMENT ONLY=KEYS", "B is VERIFIED with E"},
		{"a credential of another key than the connection's: Anna scans Bo's screen and gets Eve",
			"FORM=2 KEY_UNCHECKED ONLY=KEYS", "A is VERIFIED with E"},
		{"a credential of another key than the connection's: a replayed one names Bo on Anna's screen",
			"FORM=2 KEY_UNCHECKED TLS_HOLDS ONLY=NAMES", ""},
		{"nothing ties credential and connection: Eve sits between the two with a key of her own",
			"FORM=2 UNTIED TLS_HOLDS ONLY=KEYS", "is VERIFIED with"},
		{"no signature over the transcript: the transport key alone is enough for Eve",
			"FORM=2 NO_SIGNATURE ONLY=KEYS", "is VERIFIED with"},
		{"no signature over the transcript, without cameras",
			"FORM=3 NO_SIGNATURE ONLY=KEYS", "is VERIFIED with"},
		{"the claim secret can be used again: there are two claimants",
			"FORM=2 SECRET_REUSABLE ONLY=CLAIMANT", ""},
		{"the claim secret can be used again: the second claim has a ground nonce",
			"FORM=2 SECRET_REUSABLE ONLY=KEYS", "B is VERIFIED with E"},
		{"one code for both roles: in a hurry one's own digits are typed, and they are right",
			"FORM=3 ONE_CODE ONLY=KEYS", "VERIFIED with E"},
		{"the second code is not held against one's own transcript",
			"FORM=1 SCAN_UNJUDGED ONLY=KEYS", "B is VERIFIED with E"},
		{"VERIFIED before the other's entry",
			"FORM=2 NOT_WAITED ONLY=ENTRIES", "is VERIFIED with"},
		{"strangers renew the deadline: the run does not end",
			"FORM=2 DEADLINE_RENEWED LIVENESS ONLY=ENDS", ""},
		{"no deadline once the evidence is in: the run does not end",
			"FORM=2 NO_SETTLING LIVENESS ONLY=ENDS", ""},
	} {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			s := run(t, flags(w.flags)...)
			if s.errors == 0 {
				t.Fatalf("no attack in %d states: the model does not see what this defence is for", s.states)
			}
			want := "assertion violated"
			if strings.Contains(w.flags, "LIVENESS") {
				want = "acceptance cycle"
			}
			if !strings.HasPrefix(s.found, want) {
				t.Fatalf("found %q, not %q", s.found, want)
			}
			if len(s.story) == 0 || !strings.Contains(s.story[len(s.story)-1], w.last) {
				t.Fatalf("the story does not end with %q:\n%s", w.last, strings.Join(s.story, "\n"))
			}
			if want == "assertion violated" {
				t.Logf("found:\n%s", strings.Join(s.story, "\n"))
			}
		})
	}
}

// What each form promises on its own, so that no page claims more: these are no weakenings
// of the program but of what is said of persons and keys, or of what a form does not need.
func TestWhatCarriesWhat(t *testing.T) {
	for _, c := range []struct {
		name  string
		flags string
		holds bool
	}{
		{"with digits typed both ways nobody needs to know whose picture the code is",
			"FORM=3 CARELESS ONLY=KEYS", true},
		{"with one camera the scan is all that Anna has: another's screen gives her another's name",
			"FORM=2 CARELESS ONLY=KEYS", false},
		{"with two cameras too",
			"FORM=1 CARELESS ONLY=KEYS", false},
		{"where the transcript itself is scanned nothing rests on the commitment",
			"FORM=1 NO_COMMITMENT ONLY=KEYS", true},
		{"while TLS holds the transcript guards the key even if the credential's is not compared",
			"FORM=2 KEY_UNCHECKED TLS_HOLDS ONLY=KEYS", true},
		{"while TLS holds it does the signatures' work",
			"FORM=2 NO_SIGNATURE TLS_HOLDS ONLY=KEYS", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if s := run(t, flags(c.flags)...); (s.errors == 0) != c.holds {
				t.Fatalf("holds: %v, want %v; %s\n%s", s.errors == 0, c.holds, s.found, strings.Join(s.story, "\n"))
			}
		})
	}
}

func flags(names string) []string {
	var out []string
	for name := range strings.FieldsSeq(names) {
		out = append(out, "-D"+name)
	}
	return out
}
