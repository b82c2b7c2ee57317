//go:build !linux

package factor

import (
	"errors"
	"io"
)

// openDevice: elsewhere the operating system keeps the TPM's storage hierarchy for itself.
func openDevice() (io.ReadWriteCloser, error) {
	return nil, errors.New("not on this operating system")
}
