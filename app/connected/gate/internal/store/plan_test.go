package store

import (
	"context"
	"os"
	"regexp"
	"strings"
	"testing"

	"handslag/testnet/postgres"
)

// What is asked at every page of the log and every batch goes along an index, in the order that it has:
// nothing is read that is not answered. (On PostgreSQL BenchmarkPages shows it.)
func TestNoPageOfTheLogReadsTheWholeLog(t *testing.T) {
	postgres.OnlySQLite(t, "its plans")
	s := open(t, place(t))
	queries := 0
	for file, names := range map[string]string{"pages.sql.go": `\w+`, "log.sql.go": "loneHalves|heldUpTo|heldBeyond|entryByHash|entriesOfPair|findingsOf\\w+|openHeads"} {
		text, err := os.ReadFile("sqlc/" + file)
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range regexp.MustCompile("(?s)const ("+names+") = `-- name:[^\n]*\n(SELECT.*?)`").FindAllStringSubmatch(string(text), -1) {
			queries++
			rows, err := s.write.QueryContext(context.Background(), "EXPLAIN QUERY PLAN "+q[2], make([]any, strings.Count(arguments(q[2]), ","))...)
			if err != nil {
				t.Fatalf("%s: %v", q[1], err)
			}
			for rows.Next() {
				var id, parent, unused int
				var step string
				if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
					t.Fatal(err)
				}
				if strings.HasPrefix(step, "SCAN") || file == "pages.sql.go" && strings.Contains(step, "TEMP B-TREE") {
					t.Errorf("%s: %s", q[1], step)
				}
				if strings.HasPrefix(q[1], "logOf") && strings.HasPrefix(step, "SEARCH entries") && !strings.Contains(step, ",received_at,id)<") {
					t.Errorf("%s does not begin where the page does: %s", q[1], step)
				}
			}
			rows.Close()
		}
	}
	if queries < 14 {
		t.Errorf("only %d queries found", queries)
	}
}

// arguments has a comma for each parameter.
func arguments(query string) string {
	seen := map[string]bool{}
	for _, p := range regexp.MustCompile(`\$\d+`).FindAllString(query, -1) {
		seen[p] = true
	}
	return strings.Repeat(",", len(seen))
}
