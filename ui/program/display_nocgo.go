//go:build !cgo

package program

// TryDisplay has nothing to try: without cgo there is no window but the tests'.
func TryDisplay() error { return nil }

// HearInput has nothing to hear.
func HearInput(any, func()) {}
