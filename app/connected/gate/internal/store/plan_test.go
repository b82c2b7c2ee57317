package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pressly/goose/v3"

	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/testnet/postgres"
)

// What is asked at every page of the log and every batch goes along an index, in the order that it has:
// nothing is read that is not answered.
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

// Each road is its own index, from where the page begins, in the order of the page, on either database.
func TestEachRoadGoesAlongItsOwnIndex(t *testing.T) {
	s := open(t, place(t))
	fit := Fit{Subject: "s", Record: "r", Assignment: "u", Person: "p", Device: "d", Kind: "k", Units: []int64{1, 2}, Since: 3, Until: 7}
	for _, road := range roads {
		var a arguments
		query := Stretch{Road: road}.statement(fit.verdict(&a), &a) + " LIMIT " + a.add(1)
		if postgres.Here() != nil {
			if steps := s.explain(t, query, "off"); !onlyAlong(steps, road.column) {
				t.Errorf("by %q: %q", road.column, steps)
			}
			continue
		}
		steps := s.plan(t, query)
		from := "(" + road.column + ",id)<"
		if road.column == "" {
			from = "id<"
		}
		if len(steps) != 1 || !strings.HasPrefix(steps[0], "SEARCH e USING") || !strings.Contains(steps[0], from) {
			t.Errorf("by %q: %q", road.column, steps)
		}
	}
}

// What came late is found by its day, and in each of its batches the road's entries by the road's own index.
func TestWhatCameLateIsFoundByDayAndRoad(t *testing.T) {
	s := open(t, place(t))
	for _, road := range roads {
		for _, person := range []string{"", "p"} {
			var a arguments
			query := Stretch{Road: road}.late(LateSpan{Person: person}, Fit{Until: 7}.verdict(&a), &a, s.lateral)
			if postgres.Here() != nil {
				steps := strings.Join(s.explain(t, query, "off"), "\n")
				batches, entries := strings.Index(steps, " on late l"), strings.Index(steps, " on entries e")
				if batches < 0 || entries < batches || !strings.Contains(steps[entries:], "(id >= l.first) AND (id <= l.last)") {
					t.Errorf("by %q of %q: %s", road.column, person, steps)
				}
				continue
			}
			batch, entry := "(day=? AND last>? AND last<?)", "("+road.column+"=? AND id>? AND id<?)"
			if person != "" {
				batch = "late_person (day=? AND person_id=? AND last>? AND last<?)"
			}
			if road.column == "" {
				entry = "(id>? AND id<?)"
			}
			steps := s.plan(t, query)
			if len(steps) < 2 || !strings.HasPrefix(steps[0], "SEARCH l ") || !strings.HasSuffix(steps[0], batch) || !strings.HasPrefix(steps[1], "SEARCH e ") || !strings.HasSuffix(steps[1], entry) {
				t.Errorf("by %q of %q: %q", road.column, person, steps)
			}
		}
	}
}

// What is gathered for a page is found by its key, on either database: each statement as it is asked, whatever its text is
// made of. Break it: ask for entries by their hash alone, without the device that the index begins with.
func TestWhatAPageNamesIsFoundByItsKey(t *testing.T) {
	s := open(t, Place{Path: filepath.Join(t.TempDir(), "asked.db")})
	ctx := context.Background()
	gathered := func(tx *Tx) error {
		return errors.Join(
			second(tx.EntriesAt(ctx, []int64{1})),
			second(tx.EntriesNamed(ctx, []Named{{"d", "h"}})),
			second(tx.EntriesOfPairs(ctx, [][]byte{{1}})),
			second(tx.FindingCodes(ctx, [][]byte{{1}})),
			second(tx.Persons(ctx, []string{"p"})),
			second(tx.Owners(ctx, []string{"d"})),
			second(tx.DeviceRows(ctx, []string{"d"})),
			second(tx.Guards(ctx, []string{"d"})),
			second(tx.UnitsIn(ctx, []int64{1})),
			second(tx.RecordBodies(ctx, []string{"r"})),
			second(tx.SubjectBodies(ctx, []string{"s"})),
			second(tx.AssignmentBodies(ctx, []string{"u"})),
			tx.LearnKeys(ctx, []string{"s"}),
		)
	}
	if err := s.Do(ctx, gathered); err != nil {
		t.Fatal(err)
	}
	at := s
	if postgres.Here() != nil {
		at = open(t, place(t))
	}
	asked := 0
	for query := range s.kept.known {
		if !strings.Contains(query, " IN ($") && !strings.Contains(query, "UNION ALL") && !strings.Contains(query, " e") {
			continue
		}
		asked++
		if whole := at.wholes(t, query); len(whole) > 0 {
			t.Errorf("%s: %q", query, whole)
		}
	}
	if asked < 13 {
		t.Errorf("only %d questions found", asked)
	}
}

func second[T any](_ T, err error) error { return err }

// wholes are the steps of a plan that read a whole table, or a whole index.
func (s *Store) wholes(t *testing.T, query string) (whole []string) {
	t.Helper()
	if s.dialect == goose.DialectSQLite3 {
		for _, step := range s.plan(t, query) {
			if strings.HasPrefix(step, "SCAN") && step != "SCAN e" && step != "SCAN CONSTANT ROW" { // e is what an arm found
				whole = append(whole, step)
			}
		}
		return whole
	}
	steps := s.explain(t, query, "on")
	for i, step := range steps {
		if strings.Contains(step, "Seq Scan") || strings.Contains(step, "Index") && strings.Contains(step, " Scan ") && (i+1 == len(steps) || !strings.Contains(steps[i+1], "Index Cond")) {
			whole = append(whole, strings.TrimSpace(step))
		}
	}
	return whole
}

// explain is what PostgreSQL does for a query where it goes along an index if it can at all, with sorting on or off.
func (s *Store) explain(t *testing.T, query, sort string) (steps []string) {
	t.Helper()
	ctx := context.Background()
	conn, err := s.write.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	nothing := strings.TrimSuffix(strings.Repeat("NULL, ", strings.Count(commas(query), ",")), ", ")
	for _, statement := range []string{"SET plan_cache_mode = force_generic_plan", "SET enable_seqscan = off", "SET enable_bitmapscan = off", "SET enable_sort = " + sort, "SET enable_incremental_sort = " + sort, "PREPARE asked AS " + query} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	rows, err := conn.QueryContext(ctx, "EXPLAIN (COSTS OFF) EXECUTE asked("+nothing+")")
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	for rows.Next() {
		var step string
		if err := rows.Scan(&step); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, step)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(ctx, "DEALLOCATE asked"); err != nil {
		t.Fatal(err)
	}
	return steps
}

// onlyAlong reports whether PostgreSQL does nothing but go backward along the index that begins with column, from where the page
// begins, and stop.
func onlyAlong(steps []string, column string) bool {
	if len(steps) < 3 || !strings.HasPrefix(steps[0], "Limit") || !strings.Contains(steps[1], "Index Scan Backward using entries_") {
		return false
	}
	if column == "" {
		return strings.Contains(steps[2], "Index Cond: ((id >= ") && strings.Contains(steps[2], "id < ")
	}
	return strings.Contains(steps[2], "Index Cond") && strings.Contains(steps[2], "ROW("+column) && strings.Contains(steps[2], "id) < ROW(")
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

// What few entries are about has an index of these alone, and is asked in the words by which SQLite knows it: where copies
// went, what guards devices, and what is held of a journal. Break it: ask by a list of kinds.
func TestWhatFewEntriesAreAboutHasItsOwnIndex(t *testing.T) {
	postgres.OnlySQLite(t, "its plans")
	s := open(t, place(t))
	ctx := context.Background()
	err := s.Do(ctx, func(tx *Tx) error {
		return errors.Join(
			second(tx.WaysOf(ctx, sqlc.WaysOfParams{RecordID: "r", Rows: 1})),
			second(tx.HandedOf(ctx, sqlc.HandedOfParams{RecordID: "r", Rows: 1})),
			second(tx.Guards(ctx, []string{"d"})),
			second(tx.HeldUpTo(ctx, sqlc.HeldUpToParams{DeviceID: "d"})),
			second(tx.HeldBeyond(ctx, sqlc.HeldBeyondParams{DeviceID: "d"})),
		)
	})
	if err != nil {
		t.Fatal(err)
	}
	for words, index := range map[string]string{"name: WaysOf": "entries_copies", "name: HandedOf": "entries_copies", "MAX(id) FROM entries": "entries_guard", "name: HeldUpTo": "entries_held", "name: HeldBeyond": "entries_held"} {
		found := false
		for query := range s.kept.known {
			if !strings.Contains(query, words) {
				continue
			}
			found = true
			if steps := s.plan(t, query); !strings.Contains(steps[0], index+" ") {
				t.Errorf("%s: %q", words, steps)
			}
		}
		if !found {
			t.Errorf("%s was not asked", words)
		}
	}
}
