package disk

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func extended(t *testing.T) (*osFile, string) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(name, make([]byte, 2*Block), fileMode); err != nil {
		t.Fatal(err)
	}
	file, err := OS{}.Extend(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return file.(*osFile), name
}

// A write past the page cache is durable when it returns, or it is no write: nothing syncs after it.
func TestAWayPastThePageCacheIsDurable(t *testing.T) {
	file, name := extended(t)
	through := openThrough(file.File)
	if through == nil {
		t.Skip("this file system has no such way")
	}
	defer through.Close()
	flags, err := unix.FcntlInt(through.Fd(), unix.F_GETFL, 0)
	if err != nil || flags&unix.O_DSYNC != unix.O_DSYNC || flags&unix.O_DIRECT == 0 {
		t.Errorf("flags %#x, %v", flags, err)
	}
	if err := os.Rename(name, name+".old"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, make([]byte, Block), fileMode); err != nil {
		t.Fatal(err)
	}
	if other := openThrough(file.File); other != nil {
		other.Close()
		t.Error("it leads to another file that has the name now")
	}
}

// What refuses the way at the first write, and not before, is written to as any other file is.
func TestARefusedWayIsLeft(t *testing.T) {
	file, name := extended(t)
	refuses, err := os.OpenFile("/proc/self/oom_score_adj", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("nothing here refuses a write")
	}
	file.through, file.asked = refuses, true
	block := bytes.Repeat([]byte{'x'}, Block)
	if err := file.WriteBlocks(block, Block); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(name); err != nil || !bytes.Equal(got[Block:], block) || file.through != nil {
		t.Errorf("not written, or tried again: %v", err)
	}
}
