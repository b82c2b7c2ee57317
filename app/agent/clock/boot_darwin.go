package clock

import (
	"time"

	"golang.org/x/sys/unix"
)

// systemBoot reads the kernel's name of this boot and CLOCK_MONOTONIC_RAW, which counts through
// sleep here, as Go's own monotonic clock does not, and which nobody sets.
func systemBoot() func() (string, time.Duration) {
	name, err := unix.Sysctl("kern.bootsessionuuid")
	if err != nil || name == "" {
		name = newProcess()
	}
	return func() (string, time.Duration) {
		var t unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_MONOTONIC_RAW, &t); err != nil {
			return name, 0 // it never fails for a clock that there is
		}
		return name, time.Duration(t.Nano())
	}
}
