package assets

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var placeholder = regexp.MustCompile(`\{[a-z_]+\}`)

func TestBothLanguagesSayTheSameThings(t *testing.T) {
	sv, en := Swedish.Codes(), English.Codes()
	if len(sv) < 100 {
		t.Fatalf("only %d sentences", len(sv))
	}
	if !slices.Equal(sv, en) {
		for _, c := range sv {
			if !slices.Contains(en, c) {
				t.Errorf("%s has no English", c)
			}
		}
		for _, c := range en {
			if !slices.Contains(sv, c) {
				t.Errorf("%s has no Swedish", c)
			}
		}
		t.FailNow()
	}
	for _, c := range sv {
		a, b := holes(books()[Swedish][c]), holes(books()[English][c])
		if !slices.Equal(a, b) {
			t.Errorf("%s: placeholders differ: sv %v, en %v", c, a, b)
		}
		for _, text := range []string{books()[Swedish][c], books()[English][c]} {
			if strings.TrimSpace(text) == "" || text != strings.TrimSpace(text) {
				t.Errorf("%s is empty or padded: %q", c, text)
			}
		}
		if base, ok := strings.CutSuffix(c, ".one"); ok && !slices.Contains(sv, base+".other") {
			t.Errorf("%s has no plural", c)
		}
		if base, ok := strings.CutSuffix(c, ".other"); ok && !slices.Contains(sv, base+".one") {
			t.Errorf("%s has no singular", c)
		}
	}
}

// holes lists a sentence's placeholders. "n" is left out: a singular may spell its one out.
func holes(s string) []string {
	found := slices.DeleteFunc(placeholder.FindAllString(s, -1), func(p string) bool { return p == "{n}" })
	slices.Sort(found)
	return slices.Compact(found)
}

func TestNoCodeStandsTwice(t *testing.T) {
	for _, raw := range [][]byte{svJSON, enJSON} {
		dec, seen := json.NewDecoder(bytes.NewReader(raw)), map[string]bool{}
		for i := 0; ; i++ {
			tok, err := dec.Token()
			if err != nil {
				break
			}
			key, ok := tok.(string)
			if !ok || i%2 == 0 { // the brace is token 0, so keys are odd
				continue
			}
			if seen[key] {
				t.Errorf("%s stands twice", key)
			}
			seen[key] = true
		}
		if len(seen) < 100 {
			t.Fatalf("saw only %d keys", len(seen))
		}
	}
}

func TestEveryProblemSaysWhatIsSafeAndWhatToDo(t *testing.T) {
	n := 0
	for _, c := range Swedish.Codes() {
		if !strings.HasPrefix(c, "problem.") {
			continue
		}
		part := c[strings.LastIndex(c, ".")+1:]
		base := strings.TrimSuffix(c, "."+part)
		if !slices.Contains([]string{"what", "safe", "do"}, part) {
			t.Errorf("%s is no part of a problem", c)
		}
		for _, p := range []string{".what", ".safe", ".do"} {
			if !Swedish.Knows(base + p) {
				t.Errorf("%s has no %s", base, p)
			}
		}
		n++
	}
	if n == 0 {
		t.Fatal("no problems at all")
	}
}

func TestSentences(t *testing.T) {
	for _, c := range []struct {
		name string
		got  string
		want string
	}{
		{"a plain one", Sentence(Swedish, "lock.unlock"), "Lås upp"},
		{"in English", English.Say("lock.unlock"), "Unlock"},
		{"with a name", Swedish.Say("lock.greeting", "name", "Anna"), "Hej Anna"},
		{"one", Swedish.Say("header.waiting", "n", 1), "1 händelse väntar"},
		{"many", Swedish.Say("header.waiting", "n", 12), "12 händelser väntar"},
		{"none is many", English.Say("header.waiting", "n", int64(0)), "0 entries waiting"},
		{"an unknown code shows itself", Swedish.Say("no.such.thing"), "no.such.thing"},
		{"an unknown language is Swedish", Sentence("xx", "lock.unlock"), "Lås upp"},
		{"a value with braces is only text", Swedish.Say("handover.verified_text", "name", "{organisation}", "organisation", "Linden"), "{organisation}, Linden. Båda enheterna har skrivit handslaget i sin logg."},
		{"an odd argument is left out", Swedish.Say("lock.greeting", "name"), "Hej {name}"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.name, c.got, c.want)
		}
	}
}
