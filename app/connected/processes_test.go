package connected_test

import (
	"context"
	"net"
	"net/http"
	"testing"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
)

// beside is one more process that serves the same organisation from the same database.
func (h *house) beside() *house {
	h.t.Helper()
	b := *h
	listener := must[net.Listener](h.t)(net.Listen("tcp", "127.0.0.1:0"))
	b.statement.URL = "https://" + listener.Addr().String()
	b.start(listener)
	h.t.Cleanup(b.stop)
	return &b
}

// visits is the same device with its calls going to another process.
func (d *device) visits(h *house) *device {
	there := *d
	there.h, there.client = h, link.NewClient(h.statement, d.keys, link.ClientOptions{})
	h.clients = append(h.clients, there.client)
	h.t.Cleanup(there.client.Close)
	return &there
}

func TestAProofIsSpentForAllProcesses(t *testing.T) {
	h := newHouse(t, live)
	b := h.beside()
	bo := h.enrolled("bo.ek")
	for _, order := range [][2]*house{{h, b}, {b, h}} {
		c := column{name: "credential", method: http.MethodPost, path: link.PathCredential}
		header := bo.proof(link.NewCall(h.statement.Org(), bo.keys.Device(), c.method, c.path, "", nil, signed.At(h.clock.Now())))
		if got := order[0].call(t, c, header, nil); got != "ok" {
			t.Errorf("the first time: %s", got)
		}
		if got := order[1].call(t, c, header, nil); got != string(link.CodeReplayed) {
			t.Errorf("at the other process: %s", got)
		}
	}
}

func TestWhatOneProcessIsToldHoldsInAllFromTheNextCall(t *testing.T) {
	h, ctx := newHouse(t, live), context.Background()
	b := h.beside()
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	if _, err := anna.visits(b).client.Log(ctx, link.LogFilter{}); err != nil {
		t.Fatal(err)
	}
	ok(t, h.gate.TakeRole(ctx, "anna.lind", "reviewer"))
	if _, err := anna.visits(b).client.Log(ctx, link.LogFilter{}); code(t, err) != link.CodeForbidden {
		t.Errorf("a role taken away: %v", err)
	}
	there := bo.visits(b)
	there.changes("")
	ok(t, h.gate.RevokeDevice(ctx, identity.DeviceID(bo.keys.Device())))
	if _, err := there.client.Changes(ctx, "", link.Had{Statement: 1}); code(t, err) != link.CodeDeviceRevoked {
		t.Errorf("a revoked device: %v", err)
	}
	if to := there.hands(there.batch(there.items(2)...)); to != 2 { // taken all the same
		t.Errorf("the receipt reaches entry %d", to)
	}
	h.sound()
}

func TestGuessesAreCountedOverAllProcesses(t *testing.T) {
	h, ctx := newHouse(t, live), context.Background()
	houses := []*house{h, h.beside()}
	var last error
	for i := range 5 {
		d := houses[i%2].newDevice("bo.ek")
		_, last = d.client.Enrol(ctx, d.ask("gissning"))
	}
	if code(t, last) != link.CodeTooMany {
		t.Errorf("the fifth guess: %v", last)
	}
}

// A name that no text of PostgreSQL's can be is a wrong name, and the guess is counted.
func TestANameThatIsNoneIsWrong(t *testing.T) {
	h, ctx := newHouse(t, live), context.Background()
	for _, name := range []string{"bo\x00ek", "bo ek", "'; DROP TABLE users; --"} {
		var codes []link.Code
		for range 5 {
			d := h.newDevice(name)
			_, err := d.client.Enrol(ctx, d.ask("gissning"))
			codes = append(codes, code(t, err))
		}
		if codes[0] != link.CodeWrongPassword || codes[4] != link.CodeTooMany {
			t.Errorf("%q: %v", name, codes)
		}
	}
}
