package journalfile

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"handslag/identity/signed"
	"handslag/vault/disk/faulty"
	"handslag/vault/journal"
)

// onDisk is a real folder with a closed journal of n entries, and its one segment.
func onDisk(t *testing.T, n int) (dir string, s Sealed) {
	t.Helper()
	p := cast()
	dir = filepath.Join(t.TempDir(), "journal", string(p.device()))
	f := mustOpen(t, p.config(dir, nil))
	for i := range n {
		mustAppend(t, f, p.opening(i))
	}
	f.Close()
	all, refused, err := ListSealed(dir)
	if err != nil || len(all) != 1 || len(refused) != 0 {
		t.Fatalf("%d segments, %v, %v", len(all), refused, err)
	}
	return dir, all[0]
}

func TestWhoeverHasTheFileSeesWhatItIsAndNotWhatItSays(t *testing.T) {
	dir, s := onDisk(t, 3)
	p := cast()
	if s.Device != p.device() || s.Generation != 1 || s.First != 1 || s.Entries != 3 || s.Rest != 0 || s.Created != 2_000_000 {
		t.Errorf("%+v", s)
	}
	dirs, err := Outboxes(filepath.Dir(dir))
	if err != nil || len(dirs) != 1 || dirs[0] != dir {
		t.Errorf("%v, %v", dirs, err)
	}
	if none, err := Outboxes(filepath.Join(dir, "no such")); err != nil || none != nil {
		t.Errorf("%v, %v", none, err)
	}
	if none, _, err := ListSealed(filepath.Join(dir, "no such")); err != nil || none != nil {
		t.Errorf("%v, %v", none, err)
	}
}

// While it is written, and after a crash, a segment's file has space ready for more entries, which is
// nothing to carry: with it and without it is the same segment.
func TestASegmentBeingWrittenIsCarriedWithoutItsSpace(t *testing.T) {
	p, dir, brought := cast(), t.TempDir(), t.TempDir()
	f := mustOpen(t, p.config(dir, nil))
	mustAppend(t, f, p.opening(1), p.opening(2))
	path := f.segments[0].path
	info, err := os.Stat(path)
	if err != nil || info.Size() < Reserve {
		t.Fatalf("no space is ready: %d bytes, %v", info.Size(), err)
	}
	open, data, err := ReadSealed(path)
	if err != nil || open.Entries != 2 || open.Rest != 0 || open.Size != len(data) || open.Size > 8<<10 {
		t.Fatalf("%+v, %v", open, err)
	}
	if copied, err := CopySealed(path, brought); !copied || err != nil {
		t.Fatalf("%v, %v", copied, err)
	}
	if err := MarkHanded(open, []byte("receipt")); err != nil {
		t.Fatal(err)
	}
	f.Close()
	shut, whole, err := ReadSealed(path)
	if err != nil || shut.Sum != open.Sum || !bytes.Equal(whole, data) || string(Handed(shut)) != "receipt" {
		t.Fatalf("closed, it is another: %+v, %v", shut, err)
	}
	if info, err = os.Stat(path); err != nil || info.Size() != int64(len(data)) {
		t.Fatalf("closed, it keeps its space: %d bytes, %v", info.Size(), err)
	}
	if copied, err := CopySealed(path, brought); copied || err != nil {
		t.Fatalf("closed, it is copied again: %v", err)
	}
	copies, _, err := ListSealed(brought)
	if err != nil || len(copies) != 1 || copies[0].Size != len(data) {
		t.Fatalf("%+v, %v", copies, err)
	}
}

func TestWhatIsNoSegmentIsNamedAndStays(t *testing.T) {
	dir, s := onDisk(t, 3)
	data, err := os.ReadFile(s.Path)
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(data)
	flipped[200] ^= 1
	for name, put := range map[string][]byte{
		"flipped": flipped, "cut": data[:300], "empty": {}, "foreign": []byte("an essay about something else"),
		"vast": append(bytes.Clone(data), make([]byte, segmentLimit)...),
	} {
		if err := os.WriteFile(filepath.Join(dir, name+segmentSuffix), put, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(s.Path, filepath.Join(dir, "link"+segmentSuffix)); err != nil {
		t.Log(err)
	}
	all, refused, err := ListSealed(dir)
	if err != nil || len(all) != 1 || len(refused) != 5 {
		t.Fatalf("%d segments, %d refused, %v", len(all), len(refused), err)
	}
	stick := t.TempDir()
	for _, r := range refused {
		wants(t, r.Err, ErrDamaged)
		if _, err := CopySealed(r.Path, stick); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s is carried: %v", r.Path, err)
		}
		if _, err := os.Stat(r.Path); err != nil {
			t.Error(err)
		}
	}
	if left, _ := os.ReadDir(stick); len(left) != 0 {
		t.Errorf("%v was written", left)
	}
}

func TestACopyGrowsWithItsSegmentAndNeverLosesAnother(t *testing.T) {
	_, s := onDisk(t, 5)
	data, err := os.ReadFile(s.Path)
	if err != nil {
		t.Fatal(err)
	}
	home, stick := t.TempDir(), filepath.Join(t.TempDir(), "stick", "segments")
	path := filepath.Join(home, "any name.segment")
	put := func(data []byte) (bool, error) {
		t.Helper()
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return CopySealed(path, stick)
	}
	hurt := bytes.Clone(data)
	hurt[len(hurt)-20] ^= 1
	for _, c := range []struct {
		what  string
		data  []byte
		new   bool
		files int
	}{
		{"as it was this morning", data[:len(data)-400], true, 1},
		{"the same again", data[:len(data)-400], false, 1},
		{"as it is now", data, true, 1},
		{"as it was this morning, afterwards", data[:len(data)-400], false, 1},
		{"with another end", hurt, true, 2},
		{"with another end, again", hurt, false, 2},
	} {
		if got, err := put(c.data); err != nil || got != c.new {
			t.Errorf("%s: new %v, %v", c.what, got, err)
		}
		if files, err := os.ReadDir(stick); err != nil || len(files) != c.files {
			t.Errorf("%s: %d files, %v", c.what, len(files), err)
		}
	}
	all, _, err := ListSealed(stick)
	if err != nil || len(all) != 2 {
		t.Fatal(err)
	}
	for _, s := range all {
		if !strings.HasPrefix(filepath.Base(s.Path), string(cast().device())) {
			t.Errorf("named %s", s.Path)
		}
		if _, got, err := ReadSealed(s.Path); err != nil || !bytes.Equal(got, data) && !bytes.Equal(got, hurt) {
			t.Errorf("the copy is not what it copies: %v", err)
		}
	}
}

func TestAMarkIsAboutExactlyTheBytesThatWereHandedIn(t *testing.T) {
	p := cast()
	dir, s := onDisk(t, 2)
	if Handed(s) != nil {
		t.Error("it has a mark already")
	}
	if err := MarkHanded(s, []byte("a receipt")); err != nil {
		t.Fatal(err)
	}
	if string(Handed(s)) != "a receipt" {
		t.Error("no mark")
	}
	f := mustOpen(t, p.config(dir, nil))
	if got := f.Receipts(); len(got) != 1 || string(got[0]) != "a receipt" || len(f.Damage()) != 0 {
		t.Errorf("the owner finds %q, %+v", got, f.Damage())
	}
	mustAppend(t, f, locked())
	f.Close()
	grown, _, err := ListSealed(dir)
	if err != nil || len(grown) != 2 || Handed(grown[0]) == nil || Handed(grown[1]) != nil {
		t.Fatalf("%+v, %v", grown, err)
	}
	changed := s
	changed.Sum[0] ^= 1
	if Handed(changed) != nil {
		t.Error("the mark counts for other bytes")
	}
	if err := os.WriteFile(s.Path+handedSuffix, []byte("HSHAND, it says"), 0o600); err != nil {
		t.Fatal(err)
	}
	if f = mustOpen(t, p.config(dir, nil)); Handed(s) != nil || len(f.Receipts()) != 0 || len(f.Damage()) != 0 {
		t.Error("a spoilt mark counts, or is damage")
	}
	f.Close()
	if err := errors.Join(RemoveSealed(s), RemoveSealed(s)); err != nil {
		t.Error(err)
	}
}

// FuzzHanded: a mark that reads is what was written, byte for byte.
func FuzzHanded(f *testing.F) {
	body, err := signed.Encode(handed{Version: 1, Sum: make([]byte, 32), Receipt: []byte("r")})
	if err != nil {
		f.Fatal(err)
	}
	seed := journal.WrapFile(handedMagic, body)
	f.Add(seed)
	f.Add(seed[:len(seed)-1])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		disk := faulty.New()
		disk.Put("/m", data)
		m, ok := readHanded(disk, "/m")
		if !ok {
			return
		}
		again, err := signed.Encode(m)
		if err != nil || !bytes.HasPrefix(data, journal.WrapFile(handedMagic, again)) {
			t.Fatal("read → write is not the identity")
		}
	})
}
