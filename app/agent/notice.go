package agent

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"handslag/identity/signed"
	"handslag/vault"
)

// Notice is what the person must be told once. Its sentences are those of a problem with its
// code.
type Notice struct {
	Code Code              `json:"code"`
	Args map[string]string `json:"args,omitempty"`
	At   time.Time         `json:"at"`
	ID   string            `json:"id"`
}

// notice is one as it is kept.
type notice struct {
	ID   string      `cbor:"1,keyasint"`
	Code Code        `cbor:"2,keyasint"`
	At   signed.Time `cbor:"3,keyasint"`
	Args []string    `cbor:"4,keyasint,omitempty"` // name, value, name, value
}

const (
	noticesSetting = "notices"
	maxNotices     = 16 // the newest
	noticesLimit   = 32 << 10
)

// Notices are what this person has not been told yet, the oldest first; none while locked.
func (a *Agent) Notices() []Notice {
	s, err := a.current()
	if err != nil {
		return nil
	}
	data, err := s.vault.Setting(noticesSetting)
	if err != nil {
		a.log.Warn("notices can not be read", "error", CodeOf(translate(err)))
		return nil
	}
	var list []Notice
	for _, n := range readNotices(data) {
		list = append(list, Notice{Code: n.Code, Args: problem(n.Code, nil, n.Args...).Args, At: n.At.Time(), ID: n.ID})
	}
	return list
}

// DismissNotice says that the person has read it; one that is not there is no error.
func (a *Agent) DismissNotice(id string) error {
	s, err := a.current()
	if err != nil {
		return err
	}
	err = s.vault.Update(func(tx *vault.Tx) error {
		return changeNotices(tx, func(list []notice) []notice {
			return slices.DeleteFunc(list, func(n notice) bool { return n.ID == id })
		})
	})
	if err != nil {
		return translate(err)
	}
	a.changed(StateChanged)
	return nil
}

// tell keeps a notice until it is dismissed; one with its ID is replaced.
func tell(tx *vault.Tx, n notice) error {
	return changeNotices(tx, func(list []notice) []notice {
		list = slices.DeleteFunc(list, func(old notice) bool { return old.ID == n.ID })
		list = append(list, n)
		return list[max(0, len(list)-maxNotices):]
	})
}

func changeNotices(tx *vault.Tx, change func([]notice) []notice) error {
	data, err := tx.Setting(noticesSetting)
	if err != nil && !errors.Is(err, vault.ErrView) { // a row that does not open is written over
		return err
	}
	list := change(readNotices(data))
	if data, err = signed.Encode(list); err != nil {
		return fmt.Errorf("keep notices: %w", err)
	}
	return tx.SetSetting(noticesSetting, data)
}

// readNotices takes what changeNotices wrote; what does not read is none.
func readNotices(data []byte) []notice {
	var list []notice
	if len(data) == 0 || signed.Decode(data, noticesLimit, &list) != nil {
		return nil
	}
	return list
}
