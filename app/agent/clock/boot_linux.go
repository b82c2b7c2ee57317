package clock

import (
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// systemBoot reads the kernel's boot id and CLOCK_BOOTTIME, which counts through sleep and
// which nobody sets.
func systemBoot() func() (string, time.Duration) {
	other := processBoot()
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return other
	}
	name := strings.TrimSpace(string(id))
	return func() (string, time.Duration) {
		var t unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil {
			return other()
		}
		return name, time.Duration(t.Nano())
	}
}
