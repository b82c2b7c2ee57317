package process

import (
	"errors"

	"golang.org/x/sys/unix"
)

// seclude refuses debuggers too.
func seclude() error { return errors.Join(noCore(), unix.PtraceDenyAttach()) }
