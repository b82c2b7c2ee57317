package vault

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"handslag/vault/disk/faulty"
	"handslag/vault/journal"
)

// The keybag is worth no more than the view: what hung on it comes anew with the next sync, and
// the journal's payloads open for the connected system without it.
func TestADamagedKeybagIsBegunAnewWithTheView(t *testing.T) {
	for what, damage := range map[string]func(t *testing.T, path string){
		"gone":               func(t *testing.T, path string) { must(t, os.Remove(path)) },
		"emptied":            func(t *testing.T, path string) { must(t, os.Truncate(path, 0)) },
		"half a head":        func(t *testing.T, path string) { must(t, os.Truncate(path, 30)) },
		"without a snapshot": func(t *testing.T, path string) { must(t, os.Truncate(path, int64(logHead))) },
		"a flipped bit":      func(t *testing.T, path string) { flip(t, path, logHead+40) },
		"far too large":      func(t *testing.T, path string) { must(t, os.Truncate(path, keybagLimit+1)) },
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t)
			w.put(w.copy(rita, ritaS, 1, morning))
			must(t, w.vault.Close())
			damage(t, filepath.Join(w.dir, keybagName))
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
	path := filepath.Join(w.dir, keybagName)
	whole, err := os.ReadFile(path)
	must(t, err)
	newer := slices.Clone(whole[:logHead-sha256.Size])
	binary.BigEndian.PutUint16(newer[len(frameMagic)+2:], 7)
	sum := sha256.Sum256(newer)
	must(t, os.WriteFile(path, slices.Concat(newer, sum[:], whole[logHead:]), fileMode))
	if _, err := Open(w.dir, passphrase, cheap); !errors.Is(err, ErrFormat) {
		t.Errorf("%v", err)
	}
	must(t, os.WriteFile(path, whole, fileMode))
	w.reopen()
}

// A new subject costs a record of its own, not the whole keybag again.
func TestAKeyCostsAFewBytesAndOneSync(t *testing.T) {
	d := faulty.New()
	b := newKeybag(folderAt("/v", Options{Disk: d}), make([]byte, vaultIDSize), make([]byte, keySize), make([]byte, keySize), make([]byte, keySize))
	must(t, b.create(0))
	add := func(n int) {
		_, _, err := b.of(journal.SubjectID(fmt.Sprint("subject-", n)), useRow)
		must(t, err)
	}
	for n := range 3 {
		add(n)
		syncs, size := d.Syncs(), len(d.Contents("/v/keybag"))
		must(t, b.flush())
		must(t, b.flush())
		if syncs, grown := d.Syncs()-syncs, len(d.Contents("/v/keybag"))-size; syncs != 1 || grown != keybagEntry+28+logRecordHead {
			t.Errorf("a key costs %d syncs and %d bytes", syncs, grown)
		}
	}
	for n := range 40_000 {
		if add(n); n%32 == 0 {
			must(t, b.flush())
		}
	}
	must(t, b.flush())
	if size := len(d.Contents("/v/keybag")); size > 5<<20 {
		t.Errorf("40,000 subjects take %d bytes", size)
	}
	again := newKeybag(folderAt("/v", Options{Disk: d}), make([]byte, vaultIDSize), make([]byte, keySize), make([]byte, keySize), make([]byte, keySize))
	must(t, again.load())
	if len(again.deks) != 40_000 || again.revision() != b.revision() {
		t.Errorf("%d keys, revision %d of %d", len(again.deks), again.revision(), b.revision())
	}
	for id, key := range b.deks {
		if *again.deks[id] != *key {
			t.Fatal("a key has changed")
		}
	}
	kept := b.deks[b.idOf("subject-1")]
	b.destroy()
	if *kept != (dek{}) {
		t.Error("a key is still in memory")
	}
}

// An erased key is gone from memory as well, and so is the key that the file hung on.
func TestAnErasureWipesTheKeysInMemory(t *testing.T) {
	w := newWorld(t)
	w.put(w.copy(rita, ritaS, 1, morning))
	w.put(w.copy(bosse, bosseS, 1, morning))
	b := w.vault.bag
	erased, kept, file := b.deks[b.idOf(ritaS)], b.deks[b.idOf(bosseS)], b.log.key
	must(t, w.vault.Erase(ritaS))
	if *erased != (dek{}) || len(bytes.Trim(file, "\x00")) > 0 {
		t.Error("a key that was destroyed is still in memory")
	}
	if *kept == (dek{}) {
		t.Error("another's key is not")
	}
}

// A key that is made while others are being written is durable with the next flush, and stands in the file
// once, whether that was written anew meanwhile or not: or nobody could read it.
func TestAKeyThatIsMadeWhileOthersAreWrittenStandsInTheFileOnce(t *testing.T) {
	for what, anew := range map[string]bool{"appended": false, "written anew": true} {
		d := &busyDisk{Disk: faulty.New()}
		bag := func() *keybag {
			return newKeybag(folderAt("/v", Options{Disk: d}), make([]byte, vaultIDSize), make([]byte, keySize), make([]byte, keySize), make([]byte, keySize))
		}
		b := bag()
		must(t, b.create(0))
		names := 0
		add := func() {
			_, _, err := b.of(journal.SubjectID(fmt.Sprint("subject-", names)), useRow)
			must(t, err)
			names++
		}
		add()
		if anew {
			b.log.close() // so that a snapshot is due
		}
		d.meanwhile = add
		must(t, b.flush())
		if d.meanwhile = nil; names != 2 || len(b.news) != 1 {
			t.Fatalf("%s: of %d keys %d are not durable", what, names, len(b.news))
		}
		must(t, bag().load())
		must(t, b.flush())
		again := bag()
		must(t, again.load())
		if len(again.deks) != names {
			t.Errorf("%s: %d keys of %d", what, len(again.deks), names)
		}
	}
}

// busyDisk has something happen, once, while the keybag is being written.
type busyDisk struct {
	*faulty.Disk
	meanwhile func()
}

func (d *busyDisk) Free(dir string) (uint64, error) {
	if do := d.meanwhile; do != nil {
		d.meanwhile = nil
		do()
	}
	return d.Disk.Free(dir)
}
