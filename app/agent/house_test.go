package agent

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
	"log"
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

	"handslag/app/connected"
	"handslag/app/connected/gate"
	"handslag/app/directory"
	"handslag/identity"
	"handslag/identity/access"
	"handslag/identity/signed"
	"handslag/testnet/port"
	"handslag/vault"
	"handslag/vault/journal"
)

// house is a whole organisation: the real connected system over HTTPS and SQLite, the real
// directory, and devices with real vaults, journals and libp2p, on one clock.
type house struct {
	t         testing.TB
	mu        sync.Mutex
	now       time.Time
	ahead     time.Duration // of the connected system's clock
	gate      *gate.Gate
	config    gate.Config
	cert      tls.Certificate
	server    *httptest.Server
	directory *httptest.Server
	address   string
	statement identity.Statement
	root      *signed.PrivateKey
	cuts      func(*http.Request) bool // the line is cut when this call is made
	holds     func(*http.Request)      // the call waits in it
}

// cut asks cuts about every call from now on.
func (h *house) cut(cuts func(*http.Request) bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.cuts = cuts
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *house) systemClock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now.Add(h.ahead)
}

// runsAhead sets the connected system's clock.
func (h *house) runsAhead(by time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ahead = by
}

// longEnough bounds a test that would otherwise wait for ever; nothing is measured with it.
const longEnough = 5 * time.Minute

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{t: t, now: morning}
	listener, err := net.Listen("tcp", port.Keep(t)) // it goes and comes back
	ok(t, err)
	h.address = listener.Addr().String()
	key := newKey(t)
	der, err := identity.SelfSign(key, []string{"127.0.0.1"}, morning)
	ok(t, err)
	leaf, err := x509.ParseCertificate(der)
	ok(t, err)
	h.cert = tls.Certificate{Certificate: [][]byte{der}, PrivateKey: ed25519.PrivateKey(key.Ed25519())}
	root, issuing, logKey := newKey(t), newKey(t), newKey(t)
	sealing, err := identity.NewSealPrivate()
	ok(t, err)
	h.root = root
	h.statement = identity.Statement{
		Version: 1, Number: 1, Root: root.Public(), Name: "Bostads AB Linden", URL: "https://" + h.address,
		TLS: []identity.Pin{identity.PinOf(leaf)}, Issuing: []signed.Key{issuing.Public()}, Sealing: []identity.SealKey{sealing.Public()},
		Log: []signed.Key{logKey.Public()}, Issued: signed.At(morning),
	}
	message, err := signed.Sign(signed.DomainStatement, root, h.statement)
	ok(t, err)
	h.config = gate.Config{
		Path: filepath.Join(t.TempDir(), "connected.db"), Decide: access.May, Now: h.systemClock, Zone: time.UTC, Operator: "story", KeepHashes: true,
		Keys: gate.Keys{Statement: message, Parsed: h.statement, Issuing: issuing, Log: logKey, Sealing: []*identity.SealPrivate{sealing}, Data: make([]byte, 32)},
	}
	rand.Read(h.config.Keys.Data)
	h.serve(listener)
	t.Cleanup(h.stop)
	for _, lines := range []string{staff, things} {
		_, err = h.gate.Import(t.Context(), strings.NewReader(lines))
		ok(t, err)
		for _, name := range []string{"anna.lind", "bo.ek", "carl.ask"} {
			ok(t, h.gate.SetPassword(t.Context(), name, lightHash(passwordOf(name))))
		}
	}
	h.relay(message)
	return h
}

func (h *house) serve(listener net.Listener) {
	h.t.Helper()
	g, err := gate.Open(context.Background(), h.config)
	ok(h.t, err)
	h.gate = g
	answers := connected.Handler(g, slog.New(slog.DiscardHandler))
	h.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		cut, holds := h.cuts != nil && h.cuts(r), h.holds
		h.mu.Unlock()
		if holds != nil {
			holds(r)
		}
		if cut {
			panic(http.ErrAbortHandler)
		}
		answers.ServeHTTP(w, r)
	}))
	h.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	h.server.Listener.Close()
	h.server.Listener = listener
	h.server.TLS = &tls.Config{Certificates: []tls.Certificate{h.cert}, MinVersion: tls.VersionTLS13}
	h.server.StartTLS()
}

// stop takes the connected system away, back brings it back on the same file and port.
func (h *house) stop() {
	if h.server == nil {
		return
	}
	h.server.Close()
	h.server = nil
	ok(h.t, h.gate.Close(context.Background()))
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
	shelf, state := h.t.TempDir(), h.t.TempDir()
	ok(h.t, os.WriteFile(filepath.Join(shelf, string(h.statement.Org())+".statement"), statement, 0o600))
	d, err := directory.New(directory.Config{Statements: shelf, State: state, KeepIPs: time.Hour})
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

// tablet is one person's device in the house.
type tablet struct {
	*Agent
	h    *house
	name string
	m    *computer
	cfg  Config
}

func (h *house) tablet(username string) *tablet {
	h.t.Helper()
	dir := h.t.TempDir()
	d := &tablet{h: h, name: username, m: &computer{boot: "boot-" + username, uptime: time.Hour}}
	start := h.clock()
	d.cfg = Config{
		Vault: dir + "/vault", Outbox: dir + "/outbox", Directory: h.directory.URL, Loopback: true,
		DirectoryCA:  pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: h.directory.Certificate().Raw}),
		VaultOptions: vault.Options{CheapForTests: true}, Now: h.clock, watchEvery: time.Hour, patience: longEnough, carriageAfter: longEnough,
		Boot: func() (string, time.Duration) { return d.m.boot, d.m.uptime + h.clock().Sub(start) },
	}
	d.begin()
	h.t.Cleanup(func() { d.Close() })
	return d
}

func (d *tablet) begin() {
	d.h.t.Helper()
	var err error
	d.Agent, err = New(d.cfg)
	ok(d.h.t, err)
}

// die is kill -9 as far as one process can play it: nothing is said, nothing is saved.
func (d *tablet) die() {
	d.h.t.Helper()
	s, err := d.current()
	ok(d.h.t, err)
	ok(d.h.t, s.journal.Close())
	ok(d.h.t, s.vault.Close())
	d.mu.Lock()
	close(s.quit)
	d.session = nil
	d.mu.Unlock()
	d.begin()
}

func (h *house) enrolled(username string) *tablet {
	h.t.Helper()
	d := h.tablet(username)
	ok(h.t, d.Enrol(h.t.Context(), Enrolment{Org: h.statement.Org(), Username: username, Password: passwordOf(username), Passphrase: passphrase}))
	return d
}

func (d *tablet) sync() SyncResult {
	d.h.t.Helper()
	r, err := d.Sync(d.h.t.Context())
	ok(d.h.t, err)
	return r
}

func (h *house) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

// meets verifies: the one shows the code, the other scans it and shows the digits.
func (d *tablet) meets(other *tablet, give ...journal.RecordID) (mine, theirs *Handover) {
	t := d.h.t
	t.Helper()
	mine, code, err := d.OfferVerification(t.Context(), false, Gift{Records: give})
	ok(t, err)
	picture, err := code.PNG(6)
	ok(t, err)
	text, err := other.ScanPicture(strings.NewReader(string(picture)))
	ok(t, err)
	theirs, err = other.ScanVerification(t.Context(), text, ByCamera, Gift{})
	ok(t, err)
	shown := await(t, theirs, StageShowCode)
	asked := await(t, mine, StageEnterCode)
	if asked.Peer == nil || asked.Peer.Device != other.Me().Device || asked.TriesLeft != 3 {
		t.Fatalf("the asking screen shows %+v", asked)
	}
	ok(t, mine.TypeCode(t.Context(), shown.Code[:3]+" "+shown.Code[3:]))
	_, err = mine.Verified(t.Context())
	ok(t, err)
	_, err = theirs.Verified(t.Context())
	ok(t, err)
	return mine, theirs
}

// await reads steps until stage.
func await(t testing.TB, h *Handover, stage Stage) VerifyStep {
	t.Helper()
	for step := range h.Steps() {
		if step.Stage == stage {
			return step
		}
	}
	t.Fatalf("it ended before %s: %+v %v", stage, h.Step(), unwrapped(h.Step().Problem))
	return VerifyStep{}
}

const staff = `{"type":"unit","id":"norra","name":"Norra"}
{"type":"unit","id":"sodra","name":"Södra"}
{"type":"role","id":"caretaker","name":"Fastighetsskötare","grants":[{"right":"record.read","scope":"own"},{"right":"record.share","scope":"own"},{"right":"record.receive","scope":"unit"},{"right":"assignment.work","scope":"own"},{"right":"attachment.add","scope":"own"}]}
{"type":"role","id":"case_officer","name":"Handläggare","grants":[{"right":"record.read","scope":"unit"},{"right":"record.share","scope":"unit"},{"right":"record.receive","scope":"unit"},{"right":"assignment.work","scope":"unit"},{"right":"attachment.add","scope":"unit"},{"right":"attachment.export","scope":"unit"}]}
{"type":"role","id":"reviewer","name":"Loggranskare","grants":[{"right":"log.read","scope":"all"},{"right":"log.export","scope":"all"}]}
{"type":"role","id":"cleaner","name":"Städare","grants":[]}
{"type":"user","username":"anna.lind","first":"Anna","last":"Lind","unit":"norra","roles":["case_officer","reviewer"]}
{"type":"user","username":"bo.ek","first":"Bo","last":"Ek","unit":"norra","roles":["caretaker"]}
{"type":"user","username":"carl.ask","first":"Carl","last":"Ask","unit":"sodra","roles":["cleaner"]}
`

const things = `{"type":"record","id":"r-maja","kind":"person","subject":"s-maja","unit":"norra","people":["anna.lind"],"held_by":["anna.lind"],"protected_identity":true,"card":{"title":"U-2300","area":"Sparvhagen"},"protected":{"name":"Maja Vintergrind","phone":"070-174 06 41"}}
{"type":"record","id":"r-maj","kind":"person","subject":"s-maj","unit":"norra","people":["anna.lind"],"protected_identity":false,"card":{"title":"Maj Ripsele","street":"Vantstickargränd 14 B","area":"Tornängen"},"protected":{"name":"Maj Ripsele"}}
{"type":"assignment","id":"U-2002","record":"r-maj","unit":"norra","people":["bo.ek"],"title":"Fuktfläck i taket","area":"Tornängen","due":"2026-06-01","text":"Fotografera fläcken."}
{"type":"assignment","id":"U-2300","record":"r-maja","unit":"norra","people":["bo.ek"],"title":"Vattenläcka under diskbänken","area":"Sparvhagen","due":"2026-06-01","text":"Stäng av vattnet."}
`
