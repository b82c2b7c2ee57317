package testnet_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
)

// memory is what a process could write to: heap, stacks, what it has mapped from files.
type memory struct {
	regions [][]byte
	size    int
}

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
		region := make([]byte, to-from)
		n, err := file.ReadAt(region, from)
		if err != nil && err != io.EOF && n == 0 {
			continue // a device's, or taken away
		}
		m.regions = append(m.regions, region[:n])
		m.size += n
	}
	return m, lines.Err()
}

// needles are byte strings by name; several may share one.
type needles map[string][][]byte

func (n needles) add(name string, what ...[]byte) { n[name] = append(n[name], what...) }

// count is how often needles of each name stand in the regions. One pass looks for all: by
// their first two bytes, then by the whole.
func (n needles) count(regions ...[]byte) map[string]int {
	type needle struct {
		name string
		what []byte
	}
	var first [1 << 16][]needle
	for name, all := range n {
		for _, what := range all {
			at := int(what[0])<<8 | int(what[1])
			first[at] = append(first[at], needle{name, what})
		}
	}
	found := map[string]int{}
	for _, region := range regions {
		for i := 0; i+1 < len(region); i++ {
			for _, x := range first[int(region[i])<<8|int(region[i+1])] {
				if len(region)-i >= len(x.what) && string(region[i:i+len(x.what)]) == string(x.what) {
					found[x.name]++
				}
			}
		}
	}
	return found
}
