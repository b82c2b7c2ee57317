package camera

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/blackjack/webcam"
)

const (
	sysfs = "/sys/class/video4linux"
	dev   = "/dev"
	// maxNodes bounds how many device nodes are looked at; a laptop has four.
	maxNodes = 64
)

// List names the cameras of the machine, in the kernel's order. One camera may have several
// nodes, of which all but one give metadata: those are left out. So are nodes that this user may not
// open, since nothing can be told of them.
func List() []Device { return list(sysfs, dev) }

func list(sysfs, dev string) []Device {
	var found []Device
	for _, d := range nodes(sysfs, dev) {
		cam, err := webcam.Open(d.Path)
		if err != nil {
			continue
		}
		if _, ok := choose(cam); ok {
			found = append(found, d)
		}
		_ = cam.Close() // nothing was written
	}
	return found
}

// nodes are the device nodes with their makers' names.
func nodes(sysfs, dev string) []Device {
	entries, err := os.ReadDir(sysfs)
	if err != nil {
		return nil
	}
	var found []Device
	for _, e := range entries[:min(len(entries), maxNodes)] {
		if !strings.HasPrefix(e.Name(), "video") {
			continue
		}
		name, err := os.ReadFile(filepath.Join(sysfs, e.Name(), "name"))
		if err != nil {
			continue
		}
		text := strings.ToValidUTF8(strings.TrimSpace(string(name)), "")
		if len(text) > 64 || text == "" {
			text = e.Name()
		}
		found = append(found, Device{Path: filepath.Join(dev, e.Name()), Name: text})
	}
	slices.SortFunc(found, func(a, b Device) int {
		if d := len(a.Path) - len(b.Path); d != 0 { // video2 before video10
			return d
		}
		return strings.Compare(a.Path, b.Path)
	})
	return found
}
