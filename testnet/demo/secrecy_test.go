package demo

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
)

// visible is all text about a record that stands outside its protected part.
func visible(t *testing.T, o Org, r Record) string {
	t.Helper()
	b, err := json.Marshal(r.Card)
	if err != nil {
		t.Fatal(err)
	}
	text := r.ID + "\n" + r.Subject + "\n" + string(b)
	for _, a := range o.Assignments {
		if a.Record == r.ID {
			text += "\n" + strings.Join([]string{a.ID, a.Title, a.Area, a.Text}, "\n")
		}
	}
	return strings.ToLower(text)
}

// leaks lists the protected values that a text betrays, whole or in part: one
// of the names, the street without its number, the phone without its spaces.
func leaks(text string, p Protected) []string {
	text = strings.ToLower(text)
	digits := strings.NewReplacer(" ", "", "-", "").Replace(text)
	var found []string
	for _, name := range strings.Fields(p.Name) {
		if regexp.MustCompile(`(^|[^\pL])` + regexp.QuoteMeta(strings.ToLower(name)) + `($|[^\pL])`).MatchString(text) {
			found = append(found, name)
		}
	}
	street, _, _ := strings.Cut(p.Street, " ")
	for _, v := range []string{street, p.Flat, p.Phone, p.Contact, p.Note, p.Household} {
		if v != "" && strings.Contains(text, strings.ToLower(v)) {
			found = append(found, v)
		}
	}
	if strings.Contains(digits, strings.NewReplacer(" ", "", "-", "").Replace(p.Phone)) {
		found = append(found, p.Phone)
	}
	return found
}

func TestNothingVisibleBetraysAProtectedIdentity(t *testing.T) {
	eachSeed(t, func(t *testing.T, o Org) {
		for _, r := range o.Records {
			text, p := visible(t, o, r), r.Protected
			if p.Name == "" || p.Street == "" || p.Flat == "" || p.Phone == "" || p.Note == "" && r.ProtectedIdentity {
				t.Errorf("record %s has nothing to protect: the test would see nothing", r.ID)
			}
			if !r.ProtectedIdentity {
				if r.Card.Title != p.Name || r.Card.Street != p.Street || r.Card.Area == "" {
					t.Errorf("card of %s shows %q, %q, %q", r.ID, r.Card.Title, r.Card.Street, r.Card.Area)
				}
				continue
			}
			if found := leaks(text, p); found != nil {
				t.Errorf("record %s betrays %q in\n%s", r.ID, found, text)
			}
			if r.Card.Street != "" || r.Card.Tags != nil {
				t.Errorf("card of %s has more than number and area: %+v", r.ID, r.Card)
			}
			named := 0
			for _, a := range o.Assignments {
				if a.Record == r.ID && a.ID == r.Card.Title && a.Area == r.Card.Area {
					named++
				}
			}
			if named != 1 {
				t.Errorf("card of %s names assignment %q, which is %d assignments at it", r.ID, r.Card.Title, named)
			}
		}
	})
}

// Proves that the search above can fail.
func TestLeaksAreFound(t *testing.T) {
	p := Protected{Name: "Maja Vintergrind", Street: "Lyktvårdarvägen 14 B", Flat: "1302", Phone: "070-174 06 42"}
	for text, want := range map[string]bool{
		"U-2001 Sparvhagen":            false,
		"majande i vintergrinden":      false,
		"Ring Maja först":              true,
		"familjen VINTERGRIND":         true,
		"port på Lyktvårdarvägen":      true,
		"dörr 1302":                    true,
		"ring 0701740642":              true,
		"ring 070-174 06 42 innan":     true,
		"ring 070-174 06 43 i stället": false,
	} {
		if got := leaks(text, p) != nil; got != want {
			t.Errorf("%q: leak %v, want %v", text, got, want)
		}
	}
}

func TestNoOrdinaryCardSaysWhatItMustNot(t *testing.T) {
	eachSeed(t, func(t *testing.T, o Org) {
		for _, r := range o.Records {
			card, err := json.Marshal(r.Card)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range []string{r.Protected.Phone, r.Protected.Note, r.Protected.Contact, r.Protected.Household} {
				if v != "" && strings.Contains(string(card), v) {
					t.Errorf("card of %s says %q", r.ID, v)
				}
			}
		}
	})
}

var (
	dialled = regexp.MustCompile(`\+?\b0\d{1,3}-\d[\d ]{4,}\d`)
	fiction = regexp.MustCompile(`^(070-17406(0[5-9]|[1-9]\d)|08-465004\d\d|031-39006\d\d|040-62804\d\d|0980-3192\d\d)$`)
)

func TestPhonesRingNowhere(t *testing.T) {
	eachSeed(t, func(t *testing.T, o Org) {
		private := map[string]int{}
		all := 0
		for _, line := range strings.Split(string(jsonl(t, o)), "\n") {
			for _, n := range dialled.FindAllString(line, -1) {
				all++
				if !fiction.MatchString(strings.ReplaceAll(n, " ", "")) {
					t.Errorf("%q is not of a series for fiction, in %s", n, line)
				}
				private[n]++
			}
		}
		if all < len(o.Records) {
			t.Errorf("found %d numbers for %d records: the pattern misses some", all, len(o.Records))
		}
		for _, r := range o.Records {
			if !dialled.MatchString(r.Protected.Phone) {
				t.Errorf("record %s: phone %q not seen as one", r.ID, r.Protected.Phone)
			}
			if r.ProtectedIdentity && private[r.Protected.Phone] != 1 {
				t.Errorf("%s of a protected identity stands %d times", r.Protected.Phone, private[r.Protected.Phone])
			}
		}
	})
}

func TestNoPersonalIdentityNumbers(t *testing.T) {
	pnr := regexp.MustCompile(`\b(\d{2})?\d{6}[-+ ]?\d{4}\b`)
	if !pnr.MatchString("19121212-1212") {
		t.Fatal("the pattern sees nothing")
	}
	if n := pnr.Find(jsonl(t, Organisation(DefaultSeed, day))); n != nil {
		t.Errorf("%s looks like a personal identity number", n)
	}
}
