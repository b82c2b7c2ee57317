package journalfile

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestARealDiskThatIsFull(t *testing.T) {
	small := t.TempDir()
	if err := syscall.Mount("tmpfs", small, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("this process may not mount a small disk: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(small, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	p, dir := cast(), filepath.Join(small, "d")
	f := mustOpen(t, p.config(dir, nil))
	ballast := filepath.Join(small, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 128<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	said := 0
	for range 100_000 {
		stamps, err := f.Append(p.opening(1))
		if err != nil {
			wants(t, err, ErrFull)
			if errors.Is(err, ErrBroken) || stamps != nil {
				t.Fatal(err)
			}
			break
		}
		said++
	}
	if _, err := f.Append(p.opening(1)); !errors.Is(err, ErrFull) {
		t.Fatalf("with a disk still full: %v", err)
	}
	f.Close()
	full := mustOpen(t, p.config(dir, nil)) // opens, to be handed in
	if got := all(t, full, true); len(got) != said || said == 0 {
		t.Fatalf("%d said, %d there", said, len(got))
	}
	full.Close()
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	f = mustOpen(t, p.config(dir, nil))
	mustAppend(t, f, p.opening(2))
	if got := all(t, f, true); len(got) != said+1 || len(f.Damage()) > 0 {
		t.Fatalf("%d said, %d there, %v", said+1, len(got), f.Damage())
	}
}
