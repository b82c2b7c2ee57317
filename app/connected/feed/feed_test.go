package feed

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
)

const (
	organisation = identity.OrgID("the-organisation")
	theDevice    = identity.DeviceID("a-device")
	theSystem    = identity.DeviceID("the-system")
)

// kinds are all that package journal names.
func kinds(t testing.TB) []journal.Kind {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../../vault/journal/kind.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var all []journal.Kind
	for _, decl := range file.Decls {
		g, ok := decl.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			continue
		}
		for _, spec := range g.Specs {
			v := spec.(*ast.ValueSpec)
			if of, ok := v.Type.(*ast.Ident); !ok || of.Name != "Kind" {
				continue
			}
			text, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, journal.Kind(text))
		}
	}
	if len(all) < 45 {
		t.Fatalf("only %d kinds found", len(all))
	}
	return all
}

// bare is an entry with nothing but what each has, whole one with all that one can have.
func bare(kind journal.Kind) Entry {
	e := Entry{Place: 7, Earliest: 1_700_000_000_000_000, Received: 1_700_000_300_000_000, System: strings.HasPrefix(string(kind), "system."), Raw: []byte("raw")}
	e.Said = journal.Entry{Version: 1, Device: theDevice, Generation: 1, Seq: 3, Prev: make([]byte, 32), Kind: kind, After: e.Earliest}
	if e.System {
		e.Said.Device = theSystem
	}
	e.Hash[0] = 0xab
	e.Cursor = CursorAt(1, e.Place, e.Hash)
	return e
}

func whole(kind journal.Kind) Entry {
	hash, id := make([]byte, 32), strings.Repeat("x", 64)
	e := bare(kind)
	e.Person, e.Place = identity.PersonID(id), 1<<62
	e.Said.Elapsed, e.Said.Clock, e.Said.Until = 1_000_000, e.Received, signed.Time(1<<55)
	e.Said.Subject, e.Said.Record, e.Said.Assignment, e.Said.Attachment = journal.SubjectID(id), journal.RecordID(id), journal.AssignmentID(id), journal.AttachmentID(id)
	e.Said.RecordVersion, e.Said.AssignmentVersion, e.Said.Count, e.Said.Seq = 1<<62, 1<<62, 1<<62, 1<<62
	e.Said.Peer, e.Said.Pair, e.Said.Ref, e.Said.Content, e.Said.Payload = identity.DeviceID(strings.Repeat("p", 80)), hash, hash, hash, hash
	e.Said.Code, e.Said.Route, e.Said.Signature = strings.Repeat("\x01", 64), strings.Repeat("/", 128), make([]byte, 1024)
	e.Raw = make([]byte, journal.EntryLimit)
	return e
}

func TestACursorIsReadAsItWasWritten(t *testing.T) {
	for _, text := range []string{"", "1-7-ab00000000000000", "3-9223372036854775807-ffffffffffffffff"} {
		c, err := ParseCursor(text)
		if err != nil || c.String() != text {
			t.Errorf("%q is read as %+v: %v", text, c, err)
		}
	}
	for _, text := range []string{"0", "7", "1-7", "1-0-ab00000000000000", "0-7-ab00000000000000", "1-7-AB00000000000000", "1-7-ab", "1-07-ab00000000000000",
		"+1-7-ab00000000000000", "1--7-ab00000000000000", "1-7-ab00000000000000-", "1-9223372036854775808-ab00000000000000", " 1-7-ab00000000000000"} {
		if c, err := ParseCursor(text); err == nil {
			t.Errorf("%q is read as %+v", text, c)
		}
	}
}

func FuzzCursor(f *testing.F) {
	for _, seed := range []string{"", "1-7-ab00000000000000", "1-7-ab", "----", "2-9-zz00000000000000"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := ParseCursor(text); err == nil && c.String() != text {
			t.Errorf("%q is read as %q", text, c)
		}
	})
}
