package feed

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
)

// distinct is an entry in which no two things are said alike, so that none can stand where another belongs.
func distinct(kind journal.Kind, person identity.PersonID, system bool) Entry {
	e := Entry{Place: 4711, Raw: []byte("signed"), Person: person, System: system, Earliest: 1_700_000_000_000_001, Received: 1_700_000_300_000_002}
	e.Hash = journal.Hash(bytes.Repeat([]byte{0xa1}, 32))
	e.Said = journal.Entry{
		Version: 1, Device: "the-device", Generation: 2, Seq: 3, Prev: bytes.Repeat([]byte{0xb2}, 32), Kind: kind,
		After: e.Earliest, Elapsed: 60_000_003, Clock: signed.Time(1_700_000_200_000_004),
		Subject: "the-subject", Record: "the-record", RecordVersion: 5, Assignment: "the-assignment", AssignmentVersion: 6,
		Attachment: "the-attachment", Content: bytes.Repeat([]byte{0xc3}, 32), Peer: "the-peer", Pair: bytes.Repeat([]byte{0xd4}, 32),
		Ref: bytes.Repeat([]byte{0xe5}, 32), Until: signed.Time(1_700_000_400_000_005), Code: "the-code", Count: 7, Route: "/the-route",
		Payload: bytes.Repeat([]byte{0xf6}, 32), Signature: []byte("of work"), Epoch: 8, Person: person, Heads: [][]byte{bytes.Repeat([]byte{0x17}, 32)},
	}
	e.Cursor = CursorAt(9, e.Place, e.Hash)
	return e
}

// noticed is the entry that tells of a finding first.
func noticed(code string) Entry {
	e := distinct(journal.FindingNoted, "the-person", true)
	e.Said.Code, e.Said.Count = code, 1
	return e
}

// What leaves says each thing in its place, as other systems have been told that it does: testdata/said.txt, which
// changes on purpose only.
func TestWhatLeavesSaysEachThingInItsPlace(t *testing.T) {
	var got bytes.Buffer
	for _, e := range []Entry{
		distinct(journal.RecordOpened, "the-person", false),
		distinct(journal.RecordSent, "the-person", true),
		distinct(journal.Unlocked, "", false),
		distinct(journal.FindingNoted, "the-person", true),
		distinct(journal.FindingClosed, "", true),
		distinct(journal.LogInconsistent, "the-person", false),
		noticed("fork"), noticed("clock"), noticed("gap"),
	} {
		for _, format := range []Format{Lines, OCSF} {
			got.Write(must(format.WriteAll([]Entry{e}, organisation)))
		}
		got.Write(must(messages.Write(e)))
		got.WriteByte('\n')
	}
	const path = "testdata/said.txt"
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	gotLines, wantLines := strings.Split(got.String(), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(gotLines), len(wantLines)) {
		if i >= len(gotLines) || i >= len(wantLines) || gotLines[i] != wantLines[i] {
			t.Fatalf("%s: line %d is another; all of it is\n%s", path, i+1, got.String())
		}
	}
}

// What is too long for one message keeps what one looks for, and loses the rest alone.
func TestAMessageThatIsTooLongKeepsWhatOneLooksFor(t *testing.T) {
	e := distinct(journal.RecordOpened, "the-person", false)
	e.Said.Code = strings.Repeat("\x00", 1500) // six bytes each in JSON
	text := must(messages.Write(e))
	m := read(t, text)
	if said := (*m.StructuredData)[Element]; len(text) > MessageLimit || m.Message != nil || said["id"] != e.ID() || said["person"] != "the-person" || said["subject"] != "the-subject" {
		t.Errorf("of %d bytes: %q", len(text), text)
	}
}
