package machine

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"handslag/identity"
)

const machineName = "machine"

// ID is this machine's ID, made at the first call. Two that make it at once agree:
// whoever's link comes second reads the first one's.
func (p Folder) ID() (identity.MachineID, error) {
	path := filepath.Join(p.outbox, machineName)
	for range 2 {
		data, err := readSmall(path)
		switch {
		case err == nil:
			id := strings.TrimSpace(string(data))
			if err := identity.CheckOpaque(id); err != nil {
				return "", fmt.Errorf("read machine ID: %w", err)
			}
			return identity.MachineID(id), nil
		case !errors.Is(err, fs.ErrNotExist):
			return "", fmt.Errorf("read machine ID: %w", err)
		}
		draft := path + "." + rand.Text()
		if err := p.write(draft, []byte("m-"+rand.Text()+"\n"), p.readable()); err != nil {
			return "", fmt.Errorf("make machine ID: %w", err)
		}
		err = os.Link(draft, path)
		if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, fs.ErrPermission) {
			err = os.Rename(draft, path) // no links here: the last of two at once counts
		}
		os.Remove(draft)
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return "", fmt.Errorf("make machine ID: %w", err)
		}
	}
	return "", errors.New("make machine ID: it does not stay")
}
