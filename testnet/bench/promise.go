package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// promise is a limit of speed or size, on one number of a benchmark.
type promise struct {
	what         string
	family, name string
	unit         string
	least        float64 // 0: none
	most         float64 // 0: none
}

// promises are what is said of speed and size; a benchmark that goes by another name, or says
// nothing of it any more, is an error of `make bench`.
var promises = []promise{
	{what: "opening / one write and fdatasync of as many bytes", family: "Opening", name: "Handslag, one by one", unit: "x-bare", most: 1.3},
	{what: "the same, many in a row", family: "OpeningOn", name: "Handslag, one by one", unit: "x-bare", most: 1.3},
	{what: "opening / SQLCipher's insert and select, WAL", family: "Opening", name: "Handslag, one by one", unit: "x-sqlcipher", most: 1},
	{what: "the same, many in a row", family: "OpeningOn", name: "Handslag, one by one", unit: "x-sqlcipher", most: 1},
	{what: "one by one / a record's share of 32 at once", family: "Opening", name: "Handslag, 32 at once", unit: "x-faster", least: 10},
	{what: "the same, many in a row", family: "OpeningOn", name: "Handslag, 32 at once", unit: "x-faster", least: 10},
	{what: "journal entry / one write and fdatasync of as many bytes", family: "Append", name: "one by one", unit: "x-bare", most: 1.3},
	{what: "journal entries one by one / 32 at once", family: "Append", name: "32 at once", unit: "x-faster", least: 10},
	{what: "100,000 records: unlock to a usable list, share of 1 s", family: "Town", name: "100000/unlock", unit: "of-1s", most: 1},
	{what: "100,000 records: a keystroke of search, share of 16 ms (p99)", family: "Town", name: "100000/search", unit: "p99-of-16ms", most: 1},
	{what: "100,000 records: resident memory, share of 150 MiB", family: "Town", name: "100000/resident", unit: "of-150MiB", most: 1},
	{what: "100,000 records: files, share of 1.5 × the plaintext", family: "Town", name: "100000/size", unit: "of-1.5×plain", most: 1},
	{what: "a page of the log of a person among 100,000, share of 10 ms (p99)", family: "Pages", name: "SQLite/100000/person", unit: "p99-of-10ms", most: 1},
	{what: "the same on PostgreSQL", family: "Pages", name: "PostgreSQL/100000/person", unit: "p99-of-10ms", most: 1},
	{what: "a page of a day of the log among 100,000, share of 10 ms (p99)", family: "Pages", name: "SQLite/100000/day", unit: "p99-of-10ms", most: 1},
	{what: "decoded QR to VERIFIED on loopback, share of 150 ms", family: "Meeting", name: "decoded code to VERIFIED", unit: "of-150ms", most: 1},
	{what: "verification over TCP with TLS, round trips of 20 ms", family: "Verification", name: "TCP over 20 ms", unit: "round-trips", most: 6},
	{what: "verification over QUIC, round trips of 20 ms", family: "Verification", name: "QUIC over 20 ms", unit: "round-trips", most: 6},
	{what: "TCP with TLS is the faster road: its throughput / QUIC's", family: "Road", name: "TCP", unit: "x-quic", least: 1},
	{what: "1,000 records handed over, durable at both ends, share of 1 s", family: "Share", name: "1000 records", unit: "of-1s", most: 1},
	{what: "an attachment of 1 GiB / a bare TLS copy with the same writes", family: "Share", name: "attachment", unit: "of-bare-TLS", least: 0.7},
	{what: "an attachment of 1 GiB: memory of both ends above idle, share of 64 MiB", family: "Share", name: "attachment", unit: "of-64MiB-for-both", most: 1},
}

// judge shows each promise beside what was measured, and returns those that were not.
func (all measured) judge(w io.Writer, promises []promise) (missing []string) {
	fmt.Fprintln(w, "\nPromises")
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, p := range promises {
		got, ok := all.value(p)
		if !ok {
			missing = append(missing, fmt.Sprintf("%s (%s/%s, %s)", p.what, p.family, p.name, p.unit))
			continue
		}
		verdict := "kept"
		if !p.kept(got) {
			verdict = "NOT KEPT"
		}
		fmt.Fprintf(out, "  %s\t%s\t%s\t%s\n", p.what, number(got), p.bound(), verdict)
	}
	out.Flush()
	return missing
}

func (all measured) value(p promise) (float64, bool) {
	for _, r := range all {
		if r.family == p.family && r.name == p.name {
			v, ok := r.values[p.unit]
			return v, ok
		}
	}
	return 0, false
}

func (p promise) kept(got float64) bool { return got >= p.least && (p.most == 0 || got <= p.most) }

func (p promise) bound() string {
	if p.most == 0 {
		return "at least " + number(p.least)
	}
	return "at most " + number(p.most)
}
