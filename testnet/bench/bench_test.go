package main

import (
	"bytes"
	"strings"
	"testing"
)

const said = `goos: linux
pkg: handslag/vault
cpu: Some CPU
BenchmarkUnlock/1000/all_of_it-2       	       5	  12345678 ns/op	  3 µs/record	 1.500 x-plain	     100 allocs/op
BenchmarkUnlock/100000/all_of_it-2     	       1	1234567890 ns/op	  4 µs/record	 2.500 x-plain
BenchmarkAlone-2 100 12.5 ns/op
# a note
PASS
`

func TestRowsBecomeTables(t *testing.T) {
	var out bytes.Buffer
	var all measured
	for line := range strings.Lines(said) {
		if r, ok := parseRow(strings.TrimSpace(line)); ok {
			all = append(all, r)
		}
	}
	if len(all) != 3 || all[0].family != "Unlock" || all[0].name != "1000/all of it" || all[2].name != "" {
		t.Fatalf("read as %+v", all)
	}
	all.table(&out, "Unlock")
	all.growth(&out)
	for _, want := range []string{"12.35ms", "1.23s", "1.50 x-plain", "2.50 x-plain", "100000/all of it", "Unlock, all of it  3 µs/record  4 µs/record"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
}

func TestPromisesAreJudged(t *testing.T) {
	all := measured{{family: "A", name: "b", values: map[string]float64{"x": 2}}}
	for _, c := range []struct {
		p    promise
		says string
	}{
		{promise{family: "A", name: "b", unit: "x", most: 1.9}, "NOT KEPT"},
		{promise{family: "A", name: "b", unit: "x", most: 2}, "  kept"},
		{promise{family: "A", name: "b", unit: "x", least: 2.1}, "NOT KEPT"},
		{promise{family: "A", name: "b", unit: "x", least: 2}, "  kept"},
	} {
		var out bytes.Buffer
		if missing := all.judge(&out, []promise{c.p}); len(missing) > 0 || !strings.Contains(out.String(), c.says) {
			t.Errorf("%+v is judged as\n%s%v", c.p, out.String(), missing)
		}
	}
	var out bytes.Buffer
	if missing := all.judge(&out, []promise{{family: "A", name: "b", unit: "y", most: 1}}); len(missing) != 1 {
		t.Errorf("a promise that nobody measured is judged as\n%s", out.String())
	}
}

func TestAFailedBenchmarkIsAnError(t *testing.T) {
	var out bytes.Buffer
	if err := run(strings.NewReader(said+"--- FAIL: BenchmarkX\nFAIL\n"), &out); err == nil || !strings.Contains(err.Error(), "BenchmarkX") {
		t.Errorf("err %v", err)
	}
	if err := run(strings.NewReader(said), &out); err == nil || !strings.Contains(err.Error(), "not measured") {
		t.Errorf("err %v", err)
	}
}
