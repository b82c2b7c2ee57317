package demo

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
)

// WriteJSONL writes the organisation as JSON Lines: UTF-8, one object a line,
// the kind of object in its "type". Whatever a line refers to stands in an
// earlier one (units, roles, users, records, assignments), so that an importer
// can check each line as it reads it.
func (o Org) WriteJSONL(w io.Writer) error {
	out := bufio.NewWriter(w)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	for i, line := range o.lines() {
		if err := enc.Encode(line); err != nil {
			return fmt.Errorf("write line %d: %w", i+1, err)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write organisation: %w", err)
	}
	return nil
}

// lines puts a type before each object. Embedding keeps one line flat.
func (o Org) lines() []any {
	var all []any
	for _, v := range o.Units {
		all = append(all, struct {
			Type string `json:"type"`
			Unit
		}{"unit", v})
	}
	for _, v := range o.Roles {
		all = append(all, struct {
			Type string `json:"type"`
			Role
		}{"role", v})
	}
	for _, v := range o.Users {
		all = append(all, struct {
			Type string `json:"type"`
			User
		}{"user", v})
	}
	for _, v := range o.Records {
		all = append(all, struct {
			Type string `json:"type"`
			Record
		}{"record", v})
	}
	for _, v := range o.Assignments {
		all = append(all, struct {
			Type string `json:"type"`
			Assignment
		}{"assignment", v})
	}
	return all
}
