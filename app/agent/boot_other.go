//go:build !linux

package agent

import "time"

// systemBoot knows no boot id here: each start of the program counts as a new boot, which
// makes the clock's word weaker and never wrong.
func systemBoot() func() (string, time.Duration) { return processBoot() }
