package gate

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"path"

	"handslag/app/connected/gate/internal/importline"
	"handslag/app/connected/gate/internal/store"
	"handslag/identity"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// importFiles bounds the files of one import together, in bytes: it is one transaction. Larger
// ones are for Attach.
const importFiles = 256 << 20

// attachment takes an attachment line: its file is read once for its hash, which tells whether it
// is the same as the last time, and once to be encrypted.
func (in *importer) attachment(ctx context.Context, line importline.Line) (change, error) {
	if identity.CheckOpaque(line.ID) != nil || identity.CheckOpaque(line.Record) != nil || line.File == "" || in.files == nil {
		return 0, fmt.Errorf("%w: id, record or file", ErrInput)
	}
	file, err := in.files.Open(line.File)
	if err != nil {
		return 0, fmt.Errorf("%w: file can not be opened; its path is read from the folder of the lines", ErrInput) // its name may be personal
	}
	defer file.Close()
	info, err := file.Stat()
	at, ok := file.(io.ReaderAt)
	if err != nil || !ok || !info.Mode().IsRegular() {
		return 0, fmt.Errorf("%w: file can not be read", ErrInput)
	}
	if in.bytes += info.Size(); in.bytes > importFiles {
		return 0, fmt.Errorf("%w: more than %d MiB of files in one import; connected attach takes larger ones", ErrInput, importFiles>>20)
	}
	mac, err := in.fileMAC(line, at, info)
	if err != nil {
		return 0, err
	}
	old, err := in.tx.Attachment(ctx, line.ID)
	switch {
	case store.Missing(err):
	case err != nil:
		return 0, err
	case bytes.Equal(old.LineMac, mac):
		return unchanged, nil
	default:
		return 0, fmt.Errorf("%w: an attachment can not change; another file has another ID", ErrInput)
	}
	name := line.Name
	if name == "" {
		name = path.Base(line.File)
	}
	var a record.Attachment
	_, finish, err := in.g.attach(ctx, NewAttachment{ID: journal.AttachmentID(line.ID), Record: journal.RecordID(line.Record),
		Name: name, File: at, Size: info.Size(), mac: mac}, func(_ context.Context, act func(*store.Tx) error) error { return act(in.tx) }, &a)
	if err != nil {
		return 0, err
	}
	return added, finish(ctx, in.tx)
}

func (in *importer) fileMAC(line importline.Line, file io.ReaderAt, info fs.FileInfo) ([]byte, error) {
	h := sha256.New()
	if _, err := io.Copy(h, io.NewSectionReader(file, 0, info.Size())); err != nil {
		return nil, fmt.Errorf("read file: %w", err)
	}
	data, err := json.Marshal(line)
	if err != nil {
		return nil, err
	}
	return in.tx.MAC("import-file", h.Sum(data)), nil
}
