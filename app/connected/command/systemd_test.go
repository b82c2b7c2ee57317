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
