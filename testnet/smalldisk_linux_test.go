package testnet_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"handslag/testnet"
)

// mayMount reports whether this process may mount a file system of its own.
func mayMount() bool {
	dir, err := os.MkdirTemp("", "handslag-mount-")
	if err != nil {
		return false
	}
	defer os.Remove(dir)
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		return false
	}
	return syscall.Unmount(dir, 0) == nil
}

// smallDisk moves a device that is not enrolled yet onto a file system of so many MiB.
func smallDisk(s *scene, args []string) error {
	size, err := strconv.Atoi(args[0])
	s.ts.Check(err)
	dir := s.ts.MkAbs("disk-" + s.who.Name)
	s.ts.Check(os.MkdirAll(dir, 0o700))
	s.ts.Check(syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dm", size)))
	s.who.Vault, s.who.Outbox = filepath.Join(dir, "vault"), filepath.Join(dir, "outbox")
	who := s.who
	s.ts.Defer(func() {
		who.Kill()
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			s.ts.Logf("unmount: %v", err)
		}
	})
	return nil
}

func ballast(p *testnet.Person) string { return filepath.Join(filepath.Dir(p.Vault), "ballast") }

// fillDisk writes until nothing more goes in, not a byte.
func fillDisk(s *scene, _ []string) error {
	file, err := os.Create(ballast(s.who))
	if err != nil {
		return err
	}
	defer file.Close()
	for size := 1 << 20; size > 0; {
		if _, err := file.Write(make([]byte, size)); errors.Is(err, syscall.ENOSPC) {
			size /= 2
		} else if err != nil {
			return err
		}
	}
	return nil
}

func emptyDisk(s *scene, _ []string) error { return os.Remove(ballast(s.who)) }
