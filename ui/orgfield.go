package ui

import (
	"strings"

	"handslag/assets"
	"handslag/identity"
)

const (
	orgIDLength = 32 // characters of an organisation ID without its spaces
	groupLength = 4
)

// orgField is where an organisation ID is typed or pasted: grouped as it is typed, and a slip is told as soon as the ID is
// whole, by its checksum.
type orgField struct {
	field   *Field
	lang    assets.Language
	read    func(string) (identity.OrgID, error)
	onWhole func(bool)
	found   identity.OrgID
}

func newOrgField(lang assets.Language, read func(string) (identity.OrgID, error)) *orgField {
	f := &orgField{lang: lang, read: read, field: NewField(lang.Say("enrol.organisation_id"), lang.Say("enrol.organisation_id_hint"))}
	f.field.SetMono()
	f.field.SetPlaceholder("XXXX XXXX XXXX XXXX …")
	f.field.OnChange = f.changed
	return f
}

// org is the ID, once it is whole and right.
func (f *orgField) org() (identity.OrgID, bool) { return f.found, f.found != "" }

// set writes the ID for the person.
func (f *orgField) set(id identity.OrgID) {
	f.field.SetText(id.Grouped())
	f.field.entry.CursorColumn = len(id.Grouped())
	f.field.entry.Refresh()
}

func (f *orgField) changed(text string) {
	entry := f.field.entry
	if !strings.Contains(text, ":") { // what a scanner typed stays as it is
		if grouped, cursor := groupID(text, entry.CursorColumn); grouped != text {
			entry.CursorColumn = cursor
			entry.SetText(grouped) // comes back here
			entry.CursorColumn = cursor
			entry.Refresh()
			return
		}
	}
	f.found = ""
	id, err := f.read(text)
	left := orgIDLength - len(compactID(text))
	switch {
	case err == nil:
		f.found = id
		if grouped := id.Grouped(); strings.Contains(text, ":") {
			entry.SetText(grouped)
			return
		}
	case left <= 0 || strings.Contains(text, ":"):
		f.complain()
	}
	if f.onWhole != nil {
		f.onWhole(f.found != "")
	}
}

// complain says what is missing or wrong.
func (f *orgField) complain() {
	text := f.field.Text()
	left := orgIDLength - len(compactID(text))
	_, device := identity.ParseDeviceID(text)
	switch {
	case text == "":
		f.field.SetError(f.lang.Say("common.required"))
	case device == nil:
		f.field.SetError(f.lang.Say("enrol.organisation_id_device"))
	case strings.Contains(text, ":"):
		f.field.SetError(f.lang.Say("enrol.organisation_id_other_code"))
	case left > 0:
		f.field.SetError(f.lang.Say("enrol.organisation_id_short", "n", left))
	case left < 0:
		f.field.SetError(f.lang.Say("enrol.organisation_id_long", "n", -left))
	default:
		f.field.SetError(f.lang.Say("enrol.organisation_id_wrong"))
	}
}

// compactID is an ID without what parts its groups.
func compactID(text string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '-', '\t', '\n', '\r', '\u00a0', '\u2013':
			return -1
		}
		return r
	}, text)
}

// groupID writes an ID in groups of four capitals and says where a cursor that stood at column then stands.
func groupID(text string, column int) (grouped string, cursor int) {
	var b strings.Builder
	n, seen := 0, 0
	for i, r := range []rune(text) {
		if i == column {
			cursor = seen
		}
		if compactID(string(r)) == "" {
			continue
		}
		if n > 0 && n%groupLength == 0 {
			b.WriteByte(' ')
			seen++
		}
		b.WriteString(strings.ToUpper(string(r)))
		n++
		seen++
	}
	if column >= len([]rune(text)) {
		cursor = seen
	}
	return b.String(), cursor
}
