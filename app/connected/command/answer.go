package command

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
	"unicode"

	"handslag/identity/signed"
)

// answer prints value as JSON where -json asks for it, and otherwise calls text.
func (c *call) answer(value any, text func()) error {
	if !c.json {
		text()
		return nil
	}
	out := json.NewEncoder(c.Out)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	if err := out.Encode(value); err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	return nil
}

// say prints a line; its arguments are cleaned.
func (c *call) say(format string, args ...any) {
	for i, arg := range args {
		if text, ok := arg.(string); ok {
			args[i] = clean(text)
		}
	}
	fmt.Fprintf(c.Out, format+"\n", args...)
}

// list prints rows under a head, or none where there are no rows.
func (c *call) list(none string, head []string, rows [][]string) {
	if len(rows) == 0 {
		c.say("%s", none)
		return
	}
	table := tabwriter.NewWriter(c.Out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, strings.Join(head, "\t"))
	for _, row := range rows {
		for i := range row {
			row[i] = clean(row[i])
		}
		fmt.Fprintln(table, strings.Join(row, "\t"))
	}
	table.Flush()
}

// clean keeps what others wrote from moving the administrator's cursor.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return '\uFFFD'
		}
		return r
	}, text)
}

// minute is a time to the minute, local, or a dash for never.
func minute(t signed.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.Time().Local().Format("2006-01-02 15:04")
}

// dash stands for an empty cell.
func dash(text string) string {
	if text == "" {
		return "–"
	}
	return text
}

// orEmpty makes an empty list print as [] in JSON.
func orEmpty[T any](rows []T) []T {
	if rows == nil {
		return []T{}
	}
	return rows
}
