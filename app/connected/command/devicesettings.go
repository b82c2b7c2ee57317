package command

import (
	"cmp"
	"fmt"
	"os"
	"strconv"
)

// toggle is a setting that is on or off, or not said, for flags, the environment and the file.
type toggle string

// String is on, off or nothing.
func (t *toggle) String() string { return string(*t) }

// IsBoolFlag lets the flag stand alone.
func (t *toggle) IsBoolFlag() bool { return true }

// Set reads true or false.
func (t *toggle) Set(text string) error {
	on, err := strconv.ParseBool(text)
	if err != nil {
		return fmt.Errorf("is neither true nor false")
	}
	*t = toggle(strconv.FormatBool(on))
	return nil
}

// UnmarshalTOML reads a boolean.
func (t *toggle) UnmarshalTOML(value any) error { return t.Set(fmt.Sprint(value)) }

func (t toggle) on() bool { return t == "true" }

// devicesMost bounds the setting.
const devicesMost = 1000

// count is how many devices a person may have.
type count int

// String is the number.
func (n *count) String() string { return strconv.Itoa(int(*n)) }

// Set reads a number.
func (n *count) Set(text string) error {
	v, err := strconv.Atoi(text)
	if err != nil || v < 1 || v > devicesMost {
		return fmt.Errorf("is not a number of devices between 1 and %d", devicesMost)
	}
	*n = count(v)
	return nil
}

// completeDevices fills what flags left open about devices.
func (s *settings) completeDevices(file settings) error {
	if text := os.Getenv(environmentApprove); s.Approve == "" && text != "" {
		if err := s.Approve.Set(text); err != nil {
			return &usageError{environmentApprove + " " + err.Error(), "for example: " + environmentApprove + "=true"}
		}
	}
	if text := os.Getenv(environmentDevices); s.Devices == 0 && text != "" {
		if err := s.Devices.Set(text); err != nil {
			return &usageError{environmentDevices + " " + err.Error(), "for example: " + environmentDevices + "=2"}
		}
	}
	s.Approve, s.Devices = cmp.Or(s.Approve, file.Approve), cmp.Or(s.Devices, file.Devices)
	if s.Devices < 0 || s.Devices > devicesMost {
		return fmt.Errorf("read settings: devices_per_person is not between 0 and %d", devicesMost)
	}
	return nil
}
