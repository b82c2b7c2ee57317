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
	for file, names := range map[string]string{"pages.sql.go": `\w+`, "erasures.sql.go": "waysOf|answersOf|copiesOf|subjectInLog", "log.sql.go": "newestEntry|unchecked|loneHalves|heldUpTo|heldBeyond|entryByHash|entriesOfPair|findings\\w*|openHeads"} {
		text, err := os.ReadFile("sqlc/" + file)
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range regexp.MustCompile("(?s)const ("+names+") = `-- name:[^\n]*\n(SELECT.*?)`").FindAllStringSubmatch(string(text), -1) {
			queries++
			for _, step := range s.plan(t, q[2]) {
				if strings.HasPrefix(step, "SCAN") || (file != "log.sql.go" || strings.HasPrefix(q[1], "findings")) && strings.Contains(step, "TEMP B-TREE") {
					t.Errorf("%s: %s", q[1], step)
				}
			}
		}
	}
	if queries < 16 {
		t.Errorf("only %d queries found", queries)
	}
}

// Each road is its own index, from where the page begins, in the order of the page; and what is gathered for a page is
// found by its key.
func TestEachRoadGoesAlongItsOwnIndex(t *testing.T) {
	postgres.OnlySQLite(t, "its plans")
	s := open(t, place(t))
	fit := Fit{Subject: "s", Record: "r", Assignment: "u", Person: "p", Device: "d", Kind: "k", Units: []int64{1, 2}, Until: 7}
	for _, road := range roads {
		var a arguments
		steps := s.plan(t, Stretch{Road: road}.statement("CASE WHEN "+fit.condition(&a)+" THEN 1 ELSE 0 END", &a)+" LIMIT "+a.add(1))
		from := "(" + road.column + ",received_at,id)<"
		if road.column == "" {
			from = "(received_at,id)<"
		}
		if len(steps) != 1 || !strings.HasPrefix(steps[0], "SEARCH entries USING") || !strings.Contains(steps[0], from) {
			t.Errorf("by %q: %q", road.column, steps)
		}
	}
	gathered := 0
	text, err := os.ReadFile("gather.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range regexp.MustCompile(`"((?:SELECT|WHERE) [^"]* IN )%s`).FindAllStringSubmatch(string(text), -1) {
		gathered++
		query := strings.Replace(q[1], "WHERE", recordBodies+"WHERE", 1)
		if strings.HasPrefix(q[1], "SELECT") {
			query = q[1]
		}
		for _, step := range s.plan(t, query+"($1, $2)") {
			if strings.HasPrefix(step, "SCAN") {
				t.Errorf("%s: %s", query, step)
			}
		}
	}
	if gathered < 7 {
		t.Errorf("only %d questions found", gathered)
	}
}

// plan is what SQLite does for a query.
func (s *Store) plan(t *testing.T, query string) (steps []string) {
	t.Helper()
	rows, err := s.write.QueryContext(context.Background(), "EXPLAIN QUERY PLAN "+query, make([]any, strings.Count(commas(query), ","))...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, step)
	}
	return steps
}

// commas has one for each parameter.
func commas(query string) string {
	seen := map[string]bool{}
	for _, p := range regexp.MustCompile(`\$\d+`).FindAllString(query, -1) {
		seen[p] = true
	}
	return strings.Repeat(",", len(seen))
}
