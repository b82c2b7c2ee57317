package feed

import (
	"bytes"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"handslag/identity"
	"handslag/vault/journal"
)

// Element is the name of our structured data (RFC 5424 §6.3.2), which has to end in a private enterprise
// number. Nobody has registered one for Handslag; 32473 is IANA's for documentation (RFC 5612), so that it is
// nobody else's, and a name before it makes ours.
const Element = "handslag@32473"

// facility is "log audit" (RFC 5424 §6.2.1).
const facility = 13

// MessageLimit is what a message has at most, in bytes: every receiver should take so much (RFC 5425 §4.3.1).
const MessageLimit = 8192

// mark says that what follows is UTF-8 (RFC 5424 §6.4).
const mark = "\uFEFF"

// maxMessageID is that of RFC 5424 §6.
const maxMessageID = 32

// severities are syslog's for OCSF's.
var severities = map[severity]int{informational: 6, low: 5, medium: 4, high: 3}

// Messages writes entries as syslog messages.
type Messages struct {
	org    identity.OrgID
	host   string
	format Format
}

// NewMessages writes the messages of the organisation whose connected system has this URL.
func NewMessages(s identity.Statement, format Format) Messages {
	host := "-"
	if u, err := url.Parse(s.URL); err == nil && u.Hostname() != "" && len(u.Hostname()) <= 255 {
		host = printable(u.Hostname())
	}
	return Messages{s.Org(), host, format}
}

// Write is the entry as a message (RFC 5424): the time of its receipt, its kind as message ID, what one looks
// for as structured data, and the whole of it as JSON behind the mark that says that it is UTF-8.
func (m Messages) Write(e Entry) ([]byte, error) {
	e.Raw = nil // receivers cut what is long
	body, err := m.format.Write(e, m.org)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "<%d>1 %s %s handslag - %s ", facility*8+severities[meaningOf(e.Said).severity], written(e.Received), m.host, messageID(e.Said.Kind))
	b.WriteString("[" + Element)
	for _, p := range []struct{ name, value string }{
		{"id", e.ID()}, {"place", strconv.FormatInt(e.Place, 10)}, {"org", string(m.org)}, {"kind", string(e.Said.Kind)},
		{"person", string(e.Person)}, {"device", string(e.Said.Device)}, {"peer", string(e.Said.Peer)},
		{"subject", string(e.Said.Subject)}, {"record", string(e.Said.Record)}, {"assignment", string(e.Said.Assignment)}, {"code", e.Said.Code},
	} {
		if p.value != "" {
			fmt.Fprintf(&b, ` %s="%s"`, p.name, escaped(p.value))
		}
	}
	b.WriteString("]")
	if b.Len()+len(body)+len(mark)+1 <= MessageLimit { // or else what one looks for, alone
		b.WriteString(" " + mark)
		b.Write(body)
	}
	return b.Bytes(), nil
}

// messageID is the kind, where RFC 5424 lets it be one.
func messageID(kind journal.Kind) string {
	if id := printable(string(kind)); len(id) <= maxMessageID {
		return id
	}
	return "-"
}

// escaped is a value as RFC 5424 §6.3.3 has it, without line ends and other control characters, which a receiver
// that writes to files would take for the end of the message.
func escaped(value string) string {
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(value, "\uFFFD") {
		switch {
		case r == '"' || r == '\\' || r == ']':
			b.WriteRune('\\')
		case r < ' ' || r >= 0x7f && r < 0xa0:
			r = '\uFFFD'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// printable is a header's field: graphic ASCII, or "-".
func printable(text string) string {
	if text == "" || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "-"
	}
	return text
}
