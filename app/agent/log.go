package agent

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
)

// Log asks the connected system for a page of the audit log. Whether this person may, it
// alone decides, and writes down; a refusal is NoRight. Where a page would be short and there may be more,
// it is asked for more, some times: each is a look of its own in the log.
func (a *Agent) Log(ctx context.Context, filter link.LogFilter) (link.LogPage, error) {
	const asks = 16
	wanted := link.LogPageRows
	if filter.Limit > 0 && filter.Limit < wanted {
		wanted = filter.Limit
	}
	page, err := reviewed(ctx, a, filter, (*link.Client).Log)
	for range asks {
		if err != nil || page.Cursor == "" || len(page.Rows) >= wanted || page.Cursor == filter.After {
			break
		}
		filter.After, filter.Limit = page.Cursor, wanted-len(page.Rows)
		var more link.LogPage
		if more, err = reviewed(ctx, a, filter, (*link.Client).Log); err == nil {
			page.Rows, page.Cursor = append(page.Rows, more.Rows...), more.Cursor
		}
	}
	return page, err
}

// Findings asks for a page of what the connected system noticed about journals, as Log does.
func (a *Agent) Findings(ctx context.Context, filter link.FindingFilter) (link.FindingPage, error) {
	return reviewed(ctx, a, filter, (*link.Client).Findings)
}

// Spread asks where copies of a record went, as Log does; NoRecord where nobody has heard of it.
func (a *Agent) Spread(ctx context.Context, filter link.SpreadFilter) (link.Spread, error) {
	tree, err := reviewed(ctx, a, filter, (*link.Client).Spread)
	var refused *link.Problem
	if errors.As(err, &refused) && refused.Code == link.CodeNotFound {
		return tree, problem(NoRecord, err)
	}
	return tree, err
}

// reviewed asks for what only who reviews may see.
func reviewed[F, T any](ctx context.Context, a *Agent, filter F, ask func(*link.Client, context.Context, F) (T, error)) (answer T, err error) {
	s, err := a.current()
	if err != nil {
		return answer, err
	}
	client := link.NewClient(s.who().statement, s.keys, link.ClientOptions{
		Time: s.clock.Server(), OnTime: s.clock.Hear,
	})
	defer client.Close()
	answer, err = ask(client, ctx, filter)
	var refused *link.Problem
	if err == nil || errors.As(err, &refused) {
		a.setOnline(true)
	}
	switch {
	case errors.Is(err, link.ErrAway):
		a.setOnline(false)
		return answer, problem(NotOnline, err)
	case errors.As(err, &refused) && refused.Code == link.CodeBadRequest:
		return answer, problem(BadFilter, err)
	}
	return answer, translate(err)
}

func (a *Agent) setOnline(online bool) {
	a.mu.Lock()
	changed := a.session != nil && a.online != online
	if changed {
		a.online = online
	}
	a.mu.Unlock()
	if changed {
		a.changed(SyncChanged)
	}
}

// The formats of ExportLog.
const (
	FormatCSV  = "csv"
	FormatJSON = "json"
)

const maxExportPages = 10000

// ExportLog writes every row that the filter leaves, newest first, and returns how many. The
// rows come as they are read, so a long export holds little in memory; after an error what is
// written is not whole.
func (a *Agent) ExportLog(ctx context.Context, filter link.LogFilter, format string, w io.Writer) (int, error) {
	var out rowWriter
	switch format {
	case FormatCSV:
		out = &csvRows{w: csv.NewWriter(w)}
	case FormatJSON:
		out = &jsonRows{w: w}
	default:
		return 0, problem(BadFilter, fmt.Errorf("format %q is not known", format))
	}
	rows := 0
	filter.Limit = link.LogPageRows
	for range maxExportPages {
		page, err := a.Log(ctx, filter)
		if err != nil {
			return rows, err
		}
		for _, row := range page.Rows {
			if err := out.row(row); err != nil {
				return rows, translate(fmt.Errorf("export log: %w", err))
			}
			rows++
		}
		if page.Cursor == "" {
			return rows, translate(out.end())
		}
		if page.Cursor == filter.After {
			break
		}
		filter.After = page.Cursor
	}
	return rows, problem(BadAnswer, errors.New("the log has no end"))
}

type rowWriter interface {
	row(link.LogRow) error
	end() error
}

// jsonRows is one array with a row a line.
type jsonRows struct {
	w     io.Writer
	begun bool
}

func (j *jsonRows) row(row link.LogRow) error {
	data, err := json.Marshal(row)
	if err != nil {
		return err
	}
	lead := ",\n"
	if !j.begun {
		lead, j.begun = "[\n", true
	}
	_, err = fmt.Fprintf(j.w, "%s%s", lead, data)
	return err
}

func (j *jsonRows) end() error {
	if !j.begun {
		_, err := io.WriteString(j.w, "[]\n")
		return err
	}
	_, err := io.WriteString(j.w, "\n]\n")
	return err
}

// csvRows is RFC 4180 with a heading.
type csvRows struct {
	w     *csv.Writer
	begun bool
}

var csvHeading = []string{
	"id", "kind", "not_before", "not_after", "person_concerned", "subject", "record", "record_version", "assignment",
	"assignment_title", "username", "name", "units", "device", "peer", "peer_name", "code", "route", "count", "until",
	"reason", "note", "erased", "address", "carrier", "fingerprint", "signed", "other_half", "alone", "findings",
}

func (c *csvRows) row(r link.LogRow) error {
	if err := c.head(); err != nil {
		return err
	}
	other := ""
	if r.Other != nil {
		other = r.Other.Fingerprint
	}
	cells := []string{
		strconv.FormatInt(r.ID, 10), string(r.Kind), timeText(r.NotBefore), timeText(r.NotAfter), r.SubjectName, string(r.Subject),
		string(r.Record), number(r.RecordNo), string(r.Assignment), r.AssignmentTitle, r.Person.Username, strings.TrimSpace(r.Person.Name()),
		unitNames(r.Units), r.Device.Grouped(), r.Peer.Grouped(), r.PeerName, r.Code, r.Route, number(r.Count), timeText(r.Until),
		r.Reason, noteText(r), yes(r.Erased), r.Address, r.Carrier.Grouped(), r.Fingerprint, yes(r.Signed), other, yes(r.Alone),
		strings.Join(r.Findings, " "),
	}
	for i, cell := range cells {
		cells[i] = harmless(cell)
	}
	return c.w.Write(cells)
}

func (c *csvRows) head() error {
	if c.begun {
		return nil
	}
	c.begun = true
	return c.w.Write(csvHeading)
}

func (c *csvRows) end() error {
	if err := c.head(); err != nil {
		return err
	}
	c.w.Flush()
	return c.w.Error()
}

// harmless keeps a spreadsheet from taking words for a formula: at a cell's start, and where
// one would start in a spreadsheet that splits at semicolons, as Swedish ones do. What moves
// a terminal's cursor goes.
func harmless(cell string) string {
	var b strings.Builder
	start := true
	for _, r := range cell {
		if start && strings.ContainsRune("=+-@＝＋－＠", r) {
			b.WriteByte('\'')
		}
		start = strings.ContainsRune(";\t\n", r) || start && r == ' '
		if unicode.IsControl(r) && r != '\t' && r != '\n' {
			r = unicode.ReplacementChar
		}
		b.WriteRune(r)
	}
	return b.String()
}

func timeText(t signed.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Time().Format("2006-01-02T15:04:05Z07:00")
}

func number(n uint64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatUint(n, 10)
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return ""
}

func unitNames(units []identity.Unit) string {
	var names []string
	for _, u := range units {
		names = append(names, u.Name)
	}
	return strings.Join(names, ", ")
}

// noteText is an entry's note; of an edit on an assignment the field and what it was set to, as the entry has them.
func noteText(r link.LogRow) string {
	if r.Topic == "" {
		return r.Note
	}
	return r.Topic + "=" + r.Value
}
