package keybag

import (
	"bytes"
	"fmt"
	"testing"

	"handslag/vault/disk"
	"handslag/vault/disk/faulty"
	"handslag/vault/internal/folder"
	"handslag/vault/internal/seal"
	"handslag/vault/internal/sealedlog"
	"handslag/vault/journal"
)

// emptyBag is a keybag under keys that anybody could guess.
func emptyBag(d disk.Disk) *Bag {
	zero := func() []byte { return make([]byte, seal.KeySize) }
	return New(folder.Folder{Dir: "/v", Disk: d, Free: d.Free}, make([]byte, 16), zero(), zero(), zero())
}

func TestAKeyCostsAFewBytesAndOneSync(t *testing.T) {
	d := faulty.New()
	b := emptyBag(d)
	must(t, b.Create(0))
	add := func(n int) {
		_, _, err := b.Of(journal.SubjectID(fmt.Sprint("subject-", n)), Row)
		must(t, err)
	}
	for n := range 3 {
		add(n)
		syncs, size := d.Syncs(), len(d.Contents("/v/keybag"))
		must(t, b.Flush())
		must(t, b.Flush())
		if syncs, grown := d.Syncs()-syncs, len(d.Contents("/v/keybag"))-size; syncs != 1 || grown != entrySize+28+sealedlog.RecordHead {
			t.Errorf("a key costs %d syncs and %d bytes", syncs, grown)
		}
	}
	for n := range 40_000 {
		if add(n); n%32 == 0 {
			must(t, b.Flush())
		}
	}
	must(t, b.Flush())
	if size := len(d.Contents("/v/keybag")); size > 5<<20 {
		t.Errorf("40,000 subjects take %d bytes", size)
	}
	again := emptyBag(d)
	must(t, again.Load())
	if len(again.deks) != 40_000 || again.Revision() != b.Revision() {
		t.Errorf("%d keys, revision %d of %d", len(again.deks), again.Revision(), b.Revision())
	}
	for id, key := range b.deks {
		if *again.deks[id] != *key {
			t.Fatal("a key has changed")
		}
	}
	kept := b.deks[b.IDOf("subject-1")]
	b.Destroy()
	if *kept != (dek{}) {
		t.Error("a key is still in memory")
	}
}

// An erased key is gone from memory as well, and so is the key that the file hung on.
func TestAnErasureWipesTheKeysInMemory(t *testing.T) {
	b := emptyBag(faulty.New())
	must(t, b.Create(0))
	for _, subject := range []journal.SubjectID{"rita", "bosse"} {
		_, _, err := b.Of(subject, Row)
		must(t, err)
	}
	must(t, b.Flush())
	erased, kept, file := b.deks[b.IDOf("rita")], b.deks[b.IDOf("bosse")], b.Log.Key
	must(t, b.Rekey(Key(file, []byte("another secret")), map[ID]bool{b.IDOf("rita"): true}, func() error { return nil }))
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
		bag := func() *Bag { return emptyBag(d) }
		b := bag()
		must(t, b.Create(0))
		names := 0
		add := func() {
			_, _, err := b.Of(journal.SubjectID(fmt.Sprint("subject-", names)), Row)
			must(t, err)
			names++
		}
		add()
		if anew {
			b.Log.Close() // so that a snapshot is due
		}
		d.meanwhile = add
		must(t, b.Flush())
		if d.meanwhile = nil; names != 2 || len(b.news) != 1 {
			t.Fatalf("%s: of %d keys %d are not durable", what, names, len(b.news))
		}
		must(t, bag().Load())
		must(t, b.Flush())
		again := bag()
		must(t, again.Load())
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
