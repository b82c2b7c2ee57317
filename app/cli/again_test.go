package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"handslag/vault"
)

// begun leaves a half-made profile in the device's folder, whose passphrase nobody remembers.
func (d *device) begun() (dir string) {
	d.Helper()
	dir = filepath.Join(d.home, ".local", "share", "handslag")
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		d.Fatal(err)
	}
	v, err := vault.Create(dir, []byte("en lösenfras som glömdes"), vault.Options{CheapForTests: true})
	if err != nil {
		d.Fatal(err)
	}
	if err := v.Close(); err != nil {
		d.Fatal(err)
	}
	return dir
}

func TestStartingAgainSaysWhatItCostsAndWantsAWord(t *testing.T) {
	d := newDevice(t)
	if status := d.run("", "start-again"); status != 1 || !strings.Contains(d.err.String(), "(not_enrolled)") {
		t.Errorf("status %d: %s", status, d.err.String())
	}
	dir := d.begun()
	for _, answer := range []string{"", "\n", "ja\n", "BÖRJA\n", "START AGAIN\n"} {
		if status := d.run(answer, "start-again"); status != 1 || !strings.Contains(d.err.String(), "(cancelled)") {
			t.Errorf("%q: status %d: %s", answer, status, d.err.String())
		}
		for _, part := range []string{"Inget som är mottaget går förlorat", "väntar ligger kvar", "går inte att ångra", "Skriv BÖRJA OM"} {
			if !strings.Contains(d.err.String(), part) {
				t.Errorf("%q is not said: %s", part, d.err.String())
			}
		}
	}
	if state, err := vault.Exists(dir); err != nil || state == vault.None {
		t.Fatalf("it is gone without the word: %v %v", state, err)
	}
	if status := d.run("börja om\n", "start-again"); status != 0 || !strings.Contains(d.out.String(), "Enheten är tömd.") {
		t.Errorf("status %d: %s %s", status, d.out.String(), d.err.String())
	}
	if state, err := vault.Exists(dir); err != nil || state != vault.None {
		t.Errorf("%v %v", state, err)
	}
	d.begun()
	if status := d.run("", "-json", "start-again", "-yes"); status != 0 || d.out.String() != "{\"new\":true}\n" {
		t.Errorf("status %d: %s %s", status, d.out.String(), d.err.String())
	}
}

func TestWhatGuardsADeviceIsShownBeforeThereIsOne(t *testing.T) {
	d := newDevice(t)
	if status := d.run("", "-json", "protection"); status != 0 || !strings.Contains(d.out.String(), `"min_secret":8`) {
		t.Errorf("status %d: %s %s", status, d.out.String(), d.err.String())
	}
	for _, args := range [][]string{{"wipe"}, {"factors", "keyring"}, {"notices"}} {
		if status := d.run("", args...); status != 1 || !strings.Contains(d.err.String(), "(not_enrolled)") {
			t.Errorf("%q: status %d: %s", args, status, d.err.String())
		}
	}
	if status := d.run("", "enrol", "-organisation", "X", "-username", "a", "-factors", "tpm,kvanta"); status != 2 {
		t.Errorf("a factor that there is not: status %d", status)
	}
}
