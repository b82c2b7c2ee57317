package store

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"strings"
)

// Road is an index of the audit log that goes by one column, then by time of receipt and place: what a page of
// the log goes along, newest first. Only those below exist.
type Road struct {
	column string
	where  string // what the index is partial by
}

// The roads.
var (
	ByReceipt    = Road{}
	BySubject    = Road{"subject", "subject <> ''"}
	ByRecord     = Road{"record_id", "record_id <> ''"}
	ByAssignment = Road{"assignment_id", "assignment_id <> ''"}
	ByPerson     = Road{column: "person_id"}
	ByDevice     = Road{column: "device_id"}
	ByTold       = Road{"peer", "is_system = 1"} // what the system says of a device
	ByKind       = Road{column: "kind"}
	ByUnits      = Road{"unit_set", "unit_set <> 0"}

	roads = []Road{ByReceipt, BySubject, ByRecord, ByAssignment, ByPerson, ByDevice, ByTold, ByKind, ByUnits}
)

// Stretch is a piece of a road: value is the column's, and entries are received from Since on and stand
// before At and ID, and before Place.
type Stretch struct {
	Road  Road
	Value any
	Span
}

// Span bounds what is asked for.
type Span struct {
	Since  int64 // µs
	At, ID int64
	Place  int64
}

// Passed is an entry that was passed on the way.
type Passed struct {
	At, ID int64
	Fits   bool
}

// Fit is what an entry must be besides: conditions on its columns, all of which hold.
type Fit struct {
	Subject, Record, Assignment, Person, Device, Kind string  // empty: any
	Units                                             []int64 // one of these sets; nil: any
	Until                                             int64   // it may have happened before then; math.MaxInt64: any
}

// arguments collects values and gives each its place in the statement.
type arguments []any

func (a *arguments) add(v any) string {
	*a = append(*a, v)
	return fmt.Sprintf("$%d", len(*a))
}

// condition is the fit as SQL.
func (f Fit) condition(a *arguments) string {
	all := []string{"1 = 1"}
	for column, value := range f.texts() {
		all = append(all, column+" = "+a.add(value))
	}
	if f.Device != "" {
		all = append(all, fmt.Sprintf("(device_id = %[1]s OR (is_system = 1 AND peer = %[1]s))", a.add(f.Device)))
	}
	if f.Units != nil {
		places := []string{"-1"} // no set's number
		for _, set := range f.Units {
			places = append(places, a.add(set))
		}
		all = append(all, "unit_set IN ("+strings.Join(places, ", ")+")")
	}
	if f.Until != math.MaxInt64 {
		all = append(all, "not_before < "+a.add(f.Until))
	}
	return strings.Join(all, " AND ")
}

// texts yields the conditions that a column be a text, always in one order: one filter has one statement.
func (f Fit) texts() func(yield func(string, string) bool) {
	return func(yield func(string, string) bool) {
		for _, c := range [][2]string{{"subject", f.Subject}, {"record_id", f.Record}, {"assignment_id", f.Assignment}, {"person_id", f.Person}, {"kind", f.Kind}} {
			if c[1] != "" && !yield(c[0], c[1]) {
				return
			}
		}
	}
}

// statement is the way along a stretch. Rows are compared as wholes, and the road's column stands first in
// the order, so that every planner goes along its index and no other.
func (s Stretch) statement(what string, a *arguments) string {
	at, id, since := a.add(s.At), a.add(s.ID), a.add(s.Since)
	place := a.add(s.Place)
	if s.Road.column == "" {
		return fmt.Sprintf("SELECT %s FROM entries WHERE received_at >= %s AND (received_at, id) < (%s, %s) AND id < %s ORDER BY received_at DESC, id DESC",
			what, since, at, id, place)
	}
	c, value, where := s.Road.column, a.add(s.Value), ""
	if s.Road.where != "" {
		where = s.Road.where + " AND "
	}
	return fmt.Sprintf("SELECT %s FROM entries WHERE %s(%s, received_at) >= (%s, %s) AND (%s, received_at, id) < (%s, %s, %s) AND id < %s ORDER BY %s DESC, received_at DESC, id DESC",
		what, where, c, value, since, c, value, at, id, place, c)
}

// Pass goes along a stretch for so many entries, and says of each whether it fits.
func (tx *Tx) Pass(ctx context.Context, s Stretch, fit Fit, steps int) ([]Passed, error) {
	var a arguments
	what := "received_at, id, CASE WHEN " + fit.condition(&a) + " THEN 1 ELSE 0 END"
	query := s.statement(what, &a) + " LIMIT " + a.add(steps)
	return tx.passed(ctx, query, a)
}

// PassPlaces says of the entries at places, newest first, whether they fit and stand within the span.
func (tx *Tx) PassPlaces(ctx context.Context, places []int64, within Span, fit Fit) ([]Passed, error) {
	if len(places) == 0 {
		return nil, nil
	}
	var a arguments
	what := "SELECT received_at, id, CASE WHEN " + fit.condition(&a) + " THEN 1 ELSE 0 END FROM entries WHERE id IN (" + strings.Join(padded(&a, places), ", ") + ")"
	query := fmt.Sprintf("%s AND received_at >= %s AND (received_at, id) < (%s, %s) AND id < %s ORDER BY received_at DESC, id DESC",
		what, a.add(within.Since), a.add(within.At), a.add(within.ID), a.add(within.Place))
	return tx.passed(ctx, query, a)
}

func (tx *Tx) passed(ctx context.Context, query string, a arguments) ([]Passed, error) {
	rows, err := tx.ask(ctx, query, a...)
	if err != nil {
		return nil, fmt.Errorf("pass entries: %w", err)
	}
	defer rows.Close()
	var all []Passed
	for rows.Next() {
		var p Passed
		if err := rows.Scan(&p.At, &p.ID, &p.Fits); err != nil {
			return nil, fmt.Errorf("pass entries: %w", err)
		}
		all = append(all, p)
	}
	return all, rows.Err()
}

// ask asks what is put together for one question.
func (tx *Tx) ask(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return ordered{tx, nil}.QueryContext(ctx, query, args...)
}

// Reach is when the entry was received that stands so many steps along a stretch; false where it has not so many.
func (tx *Tx) Reach(ctx context.Context, s Stretch, steps int) (int64, bool, error) {
	var a arguments
	query := s.statement("received_at", &a)
	query += " LIMIT 1 OFFSET " + a.add(steps)
	var at int64
	err := ordered{tx, nil}.QueryRowContext(ctx, query, a...).Scan(&at)
	if Missing(err) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("look along: %w", err)
	}
	return at, true, nil
}

// padded are places for values, the last one as often as makes a power of four: so there are few statements for
// a database to remember.
func padded[K any](a *arguments, values []K) []string {
	var places []string
	for i := range powerOfFour(len(values)) {
		places = append(places, a.add(values[min(i, len(values)-1)]))
	}
	return places
}

func powerOfFour(least int) int {
	n := 1
	for n < least {
		n *= 4
	}
	return n
}
