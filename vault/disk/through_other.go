//go:build !linux

package disk

import "os"

func openThrough(*os.File) *os.File { return nil }

func noThrough(error) bool { return false }
