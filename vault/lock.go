package vault

import (
	"fmt"
	"os"
)

// lock takes the vault for this process. The operating system holds it, so it ends with
// the process however that ends. It returns ErrOpenElsewhere when another has it, be it
// in this same process.
func (f folder) lock() (*os.File, error) {
	file, err := os.OpenFile(f.path(lockName), os.O_RDWR|os.O_CREATE, fileMode)
	if err != nil {
		return nil, named("lock the vault", err)
	}
	taken, err := tryLock(file)
	if err != nil {
		file.Close()
		return nil, named("lock the vault", err)
	}
	if !taken {
		file.Close()
		return nil, fmt.Errorf("lock the vault: %w", ErrOpenElsewhere)
	}
	return file, nil
}
