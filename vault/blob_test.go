package vault

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"handslag/vault/disk"
	"handslag/vault/disk/faulty"
	"handslag/vault/record"
)

// chunk is some ciphertext, the same for a name, and its hash.
func chunk(name string) (record.ChunkHash, []byte) {
	data := bytes.Repeat([]byte(name+"."), 600) // more than a sector of the model disk
	return record.ChunkHashOf(data), data
}

func bareBlobs(d disk.Disk, free uint64) *blobStore {
	return newBlobs(folder{dir: "/vault", disk: d, free: func(string) (uint64, error) { return free, nil }}, []byte("root of a vault, whoever's it is."))
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
				if b.write(hash, data) != nil {
					break
				}
				if n%2 == 1 && b.sync() == nil {
					synced = n + 1
				}
			}
			calm = d.Calls() < cut
			after := bareBlobs(d.After(luck), 1<<40)
			cuts++
			for n := range 4 {
				hash, data := chunk(fmt.Sprint(n))
				has, err := after.has(hash)
				must(t, err)
				got, err := after.read(hash, make([]byte, BlobBuffer))
				switch {
				case has && (err != nil || !bytes.Equal(got, data)):
					t.Fatalf("cut at %d: chunk %d is half there: %v", cut, n, err)
				case !has && n < synced:
					t.Fatalf("cut at %d: chunk %d is lost after a sync", cut, n)
				}
				must(t, after.write(hash, data)) // what stands in the way is no hindrance
			}
			must(t, after.sync())
			for n := range 4 {
				hash, _ := chunk(fmt.Sprint(n))
				if _, err := after.read(hash, make([]byte, BlobBuffer)); err != nil {
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
	for what, spoil := range map[string]func(d *faulty.Disk, b *blobStore){
		"a flipped bit": func(d *faulty.Disk, b *blobStore) {
			spoilt := slices.Clone(data)
			spoilt[700] ^= 1
			d.Put(b.path(b.name(one)), spoilt)
		},
		"cut short":       func(d *faulty.Disk, b *blobStore) { d.Put(b.path(b.name(one)), data[:512]) },
		"longer":          func(d *faulty.Disk, b *blobStore) { d.Put(b.path(b.name(one)), append(slices.Clone(data), 0)) },
		"far too long":    func(d *faulty.Disk, b *blobStore) { d.Put(b.path(b.name(one)), make([]byte, 2*BlobBuffer)) },
		"empty":           func(d *faulty.Disk, b *blobStore) { d.Put(b.path(b.name(one)), []byte{}) },
		"gone":            func(d *faulty.Disk, b *blobStore) { d.Put(b.path(b.name(one)), nil) },
		"another's chunk": func(d *faulty.Disk, b *blobStore) { d.Put(b.path(b.name(one)), otherData) },
		"two that swapped": func(d *faulty.Disk, b *blobStore) {
			d.Put(b.path(b.name(one)), otherData)
			d.Put(b.path(b.name(other)), data)
		},
	} {
		t.Run(what, func(t *testing.T) {
			d := faulty.New()
			b := bareBlobs(d, 1<<40)
			must(t, b.write(one, data))
			must(t, b.write(other, otherData))
			must(t, b.sync())
			spoil(d, b)
			if got, err := b.read(one, make([]byte, BlobBuffer)); !errors.Is(err, ErrNotFound) {
				t.Fatalf("%d bytes were served: %v", len(got), err)
			}
			if has, err := b.has(one); has || err != nil {
				t.Errorf("it counts as here: %v", err)
			}
			must(t, b.write(one, data))
			if got, err := b.read(one, make([]byte, BlobBuffer)); err != nil || !bytes.Equal(got, data) {
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
	if err := b.write(hash, data); !errors.Is(err, record.ErrAttachment) {
		t.Errorf("err %v", err)
	}
	if names := d.Names(); len(names) > 0 {
		t.Errorf("it left %v", names)
	}
}

// The folder tells nobody which chunks are here: not by their hashes, and in another vault the same
// chunk has another name.
// A use that is over keeps nothing: a sweep could take away what is being written.
func TestWhoIsDoneWithChunksKeepsNone(t *testing.T) {
	w := newWorld(t)
	blobs, err := w.vault.Blobs()
	must(t, err)
	blobs.Close()
	hash, data := chunk("late")
	if err := blobs.Put(hash, data); !errors.Is(err, ErrClosed) {
		t.Errorf("it keeps on: %v", err)
	}
	if _, err := os.Stat(w.vault.blobs.path(w.vault.blobs.name(hash))); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the chunk is there: %v", err)
	}
}

func TestNamesOfChunksTellNothing(t *testing.T) {
	d := faulty.New()
	b := bareBlobs(d, 1<<40)
	hash, data := chunk("one")
	must(t, b.write(hash, data))
	for _, name := range d.Names() {
		if strings.Contains(filepath.Base(name), fmt.Sprintf("%x", hash[:4])) {
			t.Errorf("%s says the hash", name)
		}
	}
	if other := newBlobs(folder{}, []byte("root of another vault")); other.name(hash) == b.name(hash) {
		t.Error("two vaults call it the same")
	}
}

func TestAFullDiskLeavesRoomForWhatMustBeSaid(t *testing.T) {
	hash, data := chunk("one")
	b := bareBlobs(faulty.New(), blobReserve+uint64(len(data))-1)
	if err := b.write(hash, data); !errors.Is(err, ErrFull) {
		t.Errorf("one byte too few: %v", err)
	}
	b = bareBlobs(faulty.New(), blobReserve+uint64(len(data)))
	must(t, b.write(hash, data))

	// The disk that fills up in the middle of a chunk keeps nothing of it.
	d := faulty.New()
	d.Room = len(data) / 2
	b = bareBlobs(d, 1<<40)
	if err := b.write(hash, data); !errors.Is(err, ErrFull) {
		t.Errorf("in the middle: %v", err)
	}
	if has, err := b.has(hash); has || err != nil || d.Used() > 0 {
		t.Errorf("%d bytes are left of it, here %t, %v", d.Used(), has, err)
	}
	d.Room = 0
	must(t, b.write(hash, data))
}

func TestManyKeepTheSameChunkAtOnce(t *testing.T) {
	d := faulty.New()
	b := bareBlobs(d, 1<<40)
	var all sync.WaitGroup
	for n := range 16 {
		all.Go(func() {
			hash, data := chunk(fmt.Sprint(n % 3))
			if err := b.write(hash, data); err != nil {
				t.Error(err)
			}
			if got, err := b.read(hash, make([]byte, BlobBuffer)); err != nil || !bytes.Equal(got, data) {
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
	must(t, os.WriteFile(filepath.Join(dir, blobsName), []byte("a file where a folder should be"), fileMode))
	b := newBlobs(folder{dir: dir, disk: disk.OS{}, free: disk.OS{}.Free}, []byte("root"))
	hash, data := chunk("one")
	if _, err := b.has(hash); err == nil {
		t.Error("it was taken for empty")
	}
	if err := b.write(hash, data); err == nil {
		t.Error("a chunk was kept")
	}
}
