//go:build !linux && !darwin && !windows

package clock

import "time"

// systemBoot knows no name of the boot here: each start of the program counts as a new one, which
// makes the clock's word weaker. What the machine sleeps Go's clock may leave out.
func systemBoot() func() (string, time.Duration) { return processBoot() }
