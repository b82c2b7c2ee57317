package agent

import (
	"cmp"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"handslag/identity"
	"handslag/identity/access"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault"
	"handslag/vault/journal"
	"handslag/vault/journal/audit"
	"handslag/vault/record"
)

// far is the other end as a test wants it: it keeps the contract with real keys over real
// HTTPS until it is told to lie, to break off or to be away, which the real connected system
// can not be asked for.
type far struct {
	t         testing.TB
	server    *httptest.Server
	root      *signed.PrivateKey
	issuing   *signed.PrivateKey
	logKey    *signed.PrivateKey
	sealing   *identity.SealPrivate
	statement identity.Statement

	tls       atomic.Pointer[tls.Config] // nil: the first
	mu        sync.Mutex
	now       time.Time
	cursor    string                                            // of the next page
	break_    func(w http.ResponseWriter, r *http.Request) bool // true: it answered, or hung up
	password  string
	refuse    map[string]link.Code // by path
	person    identity.Person
	grants    []identity.Grant
	requests  []string
	epoch     uint64
	askers    map[identity.DeviceID]bool                     // who asked for a first credential
	chains    map[identity.DeviceID]map[uint64]journal.Chain // by generation
	entries   map[identity.DeviceID][]journal.Entry
	keys      map[identity.DeviceID]identity.PublicKeys
	records   []farRecord
	tasks     []record.Assignment
	loan      time.Duration
	directory func() []byte

	// where these are there, a call that waits says so and is answered when it is told
	waits, tells chan struct{}
}

type farRecord struct {
	record.Record
	cipher, key []byte
}

func newFar(t testing.TB) *far {
	t.Helper()
	f := &far{
		t: t, now: morning, password: "lindens-park", refuse: map[string]link.Code{}, askers: map[identity.DeviceID]bool{},
		person:  identity.Person{ID: "p-anna", Username: "anna", First: "Anna", Last: "Lind"},
		chains:  map[identity.DeviceID]map[uint64]journal.Chain{},
		entries: map[identity.DeviceID][]journal.Entry{}, keys: map[identity.DeviceID]identity.PublicKeys{},
		loan: 72 * time.Hour,
	}
	for _, r := range access.Rights() {
		f.grants = append(f.grants, identity.Grant{Right: r, Scope: access.Unit})
	}
	f.root, f.issuing, f.logKey = newKey(t), newKey(t), newKey(t)
	var err error
	f.sealing, err = identity.NewSealPrivate()
	ok(t, err)
	f.server = httptest.NewUnstartedServer(http.HandlerFunc(f.serve))
	f.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	f.server.TLS = &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return f.tls.Load(), nil }}
	f.server.StartTLS()
	t.Cleanup(f.server.Close)
	f.statement = identity.Statement{
		Version: 1, Number: 3, Root: f.root.Public(), Name: "Bostads AB Linden", URL: f.server.URL,
		TLS: []identity.Pin{identity.PinOf(f.server.Certificate())}, Issuing: []signed.Key{f.issuing.Public()},
		Sealing: []identity.SealKey{f.sealing.Public()}, Log: []signed.Key{f.logKey.Public()}, Issued: signed.At(morning),
	}
	f.directory = func() []byte { return f.signStatement(f.statement) }
	f.addRecord("r1", "s1", "Svensson, Karin", "0701234567")
	f.addTask(record.Assignment{ID: "a1", Number: 1, Record: "r1", Subject: "s1", People: []identity.PersonID{"p-anna"}, Title: "Byt packning", Due: "2026-06-01"})
	return f
}

func newKey(t testing.TB) *signed.PrivateKey {
	t.Helper()
	k, err := signed.NewPrivateKey(rand.Reader)
	ok(t, err)
	return k
}

func (f *far) org() identity.OrgID { return f.statement.Org() }

func (f *far) signStatement(s identity.Statement) []byte {
	data, err := signed.Sign(signed.DomainStatement, f.root, s)
	ok(f.t, err)
	return data
}

func (f *far) addRecord(id journal.RecordID, subject journal.SubjectID, title, phone string) {
	number := uint64(1)
	f.records = slices.DeleteFunc(f.records, func(r farRecord) bool { // of each it sends the newest alone
		if r.ID == id {
			number = r.Number + 1
		}
		return r.ID == id
	})
	cipher, hash, key, err := record.SealProtected(f.org(), id, number, record.Protected{Fields: []record.Field{{Name: "phone", Value: phone}}})
	ok(f.t, err)
	f.records = append(f.records, farRecord{record.Record{
		Version: 1, Org: f.org(), ID: id, Number: number, Subject: subject, Kind: "person", Unit: "u1",
		Card: record.Card{Title: title, Area: "Lindängen"}, Cipher: hash, Issued: signed.At(f.now),
	}.WithKey(key), cipher, key})
}

func (f *far) addTask(a record.Assignment) {
	a.Version, a.Org, a.Unit, a.Issued = 1, f.org(), "u1", signed.At(f.now)
	f.tasks = append(f.tasks, a)
}

// clockNow is the far end's clock: the device's machine ticks beside it.
func (f *far) clockNow() signed.Time { return signed.At(f.now) }

func (f *far) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, journal.BatchLimit))
	if err != nil {
		return
	}
	if f.tells != nil && r.URL.Query().Has("wait") {
		f.waits <- struct{}{}
		select {
		case <-f.tells:
		case <-r.Context().Done():
			return
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests = append(f.requests, r.Method+" "+r.URL.Path+map[bool]string{true: " waits"}[r.URL.Query().Has("wait")])
	if f.break_ != nil && f.break_(w, r) {
		return
	}
	if path.Dir(r.URL.Path)+"/" == link.PathDirectory {
		if path.Base(r.URL.Path) != string(f.org()) {
			f.problem(w, 404, link.CodeUnknownOrg)
			return
		}
		w.Write(f.directory())
		return
	}
	header, err := link.SignTime(f.org(), f.clockNow(), r.Header.Get("Authorization"), f.logKey)
	ok(f.t, err)
	w.Header().Set(link.HeaderTime, header)
	if code, no := f.refuse[r.URL.Path]; no {
		f.problem(w, 403, code)
		return
	}
	switch r.URL.Path {
	case link.PathStatement:
		w.Write(f.signStatement(f.statement))
	case link.PathEnrol:
		f.enrol(w, body)
	case link.PathCredential:
		if claim, good := f.proved(w, r, body); good {
			f.issue(w, f.keys[claim.Device], "m-1")
		}
	case link.PathChanges:
		if claim, good := f.proved(w, r, body); good {
			f.changes(w, claim.Device)
		}
	case link.PathJournal:
		if _, good := f.proved(w, r, body); good {
			f.take(w, body)
		}
	case link.PathLog:
		if _, good := f.proved(w, r, body); good {
			f.problem(w, 403, link.CodeForbidden)
		}
	default:
		f.problem(w, 404, link.CodeNotFound)
	}
}

func (f *far) problem(w http.ResponseWriter, status int, code link.Code) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(link.Problem{Type: "about:blank", Status: status, Code: code})
}

func (f *far) proved(w http.ResponseWriter, r *http.Request, body []byte) (link.Call, bool) {
	proof, err := link.ReadProof(r.Header.Get("Authorization"))
	if err == nil {
		err = proof.Verify(f.keys[proof.Claim.Device].Signing, f.org(), r.Method, r.URL.Path, r.URL.RawQuery, body)
	}
	if err != nil {
		f.problem(w, 401, link.CodeBadProof)
		return link.Call{}, false
	}
	if f.clockNow() > proof.Claim.Time.Add(5*time.Minute) {
		f.problem(w, 401, link.CodeStaleProof)
		return link.Call{}, false
	}
	return proof.Claim, true
}

func (f *far) enrol(w http.ResponseWriter, body []byte) {
	var ask link.EnrolRequest
	ok(f.t, json.Unmarshal(body, &ask))
	var claim link.Enrolment
	ok(f.t, signed.Unverified(ask.Possession, 8<<10, &claim))
	f.askers[identity.DeviceIDOf(claim.Keys.Signing)] = true
	if ask.Password != f.password || ask.Username != f.person.Username {
		f.problem(w, 401, link.CodeWrongPassword)
		return
	}
	if err := signed.Open(signed.DomainEnrolment, claim.Keys.Signing, ask.Possession, 8<<10, &claim); err != nil {
		f.problem(w, 401, link.CodeBadProof)
		return
	}
	device := identity.DeviceIDOf(claim.Keys.Signing)
	f.keys[device] = claim.Keys
	f.issue(w, claim.Keys, claim.Machine)
}

func (f *far) issue(w http.ResponseWriter, keys identity.PublicKeys, machine identity.MachineID) {
	f.epoch++
	data, err := signed.Sign(signed.DomainCredential, f.issuing, identity.Credential{
		Version: 1, Org: f.org(), Person: f.person, Machine: machine, Units: []identity.Unit{{ID: "u1", Name: "Söder"}},
		Roles: []string{"caretaker"}, Grants: f.grants, Keys: keys, Epoch: f.epoch, Issued: f.clockNow(), Expires: f.clockNow().Add(identity.MaxValidity),
	})
	ok(f.t, err)
	f.answer(w, link.Issued{Credential: data})
}

func (f *far) answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}

func (f *far) changes(w http.ResponseWriter, device identity.DeviceID) {
	log, err := audit.Checkpoint{Org: f.org(), Size: 1, Root: audit.Hash{1}}.Sign(f.logKey) // it never grows
	ok(f.t, err)
	page := link.Page{Cursor: cmp.Or(f.cursor, "end"), Statement: f.signStatement(f.statement), Growth: &link.Growth{Checkpoint: log}}
	wrap, err := link.NewPageKey()
	ok(f.t, err)
	ok(f.t, wrap.Close(&page, f.org(), f.keys[device], device))
	var lent []record.Lent
	for _, r := range f.records {
		data, err := r.Sign(f.issuing)
		ok(f.t, err)
		key := wrap.Wrap(r.key, record.ContentKeyInfo(f.org(), r.ID, r.Number, device))
		lent = append(lent, record.Lent{Record: r.ID, Number: r.Number})
		page.Records = append(page.Records, link.RecordCopy{Record: data, Cipher: r.cipher, ContentKey: key})
	}
	if len(lent) > 0 {
		page.Loans, err = record.Lend(f.issuing, f.org(), device, f.clockNow().Add(f.loan), lent)
		ok(f.t, err)
	}
	for _, a := range f.tasks {
		data, err := a.Sign(f.issuing)
		ok(f.t, err)
		page.Assignments = append(page.Assignments, link.AssignmentCopy{Assignment: data})
	}
	ok(f.t, page.Sign(f.issuing, f.org(), device))
	f.answer(w, page)
}

func (f *far) take(w http.ResponseWriter, body []byte) {
	batch, err := journal.DecodeBatch(body)
	ok(f.t, err)
	c, err := identity.OpenCredential(batch.Credential, f.org(), f.statement.Issuing)
	ok(f.t, err)
	chains := f.chains[c.Device()]
	if chains == nil {
		chains = map[uint64]journal.Chain{}
		f.chains[c.Device()] = chains
	}
	for _, item := range batch.Items {
		e, err := journal.OpenEntry(item.Entry, c.Keys.Signing)
		ok(f.t, err)
		chain, known := chains[e.Generation]
		if !known {
			chain = journal.Chain{Generation: e.Generation, Head: journal.Hash(e.Prev)}
		}
		switch v := chain.Judge(e); v {
		case journal.Follows:
			chains[e.Generation] = chain.Extend(e, item.Entry)
			f.entries[c.Device()] = append(f.entries[c.Device()], e)
		case journal.Known:
		default:
			f.t.Errorf("entry %d: %v", e.Seq, v)
		}
	}
	receipt := journal.Receipt{Version: 1, Org: f.org(), Device: c.Device(), Time: f.clockNow()}
	for generation, chain := range chains {
		receipt.Ranges = append(receipt.Ranges, journal.Range{Generation: generation, From: 1, To: chain.Last, Hash: chain.Head[:]})
	}
	data, err := receipt.Sign(f.logKey)
	ok(f.t, err)
	w.Write(data)
}

// rotate gives the server another TLS key, which no statement names yet, and returns its pin.
func (f *far) rotate() identity.Pin {
	key := newKey(f.t)
	der, err := identity.SelfSign(key, []string{"127.0.0.1"}, f.now)
	ok(f.t, err)
	cert, err := x509.ParseCertificate(der)
	ok(f.t, err)
	f.tls.Store(&tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key.Ed25519()}}})
	f.server.CloseClientConnections()
	return identity.PinOf(cert)
}

// kinds are what the far end has of a device's journal.
func (f *far) kinds(device identity.DeviceID) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	text := ""
	for _, e := range f.entries[device] {
		text += string(e.Kind)
		if e.Code != "" {
			text += "(" + e.Code + ")"
		}
		text += " "
	}
	return text
}

func (f *far) asked() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.requests)
}

// computer is one whose clocks a test turns.
type computer struct {
	wall   time.Time
	boot   string
	uptime time.Duration
}

// pass is time going by with the machine on.
func (m *computer) pass(d time.Duration) { m.wall, m.uptime = m.wall.Add(d), m.uptime+d }

var morning = time.Date(2026, 6, 1, 7, 0, 0, 0, time.UTC)

// phone is a device with its folders and its clock.
type phone struct {
	*Agent
	f   *far
	m   *computer
	cfg Config
}

func (f *far) phone() *phone {
	f.t.Helper()
	dir := f.t.TempDir()
	m := &computer{wall: f.now, boot: "boot", uptime: time.Hour}
	p := &phone{f: f, m: m, cfg: Config{
		Vault: dir + "/vault", Outbox: dir + "/outbox", Directory: f.server.URL, DirectoryCA: f.ca(), Loopback: true,
		VaultOptions: vault.Options{CheapForTests: true}, watchEvery: time.Hour, patience: longEnough,
		Now:  func() time.Time { f.mu.Lock(); defer f.mu.Unlock(); return m.wall },
		Boot: func() (string, time.Duration) { f.mu.Lock(); defer f.mu.Unlock(); return m.boot, m.uptime },
	}}
	p.start()
	f.t.Cleanup(func() { p.Close() })
	return p
}

// start is the program begun anew on the same folders.
func (p *phone) start() {
	p.f.t.Helper()
	if p.Agent != nil {
		ok(p.f.t, p.Close())
	}
	var err error
	p.Agent, err = New(p.cfg)
	ok(p.f.t, err)
}

// pass is time going by for everybody.
func (p *phone) pass(d time.Duration) {
	p.f.mu.Lock()
	defer p.f.mu.Unlock()
	p.m.pass(d)
	p.f.now = p.f.now.Add(d)
}

const passphrase = "sju gröna äpplen"

func (p *phone) enrolled() *phone {
	p.f.t.Helper()
	ok(p.f.t, p.Enrol(p.f.t.Context(), Enrolment{Org: p.f.org(), Username: "anna", Password: p.f.password, Passphrase: passphrase}))
	return p
}

func (p *phone) synced() *phone {
	p.f.t.Helper()
	_, err := p.Sync(p.f.t.Context())
	ok(p.f.t, err)
	return p
}

func (f *far) ca() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: f.server.Certificate().Raw})
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%v: %+v", err, unwrapped(err))
	}
}

func unwrapped(err error) string {
	if p, is := err.(*Problem); is && p.Err != nil {
		return fmt.Sprint(p.Err)
	}
	return ""
}

func refused(t testing.TB, err error, want Code) {
	t.Helper()
	if CodeOf(err) != want {
		t.Fatalf("got %q (%v), want %q", CodeOf(err), unwrapped(err), want)
	}
}
