package factor

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/google/go-tpm/tpm2"
	"github.com/google/go-tpm/tpm2/transport"
)

// The replaced secret lies in an ordinary NV index, read and written with an auth of 32 bytes
// alone: that is no word that anybody could guess, so its misuse does not count towards the
// lockout. Whoever owns the storage hierarchy can remove the index, as they can remove the
// vault, but not read it. Its policy, which nothing may use, is a tag that says whose it is.
const (
	firstIndex  = 0x01800000 // to 0x01BFFFFF: owner's (TCG Registry of Reserved TPM 2.0 Handles)
	lastIndex   = 0x01BFFFFF
	indexSize   = 32
	indexTries  = 8  // for a free handle among 4 million
	indexPages  = 64 // of handles, at most
	handlesPage = 64
)

var indexAttributes = tpm2.TPMANV{AuthRead: true, AuthWrite: true, NoDA: true, WriteAll: true, NT: tpm2.TPMNTOrdinary}

func indexTag(vault string) []byte {
	tag := sha256.Sum256([]byte("handslag/1/tpm-index\x00" + vault))
	return tag[:]
}

func indexPublic(vault string, handle tpm2.TPMHandle) tpm2.TPMSNVPublic {
	return tpm2.TPMSNVPublic{
		NVIndex: handle, NameAlg: tpm2.TPMAlgSHA256, Attributes: indexAttributes,
		AuthPolicy: tpm2.TPM2BDigest{Buffer: indexTag(vault)}, DataSize: indexSize,
	}
}

// Place makes an NV index with secret in it, in place of any that the vault had.
func (t *TPM) Place(vault string, secret, auth []byte) ([]byte, error) {
	word, secret := word(auth), bytes.Clone(secret) // the caller's are wiped, and the TPM may still be at it
	return speak(t, func(chip transport.TPM) ([]byte, error) {
		if err := removeIndexes(chip, vault); err != nil {
			return nil, err
		}
		key, flushed, err := storageKey(chip)
		if err != nil {
			return nil, err
		}
		defer flushed()
		handle, err := defineIndex(chip, key, vault, word)
		if err != nil {
			return nil, err
		}
		if err := writeIndex(chip, key, vault, handle, secret, word); err != nil {
			return nil, errors.Join(err, removeIndexes(chip, vault))
		}
		return binary.BigEndian.AppendUint32(nil, uint32(handle)), nil
	})
}

func defineIndex(chip transport.TPM, key *tpm2.CreatePrimaryResponse, vault string, word []byte) (tpm2.TPMHandle, error) {
	for range indexTries {
		var free [4]byte
		rand.Read(free[:])
		handle := tpm2.TPMHandle(firstIndex + binary.BigEndian.Uint32(free[:])%(lastIndex-firstIndex+1))
		session, err := whisper(key, nil, inward)
		if err != nil {
			return 0, err
		}
		_, err = tpm2.NVDefineSpace{
			AuthHandle: tpm2.AuthHandle{Handle: tpm2.TPMRHOwner, Auth: session},
			Auth:       tpm2.TPM2BAuth{Buffer: word},
			PublicInfo: tpm2.New2B(indexPublic(vault, handle)),
		}.Execute(chip)
		if errors.Is(err, tpm2.TPMRCNVDefined) {
			continue
		}
		return handle, err
	}
	return 0, fmt.Errorf("no free NV index: %w", ErrAway)
}

// Read gives the secret in the index.
func (t *TPM) Read(vault string, note, auth []byte) ([]byte, error) {
	handle, err := parseIndex(note)
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
		return readIndex(chip, key, vault, handle, word)
	})
}

// Replace puts secret in the place of the one before; the TPM writes it through. It reads it
// back, because what depends on it is destroyed next.
func (t *TPM) Replace(vault string, note, secret, auth []byte) error {
	handle, err := parseIndex(note)
	if err != nil {
		return err
	}
	word, secret := word(auth), bytes.Clone(secret)
	_, err = speak(t, func(chip transport.TPM) (done, error) {
		key, flushed, err := storageKey(chip)
		if err != nil {
			return done{}, err
		}
		defer flushed()
		return done{}, writeIndex(chip, key, vault, handle, secret, word)
	})
	return err
}

func writeIndex(chip transport.TPM, key *tpm2.CreatePrimaryResponse, vault string, handle tpm2.TPMHandle, secret, word []byte) error {
	name, err := indexName(chip, vault, handle)
	if err != nil {
		return err
	}
	session, err := whisper(key, word, inward)
	if err != nil {
		return err
	}
	if _, err := (tpm2.NVWrite{
		AuthHandle: tpm2.AuthHandle{Handle: handle, Name: name, Auth: session},
		NVIndex:    tpm2.NamedHandle{Handle: handle, Name: name},
		Data:       tpm2.TPM2BMaxNVBuffer{Buffer: secret},
	}).Execute(chip); err != nil {
		return err
	}
	back, err := readIndex(chip, key, vault, handle, word)
	if err != nil {
		return err
	}
	defer clear(back)
	if !bytes.Equal(back, secret) {
		return fmt.Errorf("the NV index gives back something else: %w", ErrAway)
	}
	return nil
}

func readIndex(chip transport.TPM, key *tpm2.CreatePrimaryResponse, vault string, handle tpm2.TPMHandle, word []byte) ([]byte, error) {
	name, err := indexName(chip, vault, handle)
	if err != nil {
		return nil, err
	}
	session, err := whisper(key, word, outward)
	if err != nil {
		return nil, err
	}
	answer, err := tpm2.NVRead{
		AuthHandle: tpm2.AuthHandle{Handle: handle, Name: name, Auth: session},
		NVIndex:    tpm2.NamedHandle{Handle: handle, Name: name},
		Size:       indexSize,
	}.Execute(chip)
	if err != nil {
		return nil, err
	}
	return answer.Data.Buffer, nil
}

// indexName is the name of the vault's own index, which sessions are bound to; ErrMissing for
// any other.
func indexName(chip transport.TPM, vault string, handle tpm2.TPMHandle) (tpm2.TPM2BName, error) {
	answer, err := tpm2.NVReadPublic{NVIndex: handle}.Execute(chip)
	if errors.Is(err, tpm2.TPMRCHandle) {
		err = fmt.Errorf("no such NV index: %w: %w", ErrMissing, err)
	}
	if err != nil {
		return tpm2.TPM2BName{}, err
	}
	public, err := answer.NVPublic.Contents()
	if err != nil {
		return tpm2.TPM2BName{}, err
	}
	if !bytes.Equal(public.AuthPolicy.Buffer, indexTag(vault)) || public.DataSize != indexSize {
		return tpm2.TPM2BName{}, fmt.Errorf("another's NV index: %w", ErrMissing)
	}
	return answer.NVName, nil
}

// Remove takes away every index that is the vault's.
func (t *TPM) Remove(vault string) error {
	_, err := speak(t, func(chip transport.TPM) (done, error) { return done{}, removeIndexes(chip, vault) })
	return err
}

// Forget does as Remove: of the sealed object the TPM keeps nothing.
func (t *TPM) Forget(vault string) error { return t.Remove(vault) }

func removeIndexes(chip transport.TPM, vault string) error {
	handles, err := listIndexes(chip)
	if err != nil {
		return err
	}
	for _, handle := range handles {
		name, err := indexName(chip, vault, handle)
		if errors.Is(err, ErrMissing) {
			continue
		}
		if err != nil {
			return err
		}
		if _, err := (tpm2.NVUndefineSpace{
			AuthHandle: tpm2.AuthHandle{Handle: tpm2.TPMRHOwner, Auth: tpm2.PasswordAuth(nil)},
			NVIndex:    tpm2.NamedHandle{Handle: handle, Name: name},
		}).Execute(chip); err != nil {
			return err
		}
	}
	return nil
}

func listIndexes(chip transport.TPM) ([]tpm2.TPMHandle, error) {
	var all []tpm2.TPMHandle
	next := uint32(firstIndex)
	for range indexPages {
		answer, err := tpm2.GetCapability{Capability: tpm2.TPMCapHandles, Property: next, PropertyCount: handlesPage}.Execute(chip)
		if err != nil {
			return nil, err
		}
		page, err := answer.CapabilityData.Data.Handles()
		if err != nil {
			return nil, err
		}
		for _, handle := range page.Handle {
			if uint32(handle) < next || handle > lastIndex {
				return all, nil
			}
			all = append(all, handle)
			next = uint32(handle) + 1
		}
		if !answer.MoreData || len(page.Handle) == 0 {
			return all, nil
		}
	}
	return all, nil
}

func parseIndex(note []byte) (tpm2.TPMHandle, error) {
	if len(note) != 4 {
		return 0, fmt.Errorf("no NV index: %w", ErrMissing)
	}
	handle := binary.BigEndian.Uint32(note)
	if handle < firstIndex || handle > lastIndex {
		return 0, fmt.Errorf("no NV index of an owner: %w", ErrMissing)
	}
	return tpm2.TPMHandle(handle), nil
}
