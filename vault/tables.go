package vault

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/fb"
	"github.com/dgraph-io/badger/v4/table"
	"github.com/dgraph-io/ristretto/v2"
	"github.com/dgraph-io/ristretto/v2/z"
)

// checkTables opens each of Badger's tables in dir as Badger will. Badger does it in goroutines of
// its own, and a table whose end is damaged, or whose index is another vault's, ends the process
// there, beyond any recover, at every unlock. Here it is an error.
func checkTables(dir string, key []byte) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = viewPanic("open view", errors.New("a table is damaged, or another vault's"))
		} else if err != nil {
			err = fmt.Errorf("open view: %w: %w", ErrView, err)
		}
	}()
	file, err := os.Open(filepath.Join(dir, badger.ManifestFilename))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // then Badger opens no table either
	}
	if err != nil {
		return err
	}
	defer file.Close()
	manifest, _, err := badger.ReplayManifestFile(file, 0, badgerOptions(dir, key))
	if err != nil {
		return err
	}
	if len(manifest.Tables) == 0 {
		return nil
	}
	keys, err := badger.OpenKeyRegistry(badger.KeyRegistryOptions{Dir: dir, ReadOnly: true, EncryptionKey: key})
	if err != nil {
		return err
	}
	defer keys.Close()
	indices, err := ristretto.NewCache(&ristretto.Config[uint64, *fb.TableIndex]{NumCounters: 1000, MaxCost: 8 << 20, BufferItems: 64})
	if err != nil {
		return err
	}
	defer indices.Close()
	for id, t := range manifest.Tables {
		dataKey, err := keys.DataKey(t.KeyID)
		if err != nil {
			return err
		}
		if err := checkTable(table.NewFilename(id, dir), table.Options{ReadOnly: true, Compression: t.Compression, DataKey: dataKey, IndexCache: indices}); err != nil {
			return err
		}
	}
	return nil
}

func checkTable(path string, o table.Options) error {
	if err := checkTableEnd(path); err != nil {
		return err
	}
	file, err := z.OpenMmapFile(path, os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	defer file.Close(-1) // and never t.DecrRef, which deletes the file
	_, err = table.OpenTable(file, o)
	return err
}

const tableSumLimit = 64 // bytes; Badger's is a small protobuf

// checkTableEnd looks at a table's last fields, whose sizes must fit in it: index, length of the
// index, sum, length of the sum.
func checkTableEnd(path string) error {
	damaged := errors.New("a table's end is damaged")
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	end := info.Size()
	number := func() (int64, error) { // the one that ends at end
		var b [4]byte
		if end -= 4; end < 0 {
			return 0, damaged
		}
		_, err := file.ReadAt(b[:], end)
		return int64(binary.BigEndian.Uint32(b[:])), err
	}
	sum, err := number()
	if err != nil {
		return err
	}
	if end -= sum; sum > tableSumLimit {
		return damaged
	}
	index, err := number()
	if err != nil {
		return err
	}
	if index == 0 || index > end {
		return damaged
	}
	return nil
}
