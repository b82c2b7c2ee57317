package clock

import (
	"time"

	"golang.org/x/sys/windows"
)

// systemBoot counts from the start of this process on the system's ticks, which go on through sleep and
// hibernation and which nobody sets. It knows no name of the boot here, so each start of the program
// counts as a new one, which makes the clock's word weaker and never wrong.
func systemBoot() func() (string, time.Duration) {
	id, start := newProcess(), windows.DurationSinceBoot()
	return func() (string, time.Duration) { return id, windows.DurationSinceBoot() - start }
}
