package keybag

import (
	"bytes"
	"encoding/hex"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"handslag/vault/disk/faulty"
	"handslag/vault/internal/fault"
	"handslag/vault/internal/folder"
	"handslag/vault/internal/seal"
)

var update = flag.Bool("update", false, "write the golden files anew")

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// goldenKeys is a record of a keybag: two keys, by their names.
func goldenKeys() []byte {
	b := &Bag{deks: map[ID]*dek{}}
	first, second := ID{1}, ID{2}
	b.put(second, bytes.Repeat([]byte{6}, seal.KeySize))
	b.put(first, bytes.Repeat([]byte{5}, seal.KeySize))
	return b.snapshot(nil)
}

func TestTheFormatStaysAsItWas(t *testing.T) {
	path := filepath.Join("testdata", "keys.hex")
	text := hex.EncodeToString(goldenKeys()) + "\n"
	if *update {
		must(t, os.WriteFile(path, []byte(text), 0o644))
	}
	golden, err := os.ReadFile(path)
	must(t, err)
	if string(golden) != text {
		t.Errorf("it is written as\n%s", text)
	}
	keys := map[ID]byte{}
	if err := readKeys(goldenKeys(), func(id ID, key []byte) error { keys[id] = key[seal.KeySize-1]; return nil }); err != nil ||
		len(keys) != 2 || keys[ID{1}] != 5 || keys[ID{2}] != 6 {
		t.Errorf("keys: %v, %v", keys, err)
	}
}

// The seal has a random nonce, so the sealed golden file is read and not compared.
func TestTheGoldenLogIsRead(t *testing.T) {
	path := filepath.Join("testdata", "keybag-file.hex")
	f := folder.Folder{Dir: "/v", Disk: faulty.New(), Free: faulty.New().Free}
	root, secret := bytes.Repeat([]byte{7}, seal.KeySize), bytes.Repeat([]byte{8}, seal.KeySize)
	bag := New(f, bytes.Repeat([]byte{1}, 16), root, secret, bytes.Repeat([]byte{9}, seal.KeySize))
	if *update {
		must(t, bag.Create(5))
		_, _, err := bag.Of("subject-a", Row)
		must(t, err)
		must(t, bag.Flush())
		_, _, err = bag.Of("subject-b", Row)
		must(t, err)
		must(t, bag.Flush())
		must(t, os.WriteFile(path, []byte(hex.EncodeToString(f.Disk.(*faulty.Disk).Contents("/v/keybag"))+"\n"), 0o644))
	}
	text, err := os.ReadFile(path)
	must(t, err)
	data, err := hex.DecodeString(strings.TrimSpace(string(text)))
	must(t, err)
	f.Disk.(*faulty.Disk).Put("/v/keybag", data)
	bag = New(f, bytes.Repeat([]byte{1}, 16), root, secret, bytes.Repeat([]byte{9}, seal.KeySize))
	must(t, bag.Load())
	if len(bag.deks) != 2 || bag.deks[bag.IDOf("subject-a")] == nil || bag.Revision() != 7 {
		t.Errorf("%d keys, revision %d", len(bag.deks), bag.Revision())
	}
}

func TestMalformedKeysAreDamaged(t *testing.T) {
	whole := goldenKeys()
	first, second := whole[:entrySize], whole[entrySize:]
	for what, data := range map[string][]byte{
		"a key twice":       slices.Concat(first, first),
		"keys out of order": slices.Concat(second, first),
		"half a key":        whole[:len(whole)-1],
	} {
		if err := readKeys(data, func(ID, []byte) error { return nil }); !errors.Is(err, fault.ErrDamaged) {
			t.Errorf("%s: %v", what, err)
		}
	}
	b := &Bag{deks: map[ID]*dek{}}
	if must(t, b.apply(0, true, whole)); !errors.Is(b.apply(1, false, first), fault.ErrDamaged) {
		t.Error("a later record names a key again")
	}
}

func FuzzKeys(f *testing.F) {
	f.Add(goldenKeys())
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		b := &Bag{deks: map[ID]*dek{}}
		if err := b.apply(0, true, data); err != nil {
			if !errors.Is(err, fault.ErrDamaged) {
				t.Fatalf("an error without a name: %v", err)
			}
			return
		}
		if !bytes.Equal(b.snapshot(nil), data) {
			t.Fatal("written again it differs")
		}
	})
}
