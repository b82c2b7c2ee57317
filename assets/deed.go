package assets

// Deed is an entry of a log as its sentence needs it: words, empty where they are not known.
type Deed struct {
	Kind   string // as the entry names it
	Who    string
	What   string // the person or record concerned
	Peer   string // the other person, or their device
	Title  string // of the assignment
	Count  uint64
	System bool // the connected system's own
}

// Did says what was done. A kind that this version does not know is said to be so: a reviewer
// must see that it stands.
func (l Language) Did(d Deed) string {
	code := "did." + d.Kind
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
	return l.Say(code, "who", word(d.Who, "did.somebody"), "what", word(d.What, "did.something"),
		"peer", word(d.Peer, "did.colleague"), "title", title, "n", d.Count)
}
