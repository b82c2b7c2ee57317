package organisation_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"handslag/app/connected/organisation"
	"handslag/identity"
	"handslag/identity/signed"
)

var morning = time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC)

const passphrase = "fem blå hästar i regn"

func plan(t *testing.T) organisation.Plan {
	t.Helper()
	return organisation.Plan{
		Dir: filepath.Join(t.TempDir(), "server"), Name: "Bostads AB Linden", URL: "https://127.0.0.1:8443",
		Recovery: filepath.Join(t.TempDir(), "recovery.file"), Now: morning,
	}
}

func made(t *testing.T, p organisation.Plan) organisation.Created {
	t.Helper()
	created, err := organisation.Init(p)
	if err != nil {
		t.Fatal(err)
	}
	return created
}

func TestANewOrganisationOpensAndItsStatementVerifies(t *testing.T) {
	p := plan(t)
	created := made(t, p)
	keys, err := organisation.Open(p.Dir)
	if err != nil {
		t.Fatal(err)
	}
	s, err := identity.OpenStatement(keys.Signed, created.Org)
	if err != nil || s.Number != 1 || s.Name != p.Name || s.URL != p.URL || len(s.TLS) != 2 {
		t.Fatalf("the first statement: %v, %+v", err, s)
	}
	secret, err := identity.Seal(s.Sealing[0], "test", []byte("segment key"))
	if err != nil {
		t.Fatal(err)
	}
	if opened, err := keys.Sealing[0].Open("test", secret); err != nil || string(opened) != "segment key" {
		t.Errorf("what is sealed to the statement's key does not open: %v", err)
	}
	receipt, err := signed.Sign(signed.DomainReceipt, keys.Log, struct{}{})
	var out struct{}
	if err != nil || signed.OpenAny(signed.DomainReceipt, s.Log, receipt, 1000, &out) != nil {
		t.Error("the log key is not the statement's")
	}
	if len(keys.Data) != 32 || bytes.Equal(keys.Data, make([]byte, 32)) {
		t.Error("the data key is not 32 random bytes")
	}
}

func TestTheCertificateServesTLS13ToWhoeverHasThePin(t *testing.T) {
	p := plan(t)
	made(t, p)
	keys, err := organisation.Open(p.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := keys.TLS.Leaf.VerifyHostname("127.0.0.1"); err != nil {
		t.Error(err)
	}
	client, server := net.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- tls.Server(server, &tls.Config{Certificates: []tls.Certificate{keys.TLS}, MinVersion: tls.VersionTLS13}).Handshake()
	}()
	conn := tls.Client(client, &tls.Config{InsecureSkipVerify: true, VerifyConnection: func(state tls.ConnectionState) error {
		if !bytes.Equal(identity.PinOf(state.PeerCertificates[0]), keys.Statement.TLS[0]) {
			return errors.New("another key")
		}
		return nil
	}})
	if err := errors.Join(conn.Handshake(), <-done); err != nil {
		t.Fatal(err)
	}
}

func TestNothingThatExistsIsOverwritten(t *testing.T) {
	p := plan(t)
	made(t, p)
	before := snapshot(t, p.Dir)
	again := p
	again.Recovery = filepath.Join(t.TempDir(), "other")
	if _, err := organisation.Init(again); !errors.Is(err, organisation.ErrExists) {
		t.Errorf("a second organisation in one folder: %v", err)
	}
	elsewhere := p
	elsewhere.Dir = filepath.Join(t.TempDir(), "server")
	if _, err := organisation.Init(elsewhere); !errors.Is(err, organisation.ErrRecoveryExists) {
		t.Errorf("a recovery file that is there: %v", err)
	}
	if _, err := os.Stat(elsewhere.Dir); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a refused init left something behind")
	}
	if after := snapshot(t, p.Dir); before != after {
		t.Error("a refused init changed the organisation")
	}
}

func TestWhatInitRefuses(t *testing.T) {
	for sentence, c := range map[string]struct {
		change func(*organisation.Plan)
		want   error
	}{
		"a URL without TLS":                   {func(p *organisation.Plan) { p.URL = "http://localhost" }, organisation.ErrURL},
		"a URL with a path":                   {func(p *organisation.Plan) { p.URL = "https://localhost/x" }, organisation.ErrURL},
		"a URL with a user":                   {func(p *organisation.Plan) { p.URL = "https://a@localhost" }, organisation.ErrURL},
		"a URL with port 0":                   {func(p *organisation.Plan) { p.URL = "https://localhost:0" }, organisation.ErrURL},
		"a URL of everywhere":                 {func(p *organisation.Plan) { p.URL = "https://0.0.0.0:1" }, organisation.ErrURL},
		"no name":                             {func(p *organisation.Plan) { p.Name = "" }, organisation.ErrName},
		"a name over two lines":               {func(p *organisation.Plan) { p.Name = "a\nb" }, organisation.ErrName},
		"a name too long":                     {func(p *organisation.Plan) { p.Name = strings.Repeat("a", 129) }, organisation.ErrName},
		"a short passphrase":                  {func(p *organisation.Plan) { p.Passphrase = []byte("kort") }, organisation.ErrPassphraseSize},
		"an empty passphrase":                 {func(p *organisation.Plan) { p.Passphrase = []byte{} }, organisation.ErrPassphraseSize},
		"recovery beside the server's keys":   {func(p *organisation.Plan) { os.Mkdir(p.Dir, 0o700); p.Recovery = filepath.Join(p.Dir, "r") }, organisation.ErrRecoveryInside},
		"recovery on a stick not plugged in":  {func(p *organisation.Plan) { p.Recovery = filepath.Join(p.Recovery, "stick", "r") }, organisation.ErrRecoveryFolder},
		"recovery in the folder, by its link": {linked, organisation.ErrRecoveryInside},
	} {
		p := plan(t)
		c.change(&p)
		if _, err := organisation.Init(p); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", sentence, err)
		}
		if _, err := organisation.Open(p.Dir); !errors.Is(err, organisation.ErrNone) {
			t.Errorf("%s leaves something: %v", sentence, err)
		}
	}
}

func linked(p *organisation.Plan) {
	os.Mkdir(p.Dir, 0o700)
	os.Symlink(p.Dir, p.Recovery+".link")
	p.Recovery = filepath.Join(p.Recovery+".link", "r")
}

func TestTheRootKeyLiesInTheRecoveryFileAlone(t *testing.T) {
	p := plan(t)
	made(t, p)
	root := organisation.RootSeed(t, p.Recovery, nil)
	for path, data := range files(t, p.Dir) {
		if bytes.Contains(data, root) {
			t.Errorf("%s holds the root key", path)
		}
	}
	if plain := organisation.PlainKeys(t, p.Dir); bytes.Contains(plain, root) {
		t.Error("the decrypted key file holds the root key")
	}
}

func TestFilesAreForTheServersUserOnly(t *testing.T) {
	p := plan(t)
	made(t, p)
	for path := range files(t, p.Dir) {
		checkMode(t, path, 0o600)
		checkMode(t, filepath.Dir(path), 0o700)
	}
	checkMode(t, p.Recovery, 0o600)
	checkMode(t, p.Dir, 0o700)
}

func checkMode(t *testing.T, path string, want fs.FileMode) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != want {
		t.Errorf("%s: %v, mode %v", path, err, info.Mode())
	}
}

func TestANewStatementNeedsTheRecoveryFileAndItsPassphrase(t *testing.T) {
	p := plan(t)
	p.Passphrase = []byte(passphrase)
	created := made(t, p)
	move := organisation.Changes{URL: "https://linden.example:9443"}
	if locked, err := organisation.Locked(p.Recovery); !locked || err != nil {
		t.Errorf("the file wants its passphrase: %v, %v", locked, err)
	}
	if _, err := organisation.Reissue(p.Dir, p.Recovery, nil, move, morning); !errors.Is(err, organisation.ErrPassphraseNeeds) {
		t.Errorf("no passphrase: %v", err)
	}
	if _, err := organisation.Reissue(p.Dir, p.Recovery, []byte("fem blå hästar i snö"), move, morning); !errors.Is(err, organisation.ErrPassphrase) {
		t.Errorf("a wrong passphrase: %v", err)
	}
	damaged(t, p.Recovery, func(path string) {
		if _, err := organisation.Reissue(p.Dir, path, []byte(passphrase), move, morning); !errors.Is(err, organisation.ErrRecovery) {
			t.Errorf("a damaged file: %v", err)
		}
	})
	s, err := organisation.Reissue(p.Dir, p.Recovery, []byte(passphrase), move, morning)
	if err != nil || s.Number != 2 || s.URL != move.URL {
		t.Fatalf("reissue: %v, %+v", err, s)
	}
	keys, err := organisation.Open(p.Dir)
	if err != nil || keys.Org != created.Org || keys.Statement.Number != 2 {
		t.Fatalf("open after it: %v", err)
	}
	for _, host := range []string{"linden.example", "127.0.0.1"} {
		if err := keys.TLS.Leaf.VerifyHostname(host); err != nil {
			t.Error(err)
		}
	}
	if !bytes.Equal(keys.Statement.TLS[0], created.Statement.TLS[0]) {
		t.Error("a new URL changed the TLS key, and devices would refuse it")
	}
}

func TestStatementNumbersOnlyGrow(t *testing.T) {
	p := plan(t)
	made(t, p)
	if _, err := organisation.Reissue(p.Dir, p.Recovery, nil, organisation.Changes{URL: p.URL}, morning); !errors.Is(err, organisation.ErrUnchanged) {
		t.Errorf("nothing new to say: %v", err)
	}
	s, err := organisation.Reissue(p.Dir, p.Recovery, nil, organisation.Changes{Above: 7}, morning)
	if err != nil || s.Number != 8 {
		t.Errorf("above 7: %v, number %d", err, s.Number)
	}
	s, err = organisation.Reissue(p.Dir, p.Recovery, nil, organisation.Changes{Name: "Linden", Above: 3}, morning)
	if err != nil || s.Number != 9 || s.Name != "Linden" {
		t.Errorf("above 3: %v, number %d", err, s.Number)
	}
	if _, err := organisation.Reissue(p.Dir, p.Recovery, nil, organisation.Changes{Above: 1<<64 - 1}, morning); err == nil {
		t.Error("the number went round to 0")
	}
}

func TestAnotherOrganisationsFilesAreRefused(t *testing.T) {
	p, other := plan(t), plan(t)
	made(t, p)
	made(t, other)
	if _, err := organisation.Reissue(p.Dir, other.Recovery, nil, organisation.Changes{Name: "X"}, morning); !errors.Is(err, organisation.ErrRecovery) {
		t.Errorf("another's recovery file: %v", err)
	}
	for path := range files(t, p.Dir) {
		name := filepath.Base(path)
		foreign, err := os.ReadFile(filepath.Join(filepath.Dir(files1(t, other.Dir)), name))
		if err != nil {
			t.Fatal(err)
		}
		own, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for how, bad := range map[string][]byte{"another's": foreign, "cut": own[:len(own)/2], "empty": {}, "huge": make([]byte, 1<<20)} {
			os.WriteFile(path, bad, 0o600)
			if keys, err := organisation.Open(p.Dir); err == nil || keys != nil {
				t.Errorf("%s %s opens", how, name)
			}
		}
		os.Remove(path)
		if _, err := organisation.Open(p.Dir); err == nil {
			t.Errorf("opens without %s", name)
		}
		os.WriteFile(path, own, 0o600)
	}
	if _, err := organisation.Open(p.Dir); err != nil {
		t.Errorf("whole again: %v", err)
	}
}

func TestKeysPrintAsNothing(t *testing.T) {
	p := plan(t)
	made(t, p)
	keys, err := organisation.Open(p.Dir)
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("%v %+v %#v %s", keys, keys, keys, keys)
	if text != strings.Repeat("keys of organisation "+string(keys.Org)+" ", 4)[:len(text)] {
		t.Errorf("keys print as %q", text)
	}
}

func damaged(t *testing.T, path string, try func(string)) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range []int{0, len(data) / 3, len(data) / 2, len(data) - 1} {
		bad := bytes.Clone(data)
		bad[i] ^= 0x10
		file := filepath.Join(t.TempDir(), "damaged")
		if err := os.WriteFile(file, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		try(file)
	}
}

func files(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "statement.lock" { // which says nothing: it is held
			return err
		}
		data, err := os.ReadFile(path)
		found[path] = data
		return err
	})
	if err != nil || len(found) != 4 {
		t.Fatalf("%d files: %v", len(found), err)
	}
	return found
}

func files1(t *testing.T, dir string) string {
	for path := range files(t, dir) {
		return path
	}
	return ""
}

func snapshot(t *testing.T, dir string) string {
	var b strings.Builder
	all := files(t, dir)
	for _, name := range []string{"server.key", "keys.sealed", "statement.cose", "tls.pem"} {
		fmt.Fprintf(&b, "%s %x\n", name, all[filepath.Join(dir, "organisation", name)])
	}
	return b.String()
}

// Two who rotate at once: one of them does, or each after the other, and no key is lost.
func TestOneAtATimeMakesANewStatement(t *testing.T) {
	p := plan(t)
	if _, err := organisation.Init(p); err != nil {
		t.Fatal(err)
	}
	const all = 8
	made := make(chan error, all)
	for range all {
		go func() {
			_, err := organisation.Reissue(p.Dir, p.Recovery, p.Passphrase, organisation.Changes{Rotate: organisation.RotateIssuing}, p.Now)
			made <- err
		}()
	}
	done := 0
	for range all {
		switch err := <-made; {
		case err == nil:
			done++
		case !errors.Is(err, organisation.ErrChanging):
			t.Error(err)
		}
	}
	keys, err := organisation.Open(p.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if done == 0 || keys.Statement.Number != uint64(1+done) || len(keys.Statement.Issuing) != 1+done {
		t.Errorf("%d are done, statement %d names %d issuing keys", done, keys.Statement.Number, len(keys.Statement.Issuing))
	}
}
