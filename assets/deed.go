package assets

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Deed is an entry of a log as its sentence needs it: words, empty where they are not known.
type Deed struct {
	Kind   string // as the entry names it
	Who    string
	What   string // the person or record concerned
	Peer   string // the other person, or their device
	Title  string // of the assignment
	Thing  string // of what is shared which it was: record, attachment, assignment
	Count  uint64
	Code   string // of what an administrator changed: which change
	System bool   // the connected system's own
}

// Did says what was done. A kind that this version does not know is said to be so: a reviewer
// must see that it stands.
func (l Language) Did(d Deed) string {
	code := "did." + d.Kind
	if changed := "administered." + d.Code; d.Kind == "system.changed" && l.Knows(changed) {
		code = changed
	}
	if !l.Knows(code) {
		code = "did.unknown"
	}
	if d.Who == "" && d.System {
		d.Who = l.Say("did.system")
	}
	word := func(said, otherwise string) string {
		if said == "" {
			return l.Say(otherwise)
		}
		return said
	}
	title := d.Title
	if title == "" {
		title = "–"
	}
	if strings.HasPrefix(d.Kind, "share.") && (d.What != "" || d.Thing != "record") && l.Knows("thing."+d.Thing) {
		d.What = l.Say("thing."+d.Thing, "what", word(d.What, "did.something"), "title", title)
	}
	return l.Say(code, "who", word(d.Who, "did.somebody"), "what", word(d.What, "did.something"),
		"peer", word(d.Peer, "did.colleague"), "title", title, "n", d.Count)
}

// Kinds are the kinds of entry that there are sentences for, sorted.
func Kinds() (kinds []string) {
	for _, code := range Swedish.Codes() {
		code = strings.TrimSuffix(strings.TrimSuffix(code, ".one"), ".other")
		kind, is := strings.CutPrefix(code, "did.")
		if is && strings.Contains(kind, ".") && !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// Kind says what entries of a kind tell, whoever did it: their sentence without its names.
func (l Language) Kind(kind string) string {
	code := "did." + kind
	if !l.Knows(code) {
		return kind
	}
	said := strings.TrimPrefix(strings.TrimSpace(l.Say(code, "n", "")), "{who} ") // names stay in braces
	for _, tail := range []string{": {who}", ": {what}", ", {what}"} {
		said, _, _ = strings.Cut(said, tail)
	}
	what := "did.something"
	if strings.HasPrefix(kind, "share.") {
		what = "did.anything"
	}
	said = strings.NewReplacer(" {title}", "", "{who}", strings.ToLower(l.Say("did.somebody")), "{what}", l.Say(what), "{peer}", l.Say("did.colleague")).Replace(said)
	first, size := utf8.DecodeRuneInString(said)
	return string(unicode.ToUpper(first)) + said[size:]
}
