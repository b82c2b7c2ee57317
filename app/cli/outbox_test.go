package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
)

// leave puts a segment of a device into the machine's outbox, as a journal that is closed left it.
func (d *device) leave() (id identity.DeviceID, path string) {
	d.Helper()
	keys, err := identity.NewKeySet()
	if err != nil {
		d.Fatal(err)
	}
	h := journal.SegmentHeader{Version: 1, ID: make([]byte, journal.SegmentIDSize), Device: keys.Device(), Generation: 1, First: 1, Algorithm: journal.FrameAlgorithm}
	body, err := keys.Sign(signed.DomainSegment, h)
	if err != nil {
		d.Fatal(err)
	}
	aead, err := identity.NewAEAD(make([]byte, identity.AEADKeySize))
	if err != nil {
		d.Fatal(err)
	}
	data, err := journal.AppendFrame(journal.WrapFile(journal.SegmentMagic, body), aead, h.ID, 0, journal.Frame{Version: 1, Entry: []byte("sealed")})
	if err != nil {
		d.Fatal(err)
	}
	path = filepath.Join(d.home, ".local", "share", "handslag-outbox", "journal", string(h.Device), h.Name())
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		d.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		d.Fatal(err)
	}
	return h.Device, path
}

func (d *device) does(want int, out string, args ...string) {
	d.Helper()
	if status := d.run("", args...); status != want || !strings.Contains(d.out.String(), out) {
		d.Errorf("%q: status %d, not %d; out %s err %s", args, status, want, d.out.String(), d.err.String())
	}
}

func TestTheOutboxIsListedAndCarriedWithoutAPassphrase(t *testing.T) {
	d, stick := newDevice(t), t.TempDir()
	d.does(0, "Inga förseglade händelser", "outbox", "list")
	d.does(0, "[]", "outbox", "list", "-json")
	id, path := d.leave()
	d.does(0, "1 händelser", "outbox", "list")
	d.does(0, `"device":"`+string(id)+`"`, "outbox", "list", "-json")
	d.does(0, "Kopierade: 1. Fanns redan: 0.", "outbox", "export", stick)
	d.does(0, `{"copied":0,"known":1}`, "outbox", "export", "-json", stick)
	other := newDevice(t)
	other.does(0, "Taken: 1. There already: 0.", "-lang", "en", "outbox", "import", stick)
	other.does(0, "från en annan maskin", "outbox", "list")

	if err := os.WriteFile(filepath.Join(stick, "essay.segment"), []byte("hej"), 0o600); err != nil {
		t.Fatal(err)
	}
	other.does(1, "essay.segment", "outbox", "import", stick)
	if !strings.Contains(other.err.String(), "(segment_damaged)") || !strings.Contains(other.out.String(), "Fanns redan: 1") {
		t.Errorf("%s\n%s", other.out.String(), other.err.String())
	}
	for _, args := range [][]string{{"outbox"}, {"outbox", "export"}, {"outbox", "import", filepath.Join(stick, "no such")}, {"outbox", "export", path}, {"outbox", "list", "x"}} {
		if status := d.run("", args...); status != 2 {
			t.Errorf("%q: status %d", args, status)
		}
	}
}
