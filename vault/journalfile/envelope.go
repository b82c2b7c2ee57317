package journalfile

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// Both files of the folder, segments and the receipt cursor, begin alike, in this version and
// in every later one: magic (6 bytes), version (u16), length of what follows (u32), CRC-32C
// over version, length and what follows (u32), all big-endian. So a flipped bit in the
// version is damage, and only a whole header of another version is a foreign format.
const (
	segmentMagic = "HSJRNL"
	cursorMagic  = "HSRCPT"

	formatVersion  = 1
	prefixSize     = 6 + 2 + 4 + 4
	envelopeLimit  = 64 << 10 // bytes after the prefix; a wild length allocates nothing
	versionOffset  = 6
	lengthOffset   = 8
	checksumOffset = 12
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

func wrapEnvelope(magic string, body []byte) []byte {
	out := make([]byte, 0, prefixSize+len(body))
	out = append(out, magic...)
	out = binary.BigEndian.AppendUint16(out, formatVersion)
	out = binary.BigEndian.AppendUint32(out, uint32(len(body)))
	out = binary.BigEndian.AppendUint32(out, checksum(out[versionOffset:checksumOffset], body))
	return append(out, body...)
}

// unwrapEnvelope returns the body and where it ends. It returns ErrFormat for a whole one of
// another version and errDamaged for anything else that it can not read.
func unwrapEnvelope(magic string, data []byte) (body []byte, end int, err error) {
	if len(data) < prefixSize || string(data[:versionOffset]) != magic {
		return nil, 0, fmt.Errorf("read beginning: %w", errDamaged)
	}
	length := int64(binary.BigEndian.Uint32(data[lengthOffset:]))
	if length > envelopeLimit || length > int64(len(data)-prefixSize) {
		return nil, 0, fmt.Errorf("read length: %w", errDamaged)
	}
	end = prefixSize + int(length)
	body = data[prefixSize:end]
	if checksum(data[versionOffset:checksumOffset], body) != binary.BigEndian.Uint32(data[checksumOffset:]) {
		return nil, 0, fmt.Errorf("check beginning: %w", errDamaged)
	}
	if version := binary.BigEndian.Uint16(data[versionOffset:]); version != formatVersion {
		return nil, 0, fmt.Errorf("read version %d: %w", version, ErrFormat)
	}
	return body, end, nil
}
