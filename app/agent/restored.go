package agent

import (
	"errors"
	"strconv"
	"time"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault"
	"handslag/vault/journalfile"
)

const (
	rebuildSetting = "rebuild" // why the view is being made anew, until all is back
	earlierSetting = "earlier" // the person's other devices at enrolment, until all is back
	earlierLimit   = 4 << 10   // bytes
)

// earlier is a device that this person had before this one.
type earlier struct {
	Device identity.DeviceID `cbor:"1,keyasint"`
	Synced signed.Time       `cbor:"2,keyasint,omitempty"` // when its journal last came home
}

func setEarlier(tx *vault.Tx, list []link.Earlier) error {
	var keep []earlier
	for _, e := range list[:min(len(list), link.EarlierDevices)] {
		if _, err := identity.ParseDeviceID(string(e.Device)); err == nil {
			keep = append(keep, earlier{e.Device, max(e.Synced, 0)})
		}
	}
	data, err := signed.Encode(keep)
	if err != nil {
		return err
	}
	return tx.SetSetting(earlierSetting, data)
}

// job is what a sync is for, as long as not all is here.
func (s *session) job() string {
	if why, err := s.vault.Setting(rebuildSetting); err == nil && len(why) > 0 {
		return ProgressRebuild
	}
	if state, err := s.vault.Sync(); err == nil && state.Last == 0 {
		return ProgressEnrol
	}
	return ProgressSync
}

// cameBack tells, after a sync that brought everything, what is here again and what of
// earlier is not.
func (a *Agent) cameBack(s *session, job string) error {
	if job == ProgressSync {
		return nil
	}
	if job == ProgressRebuild {
		if err := s.reattach(); err != nil {
			return err
		}
	}
	records, tasks, err := s.vault.Count()
	if err != nil {
		return err
	}
	args := []string{"records", strconv.Itoa(records), "tasks", strconv.Itoa(tasks)}
	now := s.clock.Read().Time
	if job == ProgressRebuild {
		return s.vault.Update(func(tx *vault.Tx) error {
			return errors.Join(tell(tx, notice{ID: "back", Code: Restored, At: now, Args: args}), tx.SetSetting(rebuildSetting, nil))
		})
	}
	data, err := s.vault.Setting(earlierSetting)
	if err != nil {
		return err
	}
	var before []earlier
	if len(data) == 0 || signed.Decode(data, earlierLimit, &before) != nil || len(before) == 0 {
		return nil // a person's first device
	}
	handed, waiting, here := a.leftHere(s, before)
	args = append(args, "handed", strconv.Itoa(handed), "waiting", strconv.Itoa(waiting))
	return s.vault.Update(func(tx *vault.Tx) error {
		err := tell(tx, notice{ID: "back", Code: EnrolledAnew, At: now, Args: args})
		for _, e := range before {
			if err == nil && !here[e.Device] {
				err = tell(tx, notice{ID: "other-" + string(e.Device), Code: OtherDevice, At: now, Args: []string{
					"device", e.Device.Grouped(), "synced", a.day(e.Synced),
				}})
			}
		}
		return errors.Join(err, tx.SetSetting(earlierSetting, nil))
	})
}

// leftHere counts the entries that the person's earlier devices left on this machine: handed in,
// and not; here are the devices.
func (a *Agent) leftHere(s *session, before []earlier) (handed, waiting int, here map[identity.DeviceID]bool) {
	here = map[identity.DeviceID]bool{}
	paths, err := a.place.Sealed(s.device)
	if err != nil {
		a.log.Warn("others' segments can not be listed", "error", err)
	}
	for _, path := range paths {
		one, _, err := journalfile.ReadSealed(path)
		if err != nil {
			continue
		}
		for _, e := range before {
			if e.Device != one.Device {
				continue
			}
			here[e.Device] = true
			if journalfile.Handed(one) != nil {
				handed += one.Entries
			} else {
				waiting += one.Entries
			}
		}
	}
	return handed, waiting, here
}

// day is a day for people, in their time zone; "–" for none.
func (a *Agent) day(t signed.Time) string {
	if t == 0 {
		return "–"
	}
	return t.Time().In(a.clock.Now().Location()).Format(time.DateOnly)
}
