package agent

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"handslag/identity"
	"handslag/vault/journalfile"
)

// SealedSegment is a journal segment in the machine-wide outbox as its file shows it: nobody
// but its own device and the connected system reads what it says.
type SealedSegment struct {
	File       string            `json:"file"` // base name
	Device     identity.DeviceID `json:"device,omitempty"`
	Generation uint64            `json:"generation,omitempty"`
	First      uint64            `json:"first,omitempty"` // number of its first entry
	Entries    int               `json:"entries"`
	Size       int               `json:"size"` // bytes
	Created    time.Time         `json:"created,omitzero"`
	Own        bool              `json:"own,omitempty"`     // this profile's device wrote it
	Brought    bool              `json:"brought,omitempty"` // it came from another machine, on a stick
	Carried    bool              `json:"carried,omitempty"` // it is carried for a colleague since a meeting
	For        string            `json:"for,omitempty"`     // whose it is, where this person has met them and is unlocked
	Handed     bool              `json:"handed,omitempty"`  // a profile of this machine handed in exactly this file
	Problem    Code              `json:"problem,omitempty"` // why it can not be carried, or was refused when it was handed in
}

// Carriage is what an export or import did.
type Carriage struct {
	Copied  int             `json:"copied"`
	Known   int             `json:"known"` // were there already
	Refused []SealedSegment `json:"refused,omitempty"`
}

const (
	importLimit   = 1 << 30     // bytes of one import
	maxCarried    = 64          // segments handed in for others in one sync
	carryFor      = time.Minute // after which no further one is begun in this sync
	maxRemembered = 1 << 14     // files that are not looked at again until they change
)

// Outbox lists the segments that lie on this machine, of all its profiles and of those whose
// segments were brought. It needs no passphrase.
func (a *Agent) Outbox(ctx context.Context) ([]SealedSegment, error) {
	paths, err := a.place.Sealed("")
	if err != nil {
		return nil, translate(err)
	}
	own := a.Me().Device
	names := a.acquainted()
	list := []SealedSegment{}
	for _, path := range paths {
		if err := ctx.Err(); err != nil {
			return nil, translate(err)
		}
		s, _, err := journalfile.ReadSealed(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		one := shown(s, path, err)
		one.Own = own != "" && s.Device == own
		one.Carried = filepath.Dir(path) == a.place.Carried()
		one.Brought = filepath.Dir(path) == a.place.Brought()
		one.For = names[one.Device]
		one.Handed = err == nil && journalfile.Handed(s) != nil
		if code, ok := a.carried.refusal(path); ok && one.Problem == "" {
			one.Problem = code
		}
		list = append(list, one)
	}
	return list, nil
}

// Burden is what is carried for one colleague since a meeting and has not been handed in yet.
type Burden struct {
	Device   identity.DeviceID
	For      string // whose it is, where that is known
	Segments int
}

// Burdens are those in list, each colleague once.
func Burdens(list []SealedSegment) []Burden {
	var all []Burden
	for _, one := range list {
		if !one.Carried || one.Handed || one.Device == "" {
			continue
		}
		i := slices.IndexFunc(all, func(b Burden) bool { return b.Device == one.Device })
		if i < 0 {
			i, all = len(all), append(all, Burden{Device: one.Device, For: one.For})
		}
		all[i].Segments++
	}
	return all
}

// acquainted are the names of those whom this person has met, by device; none while locked.
func (a *Agent) acquainted() map[identity.DeviceID]string {
	names := map[identity.DeviceID]string{}
	if s, err := a.current(); err == nil {
		for _, g := range s.sightings() {
			names[g.Device] = g.Name
		}
	}
	return names
}

func shown(s journalfile.Sealed, path string, err error) SealedSegment {
	if err != nil {
		return SealedSegment{File: filepath.Base(path), Problem: segmentCode(err)}
	}
	return SealedSegment{
		File: filepath.Base(path), Device: s.Device, Generation: s.Generation, First: s.First,
		Entries: s.Entries, Size: s.Size, Created: s.Created.Time(),
	}
}

// segmentCode is the code of a file that is no segment to carry.
func segmentCode(err error) Code {
	switch {
	case errors.Is(err, journalfile.ErrFormat):
		return SegmentFormat
	case errors.Is(err, journalfile.ErrDamaged):
		return SegmentDamaged
	}
	return CodeOf(translate(err))
}

// ExportOutbox copies every segment on this machine into the folder dir, a stick's say, as it
// is, sealed. It needs no passphrase; a second export adds what has come since.
func (a *Agent) ExportOutbox(ctx context.Context, dir string) (Carriage, error) {
	paths, err := a.place.Sealed("")
	if err != nil {
		return Carriage{}, translate(err)
	}
	return copySealed(ctx, paths, dir)
}

// ImportOutbox copies the segments in the folder dir into this machine's outbox, from where the
// next sync of any profile hands them in. It needs no passphrase and leaves dir as it is; a
// file that is no segment is named and not taken.
func (a *Agent) ImportOutbox(ctx context.Context, dir string) (Carriage, error) {
	if _, err := os.ReadDir(dir); err != nil {
		return Carriage{}, translate(fmt.Errorf("read folder: %w", err))
	}
	paths, err := journalfile.SealedFiles(dir)
	if err != nil {
		return Carriage{}, translate(err)
	}
	result, err := copySealed(ctx, paths, a.place.Brought())
	if result.Copied > 0 {
		a.nudge()
	}
	return result, err
}

func copySealed(ctx context.Context, paths []string, dir string) (Carriage, error) {
	var c Carriage
	total := 0
	for _, path := range paths {
		if err := ctx.Err(); err != nil {
			return c, translate(err)
		}
		s, _, err := journalfile.ReadSealed(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			c.Refused = append(c.Refused, shown(s, path, err))
			continue
		}
		if total += s.Size; total > importLimit {
			return c, problem(TooMany, errors.New("copy segments: too many at once"))
		}
		copied, err := journalfile.CopySealed(path, dir)
		switch {
		case err != nil:
			return c, translate(err)
		case copied:
			c.Copied++
		default:
			c.Known++
		}
	}
	return c, nil
}
