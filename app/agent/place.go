package agent

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/disk"
)

// place is the machine-wide folder: journal segments, the machine's ID, and what the lock
// screens show of each profile.
type place struct {
	outbox  string
	profile string // name of this profile's file there
}

// nameplate is what the lock screen shows, in the clear: a first name, a device ID and an organisation ID.
type nameplate struct {
	First  string            `json:"first,omitempty"`
	Device identity.DeviceID `json:"device,omitempty"`
	Waits  signed.Time       `json:"waits,omitempty"` // until then this device waits for an administrator to let it in
	Org    identity.OrgID    `json:"org,omitempty"`   // which stays when a person starts again
}

const (
	machineName    = "machine"
	profilesName   = "profiles"
	journalsName   = "journal"
	smallFileLimit = 4 << 10 // bytes
)

func newPlace(outbox, vaultDir string) (place, error) {
	abs, err := filepath.Abs(vaultDir)
	if err != nil {
		return place{}, fmt.Errorf("find vault: %w", err)
	}
	sum := sha256.Sum256([]byte(abs))
	return place{outbox: outbox, profile: filepath.Join(outbox, profilesName, hex.EncodeToString(sum[:8])+".json")}, nil
}

// journal is the folder of a device's segments.
func (p place) journal(device identity.DeviceID) string {
	return filepath.Join(p.outbox, journalsName, string(device))
}

// machine is this machine's ID, made at the first call. Two that make it at once agree:
// whoever's link comes second reads the first one's.
func (p place) machine() (identity.MachineID, error) {
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

// show puts the nameplate up.
func (p place) show(n nameplate) error {
	data, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("write nameplate: %w", err)
	}
	draft := p.profile + ".new"
	if err := p.write(draft, data, 0o600); err != nil {
		return fmt.Errorf("write nameplate: %w", err)
	}
	if err := os.Rename(draft, p.profile); err != nil {
		return fmt.Errorf("write nameplate: %w", err)
	}
	return nil
}

// hide takes the nameplate down. The organisation stays on it where keep is set, so that nobody has to type it again.
func (p place) hide(keep bool) error {
	if org := p.plate().Org; keep && org != "" {
		return p.show(nameplate{Org: org})
	}
	if err := os.Remove(p.profile); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// folder is the folder called name in the outbox, made where it is missing: as open as the outbox itself,
// which whoever set the machine up decides, for its login or for all. Where others may write too
// nobody takes away what is not theirs.
func (p place) folder(name string) (string, error) {
	dir := filepath.Join(p.outbox, name)
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	if err := os.MkdirAll(p.outbox, 0o700); err != nil {
		return "", err
	}
	info, err := os.Stat(p.outbox)
	if err != nil {
		return "", err
	}
	mode := info.Mode() & (fs.ModePerm | fs.ModeSetgid)
	if mode&0o022 != 0 {
		mode |= fs.ModeSticky
	}
	err = os.Mkdir(dir, mode.Perm())
	if errors.Is(err, fs.ErrExist) {
		return dir, nil
	}
	if err == nil {
		err = errors.Join(os.Chmod(dir, mode), disk.OS{}.SyncDir(p.outbox)) // what umask took away
	}
	return dir, err
}

// readable is the mode of a file in the outbox that other logins may read where they may read the outbox.
func (p place) readable() fs.FileMode {
	info, err := os.Stat(p.outbox)
	if err != nil {
		return 0o600
	}
	return 0o600 | info.Mode().Perm()&0o044
}

// plate is the nameplate; empty where there is none that can be read, since a lock screen
// without a name still opens.
func (p place) plate() nameplate {
	var n nameplate
	data, err := readSmall(p.profile)
	if err != nil || json.Unmarshal(data, &n) != nil {
		return nameplate{}
	}
	if _, err := identity.ParseOrgID(string(n.Org)); err != nil {
		n.Org = ""
	}
	if _, err := identity.ParseDeviceID(string(n.Device)); err != nil || len(n.First) > 200 {
		return nameplate{Org: n.Org}
	}
	return n
}

func readSmall(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, smallFileLimit+1))
	if err == nil && len(data) > smallFileLimit {
		return nil, errors.New("the file is too large")
	}
	return data, err
}

// write makes a file in the outbox, or in a folder of it, durable.
func (p place) write(path string, data []byte, mode fs.FileMode) error {
	err := os.MkdirAll(p.outbox, 0o700)
	if dir := filepath.Dir(path); dir != p.outbox {
		_, err = p.folder(filepath.Base(dir))
	}
	if err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Chmod(mode), file.Sync(), file.Close())
}
