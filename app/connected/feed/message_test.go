package feed

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/leodido/go-syslog/v4/rfc5424"

	"handslag/identity"
	"handslag/vault/journal"
)

var messages = Messages{organisation, "linden.example", Lines}

// read reads a message as somebody else's program does.
func read(t testing.TB, message []byte) *rfc5424.SyslogMessage {
	t.Helper()
	m, err := rfc5424.NewParser().Parse(message)
	if err != nil {
		t.Fatalf("%v in %q", err, message)
	}
	return m.(*rfc5424.SyslogMessage)
}

func TestAMessageIsRFC5424(t *testing.T) {
	for _, format := range []Format{Lines, OCSF} {
		for _, kind := range append(kinds(t), "device.of_tomorrow_which_nobody_has_thought_of_yet") {
			for _, e := range []Entry{bare(kind), whole(kind)} {
				text, err := Messages{organisation, "linden.example", format}.Write(e)
				if err != nil {
					t.Fatal(err)
				}
				if len(text) > MessageLimit || strings.ContainsAny(string(text), "\n\r\x00\x01") {
					t.Errorf("%s is of %d bytes: %q", kind, len(text), text)
				}
				m := read(t, text)
				if *m.Facility != facility || *m.Hostname != "linden.example" || *m.Appname != "handslag" || !m.Timestamp.Equal(e.Received.Time()) {
					t.Errorf("%s: the header says %+v", kind, m)
				}
				if id := *m.StructuredData; id[Element]["id"] != e.ID() || id[Element]["kind"] != string(kind) || id[Element]["device"] != string(e.Said.Device) {
					t.Errorf("%s: the structured data say %v", kind, id)
				}
				body, marked := strings.CutPrefix(*m.Message, mark)
				if !marked || !json.Valid([]byte(body)) {
					t.Errorf("%s says %q", kind, *m.Message)
				}
			}
		}
	}
	if m := read(t, must(messages.Write(bare(journal.DeviceForked)))); *m.Severity != 3 || *m.MsgID != "device.forked" {
		t.Errorf("a fork is told as %d %s", *m.Severity, *m.MsgID)
	}
}

func must(text []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return text
}

func TestTheHostIsTheStatements(t *testing.T) {
	for url, want := range map[string]string{"https://linden.example:8443": "linden.example", "https://[::1]:8443": "::1", "": "-", "https://" + strings.Repeat("x", 300): "-"} {
		if m := NewMessages(identity.Statement{URL: url}, Lines); m.host != want {
			t.Errorf("%q is %q", url, m.host)
		}
	}
}

// What a device may write into an entry can not become another message, or end one.
func FuzzMessage(f *testing.F) {
	for _, seed := range []string{"", `"] <13>1 - evil`, "\n<13>1 2026", `\`, "]", "\x00\x1b[2J\u0085", "räksmörgås", "\xff\xfe", "\u2028"} {
		f.Add(seed, "record.opened")
		f.Add("x", seed)
	}
	f.Fuzz(func(t *testing.T, code, kind string) {
		e := bare(journal.Kind(kind))
		e.Said.Code = code
		text, err := messages.Write(e)
		if err != nil {
			t.Fatal(err)
		}
		if len(text) > MessageLimit || strings.ContainsAny(string(text), "\n\r\x00") || !utf8.Valid(text) {
			t.Fatalf("%q", text)
		}
		m := read(t, text)
		said := (*m.StructuredData)[Element]
		if said["id"] != e.ID() || said["place"] != "7" || len(*m.StructuredData) != 1 {
			t.Errorf("%q is read as %v", text, said)
		}
		if utf8.ValidString(code) && !strings.ContainsFunc(code, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }) && said["code"] != code {
			t.Errorf("code %q is read as %q", code, said["code"])
		}
	})
}
