package factor

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/google/go-tpm/tpm2"
	"github.com/google/go-tpm/tpm2/transport"
)

// sealedNote is a sealed object outside its TPM: three TPM2B structures (part 2, §10.4) one after the
// other. Only the TPM that made it, and since it was last cleared, can load it.
type sealedNote struct {
	parent  []byte // name of the storage key
	public  []byte
	private []byte // encrypted by the storage key
}

func (n sealedNote) encode() []byte {
	var out []byte
	for _, part := range [][]byte{n.parent, n.public, n.private} {
		out = binary.BigEndian.AppendUint16(out, uint16(len(part)))
		out = append(out, part...)
	}
	return out
}

func parseSealed(note []byte) (sealedNote, error) {
	var n sealedNote
	rest := note
	for _, part := range []*[]byte{&n.parent, &n.public, &n.private} {
		if len(rest) < 2 {
			return sealedNote{}, fmt.Errorf("no note of a TPM: %w", ErrMissing)
		}
		size := int(binary.BigEndian.Uint16(rest))
		if size == 0 || size > len(rest)-2 {
			return sealedNote{}, fmt.Errorf("no note of a TPM: %w", ErrMissing)
		}
		*part, rest = rest[2:2+size], rest[2+size:]
	}
	if len(rest) > 0 || len(note) > NoteLimit {
		return sealedNote{}, fmt.Errorf("no note of a TPM: %w", ErrMissing)
	}
	return n, nil
}

// Seal makes a sealed object of secret. The TPM keeps nothing of it.
func (t *TPM) Seal(_ string, secret, auth []byte) ([]byte, error) {
	word, secret := word(auth), bytes.Clone(secret) // the caller's are wiped, and the TPM may still be at it
	return speak(t, func(chip transport.TPM) ([]byte, error) {
		key, flushed, err := storageKey(chip)
		if err != nil {
			return nil, err
		}
		defer flushed()
		session, err := whisper(key, nil, inward)
		if err != nil {
			return nil, err
		}
		made, err := tpm2.Create{
			ParentHandle: tpm2.AuthHandle{Handle: key.ObjectHandle, Name: key.Name, Auth: session},
			InSensitive: tpm2.TPM2BSensitiveCreate{Sensitive: &tpm2.TPMSSensitiveCreate{
				UserAuth: tpm2.TPM2BAuth{Buffer: word},
				Data:     tpm2.NewTPMUSensitiveCreate(&tpm2.TPM2BSensitiveData{Buffer: secret}),
			}},
			InPublic: tpm2.New2B(tpm2.TPMTPublic{
				Type: tpm2.TPMAlgKeyedHash, NameAlg: tpm2.TPMAlgSHA256,
				// Without NoDA: a wrong auth counts towards the lockout.
				ObjectAttributes: tpm2.TPMAObject{FixedTPM: true, FixedParent: true, UserWithAuth: true},
			}),
		}.Execute(chip)
		if err != nil {
			return nil, err
		}
		return sealedNote{parent: key.Name.Buffer, public: made.OutPublic.Bytes(), private: made.OutPrivate.Buffer}.encode(), nil
	})
}

// Unseal gives back what Seal sealed, ErrRefused for a wrong auth, which the TPM counts, and
// ErrLocked once it has counted enough of them.
func (t *TPM) Unseal(_ string, note, auth []byte) ([]byte, error) {
	n, err := parseSealed(note)
	if err != nil {
		return nil, err
	}
	word := word(auth)
	return speak(t, func(chip transport.TPM) ([]byte, error) {
		key, flushed, err := storageKey(chip)
		if err != nil {
			return nil, err
		}
		defer flushed()
		if !bytes.Equal(key.Name.Buffer, n.parent) {
			return nil, fmt.Errorf("another TPM, or one that was cleared: %w", ErrMissing)
		}
		object, err := tpm2.Load{
			ParentHandle: tpm2.AuthHandle{Handle: key.ObjectHandle, Name: key.Name, Auth: tpm2.PasswordAuth(nil)},
			InPrivate:    tpm2.TPM2BPrivate{Buffer: n.private},
			InPublic:     tpm2.BytesAs2B[tpm2.TPMTPublic](n.public),
		}.Execute(chip)
		var wrong tpm2.TPMFmt1Error
		if errors.As(err, &wrong) {
			if parameter, _ := wrong.Parameter(); parameter { // whatever it dislikes about the note, it is none that it made
				return nil, fmt.Errorf("load: %w: %w", ErrMissing, err)
			}
		}
		if err != nil {
			return nil, err
		}
		defer flush(chip, object.ObjectHandle)()
		session, err := whisper(key, word, outward)
		if err != nil {
			return nil, err
		}
		answer, err := tpm2.Unseal{
			ItemHandle: tpm2.AuthHandle{Handle: object.ObjectHandle, Name: object.Name, Auth: session},
		}.Execute(chip)
		if err != nil {
			return nil, err
		}
		return answer.OutData.Buffer, nil
	})
}
