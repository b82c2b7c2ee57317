package testnet_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// The module that openings are measured in beside SQLCipher stands on the same versions as the
// programs, that of Tessera's log on its own, and the programs know nothing of either.
func TestTheModuleBesideKeepsUp(t *testing.T) {
	list := exec.Command("go", "list", "-mod=readonly", "-deps", ".")
	list.Dir, list.Env = "sqlcipher", append(os.Environ(), "CGO_ENABLED=1")
	if out, err := list.CombinedOutput(); err != nil {
		t.Errorf("testnet/sqlcipher: %s\nmend it: cp go.sum testnet/sqlcipher && cd testnet/sqlcipher && go list -mod=mod -deps .", out)
	}
	list = exec.Command("go", "list", "-mod=readonly", "-deps", ".")
	list.Dir = "load/tessera"
	if out, err := list.CombinedOutput(); err != nil {
		t.Errorf("testnet/load/tessera: %s", out)
	}
	out, err := exec.Command("go", "list", "handslag/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, beside := range []string{"testnet/sqlcipher", "testnet/load/tessera"} {
		if strings.Contains(string(out), beside) {
			t.Errorf("the programs' own module holds %s", beside)
		}
	}
}
