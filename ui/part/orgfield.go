package part

import (
	"strings"

	"handslag/assets"
	"handslag/identity"
)

const (
	orgIDLength = 32 // characters of an organisation ID without its spaces
	groupLength = 4
)

// OrgField is where an organisation ID is typed or pasted: grouped as it is typed, and a slip is told as soon as the ID is
// whole, by its checksum.
type OrgField struct {
	Field   *Field
	lang    assets.Language
	read    func(string) (identity.OrgID, error)
	OnWhole func(bool)
	found   identity.OrgID
}

func NewOrgField(lang assets.Language, read func(string) (identity.OrgID, error)) *OrgField {
	f := &OrgField{lang: lang, read: read, Field: NewField(lang.Say("enrol.organisation_id"), lang.Say("enrol.organisation_id_hint"))}
	f.Field.SetMono()
	f.Field.SetPlaceholder("XXXX XXXX XXXX XXXX …")
	f.Field.OnChange = f.changed
	return f
}

// org is the ID, once it is whole and right.
func (f *OrgField) Org() (identity.OrgID, bool) { return f.found, f.found != "" }

// set writes the ID for the person.
func (f *OrgField) Set(id identity.OrgID) {
	f.Field.SetText(id.Grouped())
	f.Field.entry.CursorColumn = len(id.Grouped())
	f.Field.entry.Refresh()
}

func (f *OrgField) changed(text string) {
	entry := f.Field.entry
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
		f.Complain()
	}
	if f.OnWhole != nil {
		f.OnWhole(f.found != "")
	}
}

// complain says what is missing or wrong.
func (f *OrgField) Complain() {
	text := f.Field.Text()
	left := orgIDLength - len(compactID(text))
	_, device := identity.ParseDeviceID(text)
	switch {
	case text == "":
		f.Field.SetError(f.lang.Say("common.required"))
	case device == nil:
		f.Field.SetError(f.lang.Say("enrol.organisation_id_device"))
	case strings.Contains(text, ":"):
		f.Field.SetError(f.lang.Say("enrol.organisation_id_other_code"))
	case left > 0:
		f.Field.SetError(f.lang.Say("enrol.organisation_id_short", "n", left))
	case left < 0:
		f.Field.SetError(f.lang.Say("enrol.organisation_id_long", "n", -left))
	default:
		f.Field.SetError(f.lang.Say("enrol.organisation_id_wrong"))
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
