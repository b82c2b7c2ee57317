package cli_test

import (
	"strings"
	"testing"
)

func TestAPassphraseIsNotAskedForWhereThereIsNothingToOpen(t *testing.T) {
	d := newDevice(t)
	if status := d.run("", "passphrase"); status != 1 || !strings.Contains(d.err.String(), "(not_enrolled)") {
		t.Errorf("status %d: %s", status, d.err.String())
	}
	if status := d.run("", "passphrase", "en fras på kommandoraden"); status != 2 || d.out.Len() != 0 {
		t.Errorf("a passphrase on the command line: status %d", status)
	}
}
