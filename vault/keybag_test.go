package vault

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"handslag/vault/internal/folder"
	"handslag/vault/internal/frame"
	"handslag/vault/internal/keybag"
	"handslag/vault/internal/sealedlog"
)

// The keybag is worth no more than the view: what hung on it comes anew with the next sync, and
// the journal's payloads open for the connected system without it.
func TestADamagedKeybagIsBegunAnewWithTheView(t *testing.T) {
	for what, damage := range map[string]func(t *testing.T, path string){
		"gone":               func(t *testing.T, path string) { must(t, os.Remove(path)) },
		"emptied":            func(t *testing.T, path string) { must(t, os.Truncate(path, 0)) },
		"half a head":        func(t *testing.T, path string) { must(t, os.Truncate(path, 30)) },
		"without a snapshot": func(t *testing.T, path string) { must(t, os.Truncate(path, int64(sealedlog.Head))) },
		"a flipped bit":      func(t *testing.T, path string) { flip(t, path, sealedlog.Head+40) },
		"far too large":      func(t *testing.T, path string) { must(t, os.Truncate(path, keybag.Limit+1)) },
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t)
			w.put(w.copy(rita, ritaS, 1, morning))
			must(t, w.vault.Close())
			damage(t, filepath.Join(w.dir, folder.Keybag))
			v, err := Open(w.dir, passphrase, cheap)
			if !errors.Is(err, ErrView) || v == nil {
				t.Fatalf("open: %v", err)
			}
			w.vault = v
			if _, err := v.SubjectKey(ritaS); !errors.Is(err, ErrView) {
				t.Errorf("a key from a lost keybag: %v", err)
			}
			if _, err := v.Record(rita); !errors.Is(err, ErrView) {
				t.Errorf("a row: %v", err)
			}
			must(t, v.ResetView())
			w.keys, err = v.Keys()
			must(t, err)
			w.put(w.copy(rita, ritaS, 1, morning))
			w.reopen()
			if _, err := w.open(w.stamp(opened(rita, ritaS, 1)), rita, morning); err != nil {
				t.Errorf("after the rebuild: %v", err)
			}
		})
	}
}

func TestAKeybagOfANewerProgramIsLeftAlone(t *testing.T) {
	w := newWorld(t)
	must(t, w.vault.Close())
	path := filepath.Join(w.dir, folder.Keybag)
	whole, err := os.ReadFile(path)
	must(t, err)
	newer := slices.Clone(whole[:sealedlog.Head-sha256.Size])
	binary.BigEndian.PutUint16(newer[len(frame.Magic)+2:], 7)
	sum := sha256.Sum256(newer)
	must(t, os.WriteFile(path, slices.Concat(newer, sum[:], whole[sealedlog.Head:]), folder.FileMode))
	if _, err := Open(w.dir, passphrase, cheap); !errors.Is(err, ErrFormat) {
		t.Errorf("%v", err)
	}
	must(t, os.WriteFile(path, whole, folder.FileMode))
	w.reopen()
}

// A new subject costs a record of its own, not the whole keybag again.
