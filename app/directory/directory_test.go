package directory_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"handslag/app/directory"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
)

// place is a directory with a clock of its own and one organisation's root key.
type place struct {
	t          *testing.T
	d          *directory.Directory
	statements string
	state      string
	now        time.Time
	root       *signed.PrivateKey
	org        identity.OrgID
}

func open(t *testing.T) *place {
	t.Helper()
	p := &place{t: t, statements: t.TempDir(), state: t.TempDir(), now: time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC), root: key(t)}
	p.org = identity.OrgIDOf(p.root.Public())
	d, err := directory.New(directory.Config{Statements: p.statements, State: p.state, KeepIPs: 24 * time.Hour, Now: func() time.Time { return p.now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	p.d = d
	return p
}

func key(t *testing.T) *signed.PrivateKey {
	t.Helper()
	k, err := signed.NewPrivateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// says is a statement of root's organisation, signed by signer.
func (p *place) says(number uint64, root signed.Key, signer *signed.PrivateKey) []byte {
	p.t.Helper()
	sealing, err := identity.NewSealPrivate()
	if err != nil {
		p.t.Fatal(err)
	}
	message, err := signed.Sign(signed.DomainStatement, signer, identity.Statement{
		Version: 1, Number: number, Root: root, Name: "Linden", URL: "https://linden.example", TLS: []identity.Pin{make([]byte, 32)},
		Issuing: []signed.Key{key(p.t).Public()}, Sealing: []identity.SealKey{sealing.Public()}, Log: []signed.Key{key(p.t).Public()}, Issued: 1,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return message
}

func (p *place) put(message []byte) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.statements, string(p.org)+".statement"), message, 0o600); err != nil {
		p.t.Fatal(err)
	}
}

func (p *place) call(method, path string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "https://directory.example"+path, nil)
	r.RemoteAddr = "192.0.2.7:1234"
	r.Header.Set("X-Forwarded-For", "203.0.113.9")
	w := httptest.NewRecorder()
	p.d.ServeHTTP(w, r)
	return w
}

func (p *place) ask() *httptest.ResponseRecorder {
	return p.call("GET", link.PathDirectory+string(p.org))
}

// refused checks status and code of a problem.
func refused(t *testing.T, what string, w *httptest.ResponseRecorder, status int, code link.Code) {
	t.Helper()
	var problem link.Problem
	if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil || w.Code != status || problem.Status != status || problem.Code != code ||
		w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("%s: %d %s (%v)", what, w.Code, w.Body, err)
	}
}

func TestTheNewestStatementIsRelayedAsItWasSigned(t *testing.T) {
	p := open(t)
	refused(t, "before there is one", p.ask(), 404, link.CodeUnknownOrg)
	first, third, second := p.says(1, p.root.Public(), p.root), p.says(3, p.root.Public(), p.root), p.says(2, p.root.Public(), p.root)
	for _, step := range []struct {
		what string
		put  []byte
		want []byte
	}{
		{"the first", first, first},
		{"a newer one", third, third},
		{"an older one in its place", second, third},
		{"another with the same number", p.says(3, p.root.Public(), p.root), third},
		{"rubbish in its place", []byte("x"), third},
	} {
		p.put(step.put)
		if w := p.ask(); w.Code != 200 || !bytes.Equal(w.Body.Bytes(), step.want) || w.Header().Get("Content-Type") != "application/cose" {
			t.Errorf("%s: %d", step.what, w.Code)
		}
	}
	os.Remove(filepath.Join(p.statements, string(p.org)+".statement"))
	refused(t, "after it was taken away", p.ask(), 404, link.CodeUnknownOrg)
	p.put(first)
	if w := p.ask(); !bytes.Equal(w.Body.Bytes(), third) {
		t.Error("taking the file away made the directory forget the newest number")
	}
}

func TestWhatDoesNotVerifyIsNotRelayed(t *testing.T) {
	mallory := key(t)
	for what, forge := range map[string]func(*place) []byte{
		"signed by another in its name": func(p *place) []byte { return p.says(1, p.root.Public(), mallory) },
		"another organisation's":        func(p *place) []byte { return p.says(1, mallory.Public(), mallory) },
		"one bit flipped": func(p *place) []byte {
			m := p.says(1, p.root.Public(), p.root)
			m[len(m)/2] ^= 1
			return m
		},
		"cut short":     func(p *place) []byte { m := p.says(1, p.root.Public(), p.root); return m[:len(m)-1] },
		"a byte behind": func(p *place) []byte { return append(p.says(1, p.root.Public(), p.root), 0) },
		"number 0":      func(p *place) []byte { return p.says(0, p.root.Public(), p.root) },
		"empty":         func(*place) []byte { return nil },
		"a gigantic":    func(*place) []byte { return make([]byte, 1<<20) },
	} {
		p := open(t)
		p.put(forge(p))
		w := p.ask()
		refused(t, what, w, 500, link.CodeInternal)
		checked, err := p.d.Check()
		if err != nil || checked.Sound != 0 || len(checked.Bad) != 1 {
			t.Errorf("%s: the check at start says %+v, %v", what, checked, err)
		}
	}
}

func TestCallsThatAreNoneAreRefusedAsProblems(t *testing.T) {
	p := open(t)
	p.put(p.says(1, p.root.Public(), p.root))
	good := link.PathDirectory + string(p.org)
	slip := []byte(good)
	slip[len(slip)-1] ^= 1
	refused(t, "a slip in the ID", p.call("GET", string(slip)), 400, link.CodeBadRequest)
	refused(t, "a way out of the folder", p.call("GET", link.PathDirectory+"..%2f..%2fetc%2fpasswd"), 400, link.CodeBadRequest)
	refused(t, "a very long ID", p.call("GET", link.PathDirectory+strings.Repeat("q", 5000)), 400, link.CodeBadRequest)
	refused(t, "no ID", p.call("GET", link.PathDirectory), 404, link.CodeNotFound)
	refused(t, "another path", p.call("GET", "/"), 404, link.CodeNotFound)
	refused(t, "another method", p.call("POST", good), 405, link.CodeMethod)
	if w := p.call("GET", link.PathDirectory+strings.ReplaceAll(p.org.Grouped(), " ", "-")); w.Code != 200 {
		t.Errorf("the ID as letters show it: %d", w.Code)
	}
}

func TestTheAddressLogNamesCallersAndNobodyElse(t *testing.T) {
	p := open(t)
	p.put(p.says(1, p.root.Public(), p.root))
	p.ask()
	p.call("GET", "/something?"+string(p.org))
	logged := p.logged()
	if want := strings.Repeat("2026-11-21T07:00:00Z 192.0.2.7\n", 2); logged != want {
		t.Errorf("the log says %q", logged)
	}
	p.d.Close()
	everything(t, p.state, func(path, text string) {
		if strings.Contains(strings.ToLower(path+text), string(p.org)) || strings.Contains(text, "203.0.113.9") {
			t.Errorf("%s says who was asked for, or believes a header", path)
		}
	})
}

func TestAddressesAreForgottenInTime(t *testing.T) {
	p := open(t)
	called := p.now
	p.ask()
	for p.now.Sub(called) < 24*time.Hour {
		p.now = p.now.Add(30 * time.Minute)
		p.d.Forget()
		if kept := strings.Contains(p.logged(), "192.0.2.7"); !kept && p.now.Sub(called) < 21*time.Hour {
			t.Fatalf("forgotten after %v already", p.now.Sub(called))
		}
	}
	if text := p.logged(); text != "" {
		t.Errorf("after a day the log still says %q", text)
	}
	p.ask()
	if !strings.Contains(p.logged(), "2026-11-22T07:00:00Z 192.0.2.7") {
		t.Error("after forgetting, nothing is logged any more")
	}
	p.now = p.now.AddDate(-1, 0, 0) // a clock that was a year ahead
	p.d.Forget()
	if p.logged() != "" {
		t.Error("addresses from the future stay for a year")
	}
}

func TestALogThatCannotBeWrittenStopsTheAnswer(t *testing.T) {
	p := open(t)
	p.put(p.says(1, p.root.Public(), p.root))
	if err := os.RemoveAll(p.state); err != nil {
		t.Fatal(err)
	}
	refused(t, "no folder to log to", p.ask(), 500, link.CodeInternal)
}

func (p *place) logged() string {
	var b strings.Builder
	everything(p.t, p.state, func(_, text string) { b.WriteString(text) })
	return b.String()
}

func everything(t *testing.T, dir string, see func(path, text string)) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range found {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		see(filepath.Base(path), string(text))
	}
}

func TestServingIsTLS13AndEndsWhenTold(t *testing.T) {
	p := open(t)
	message := p.says(1, p.root.Public(), p.root)
	p.put(message)
	cert, trust, err := directory.OwnCertificate(p.state, []string{"127.0.0.1"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.d.Serve(ctx, listener, cert) }()

	pem, err := os.ReadFile(trust)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	url := "https://" + listener.Addr().String() + link.PathDirectory + string(p.org)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	response, err := (&http.Client{Transport: transport}).Get(url)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(response.Body)
	response.Body.Close()
	if !bytes.Equal(body, message) || response.TLS.Version != tls.VersionTLS13 {
		t.Errorf("got %d bytes over %x", len(body), response.TLS.Version)
	}
	old := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MaxVersion: tls.VersionTLS12}}
	if response, err := (&http.Client{Transport: old}).Get(url); err == nil {
		response.Body.Close()
		t.Error("TLS 1.2 is spoken")
	}
	transport.CloseIdleConnections()
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if conn, err := net.Dial("tcp", listener.Addr().String()); err == nil {
		conn.Close()
		t.Error("it still listens")
	}
}

func TestTheOwnCertificateStaysUntilItNoLongerFits(t *testing.T) {
	state := t.TempDir()
	now := time.Now()
	read := func(hosts ...string) *x509.Certificate {
		t.Helper()
		cert, _, err := directory.OwnCertificate(state, hosts, now)
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := x509.ParseCertificate(cert.Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		return leaf
	}
	first := read("127.0.0.1")
	if again := read("127.0.0.1"); !again.Equal(first) {
		t.Error("a second start made another certificate")
	}
	moved := read("127.0.0.1", "directory.example")
	if moved.Equal(first) || !bytes.Equal(identity.PinOf(moved), identity.PinOf(first)) {
		t.Error("a new host wants a new certificate of the same key")
	}
	if err := os.WriteFile(filepath.Join(state, "tls.key"), []byte("rubbish"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := directory.OwnCertificate(state, []string{"127.0.0.1"}, now); err == nil {
		t.Error("a damaged key is replaced silently")
	}
}

func TestAddressesAreKeptForAnHourAtLeast(t *testing.T) {
	if _, err := directory.New(directory.Config{Statements: t.TempDir(), State: t.TempDir(), KeepIPs: time.Minute}); err == nil {
		t.Error("a minute is taken")
	}
	var none *os.PathError
	if _, err := directory.New(directory.Config{State: filepath.Join("/dev/null", "x"), KeepIPs: time.Hour}); !errors.As(err, &none) {
		t.Errorf("a folder that cannot be: %v", err)
	}
}
