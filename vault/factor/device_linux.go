package factor

import (
	"io"
	"os"
)

// openDevice opens the kernel's resource manager, which keeps programs that share the TPM apart.
// Debian gives it to the group tss.
func openDevice() (io.ReadWriteCloser, error) { return os.OpenFile("/dev/tpmrm0", os.O_RDWR, 0) }
