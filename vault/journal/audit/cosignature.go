package audit

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"handslag/identity"
	"handslag/identity/signed"
)

// A device that has seen the log grow consistently signs the checkpoint beside the organisation: C2SP
// tlog-cosignature, "cosignature/v1", by the witness key that its credential binds. What it says is: of this
// log, the consistent one with the most leaves that I had seen at that time had this root.

// Cosignature is one witness's, of a checkpoint that stands elsewhere.
type Cosignature struct {
	Device    identity.DeviceID
	KeyID     uint32 // of the witness key and its name, as signed notes tell keys apart
	At        uint64 // POSIX time by the witness's clock, seconds
	Signature [ed25519.SignatureSize]byte
}

// Bounds of a checkpoint with its cosignatures.
const (
	MaxCosignatures = 64
	CosignedLimit   = CheckpointLimit + MaxCosignatures*cosignatureLine
	cosignatureLine = 256 // bytes, and more than one takes
)

// ErrCosignature says that a witness's signature is none, or of something else.
var ErrCosignature = errors.New("cosignature is not valid")

const (
	signatureMark  = "— "
	witnessOrigin  = "handslag.witness/"
	algCosignature = 4 // the key's type in signed notes: Ed25519, timestamped
)

// Time is when the witness signed, by its clock.
func (s Cosignature) Time() signed.Time { return signed.Time(s.At) * 1_000_000 }

// message is what a witness signs: a header, its time, and the checkpoint's text.
func (c Checkpoint) message(at uint64) []byte {
	return fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", at, c.text())
}

// Cosign is the checkpoint's cosignature by device, whose witness key is given and signs with sign.
func (c Checkpoint) Cosign(device identity.DeviceID, key signed.Key, at signed.Time, sign func([]byte) ([]byte, error)) (Cosignature, error) {
	if at <= 0 || c.Size < 0 {
		return Cosignature{}, fmt.Errorf("cosign: %w", ErrCosignature)
	}
	s := Cosignature{Device: device, KeyID: witnessID(device, key), At: uint64(at) / 1_000_000}
	signature, err := sign(c.message(s.At))
	if err != nil {
		return Cosignature{}, fmt.Errorf("cosign: %w", err)
	}
	if copy(s.Signature[:], signature) != len(signature) || s.Check(c, key) != nil {
		return Cosignature{}, fmt.Errorf("cosign: %w: of another key", ErrCosignature)
	}
	return s, nil
}

func witnessID(device identity.DeviceID, key signed.Key) uint32 {
	return keyID(witnessOrigin+string(device), algCosignature, key.Bytes)
}

// Check says whether the cosignature is of c, by the device's witness key.
func (s Cosignature) Check(c Checkpoint, key signed.Key) error {
	if key.Check() != nil || s.KeyID != witnessID(s.Device, key) || !ed25519.Verify(key.Bytes, c.message(s.At), s.Signature[:]) {
		return fmt.Errorf("check cosignature: %w", ErrCosignature)
	}
	return nil
}

// line is the cosignature as a signed note has it.
func (s Cosignature) line() string {
	data := binary.BigEndian.AppendUint32(nil, s.KeyID)
	data = binary.BigEndian.AppendUint64(data, s.At)
	data = append(data, s.Signature[:]...)
	return signatureMark + witnessOrigin + string(s.Device) + " " + base64.StdEncoding.EncodeToString(data) + "\n"
}

func readCosignature(line string) (Cosignature, error) {
	var s Cosignature
	name, text, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(line, signatureMark+witnessOrigin), "\n"), " ")
	device, err := identity.ParseDeviceID(name)
	if err != nil {
		return s, fmt.Errorf("read cosignature: %w: no device", ErrCosignature)
	}
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(data) != 4+8+len(s.Signature) {
		return s, fmt.Errorf("read cosignature: %w: no signature", ErrCosignature)
	}
	s.Device, s.KeyID, s.At = device, binary.BigEndian.Uint32(data), binary.BigEndian.Uint64(data[4:])
	copy(s.Signature[:], data[12:])
	if s.At > math.MaxInt64/1_000_000 || s.line() != line {
		return s, fmt.Errorf("read cosignature: %w: written in another way", ErrCosignature)
	}
	return s, nil
}

// Cosigned is a checkpoint as its log signed it, with cosignatures behind it.
func Cosigned(note []byte, all ...Cosignature) []byte {
	note = bytes.Clone(note)
	for _, s := range all {
		note = append(note, s.line()...)
	}
	return note
}

// SplitCosigned takes apart what Cosigned put together: the checkpoint with the log's signatures, and the
// witnesses' behind them, each once. Nothing is verified yet.
func SplitCosigned(data []byte) (note []byte, all []Cosignature, err error) {
	if len(data) > CosignedLimit {
		return nil, nil, fmt.Errorf("read checkpoint: %w", signed.ErrTooLarge)
	}
	begin := bytes.Index(data, []byte("\n"+signatureMark+witnessOrigin))
	if begin < 0 {
		return data, nil, nil
	}
	note = data[:begin+1]
	for line := range strings.Lines(string(data[begin+1:])) {
		s, err := readCosignature(line)
		if err != nil {
			return nil, nil, err
		}
		twice := slices.ContainsFunc(all, func(other Cosignature) bool { return other.Device == s.Device })
		if twice || len(all) == MaxCosignatures {
			return nil, nil, fmt.Errorf("read checkpoint: %w: a witness twice, or too many", ErrCosignature)
		}
		all = append(all, s)
	}
	return note, all, nil
}
