package factor_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"handslag/vault/factor"
	"handslag/vault/factor/factortest"
)

const vaultID = "000102030405060708090a0b0c0d0e0f"

// A keyring keeps its word, whichever it is.
func keyringKeepsItsWord(t *testing.T, k factor.Keyring) {
	t.Helper()
	if _, err := k.Get("a/b"); !errors.Is(err, factor.ErrMissing) {
		t.Fatalf("what was never put there: %v", err)
	}
	if err := k.Delete("a/b"); !errors.Is(err, factor.ErrMissing) {
		t.Fatalf("delete what was never there: %v", err)
	}
	odd := bytes.Repeat([]byte{0, 0xff, '\n', '"'}, factor.KeyringLimit/4)
	for _, data := range [][]byte{{0}, []byte("text"), odd} {
		if err := k.Set("a/b", data); err != nil {
			t.Fatalf("set %d bytes: %v", len(data), err)
		}
		if got, err := k.Get("a/b"); err != nil || !bytes.Equal(got, data) {
			t.Fatalf("%d bytes come back as %d: %v", len(data), len(got), err)
		}
	}
	if _, err := k.Get("a"); !errors.Is(err, factor.ErrMissing) {
		t.Fatalf("another name: %v", err)
	}
	for _, c := range []struct {
		name string
		data []byte
	}{{"A", []byte{1}}, {"", []byte{1}}, {"a b", []byte{1}}, {"a", nil}, {"a", append(odd, 1)}} {
		if err := k.Set(c.name, c.data); err == nil {
			t.Errorf("%q takes %d bytes", c.name, len(c.data))
		}
	}
	if err := k.Delete("a/b"); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Get("a/b"); !errors.Is(err, factor.ErrMissing) {
		t.Fatalf("after deletion: %v", err)
	}
}

// A factor keeps its word, whichever it is; asks is whether it asks for an auth.
func factorKeepsItsWord(t *testing.T, f factor.Factor, asks bool) {
	t.Helper()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	key := func(n byte) []byte { return bytes.Repeat([]byte{n}, 32) }
	ok(f.Ready())
	note, err := f.Seal(vaultID, key(1), key(100))
	ok(err)
	if len(note) > factor.NoteLimit || bytes.Contains(note, key(1)) || bytes.Contains(note, key(100)) {
		t.Fatalf("a note of %d bytes: %x", len(note), note)
	}
	if got, err := f.Unseal(vaultID, note, key(100)); err != nil || !bytes.Equal(got, key(1)) {
		t.Fatalf("unsealed: %v", err)
	}
	if asks {
		if _, err := f.Unseal(vaultID, note, key(101)); !errors.Is(err, factor.ErrRefused) {
			t.Fatalf("with a wrong auth: %v", err)
		}
	}
	for what, n := range map[string][]byte{"none": nil, "short": note[:len(note)/2], "changed": append(slices.Clone(note[:len(note)-1]), note[len(note)-1]^1), "long": append(slices.Clone(note), 0), "zeroes": make([]byte, len(note))} {
		if _, err := f.Unseal(vaultID, n, key(100)); !errors.Is(err, factor.ErrMissing) {
			t.Errorf("a note that is %s: %v", what, err)
		}
	}

	place, err := f.Place(vaultID, key(2), key(102))
	ok(err)
	read := func(want []byte) {
		t.Helper()
		if got, err := f.Read(vaultID, place, key(102)); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("read: %v", err)
		}
	}
	read(key(2))
	ok(f.Replace(vaultID, place, key(3), key(102)))
	read(key(3))
	if asks {
		if _, err := f.Read(vaultID, place, key(103)); !errors.Is(err, factor.ErrRefused) {
			t.Fatalf("read with a wrong auth: %v", err)
		}
		if err := f.Replace(vaultID, place, key(4), key(103)); !errors.Is(err, factor.ErrRefused) {
			t.Fatalf("replaced with a wrong auth: %v", err)
		}
		read(key(3))
	}
	ok(f.Remove(vaultID))
	if _, err := f.Read(vaultID, place, key(102)); !errors.Is(err, factor.ErrMissing) {
		t.Fatalf("read after removal: %v", err)
	}
	if err := f.Replace(vaultID, place, key(4), key(102)); asks && !errors.Is(err, factor.ErrMissing) {
		t.Fatalf("replaced after removal: %v", err)
	}
	if got, err := f.Unseal(vaultID, note, key(100)); err != nil || !bytes.Equal(got, key(1)) {
		t.Fatalf("the key went with the place: %v", err)
	}
	place, err = f.Place(vaultID, key(5), key(102)) // once more
	ok(err)
	read(key(5))
	ok(f.Forget(vaultID))
	if _, err := f.Read(vaultID, place, key(102)); !errors.Is(err, factor.ErrMissing) {
		t.Fatalf("read after all is forgotten: %v", err)
	}
	ok(f.Forget(vaultID))
	ok(f.Remove(vaultID))
}

func TestTheKeyringInMemoryKeepsItsWord(t *testing.T) {
	k := new(factortest.Keyring)
	keyringKeepsItsWord(t, k)
	f := factor.OfKeyring(k)
	factorKeepsItsWord(t, f, false)
	if names := k.Names(); len(names) != 0 {
		t.Errorf("left behind: %v", names)
	}
	k.Away(true)
	if err := f.Ready(); !errors.Is(err, factor.ErrAway) {
		t.Errorf("away: %v", err)
	}
	if err := f.Forget(vaultID); !errors.Is(err, factor.ErrAway) {
		t.Errorf("what could not be removed is passed over: %v", err)
	}
}

// forgetful takes everything and gives back something else.
type forgetful struct{ factortest.Keyring }

func (k *forgetful) Get(string) ([]byte, error) { return make([]byte, 32), nil }

func TestAKeyringThatGivesBackSomethingElseIsNotTrustedWithAKey(t *testing.T) {
	f := factor.OfKeyring(new(forgetful))
	secret := bytes.Repeat([]byte{1}, 32)
	if _, err := f.Seal(vaultID, secret, nil); !errors.Is(err, factor.ErrAway) {
		t.Errorf("seal: %v", err)
	}
	if err := f.Replace(vaultID, nil, secret, nil); !errors.Is(err, factor.ErrAway) {
		t.Errorf("replace: %v", err)
	}
}

func TestWithoutADesktopTheKeyringIsAwayAndNoDaemonIsStarted(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only on Linux is the keyring a service of the desktop")
	}
	if _, err := os.Stat(fmt.Sprintf("/run/user/%d/bus", os.Getuid())); err == nil {
		t.Skip("somebody is logged in to a desktop here")
	}
	bin := t.TempDir()
	trap := filepath.Join(bin, "dbus-launch")
	if err := os.WriteFile(trap, []byte("#!/bin/sh\ntouch "+filepath.Join(bin, "started")+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	for _, address := range []string{"", "autolaunch:", "unix:path=/nowhere"} {
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
		if _, err := factor.SystemKeyring().Get("x"); !errors.Is(err, factor.ErrAway) {
			t.Errorf("%q: %v", address, err)
		}
	}
	if _, err := os.Stat(filepath.Join(bin, "started")); err == nil {
		t.Error("a bus was started")
	}
}

const insideEnv = "HANDSLAG_TEST_INSIDE_DESKTOP"

// The real one: gnome-keyring on a session bus of its own, with an empty home.
func TestARealSecretServiceKeepsItsWord(t *testing.T) {
	if os.Getenv(insideEnv) != "" {
		k := factor.SystemKeyring()
		keyringKeepsItsWord(t, k)
		factorKeepsItsWord(t, factor.OfKeyring(k), false)
		fmt.Println("kept its word")
		return
	}
	for _, tool := range []string{"dbus-run-session", "gnome-keyring-daemon"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed; `make deps-test` brings it", tool)
		}
	}
	home := t.TempDir()
	cmd := exec.Command("dbus-run-session", "--", "sh", "-c",
		`printf lösen | gnome-keyring-daemon --unlock --components=secrets >/dev/null && exec "$0" -test.run '^TestARealSecretServiceKeepsItsWord$' -test.count 1`, os.Args[0])
	cmd.Env = append(os.Environ(), insideEnv+"=1", "HOME="+home, "XDG_DATA_HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_CACHE_HOME="+home, "XDG_RUNTIME_DIR="+home)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "kept its word") {
		t.Fatalf("%v\n%s", err, out)
	}
	found := 0
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(filepath.WalkDir(home, func(path string, d os.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".keyring") {
			found++
		}
		return err
	}))
	if found == 0 {
		t.Error("it was another keyring than this test's own")
	}
}
