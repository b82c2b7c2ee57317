//go:build unix && !linux && !darwin

package process

func seclude() error { return noCore() }
