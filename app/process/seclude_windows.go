package process

import "golang.org/x/sys/windows"

// seclude keeps a crash from Windows Error Reporting, which would write memory to disk. An
// administrator who has set up LocalDumps still gets one, and programs of the same user may
// still read this one's memory.
func seclude() error {
	windows.SetErrorMode(windows.SEM_FAILCRITICALERRORS | windows.SEM_NOGPFAULTERRORBOX | windows.SEM_NOOPENFILEERRORBOX)
	return nil
}
