package connected_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"handslag/app/connected"
	"handslag/app/connected/gate"
	"handslag/identity"
	"handslag/identity/access"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/testnet/port"
	"handslag/testnet/postgres"
)

// house is a connected system over real HTTPS and a real database, with a clock that the
// story moves.
type house struct {
	t         testing.TB
	gate      *gate.Gate
	config    gate.Config
	statement identity.Statement
	root      *signed.PrivateKey
	cert      tls.Certificate
	clock     *clock
	server    *httptest.Server
	clients   []*link.Client // whose connections end with the server
}

// longEnough bounds a test that would otherwise wait for ever; nothing is measured with it.
const longEnough = 5 * time.Minute

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newHouse opens an organisation of two units with people for every part of the stories.
func newHouse(t testing.TB, decide gate.Decide) *house {
	t.Helper()
	h := &house{t: t, clock: &clock{now: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)}}
	listener := must[net.Listener](t)(net.Listen("tcp", port.Keep(t))) // it goes and comes back
	h.cert = newCert(t)
	leaf := must[*x509.Certificate](t)(x509.ParseCertificate(h.cert.Certificate[0]))
	root, issuing, log := newKey(t), newKey(t), newKey(t)
	h.root = root
	sealing := must[*identity.SealPrivate](t)(identity.NewSealPrivate())
	h.statement = identity.Statement{
		Version: 1, Number: 1, Root: root.Public(), Name: "Bostads AB Linden", URL: "https://" + listener.Addr().String(),
		TLS: []identity.Pin{identity.PinOf(leaf)}, Issuing: []signed.Key{issuing.Public()}, Sealing: []identity.SealKey{sealing.Public()},
		Log: []signed.Key{log.Public()}, Issued: signed.At(h.clock.Now()),
	}
	message := must[[]byte](t)(signed.Sign(signed.DomainStatement, root, h.statement))
	h.config = gate.Config{
		Path: filepath.Join(t.TempDir(), "connected é.db"), Postgres: postgres.Database(t), Decide: decide, Now: h.clock.Now, Zone: time.UTC, Operator: "the tester", KeepHashes: true,
		Keys: gate.Keys{Statement: message, Parsed: h.statement, Issuing: issuing, Log: log, Sealing: []*identity.SealPrivate{sealing}, Data: make([]byte, 32)},
	}
	rand.Read(h.config.Keys.Data)
	h.start(listener)
	t.Cleanup(h.stop)
	must[gate.Imported](t)(h.gate.Import(context.Background(), strings.NewReader(staff)))
	for _, name := range []string{"anna.lind", "bo.ek", "carl.ask", "dora.alm"} {
		ok(t, h.gate.SetPassword(context.Background(), name, lightHash(passwordOf(name))))
	}
	must[gate.Imported](t)(h.gate.Import(context.Background(), strings.NewReader(things)))
	return h
}

func (h *house) start(listener net.Listener) {
	h.t.Helper()
	g, err := gate.Open(context.Background(), h.config)
	ok(h.t, err)
	h.gate = g
	h.server = httptest.NewUnstartedServer(contractual(h.t, connected.Handler(g, slog.New(slog.NewTextHandler(errorsOf{t: h.t}, &slog.HandlerOptions{Level: slog.LevelError})))))
	h.server.Listener.Close()
	h.server.Listener = listener
	h.server.TLS = &tls.Config{Certificates: []tls.Certificate{h.cert}, MinVersion: tls.VersionTLS13}
	h.server.StartTLS()
}

func (h *house) stop() {
	if f, err := h.gate.Figures(context.Background()); err == nil && f.Late != 0 {
		h.t.Errorf("%d heard of what changed by the end of their wait alone", f.Late)
	}
	h.gate.EndWaits()
	h.server.Close()
	for _, c := range h.clients { // none writes to a connection whose other end is gone, before it has heard of that
		c.Close()
	}
	ok(h.t, h.gate.Close(context.Background()))
}

// restart closes everything and opens it again on the same file and port.
func (h *house) restart() {
	h.t.Helper()
	address := h.server.Listener.Addr().String()
	h.stop()
	h.start(must[net.Listener](h.t)(net.Listen("tcp", address)))
}

func newKey(t testing.TB) *signed.PrivateKey {
	return must[*signed.PrivateKey](t)(signed.NewPrivateKey(rand.Reader))
}

func newCert(t testing.TB) tls.Certificate {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	ok(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der := must[[]byte](t)(x509.CreateCertificate(rand.Reader, template, template, public, private))
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private}
}

func passwordOf(username string) string { return "lösen för " + username }

// lightHash is a password hash that costs nothing, for stories that are not about it.
func lightHash(password string) string {
	salt := []byte("sixteen bytes of")
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=19$m=64,t=1,p=1$%s$%s", b.EncodeToString(salt), b.EncodeToString(argon2.IDKey([]byte(password), salt, 1, 64, 1, 32)))
}

func (h *house) sound() gate.Verification {
	h.t.Helper()
	v := must[gate.Verification](h.t)(h.gate.VerifyAll(context.Background()))
	if !v.Sound() {
		h.t.Fatalf("the log is not sound: %v", v.Problems)
	}
	return v
}

// code is the code of a refusal, or "" where err is none.
func code(t testing.TB, err error) link.Code {
	t.Helper()
	var p *link.Problem
	if err != nil && !errors.As(err, &p) {
		t.Fatalf("no refusal: %v", err)
	}
	if p == nil {
		return ""
	}
	return p.Code
}

func codes(found []link.Finding) string {
	var all []string
	for _, f := range found {
		state := "open"
		if !f.Open {
			state = "closed"
		}
		all = append(all, f.Code+" "+state)
	}
	return strings.Join(all, ", ")
}

var live gate.Decide = access.May

const staff = `{"type":"unit","id":"norra","name":"Norra"}
{"type":"unit","id":"sodra","name":"Södra"}
{"type":"role","id":"caretaker","name":"Fastighetsskötare","grants":[{"right":"record.read","scope":"own"},{"right":"record.share","scope":"own"},{"right":"record.receive","scope":"unit"},{"right":"assignment.work","scope":"own"},{"right":"attachment.add","scope":"own"}]}
{"type":"role","id":"case_officer","name":"Handläggare","grants":[{"right":"record.read","scope":"unit"},{"right":"assignment.work","scope":"unit"}]}
{"type":"role","id":"reviewer","name":"Loggranskare","grants":[{"right":"log.read","scope":"all"}]}
{"type":"role","id":"unit_reviewer","name":"Granskare på enheten","grants":[{"right":"log.read","scope":"unit"}]}
{"type":"role","id":"exporter","name":"Säkerhetslogg","grants":[{"right":"log.export","scope":"all"}]}
{"type":"role","id":"eraser","name":"Dataskydd","grants":[{"right":"subject.erase","scope":"all"}]}
{"type":"role","id":"unit_eraser","name":"Dataskydd på enheten","grants":[{"right":"subject.erase","scope":"unit"}]}
{"type":"role","id":"cleaner","name":"Städare","grants":[]}
{"type":"user","username":"anna.lind","first":"Anna","last":"Lind","unit":"norra","roles":["case_officer","reviewer"]}
{"type":"user","username":"bo.ek","first":"Bo","last":"Ek","unit":"norra","roles":["caretaker"]}
{"type":"user","username":"carl.ask","first":"Carl","last":"Ask","unit":"sodra","roles":["cleaner"]}
{"type":"user","username":"dora.alm","first":"Dora","last":"Alm","unit":"sodra","roles":["case_officer","unit_reviewer"]}
`

const things = `{"type":"record","id":"r-maja","kind":"person","subject":"s-maja","unit":"norra","people":["anna.lind"],"held_by":["anna.lind"],"protected_identity":true,"card":{"title":"U-2300","area":"Sparvhagen"},"protected":{"name":"Maja Vintergrind","birth_year":1989,"phone":"070-174 06 41","street":"Lyktvårdarvägen 14 B"}}
{"type":"record","id":"r-maj","kind":"person","subject":"s-maj","unit":"norra","people":["anna.lind"],"protected_identity":false,"card":{"title":"Maj Ripsele","street":"Vantstickargränd 14 B","area":"Tornängen","tags":["ingen hiss"]},"protected":{"name":"Maj Ripsele"}}
{"type":"record","id":"r-frost","kind":"person","subject":"s-frost","unit":"norra","people":["bo.ek","carl.ask"],"restricted":true,"protected_identity":false,"card":{"title":"Frida Frost","area":"Tornängen"},"protected":{"name":"Frida Frost"}}
{"type":"record","id":"r-other","kind":"person","subject":"s-other","unit":"norra","people":["anna.lind"],"held_by":["dora.alm","carl.ask"],"protected_identity":false,"card":{"title":"Olle Other","area":"Tornängen"},"protected":{"name":"Olle Other"}}
{"type":"assignment","id":"W-2002","record":"r-maj","unit":"norra","people":["bo.ek"],"title":"Fuktfläck i taket","area":"Tornängen","due":"2026-11-23","text":"Fotografera fläcken."}
{"type":"assignment","id":"W-2300","record":"r-maja","unit":"norra","people":["bo.ek"],"title":"Vattenläcka under diskbänken","area":"Sparvhagen","due":"2026-11-23","text":"Stäng av vattnet."}
{"type":"assignment","id":"W-2301","record":"","unit":"sodra","people":["carl.ask"],"title":"Städa","area":"Hamnen","due":"2026-11-23","text":""}
`

func readIfThere(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return data
}

// restartAfterStop opens a stopped house again, so that its end finds it open.
func (h *house) restartAfterStop(t *testing.T) {
	t.Helper()
	h.start(must[net.Listener](t)(net.Listen("tcp", "127.0.0.1:0")))
}

// errorsOf shows what fails inside the system in the test's output.
type errorsOf struct{ t testing.TB }

func (e errorsOf) Write(line []byte) (int, error) {
	e.t.Logf("inside: %s", line)
	return len(line), nil
}
