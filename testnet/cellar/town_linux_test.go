package cellar_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"handslag/app/agent"
	"handslag/sync/link"
	"handslag/testnet"
	"handslag/testnet/cellar"
	"handslag/vault/journal"
)

// town is an organisation on a network of wires, and its people, each in a room of their own.
type town struct {
	*testing.T
	*testnet.Net
	ctx  context.Context
	wire *cellar.Wire // coverage: leads to directory and connected system
	at   map[*testnet.Person]*place
}

// place is a person's room and what leads into it.
type place struct {
	room     *cellar.Room
	coverage *cellar.End
	address  string
}

const (
	townAddress = "10.77.0.1"
	townLine    = townAddress + ":18443"
	townShelf   = townAddress + ":18440" // the directory's
)

// needsRooms says in plain words why a story is not told here.
func needsRooms(t *testing.T) {
	t.Helper()
	if why != "" {
		t.Skipf("not told: this machine gives us no rooms of our own (%s). As root, or where users may have namespaces, and with iproute2, it is.", why)
	}
}

func newTown(t *testing.T) *town {
	t.Helper()
	needsRooms(t)
	w := &town{T: t, ctx: t.Context(), wire: cellar.NewWire(), at: map[*testnet.Person]*place{}}
	end, err := w.wire.Plug(here, "town0", townAddress+"/24")
	w.must(err)
	t.Cleanup(func() { w.must(end.Pull()) })
	w.Net, err = testnet.Start(w.ctx, testnet.Options{Dir: t.TempDir(), Programs: programs, Line: townLine, DirectoryLine: townShelf})
	w.must(err)
	t.Cleanup(func() {
		if err := w.Net.Close(); err != nil {
			t.Error(err)
		}
	})
	w.must(w.Admin(w.ctx, nil, "user", "add", "carl.berg", "-first", "Carl", "-last", "Berg", "-unit", "sodra", "-role", "caretaker", "-no-password"))
	w.importRecords()
	return w
}

// in is the same town in a part of its test.
func (w *town) in(t *testing.T) *town {
	part := *w
	part.T = t
	return &part
}

// given are the records that Anna holds and may hand over.
const given = 40

func recordID(i int) journal.RecordID { return journal.RecordID(fmt.Sprintf("r-cellar%04d", i)) }

func (w *town) importRecords() {
	w.Helper()
	var lines strings.Builder
	for i := range given {
		fmt.Fprintf(&lines, `{"type":"record","id":%q,"kind":"person","subject":"s-cellar%04d","unit":"norra","people":["anna.lind"],"held_by":["anna.lind"],"protected_identity":false,"card":{"title":"Källare %d","street":"Provgatan 1","area":"Sparvhagen"},"protected":{"name":"Provperson %d","birth_year":1950,"street":"Provgatan 1","flat":"1001","town":"Lindbrunna","phone":"070-174 06 %02d","household":"1 vuxen"}}`+"\n",
			recordID(i), i, i, i, i)
	}
	file := filepath.Join(w.TempDir(), "cellar.jsonl")
	w.must(os.WriteFile(file, []byte(lines.String()), 0o600))
	w.must(w.Admin(w.ctx, nil, "import", file))
}

// person gives somebody a device, enrolled and synced, in a room with coverage.
func (w *town) person(name, username string) *testnet.Person {
	w.Helper()
	p := w.newcomer(name, username)
	w.must(p.Enrol(w.ctx))
	w.do(p, "sync")
	w.must(p.Close(w.ctx))
	return p
}

// newcomer has a room and no device yet.
func (w *town) newcomer(name, username string) *testnet.Person {
	w.Helper()
	p := w.Person(name, username)
	w.must(w.SetPassword(w.ctx, username, p.Password))
	room, err := cellar.NewRoom()
	w.must(err)
	w.Cleanup(func() { room.Close() })
	w.at[p] = &place{room: room, address: fmt.Sprintf("10.77.0.%d", len(w.at)+2)}
	p.Start = room.Start
	w.covered(p)
	return p
}

// covered gives a person coverage.
func (w *town) covered(p *testnet.Person) {
	w.Helper()
	at := w.at[p]
	end, err := w.wire.Plug(at.room, "mobile0", at.address+"/24")
	w.must(err)
	// What is meant for the wide world goes over the wire too, where it is seen.
	w.must(at.room.IP("route", "add", "default", "via", townAddress))
	at.coverage = end
	w.Cleanup(func() { w.must(end.Pull()) })
}

// descends takes people's coverage away.
func (w *town) descends(people ...*testnet.Person) {
	w.Helper()
	for _, p := range people {
		w.must(w.at[p].coverage.Pull())
	}
}

// joins plugs a wire into a person's room; the interface is theirs until it is pulled.
func (w *town) joins(wire *cellar.Wire, p *testnet.Person, name string, addresses ...string) *cellar.End {
	w.Helper()
	end, err := wire.Plug(w.at[p].room, name, addresses...)
	w.must(err)
	w.Cleanup(func() { w.must(end.Pull()) })
	return end
}

// hotspot is a wire that joins people and leads nowhere else.
func (w *town) hotspot(people ...*testnet.Person) *cellar.Wire {
	w.Helper()
	wire := cellar.NewWire()
	for i, p := range people {
		w.joins(wire, p, "wlan0", fmt.Sprintf("192.168.43.%d/24", i+2))
	}
	return wire
}

func (w *town) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *town) do(p *testnet.Person, args ...string) []json.RawMessage {
	w.Helper()
	values, err := p.Do(w.ctx, args...)
	if err != nil {
		w.Fatalf("%s %v: %v", p.Name, args, err)
	}
	return values
}

// holds are the titles of the cards that a device shows of Anna's records.
func (w *town) holds(p *testnet.Person) int {
	w.Helper()
	var cards []agent.Card
	w.must(json.Unmarshal(w.do(p, "records", "Källare")[0], &cards))
	return len(cards)
}

// gives hands over as a person does after a wire was cut: once more, where the connection of before is still
// being given up.
func (w *town) gives(m *testnet.Meeting, giver *testnet.Person, ids ...journal.RecordID) {
	w.Helper()
	const tries = 5
	var err error
	for range tries {
		err = m.Give(w.ctx, giver, ids...)
		var refused *testnet.Refused
		if !errors.As(err, &refused) || refused.Code != agent.VerPeerAbort {
			break
		}
	}
	w.must(err)
}

func (w *town) refusedAs(err error, code agent.Code) {
	w.Helper()
	var refused *testnet.Refused
	if !errors.As(err, &refused) || refused.Code != code {
		w.Errorf("%v, want %s", err, code)
	}
}

// told is every row of the log that the reviewer reads, of one kind.
func (w *town) told(reviewer *testnet.Person, kind journal.Kind) []link.LogRow {
	w.Helper()
	var rows []link.LogRow
	for _, value := range w.do(reviewer, "log") {
		var page link.LogPage
		w.must(json.Unmarshal(value, &page))
		for _, row := range page.Rows {
			if row.Kind == kind {
				rows = append(rows, row)
			}
		}
	}
	return rows
}
