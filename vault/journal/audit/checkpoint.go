package audit

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"handslag/identity"
	"handslag/identity/signed"
)

// Checkpoint is the organisation's word on what its audit log holds: so many leaves, with that root.
type Checkpoint struct {
	Org  identity.OrgID
	Size int64
	Root Hash

	// Generation of the log: 1, and after each restore from a backup the next; 0 stands for 1. An
	// extension line says it where it is not 1.
	Generation uint64
}

// InGeneration is the generation, never 0.
func (c Checkpoint) InGeneration() uint64 { return max(c.Generation, 1) }

// CheckpointLimit bounds a signed checkpoint, in bytes.
const CheckpointLimit = 2 << 10

// origin names an organisation's log (C2SP tlog-checkpoint), and the key that signs for it.
func origin(org identity.OrgID) string { return originOf + string(org) }

const originOf = "handslag.log/"

const generationLine = "generation "

// text is the checkpoint as it is signed: origin, size and root, a line each.
func (c Checkpoint) text() string {
	text := fmt.Sprintf("%s\n%d\n%s\n", origin(c.Org), c.Size, base64.StdEncoding.EncodeToString(c.Root[:]))
	if c.InGeneration() > 1 {
		text += fmt.Sprintf("%s%d\n", generationLine, c.Generation)
	}
	return text
}

// Sign is the checkpoint as a signed note, by the organisation's log key and by former ones beside it,
// for who has not heard of the new one yet; nil stands for none.
func (c Checkpoint) Sign(key *signed.PrivateKey, former ...*signed.PrivateKey) ([]byte, error) {
	if c.Size < 0 {
		return nil, fmt.Errorf("sign checkpoint: %w", ErrCheckpoint)
	}
	var signers []note.Signer
	for _, k := range append([]*signed.PrivateKey{key}, former...) {
		if k != nil {
			signers = append(signers, noteKey{name: origin(c.Org), public: k.Public().Bytes, private: k.Ed25519()})
		}
	}
	out, err := note.Sign(&note.Note{Text: c.text()}, signers...)
	if err != nil {
		return nil, fmt.Errorf("sign checkpoint: %w", err)
	}
	return out, nil
}

// OpenCheckpoint verifies a checkpoint of org under its log keys, of which one must have signed.
// Signatures of others, witnesses, are passed over.
func OpenCheckpoint(data []byte, org identity.OrgID, log []signed.Key) (Checkpoint, error) {
	if len(data) > CheckpointLimit {
		return Checkpoint{}, fmt.Errorf("open checkpoint: %w", signed.ErrTooLarge)
	}
	var known []note.Verifier
	for i, key := range log {
		if key.Check() == nil && !slices.ContainsFunc(log[:i], key.Equal) { // two of one name would be ambiguous
			known = append(known, noteKey{name: origin(org), public: key.Bytes})
		}
	}
	n, err := note.Open(data, note.VerifierList(known...))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("open checkpoint: %w: %w", ErrCheckpoint, err)
	}
	c, err := readText(n.Text)
	if err == nil && c.Org != org {
		err = fmt.Errorf("%w: another log's", ErrCheckpoint)
	}
	if err != nil {
		return Checkpoint{}, fmt.Errorf("open checkpoint: %w", err)
	}
	return c, nil
}

// ReadCheckpoint reads a checkpoint that was verified before, or is to be: it asks for no signature.
func ReadCheckpoint(data []byte) (Checkpoint, error) {
	if len(data) > CheckpointLimit {
		return Checkpoint{}, fmt.Errorf("read checkpoint: %w", signed.ErrTooLarge)
	}
	text, _, found := strings.Cut(string(data), "\n\n")
	c, err := readText(text + "\n")
	if err != nil || !found {
		return Checkpoint{}, fmt.Errorf("read checkpoint: %w", ErrCheckpoint)
	}
	return c, nil
}

// readText reads what text wrote, and nothing else.
func readText(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	name, ours := strings.CutPrefix(lines[0], originOf)
	if len(lines) < 4 || len(lines) > 5 || !ours {
		return Checkpoint{}, fmt.Errorf("%w: another log's", ErrCheckpoint)
	}
	c := Checkpoint{Org: identity.OrgID(name)}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != len(c.Root) {
		return Checkpoint{}, fmt.Errorf("%w: no root", ErrCheckpoint)
	}
	copy(c.Root[:], root)
	if len(lines) == 5 {
		number, _ := strings.CutPrefix(lines[3], generationLine)
		if c.Generation, err = strconv.ParseUint(number, 10, 64); err != nil {
			return Checkpoint{}, fmt.Errorf("%w: no generation", ErrCheckpoint)
		}
	}
	if c.Size, err = strconv.ParseInt(lines[1], 10, 64); err != nil || c.Size < 0 || c.text() != text {
		return Checkpoint{}, fmt.Errorf("%w: no size", ErrCheckpoint)
	}
	return c, nil
}

// noteKey is a log key as signed-note knows it: type 1, Ed25519.
type noteKey struct {
	name    string
	public  []byte
	private ed25519.PrivateKey // nil where it only verifies
}

// Name is the log's.
func (k noteKey) Name() string { return k.name }

// KeyHash tells the key from others of its name.
func (k noteKey) KeyHash() uint32 { return keyID(k.name, algEd25519, k.public) }

const algEd25519 = 1

// keyID tells keys of signed notes apart: SHA-256(name ‖ newline ‖ type ‖ public key), the first four bytes.
func keyID(name string, alg byte, public []byte) uint32 {
	sum := sha256.Sum256(bytes.Join([][]byte{[]byte(name), {'\n', alg}, public}, nil))
	return binary.BigEndian.Uint32(sum[:])
}

// Sign signs the note's text.
func (k noteKey) Sign(text []byte) ([]byte, error) { return ed25519.Sign(k.private, text), nil }

// Verify reports whether sig is the key's.
func (k noteKey) Verify(text, sig []byte) bool {
	return len(k.public) == ed25519.PublicKeySize && ed25519.Verify(k.public, text, sig)
}
