package vault

import (
	"os"
	"path/filepath"
	"testing"

	"handslag/vault/internal/folder"
)

// A program that is killed while Badger begins a log leaves a file without a byte. That is no
// damage: nothing has to be built anew, offline least of all.
func TestALogThatWasJustBegunIsNoDamage(t *testing.T) {
	for _, name := range []string{"00099.mem", "000099.vlog"} {
		w := newWorld(t)
		w.put(w.copy(rita, ritaS, 1, morning))
		must(t, w.vault.Close())
		begun := filepath.Join(w.dir, folder.View, name)
		must(t, os.WriteFile(begun, nil, folder.FileMode))
		v, err := Open(w.dir, passphrase, cheap)
		if err != nil {
			t.Errorf("with an empty %s: %v", name, err)
		}
		if v == nil {
			continue
		}
		w.vault = v
		if row, err := v.Record(rita); err != nil || row.Card.Title == "" {
			t.Errorf("with an empty %s the record reads as %+v, %v", name, row, err)
		}
	}
}
