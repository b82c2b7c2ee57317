package record_test

import (
	"bytes"
	"strings"
	"testing"

	"handslag/vault/record"
)

var maja = record.Protected{Fields: []record.Field{
	{Name: "name", Value: "Maja Åkesson-Vintergrind"}, {Name: "birth_year", Value: "19890412-1234"},
	{Name: "phone", Value: "070-174 06 41"}, {Name: "street", Value: "Lyktvårdarvägen 14 B, 123 45 Lindbrunna"},
	{Name: "contact", Value: "Bo Ek, 08-465 004 50"}, {Name: "card", Value: "Café René"},
	{Name: "note", Value: "Hotbild: tidigare partner som söker efter adressen. Ring på med tre korta signaler."},
}}

func TestWhatIsTypedFindsWhoIsMeant(t *testing.T) {
	all, numbers := record.Tokens(searchKey, maja), record.NumberTokens(searchKey, maja)
	for _, c := range []struct {
		query           string
		found, byNumber bool
	}{
		{"Maja", true, false},
		{"MAJA", true, false},
		{"maj", true, false},
		{"ma", false, false},
		{"vinter maja", true, false},
		{"Åkesson", true, false},
		{"A\u030akesson", true, false}, // å in two runes
		{"akesson", false, false},      // å is a letter of its own
		{"cafe rene", true, false},
		{"Café René", true, false},
		{"lyktvårdarvägen 14 b", true, false},
		{"bo ek", true, false},
		{"Bosse", false, false},
		{"maja bosse", false, false},
		{"0701740641", true, true},
		{"070-1740641", true, true},
		{"+46 70 174 06 41", true, true},
		{"+46 (0)70 174 06 41", true, true},
		{"0046701740641", true, true},
		{"46701740641", true, true},
		{"08 465 004 50", true, true},
		{"07017", true, false},
		{"0701", false, false},
		{"070174064", true, false},
		{"07017406412", false, false},
		{"198904121234", true, true},
		{"19890412-1234", true, true},
		{"890412-1234", true, true},
		{"8904121234", true, true},
		{"890412", true, false},
		{"19890412", true, false},
		{"123 45", true, false},
		{"maja 0701740641", true, false},
		{"hotbild", false, false}, // told about her, not her name
		{"partner", false, false},
		{"", false, false},
		{"a b 1", false, false},
		{strings.Repeat("maja ", 41), false, false},
		{"maja maja maja maja maja maja maja maja maja", false, false},
	} {
		query := record.QueryTokens(searchKey, c.query)
		if got := record.HasTokens(all, query); got != c.found {
			t.Errorf("%q finds her: %v", c.query, got)
		}
		if got := record.HasTokens(numbers, query); got != c.byNumber {
			t.Errorf("%q finds her although her identity is protected: %v", c.query, got)
		}
	}
	if record.HasTokens(all, record.QueryTokens(bytes.Repeat([]byte{8}, 32), "Maja")) {
		t.Error("another organisation's key finds her")
	}
	// What no whole number of hers is, protected: neither a house number nor a year.
	if n := len(numbers) / record.TokenSize; n != 3 {
		t.Errorf("%d tokens of a protected identity: phone, personal number, contact's phone", n)
	}
}

// Whatever it is made of, a protected part's tokens are bounded, well formed, and each of its
// short fields' words is found.
func FuzzTokens(f *testing.F) {
	f.Add("Maja Vintergrind", "070-174 06 41")
	f.Add("\xff\u0130ß", "+46+46 00 19 2000-13-99")
	f.Add(strings.Repeat("ord ", 30), strings.Repeat("9", 300))
	f.Fuzz(func(t *testing.T, one, other string) {
		part := record.Protected{Fields: []record.Field{{Name: "a", Value: one}, {Name: "b", Value: other}}}
		r := aRecord(t)
		r.Tokens = record.Tokens(searchKey, part)
		if err := r.Check(); err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{one, other} {
			query := record.QueryTokens(searchKey, text)
			if len(text) <= 120 && len(query) > 0 && !record.HasTokens(r.Tokens, query) {
				t.Errorf("%q does not find itself", text)
			}
		}
	})
}
