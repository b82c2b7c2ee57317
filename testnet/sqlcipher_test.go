package testnet_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// The module that openings are measured in beside SQLCipher stands on the same versions as the
// programs, and the programs know nothing of it.
func TestTheModuleBesideKeepsUp(t *testing.T) {
	list := exec.Command("go", "list", "-mod=readonly", "-deps", ".")
	list.Dir, list.Env = "sqlcipher", append(os.Environ(), "CGO_ENABLED=1")
	if out, err := list.CombinedOutput(); err != nil {
		t.Errorf("testnet/sqlcipher: %s\nmend it: cp go.sum testnet/sqlcipher && cd testnet/sqlcipher && go list -mod=mod -deps .", out)
	}
	out, err := exec.Command("go", "list", "handslag/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(out), "testnet/sqlcipher") {
		t.Error("the programs' own module holds testnet/sqlcipher")
	}
}
