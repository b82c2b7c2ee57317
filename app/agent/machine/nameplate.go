package machine

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"handslag/identity"
	"handslag/identity/signed"
)

// Nameplate is what the lock screen shows, in the clear: a first name, a device ID and an organisation ID.
type Nameplate struct {
	First  string            `json:"first,omitempty"`
	Device identity.DeviceID `json:"device,omitempty"`
	Waits  signed.Time       `json:"waits,omitempty"` // until then this device waits for an administrator to let it in
	Org    identity.OrgID    `json:"org,omitempty"`   // which stays when a person starts again
}

const profilesName = "profiles"

// Show puts the nameplate up.
func (p Folder) Show(n Nameplate) error {
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

// Hide takes the nameplate down. The organisation stays on it where keep is set, so that nobody has to type it again.
func (p Folder) Hide(keep bool) error {
	if org := p.Plate().Org; keep && org != "" {
		return p.Show(Nameplate{Org: org})
	}
	if err := os.Remove(p.profile); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Plate is the nameplate; empty where there is none that can be read, since a lock screen
// without a name still opens.
func (p Folder) Plate() Nameplate {
	var n Nameplate
	data, err := readSmall(p.profile)
	if err != nil || json.Unmarshal(data, &n) != nil {
		return Nameplate{}
	}
	if _, err := identity.ParseOrgID(string(n.Org)); err != nil {
		n.Org = ""
	}
	if _, err := identity.ParseDeviceID(string(n.Device)); err != nil || len(n.First) > 200 {
		return Nameplate{Org: n.Org}
	}
	return n
}
