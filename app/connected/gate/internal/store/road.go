package store

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"strings"
)

// Road is an index of the audit log that goes by one column, then by place: what a page of the log goes along, newest
// first. Only those below exist.
type Road struct {
	column string
	where  string // what the index is partial by
}

// The roads.
var (
	ByPlace      = Road{}
	BySubject    = Road{"subject", "e.subject <> ''"}
	ByRecord     = Road{"record_id", "e.record_id <> ''"}
	ByAssignment = Road{"assignment_id", "e.assignment_id <> ''"}
	ByPerson     = Road{column: "person_id"}
	ByDevice     = Road{column: "device_id"}
	ByTold       = Road{"peer", "e.is_system = 1"} // what the system says of a device
	ByKind       = Road{column: "kind"}
	ByUnits      = Road{"unit_set", "e.unit_set <> 0"}

	roads = []Road{ByPlace, BySubject, ByRecord, ByAssignment, ByPerson, ByDevice, ByTold, ByKind, ByUnits}
)

// Stretch is a piece of a road: value is the column's, and entries stand at places of the span.
type Stretch struct {
	Road  Road
	Value any
	Span
}

// Span is the places from From on, before Before.
type Span struct{ From, Before int64 }

// Passed is an entry that was passed on the way.
type Passed struct {
	ID   int64
	Fits bool
}

// Fit is what an entry must be besides: conditions on its columns, all of which hold.
type Fit struct {
	Subject, Record, Assignment, Person, Device, Kind string  // empty: any
	Units                                             []int64 // one of these sets; nil: any
	Since, Until                                      int64   // µs: it may have happened in between; 0 and math.MaxInt64: ever
}

// arguments collects values and gives each its place in the statement.
type arguments []any

func (a *arguments) add(v any) string {
	*a = append(*a, v)
	return fmt.Sprintf("$%d", len(*a))
}

// condition is the fit as SQL. Its text is the same whatever is asked for, but for how many sets of units there are:
// so there are few statements, and the database knows them. A column is looked at where it is asked for alone.
func (f Fit) condition(a *arguments) string {
	var all []string
	for _, c := range [][2]string{{"subject", f.Subject}, {"record_id", f.Record}, {"assignment_id", f.Assignment}, {"person_id", f.Person}, {"kind", f.Kind}} {
		all = append(all, fmt.Sprintf("(%[1]s = '' OR e.%[2]s = %[1]s)", a.add(c[1]), c[0]))
	}
	all = append(all, fmt.Sprintf("(%[1]s = '' OR e.device_id = %[1]s OR (e.is_system = 1 AND e.peer = %[1]s))", a.add(f.Device)),
		fmt.Sprintf("(CAST(%[1]s AS BIGINT) = 0 OR e.received_at >= %[1]s)", a.add(f.Since)),
		fmt.Sprintf("(CAST(%[1]s AS BIGINT) = %[2]d OR e.not_before < %[1]s)", a.add(f.Until), math.MaxInt64))
	if f.Units != nil {
		sets := f.Units
		if len(sets) == 0 {
			sets = []int64{-1} // no set's number
		}
		all = append(all, "e.unit_set IN ("+strings.Join(padded(a, sets), ", ")+")")
	}
	return strings.Join(all, " AND ")
}

// verdict is what is asked of each entry on the way.
func (f Fit) verdict(a *arguments) string {
	return "e.id, CASE WHEN " + f.condition(a) + " THEN 1 ELSE 0 END"
}

// statement is the way along a stretch. Rows are compared as wholes, and the road's column stands first in
// the order, so that every planner goes along its index and no other.
func (s Stretch) statement(what string, a *arguments) string {
	from, before := a.add(s.From), a.add(s.Before)
	if s.Road.column == "" {
		return fmt.Sprintf("SELECT %s FROM entries e WHERE e.id >= %s AND e.id < %s ORDER BY e.id DESC", what, from, before)
	}
	c, value := "e."+s.Road.column, a.add(s.Value)
	return fmt.Sprintf("SELECT %s FROM entries e WHERE %s(%s, e.id) >= (%s, %s) AND (%s, e.id) < (%s, %s) ORDER BY %s DESC, e.id DESC",
		what, s.Road.and(), c, value, from, c, value, before, c)
}

func (r Road) and() string {
	if r.where == "" {
		return ""
	}
	return r.where + " AND "
}

// Pass goes along a stretch for so many entries, and says of each whether it fits.
func (tx *Tx) Pass(ctx context.Context, s Stretch, fit Fit, steps int) ([]Passed, error) {
	var a arguments
	query := s.statement(fit.verdict(&a), &a) + " LIMIT " + a.add(steps)
	return tx.passed(ctx, query, a)
}

// LateSpan is batches of a day's late ones, by the places of their last entries: From and Before bound these.
type LateSpan struct {
	Day    int64
	Person string // whose; empty: anybody's
	Until  int64  // µs: received from then on
	Span
}

// PassLate says of the entries of a stretch that stand in such batches, newest first, whether they fit.
func (tx *Tx) PassLate(ctx context.Context, l LateSpan, s Stretch, fit Fit) ([]Passed, error) {
	var a arguments
	query := s.late(l, fit.verdict(&a), &a, tx.lateral)
	return tx.passed(ctx, query, a)
}

// late is the way along the batches, and in each along the road's entries. PostgreSQL takes a day's batches for one or two and would
// compare each entry of the road with each of them; asked laterally, behind an OFFSET that keeps the question whole, it goes as
// it is told. SQLite knows no LATERAL and keeps to the order of a CROSS JOIN.
func (s Stretch) late(l LateSpan, what string, a *arguments, lateral bool) string {
	whose, on := "", ""
	if l.Person != "" {
		whose = " AND l.person_id = " + a.add(l.Person)
	}
	if s.Road.column != "" {
		on = fmt.Sprintf(" AND %se.%s = %s", s.Road.and(), s.Road.column, a.add(s.Value))
	}
	in := fmt.Sprintf("%s AND e.id >= l.first AND e.id <= l.last AND e.id >= %s AND e.id < %s", on, a.add(s.From), a.add(s.Before))
	batches := fmt.Sprintf("l.day = %s%s AND l.last >= %s AND l.last < %s AND l.received_at >= %s", a.add(l.Day), whose, a.add(l.From), a.add(l.Before), a.add(l.Until))
	if lateral {
		return "SELECT e.id, e.fits FROM late l CROSS JOIN LATERAL (SELECT " + what + " AS fits FROM entries e WHERE TRUE" + in + " OFFSET 0) e WHERE " + batches + " ORDER BY e.id DESC"
	}
	return "SELECT " + what + " FROM late l CROSS JOIN entries e WHERE " + batches + in + " ORDER BY e.id DESC"
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
		if err := rows.Scan(&p.ID, &p.Fits); err != nil {
			return nil, fmt.Errorf("pass entries: %w", err)
		}
		all = append(all, p)
	}
	return all, rows.Err()
}

// ask asks what is put together for one question.
func (tx *Tx) ask(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return tx.asks.QueryContext(ctx, query, args...)
}

// Reach is the place of the entry that stands so many steps along a stretch; false where it has not so many.
func (tx *Tx) Reach(ctx context.Context, s Stretch, steps int) (int64, bool, error) {
	var a arguments
	query := s.statement("e.id", &a)
	query += " LIMIT 1 OFFSET " + a.add(steps)
	var place int64
	err := tx.asks.QueryRowContext(ctx, query, a...).Scan(&place)
	if Missing(err) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("look along: %w", err)
	}
	return place, true, nil
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
