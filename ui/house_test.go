package ui_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"handslag/app/agent"
	"handslag/app/connected"
	"handslag/app/connected/gate"
	"handslag/app/directory"
	"handslag/identity"
	"handslag/identity/access"
	"handslag/identity/signed"
	"handslag/testnet/port"
	"handslag/vault"
	"handslag/vault/factor"
	"handslag/vault/factor/factortest"
)

// morning is when the stories begin.
var morning = time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC)

const passphrase = "tre små grisar"

// house is a whole organisation for windows to live in: the real connected system over HTTPS and SQLite, the real directory,
// devices with real vaults, journals and libp2p, on one clock that the story moves.
type house struct {
	t         *testing.T
	mu        sync.Mutex
	now       time.Time
	gate      *gate.Gate
	config    gate.Config
	cert      tls.Certificate
	server    *httptest.Server
	directory *httptest.Server
	address   string
	statement identity.Statement
	browse    func(string) error  // goes where a window sends its browser
	beside    bool                // what takes long runs beside the main loop
	meets     func(*http.Request) // is shown each call before it is answered; nil: nobody
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func newKey(t *testing.T) *signed.PrivateKey {
	t.Helper()
	key, err := signed.NewPrivateKey(rand.Reader)
	ok(t, err)
	return key
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, now: morning}
	listener, err := net.Listen("tcp", port.Keep(t)) // it goes and comes back
	ok(t, err)
	h.address = listener.Addr().String()
	key, root, issuing, logKey := newKey(t), newKey(t), newKey(t), newKey(t)
	der, err := identity.SelfSign(key, []string{"127.0.0.1"}, morning)
	ok(t, err)
	leaf, err := x509.ParseCertificate(der)
	ok(t, err)
	h.cert = tls.Certificate{Certificate: [][]byte{der}, PrivateKey: ed25519.PrivateKey(key.Ed25519())}
	sealing, err := identity.NewSealPrivate()
	ok(t, err)
	h.statement = identity.Statement{
		Version: 1, Number: 1, Root: root.Public(), Name: "Bostads AB Linden", URL: "https://" + h.address,
		TLS: []identity.Pin{identity.PinOf(leaf)}, Issuing: []signed.Key{issuing.Public()}, Sealing: []identity.SealKey{sealing.Public()},
		Log: []signed.Key{logKey.Public()}, Issued: signed.At(morning),
	}
	message, err := signed.Sign(signed.DomainStatement, root, h.statement)
	ok(t, err)
	h.config = gate.Config{
		Path: filepath.Join(t.TempDir(), "connected.db"), Decide: access.May, Now: h.clock, Zone: time.UTC, Operator: "story", KeepHashes: true,
		Keys: gate.Keys{Statement: message, Parsed: h.statement, Issuing: issuing, Log: logKey, Sealing: []*identity.SealPrivate{sealing}, Data: make([]byte, 32)},
	}
	rand.Read(h.config.Keys.Data)
	h.serve(listener)
	t.Cleanup(h.stop)
	h.takes(staff)
	for _, name := range []string{"anna.lind", "bo.ek"} {
		ok(t, h.gate.SetPassword(t.Context(), name, lightHash(passwordOf(name))))
	}
	h.takes(things)
	h.relay(message)
	return h
}

// meet shows each call from now on to meets, before it is answered.
func (h *house) meet(meets func(*http.Request)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.meets = meets
}

// takes imports lines.
func (h *house) takes(lines string) {
	h.t.Helper()
	_, err := h.gate.Import(context.Background(), strings.NewReader(lines))
	ok(h.t, err)
}

func (h *house) serve(listener net.Listener) {
	h.t.Helper()
	g, err := gate.Open(context.Background(), h.config)
	ok(h.t, err)
	h.gate = g
	answers := connected.Handler(g, slog.New(slog.DiscardHandler))
	h.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		meets := h.meets
		h.mu.Unlock()
		if meets != nil {
			meets(r)
		}
		answers.ServeHTTP(w, r)
	}))
	h.server.Listener.Close()
	h.server.Listener = listener
	h.server.TLS = &tls.Config{Certificates: []tls.Certificate{h.cert}, MinVersion: tls.VersionTLS13}
	h.server.StartTLS()
}

// stop takes the connected system away, back brings it back on the same file and port.
func (h *house) stop() {
	if h.server != nil {
		h.server.Close()
		h.server = nil
		ok(h.t, h.gate.Close(context.Background()))
	}
}

func (h *house) back() {
	h.t.Helper()
	listener, err := net.Listen("tcp", h.address)
	ok(h.t, err)
	h.serve(listener)
}

// relay starts the directory with the statement on its shelf.
func (h *house) relay(statement []byte) {
	h.t.Helper()
	shelf := h.t.TempDir()
	ok(h.t, os.WriteFile(filepath.Join(shelf, string(h.statement.Org())+".statement"), statement, 0o600))
	d, err := directory.New(directory.Config{Statements: shelf, State: h.t.TempDir(), KeepIPs: time.Hour})
	ok(h.t, err)
	h.directory = httptest.NewTLSServer(d)
	h.t.Cleanup(func() { h.directory.Close(); ok(h.t, d.Close()) })
}

func passwordOf(username string) string { return "lösen för " + username }

// lightHash is a password's hash that costs nothing: these stories are not about it.
func lightHash(password string) string {
	salt := []byte("sixteen bytes of")
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=19$m=64,t=1,p=1$%s$%s", b.EncodeToString(salt), b.EncodeToString(argon2.IDKey([]byte(password), salt, 1, 64, 1, 32)))
}

// agent is a new device in the house. adjust may be nil.
func (h *house) agent(name string, adjust func(*agent.Config)) *agent.Agent {
	h.t.Helper()
	dir, start := h.t.TempDir(), h.clock()
	away := &factortest.Keyring{} // of the machine that the tests run on nothing is asked
	away.Away(true)
	noChip := factor.TPMAt(func() (io.ReadWriteCloser, error) { return nil, factor.ErrAway })
	cfg := agent.Config{
		Vault: dir + "/vault", Outbox: dir + "/outbox", Directory: h.directory.URL, Loopback: true,
		DirectoryCA:  pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: h.directory.Certificate().Raw}),
		VaultOptions: vault.Options{CheapForTests: true, Keyring: away, TPM: noChip}, Now: h.clock,
		Boot: func() (string, time.Duration) { return "boot-" + name, time.Hour + h.clock().Sub(start) },
	}
	if adjust != nil {
		adjust(&cfg)
	}
	a, err := agent.New(cfg)
	ok(h.t, err)
	h.t.Cleanup(func() { a.Close() })
	return a
}

// enrolled is a device that is a person's and has synced.
func (h *house) enrolled(name string, adjust func(*agent.Config)) *agent.Agent {
	h.t.Helper()
	a := h.agent(name, adjust)
	ok(h.t, a.Enrol(h.t.Context(), agent.Enrolment{Org: h.statement.Org(), Username: name, Password: passwordOf(name), Passphrase: passphrase}))
	h.syncs(a)
	return a
}

func (h *house) syncs(a *agent.Agent) {
	h.t.Helper()
	_, err := a.Sync(h.t.Context())
	ok(h.t, err)
}

const staff = `{"type":"unit","id":"norra","name":"Norra"}
{"type":"role","id":"caretaker","name":"Fastighetsskötare","grants":[{"right":"record.read","scope":"own"},{"right":"record.share","scope":"own"},{"right":"record.receive","scope":"unit"},{"right":"assignment.work","scope":"own"},{"right":"attachment.add","scope":"own"}]}
{"type":"role","id":"case_officer","name":"Handläggare","grants":[{"right":"record.read","scope":"unit"},{"right":"record.share","scope":"unit"},{"right":"record.receive","scope":"unit"},{"right":"assignment.work","scope":"unit"},{"right":"attachment.add","scope":"unit"},{"right":"attachment.export","scope":"unit"}]}
{"type":"role","id":"reviewer","name":"Loggranskare","grants":[{"right":"log.read","scope":"all"}]}
{"type":"user","username":"anna.lind","first":"Anna","last":"Lind","unit":"norra","roles":["case_officer","reviewer"]}
{"type":"user","username":"bo.ek","first":"Bo","last":"Ek","unit":"norra","roles":["caretaker"]}
`

const things = `{"type":"record","id":"r-maja","kind":"person","subject":"s-maja","unit":"norra","people":["anna.lind"],"held_by":["anna.lind"],"protected_identity":true,"card":{"title":"U-2300","area":"Sparvhagen"},"protected":{"name":"Maja Vintergrind","street":"Lyktvårdarvägen 14 B","flat":"1302","phone":"070-174 06 41","note":"Ring på med tre korta signaler och visa legitimation genom brevinkastet. Säg inte namnet i trapphuset."}}
{"type":"record","id":"r-maj","kind":"person","subject":"s-maj","unit":"norra","people":["anna.lind"],"protected_identity":false,"card":{"title":"Maj Ripsele","street":"Vantstickargränd 14 B","area":"Tornängen","tags":["hiss","källare"]},"protected":{"name":"Maj Ripsele","phone":"070-174 06 55"}}
{"type":"assignment","id":"U-2002","record":"r-maj","unit":"norra","people":["bo.ek"],"title":"Fuktfläck i taket","area":"Tornängen","due":"2026-06-02","text":"Fotografera fläcken."}
{"type":"assignment","id":"U-2300","record":"r-maja","unit":"norra","people":["bo.ek"],"title":"Vattenläcka under diskbänken","area":"Sparvhagen","due":"2026-06-01","text":"Stäng av vattnet, byt slangen och kontrollera i källaren under."}
`
