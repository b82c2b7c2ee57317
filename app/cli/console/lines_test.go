package console

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestWordsOfALine(t *testing.T) {
	for line, want := range map[string][]string{
		`open r-1 -reason 'Läcka i köket'`: {"open", "r-1", "-reason", "Läcka i köket"},
		`done U-1 -note "sa 'hej'"`:        {"done", "U-1", "-note", "sa 'hej'"},
		`  me	-json  `:                     {"me", "-json"},
		`open r-1 -reason ''`:              {"open", "r-1", "-reason", ""},
		`a"b c"d`:                          {"ab cd"},
		``:                                 nil,
	} {
		got, err := Words(line)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v", line, got, err)
		}
	}
	if _, err := Words(`open 'r-1`); !errors.Is(err, ErrQuote) {
		t.Error(err)
	}
}

func FuzzWords(f *testing.F) {
	f.Add(`open r-1 -reason 'Läcka i köket'`)
	f.Add(`"`)
	f.Fuzz(func(t *testing.T, line string) {
		all, err := Words(line)
		if err != nil {
			return
		}
		for i, word := range all {
			if strings.Contains(word, `"`) {
				return // can not be quoted back in one way
			}
			all[i] = `"` + word + `"`
		}
		again, err := Words(strings.Join(all, " "))
		if err != nil || len(again) != len(all) {
			t.Fatalf("%q: %q, %v", line, again, err)
		}
	})
}
