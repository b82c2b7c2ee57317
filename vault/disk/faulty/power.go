package faulty

import (
	"bytes"
	"math/rand/v2"
	"slices"
)

// Luck says of one thing after the other that was not synced whether it survives a power cut.
type Luck func() bool

// None survives.
func None() bool { return false }

// All survives: the process died, and not the machine.
func All() bool { return true }

// First n survive, so that a write is torn in order.
func First(n int) Luck {
	return func() bool { n--; return n >= 0 }
}

// Seeded is any part, always the same for a seed.
func Seeded(seed uint64) Luck {
	r := rand.New(rand.NewPCG(seed, 1))
	return func() bool { return r.IntN(2) == 0 }
}

// Drives write whole sectors, in any order.
const sector = 512

// After is the disk as it is found once the power is back. What was synced is there. Of the rest,
// luck decides: names and sizes change in the order in which they were changed, up to
// some point; sectors reach the disk one by one in any order, and one that lies within a
// size that did and has not reached it itself is zero. The new disk has no faults set.
func (d *Disk) After(luck Luck) *Disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	names := map[string]*node{}
	for name, n := range d.durable {
		names[name] = n
	}
	for _, c := range d.renamed {
		if !luck() {
			break
		}
		c.apply(names)
	}
	out, survived := New(), map[*node]*node{}
	for name, n := range names {
		if survived[n] == nil {
			data := n.after(luck)
			survived[n] = &node{data: data, synced: slices.Clone(data)}
		}
		out.now[name], out.durable[name] = survived[n], survived[n]
	}
	return out
}

func (n *node) after(luck Luck) []byte {
	data, sizes := slices.Clone(n.synced), true
	for _, d := range n.since {
		if end := d.at + len(d.data); d.resize || end > len(data) {
			if sizes = sizes && luck(); sizes {
				data = resized(data, end)
			}
		}
		for from := 0; from < len(d.data); {
			to := min(len(d.data), from+sector-(d.at+from)%sector)
			if luck() && d.at+from < len(data) {
				copy(data[d.at+from:], d.data[from:to])
			}
			from = to
		}
	}
	return data
}

// Calls that would have changed something, so far.
func (d *Disk) Calls() int { d.mu.Lock(); defer d.mu.Unlock(); return d.calls }

// Syncs of files and folders, so far.
func (d *Disk) Syncs() int { d.mu.Lock(); defer d.mu.Unlock(); return d.syncs }

// Used is the bytes of all files.
func (d *Disk) Used() int { d.mu.Lock(); defer d.mu.Unlock(); return d.used() }

// Contents is what a process reads of a file, nil where there is none.
func (d *Disk) Contents(name string) []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	if n, ok := d.now[name]; ok {
		return bytes.Clone(n.data)
	}
	return nil
}

// Put lays a file there, durable, whatever was there; nil takes it away. It is what somebody else
// does to the disk, or its decay.
func (d *Disk) Put(name string, data []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.now, name)
	delete(d.durable, name)
	if data != nil {
		n := &node{data: bytes.Clone(data), synced: bytes.Clone(data)}
		d.now[name], d.durable[name] = n, n
	}
}

// Names are all files' names, sorted.
func (d *Disk) Names() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var names []string
	for name := range d.now {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
