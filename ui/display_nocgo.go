//go:build !cgo

package ui

// TryDisplay has nothing to try: without cgo there is no window but the tests'.
func TryDisplay() error { return nil }

// HearInput has nothing to hear.
func HearInput(any, func()) {}
