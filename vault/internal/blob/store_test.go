package blob

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"handslag/vault/disk"
	"handslag/vault/disk/faulty"
	"handslag/vault/internal/fault"
	"handslag/vault/internal/folder"
	"handslag/vault/record"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// chunk is some ciphertext, the same for a name, and its hash.
func chunk(name string) (record.ChunkHash, []byte) {
	data := bytes.Repeat([]byte(name+"."), 600) // more than a sector of the model disk
	return record.ChunkHashOf(data), data
}

func bareBlobs(d disk.Disk, free uint64) *Store {
	return New(folder.Folder{Dir: "/vault", Disk: d, Free: func(string) (uint64, error) { return free, nil }}, []byte("root of a vault, whoever's it is."))
}

// Wherever the power goes, a file that bears a chunk's name holds that chunk, and what sync returned
// for is there.
func TestChunksAfterAnyPowerCut(t *testing.T) {
	cuts := 0
	for cut, calm := 1, false; !calm; cut++ {
		for _, luck := range []faulty.Luck{faulty.None, faulty.All, faulty.First(1), faulty.First(3), faulty.Seeded(1), faulty.Seeded(2), faulty.Seeded(3)} {
			d := faulty.New()
			d.CutAt = cut
			b, synced := bareBlobs(d, 1<<40), 0
			for n := range 4 {
				hash, data := chunk(fmt.Sprint(n))
				if b.Write(hash, data) != nil {
					break
				}
				if n%2 == 1 && b.Sync() == nil {
					synced = n + 1
				}
			}
			calm = d.Calls() < cut
			after := bareBlobs(d.After(luck), 1<<40)
			cuts++
			for n := range 4 {
				hash, data := chunk(fmt.Sprint(n))
				has, err := after.Has(hash)
				must(t, err)
				got, err := after.Read(hash, make([]byte, Buffer))
				switch {
				case has && (err != nil || !bytes.Equal(got, data)):
					t.Fatalf("cut at %d: chunk %d is half there: %v", cut, n, err)
				case !has && n < synced:
					t.Fatalf("cut at %d: chunk %d is lost after a sync", cut, n)
				}
				must(t, after.Write(hash, data)) // what stands in the way is no hindrance
			}
			must(t, after.Sync())
			for n := range 4 {
				hash, _ := chunk(fmt.Sprint(n))
				if _, err := after.Read(hash, make([]byte, Buffer)); err != nil {
					t.Fatalf("cut at %d: chunk %d could not be kept afterwards: %v", cut, n, err)
				}
			}
		}
	}
	if cuts < 100 {
		t.Errorf("only %d power cuts", cuts)
	}
}

func TestAChunkThatIsNotWhatItsNameSaysIsTakenAway(t *testing.T) {
	one, data := chunk("one")
	other, otherData := chunk("other")
	for what, spoil := range map[string]func(d *faulty.Disk, b *Store){
		"a flipped bit": func(d *faulty.Disk, b *Store) {
			spoilt := slices.Clone(data)
			spoilt[700] ^= 1
			d.Put(b.Path(b.Name(one)), spoilt)
		},
		"cut short":       func(d *faulty.Disk, b *Store) { d.Put(b.Path(b.Name(one)), data[:512]) },
		"longer":          func(d *faulty.Disk, b *Store) { d.Put(b.Path(b.Name(one)), append(slices.Clone(data), 0)) },
		"far too long":    func(d *faulty.Disk, b *Store) { d.Put(b.Path(b.Name(one)), make([]byte, 2*Buffer)) },
		"empty":           func(d *faulty.Disk, b *Store) { d.Put(b.Path(b.Name(one)), []byte{}) },
		"gone":            func(d *faulty.Disk, b *Store) { d.Put(b.Path(b.Name(one)), nil) },
		"another's chunk": func(d *faulty.Disk, b *Store) { d.Put(b.Path(b.Name(one)), otherData) },
		"two that swapped": func(d *faulty.Disk, b *Store) {
			d.Put(b.Path(b.Name(one)), otherData)
			d.Put(b.Path(b.Name(other)), data)
		},
	} {
		t.Run(what, func(t *testing.T) {
			d := faulty.New()
			b := bareBlobs(d, 1<<40)
			must(t, b.Write(one, data))
			must(t, b.Write(other, otherData))
			must(t, b.Sync())
			spoil(d, b)
			if got, err := b.Read(one, make([]byte, Buffer)); !errors.Is(err, fault.ErrNotFound) {
				t.Fatalf("%d bytes were served: %v", len(got), err)
			}
			if has, err := b.Has(one); has || err != nil {
				t.Errorf("it counts as here: %v", err)
			}
			must(t, b.Write(one, data))
			if got, err := b.Read(one, make([]byte, Buffer)); err != nil || !bytes.Equal(got, data) {
				t.Errorf("fetched anew: %v", err)
			}
		})
	}
}

func TestAChunkWithAnotherHashIsNotKept(t *testing.T) {
	d := faulty.New()
	b := bareBlobs(d, 1<<40)
	hash, _ := chunk("one")
	_, data := chunk("other")
	if err := b.Write(hash, data); !errors.Is(err, record.ErrAttachment) {
		t.Errorf("err %v", err)
	}
	if names := d.Names(); len(names) > 0 {
		t.Errorf("it left %v", names)
	}
}

// The folder tells nobody which chunks are here: not by their hashes, and in another vault the same
// chunk has another name.
func TestNamesOfChunksTellNothing(t *testing.T) {
	d := faulty.New()
	b := bareBlobs(d, 1<<40)
	hash, data := chunk("one")
	must(t, b.Write(hash, data))
	for _, name := range d.Names() {
		if strings.Contains(filepath.Base(name), fmt.Sprintf("%x", hash[:4])) {
			t.Errorf("%s says the hash", name)
		}
	}
	if other := New(folder.Folder{}, []byte("root of another vault")); other.Name(hash) == b.Name(hash) {
		t.Error("two vaults call it the same")
	}
}

func TestAFullDiskLeavesRoomForWhatMustBeSaid(t *testing.T) {
	hash, data := chunk("one")
	b := bareBlobs(faulty.New(), reserve+uint64(len(data))-1)
	if err := b.Write(hash, data); !errors.Is(err, fault.ErrFull) {
		t.Errorf("one byte too few: %v", err)
	}
	b = bareBlobs(faulty.New(), reserve+uint64(len(data)))
	must(t, b.Write(hash, data))

	// The disk that fills up in the middle of a chunk keeps nothing of it.
	d := faulty.New()
	d.Room = len(data) / 2
	b = bareBlobs(d, 1<<40)
	if err := b.Write(hash, data); !errors.Is(err, fault.ErrFull) {
		t.Errorf("in the middle: %v", err)
	}
	if has, err := b.Has(hash); has || err != nil || d.Used() > 0 {
		t.Errorf("%d bytes are left of it, here %t, %v", d.Used(), has, err)
	}
	d.Room = 0
	must(t, b.Write(hash, data))
}

func TestManyKeepTheSameChunkAtOnce(t *testing.T) {
	d := faulty.New()
	b := bareBlobs(d, 1<<40)
	var all sync.WaitGroup
	for n := range 16 {
		all.Go(func() {
			hash, data := chunk(fmt.Sprint(n % 3))
			if err := b.Write(hash, data); err != nil {
				t.Error(err)
			}
			if got, err := b.Read(hash, make([]byte, Buffer)); err != nil || !bytes.Equal(got, data) {
				t.Errorf("what was kept: %v", err)
			}
		})
	}
	all.Wait()
	if n := len(d.Names()); n != 3 {
		t.Errorf("%d files for three chunks", n)
	}
}

func TestAFolderThatCanNotBeReadIsNoEmptyOne(t *testing.T) {
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, Folder), []byte("a file where a folder should be"), folder.FileMode))
	b := New(folder.Folder{Dir: dir, Disk: disk.OS{}, Free: disk.OS{}.Free}, []byte("root"))
	hash, data := chunk("one")
	if _, err := b.Has(hash); err == nil {
		t.Error("it was taken for empty")
	}
	if err := b.Write(hash, data); err == nil {
		t.Error("a chunk was kept")
	}
}
