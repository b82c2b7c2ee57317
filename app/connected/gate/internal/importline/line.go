// Package importline reads what an import says, one JSON object a line, strictly: a key that is not known is an error. What a
// line does is the gate's business; nothing here knows a row.
package importline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"handslag/identity"
	"handslag/vault/record"
)

// Bounds of an import.
const (
	Limit     = 512 << 10 // bytes
	maxFields = 64        // of a protected part
	maxListed = 256       // people, roles or grants on a line
)

// Line is one line of an import: what fits to its type is filled.
type Line struct {
	Type string `json:"type"`

	ID     string           `json:"id,omitempty"`
	Name   string           `json:"name,omitempty"`
	Grants []identity.Grant `json:"grants,omitempty"`

	Username string   `json:"username,omitempty"`
	First    string   `json:"first,omitempty"`
	Last     string   `json:"last,omitempty"`
	Unit     string   `json:"unit,omitempty"`
	Roles    []string `json:"roles,omitempty"`

	Kind              string       `json:"kind,omitempty"`
	Subject           string       `json:"subject,omitempty"`
	People            []string     `json:"people,omitempty"`
	HeldBy            *[]string    `json:"held_by,omitempty"` // absent: the record's people and those of its assignments
	Restricted        bool         `json:"restricted,omitempty"`
	ProtectedIdentity bool         `json:"protected_identity,omitempty"`
	Card              *record.Card `json:"card,omitempty"`
	Protected         *Fields      `json:"protected,omitempty"`

	Record string `json:"record,omitempty"`
	Title  string `json:"title,omitempty"`
	Area   string `json:"area,omitempty"`
	Due    string `json:"due,omitempty"`
	Text   string `json:"text,omitempty"`

	File   string         `json:"file,omitempty"` // of an attachment, beside the lines
	Points []record.Point `json:"points,omitempty"`
}

// Parse reads one line strictly: a key that it does not know is an error, so that a
// slip in "held_by" can not send a record to the wrong people.
func Parse(data []byte) (Line, error) {
	var line Line
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&line); err != nil {
		return Line{}, errors.New(jsonFault(err))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Line{}, errors.New("more than one object")
	}
	if len(line.People) > maxListed || len(line.Roles) > maxListed || len(line.Grants) > maxListed || line.HeldBy != nil && len(*line.HeldBy) > maxListed {
		return Line{}, errors.New("a list is too long")
	}
	return line, nil
}

// jsonFault says what is wrong without repeating the line's values, which may be personal.
func jsonFault(err error) string {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Sprintf("not JSON at byte %d", syntax.Offset)
	case errors.As(err, &kind):
		return fmt.Sprintf("%s is not a %s", kind.Field, kind.Type)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return "not JSON: it ends too early"
	case errors.Is(err, errFields):
		return err.Error()
	case strings.HasPrefix(err.Error(), "json: unknown field"):
		return strings.TrimPrefix(err.Error(), "json: ")
	}
	return "not JSON"
}

// Fields is a JSON object of texts and numbers in the order they stand in.
type Fields []record.Field

var errFields = errors.New("protected is not an object of texts and numbers, each once")

// UnmarshalJSON keeps the order.
func (f *Fields) UnmarshalJSON(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return errFields
	}
	var all Fields
	seen := map[string]bool{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return errFields
		}
		value, err := d.Token()
		if err != nil {
			return errFields
		}
		var text string
		switch v := value.(type) {
		case string:
			text = v
		case json.Number:
			text = v.String()
		default:
			return errFields
		}
		key, ok := name.(string)
		if !ok || key == "" || seen[key] || len(all) == maxFields {
			return errFields
		}
		seen[key] = true
		all = append(all, record.Field{Name: key, Value: text})
	}
	*f = all
	return nil
}

// MarshalJSON writes what UnmarshalJSON reads; numbers have become texts.
func (f Fields) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, field := range f {
		if i > 0 {
			b.WriteByte(',')
		}
		for j, text := range []string{field.Name, field.Value} {
			quoted, err := json.Marshal(text)
			if err != nil {
				return nil, err
			}
			if j > 0 {
				b.WriteByte(':')
			}
			b.Write(quoted)
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// ProtectedText is the protected field name, empty where there is none.
func (line Line) ProtectedText(name string) string {
	if line.Protected != nil {
		for _, f := range *line.Protected {
			if f.Name == name {
				return f.Value
			}
		}
	}
	return ""
}
