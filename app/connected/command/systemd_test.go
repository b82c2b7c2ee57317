package command_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// systemd itself reads the unit and has nothing to say about it.
func TestTheUnitIsOneOfSystemds(t *testing.T) {
	systemd, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("no systemd-analyze on this machine")
	}
	verify := func(text string) (string, error) {
		path := filepath.Join(t.TempDir(), "handslag.service")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(systemd, "--man=no", "verify", path).CombinedOutput()
		return string(out), err
	}
	unit := newOffice(t).must("", "systemd")
	if said, err := verify(unit); err != nil || strings.Contains(said, "handslag.service") {
		t.Errorf("systemd says %s (%v)", said, err)
	}
	for name, broken := range map[string]string{
		"a setting that is none":    strings.Replace(unit, "ProtectSystem=", "ProtectSistem=", 1),
		"a program that is nowhere": strings.Replace(unit, `ExecStart="`, `ExecStart="/nowhere`, 1),
	} {
		if said, err := verify(broken); err == nil && !strings.Contains(said, "handslag.service") {
			t.Errorf("%s: systemd does not mind", name)
		}
	}
}

// What systemd itself finds open in the unit is what serving takes, and nothing more.
func TestTheUnitIsAsShutAsServingLets(t *testing.T) {
	systemd, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("no systemd-analyze on this machine")
	}
	open := func(text string) (found []string) {
		path := filepath.Join(t.TempDir(), "handslag.service")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(systemd, "--no-pager", "security", "--offline=true", path).CombinedOutput()
		if err != nil && strings.Contains(string(out), "offline") {
			t.Skipf("this systemd-analyze judges no files: %s", out)
		}
		if !strings.Contains(string(out), "Overall exposure level") {
			t.Fatalf("systemd says %s (%v)", out, err)
		}
		for line := range strings.Lines(string(out)) {
			if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "✗" {
				found = append(found, fields[1])
			}
		}
		return found
	}
	why := map[string]string{
		"RootDirectory=/RootImage=":                "its program and certificates are the machine's",
		"RestrictAddressFamilies=~AF_UNIX":         "PostgreSQL's socket",
		"RestrictAddressFamilies=~AF_(INET|INET6)": "devices call it",
		"PrivateNetwork=":                          "devices call it",
		"IPAddressDeny=":                           "who may call is the organisation's to say",
		"SystemCallFilter=~@resources":             "setrlimit, against core dumps",
		"DeviceAllow=":                             "ProtectClock= lets the clock be read",
	}
	unit := newOffice(t).must("", "systemd")
	for _, what := range open(unit) {
		if why[what] == "" {
			t.Errorf("%s is open, and nobody says why", what)
		}
	}
	for _, line := range []string{"PrivateMounts=yes", "ProcSubset=pid", "NoNewPrivileges=yes", "MemoryDenyWriteExecute=yes", "PrivateTmp=yes"} {
		if more := open(strings.Replace(unit, "\n"+line+"\n", "\n", 1)); len(more) <= len(open(unit)) {
			t.Errorf("without %s systemd finds nothing more", line)
		}
	}
}

func TestTheUnitGivesNothingAway(t *testing.T) {
	unit := newOffice(t).must("", "systemd")
	for _, line := range []string{
		"NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes", "StateDirectory=handslag", "StateDirectoryMode=0700", "UMask=0077",
		"CapabilityBoundingSet=", "MemoryDenyWriteExecute=yes", "LimitCORE=0", "MemorySwapMax=0", "User=handslag", "SystemCallFilter=@system-service",
	} {
		if !strings.Contains(unit, "\n"+line+"\n") {
			t.Errorf("the unit lacks %s", line)
		}
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(unit, `"`+program+`" serve -dir /var/lib/handslag`) {
		t.Errorf("the unit starts another program than this:\n%s", unit)
	}
}
