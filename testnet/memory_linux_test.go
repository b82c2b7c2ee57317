package testnet_test

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"strings"
	"syscall"
)

// memory is what a process could write to: heap, stacks, what it has mapped from files.
type memory struct {
	regions [][]byte
	size    int
}

const largestRegion = 4 << 30 // bytes; Go's own are 64 MiB

// memoryOf copies the memory of a process that stands still meanwhile.
func memoryOf(pid int) (memory, error) {
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		return memory{}, err
	}
	defer func() { _ = syscall.Kill(pid, syscall.SIGCONT) }()
	maps, err := os.Open(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return memory{}, err
	}
	defer maps.Close()
	file, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		return memory{}, err
	}
	defer file.Close()
	var m memory
	lines := bufio.NewScanner(maps)
	for lines.Scan() {
		var from, to int64
		var mode string
		if n, _ := fmt.Sscanf(lines.Text(), "%x-%x %s", &from, &to, &mode); n != 3 || !strings.HasPrefix(mode, "rw") {
			continue
		}
		if to-from > largestRegion { // the race detector's books
			continue
		}
		n, _ := file.ReadAt(make([]byte, 1), from)
		if n == 0 {
			continue // a device's, or taken away
		}
		if err := m.read(file, from, to); err != nil {
			return memory{}, err
		}
	}
	return m, lines.Err()
}

// read keeps what lies between two addresses, but for pages of nothing but zeroes, of which most
// of a Go program's memory is made.
func (m *memory) read(file *os.File, from, to int64) error {
	var run []byte
	page, zero := make([]byte, os.Getpagesize()), make([]byte, os.Getpagesize())
	for ; from < to; from += int64(len(page)) {
		if _, err := file.ReadAt(page, from); err != nil {
			return err
		}
		m.size += len(page)
		if !bytes.Equal(page, zero) {
			run = append(run, page...)
			continue
		}
		if run != nil {
			m.regions, run = append(m.regions, run), nil
		}
	}
	if run != nil {
		m.regions = append(m.regions, run)
	}
	return nil
}

// needles are byte strings by name; several may share one.
type needles map[string][][]byte

func (n needles) add(name string, what ...[]byte) { n[name] = append(n[name], what...) }

// count is how often needles of each name stand in the regions.
func (n needles) count(regions ...[]byte) map[string]int {
	found := map[string]int{}
	for name, all := range n {
		for _, what := range all {
			for _, region := range regions {
				if times := bytes.Count(region, what); times > 0 {
					found[name] += times
				}
			}
		}
	}
	return found
}
