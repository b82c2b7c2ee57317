package journalfile

import (
	"fmt"

	"handslag/vault/disk"
)

// Reserve is how many bytes of the segment that is being written stay beyond what ordinary entries
// may use, so that a full disk still takes the last ones: more than a hundred of them.
//
// The space is written with zeroes and synced before it is promised. A file system that
// never writes in place (Btrfs, ZFS), or thin provisioning below, may still refuse it.
const Reserve = 64 << 10

// spaceStep is how many bytes are made ready at a time. Writing into them changes no file's size,
// so that a sync waits for the entry alone.
const spaceStep = 256 << 10

// wholeBlocks is n bytes, and what they lack to whole blocks of a disk.
func wholeBlocks(n int) int { return (n + disk.Block - 1) / disk.Block * disk.Block }

// zeroes is data with zeroes behind it up to size.
func zeroes(data []byte, size int) []byte {
	return append(data[:len(data):len(data)], make([]byte, size-len(data))...)
}

// makeReady sees to it that n bytes, and the reserve beyond them, fit into the space that is
// durable.
func (f *File) makeReady(n int) error {
	a := f.active
	need := a.synced + n + f.cfg.reserve
	if need <= a.space {
		return nil
	}
	size := wholeBlocks(need + f.cfg.step)
	_, err := a.file.WriteAt(make([]byte, size-a.space), int64(a.space))
	if err == nil {
		err = a.file.Sync()
	}
	if err == nil {
		a.space = size
		return nil
	}
	if disk.IsFull(err) {
		_ = a.file.Truncate(int64(a.space)) // what came of it is zero, and somebody else may need the room
	} else {
		a.broken = true
	}
	return fmt.Errorf("make space: %w", err)
}

// end closes the file of a segment that is written no more, without the space that it did not
// need: if that comes back after a power cut, it is zero.
func (a *active) end() error {
	var err error
	if a.file != nil {
		if !a.broken {
			_ = a.file.Truncate(int64(a.synced))
		}
		err = a.file.Close()
		a.file = nil
	}
	a.destroy()
	return err
}
