package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// The files of a journal, segments and what a device keeps beside them, begin alike, in this
// version and in every later one: magic (6 bytes), version (u16), length of what follows (u32),
// CRC-32C over version, length and what follows (u32), all big-endian. So a flipped bit in the
// version is damage, and only a whole header of another version is a foreign format.
const (
	FileVersion    = 1
	FilePrefix     = 6 + 2 + 4 + 4 // bytes before the body
	FileBodyLimit  = 64 << 10      // bytes after the prefix; a wild length allocates nothing
	versionOffset  = 6
	lengthOffset   = 8
	checksumOffset = 12
)

// Errors of files; their callers walk around damage and stop at another format.
var (
	ErrFileFormat  = errors.New("the journal is of another format")
	ErrFileDamaged = errors.New("damaged")
)

// castagnoli finds accidents; forgeries are found by the AEAD and the signature.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(parts ...[]byte) uint32 {
	var sum uint32
	for _, part := range parts {
		sum = crc32.Update(sum, castagnoli, part)
	}
	return sum
}

// WrapFile is the beginning of a file: magic, 6 bytes, and body behind its prefix.
func WrapFile(magic string, body []byte) []byte {
	out := make([]byte, 0, FilePrefix+len(body))
	out = append(out, magic...)
	out = binary.BigEndian.AppendUint16(out, FileVersion)
	out = binary.BigEndian.AppendUint32(out, uint32(len(body)))
	out = binary.BigEndian.AppendUint32(out, checksum(out[versionOffset:checksumOffset], body))
	return append(out, body...)
}

// UnwrapFile returns the body and where it ends. It returns ErrFileFormat for a whole one of
// another version and ErrFileDamaged for anything else that it can not read.
func UnwrapFile(magic string, data []byte) (body []byte, end int, err error) {
	if len(data) < FilePrefix || string(data[:versionOffset]) != magic {
		return nil, 0, fmt.Errorf("read beginning: %w", ErrFileDamaged)
	}
	length := int64(binary.BigEndian.Uint32(data[lengthOffset:]))
	if length > FileBodyLimit || length > int64(len(data)-FilePrefix) {
		return nil, 0, fmt.Errorf("read length: %w", ErrFileDamaged)
	}
	end = FilePrefix + int(length)
	body = data[FilePrefix:end]
	if checksum(data[versionOffset:checksumOffset], body) != binary.BigEndian.Uint32(data[checksumOffset:]) {
		return nil, 0, fmt.Errorf("check beginning: %w", ErrFileDamaged)
	}
	if version := binary.BigEndian.Uint16(data[versionOffset:]); version != FileVersion {
		return nil, 0, fmt.Errorf("read version %d: %w", version, ErrFileFormat)
	}
	return body, end, nil
}
