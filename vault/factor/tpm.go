package factor

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/go-tpm/tpm2"
	"github.com/google/go-tpm/tpm2/transport"
)

// TPM is a TPM 2.0 (TCG TPM 2.0 Library, parts 1 to 3) as a factor. The vault's key is a sealed
// object under the storage hierarchy's ECC P-256 key, which the TPM makes anew from its own
// seed each time; its auth is guarded against a dictionary attack. The replaced secret lies
// in an NV index. Every secret passes the bus in a session that is encrypted to that key, so
// that a probe on the wires learns nothing; its name stands in the note, so that one who plays
// the TPM must have changed the folder too.
type TPM struct {
	dial func() (io.ReadWriteCloser, error)
	gate gate
}

// TPMAt is the TPM that dial connects to; each call dials once and closes.
func TPMAt(dial func() (io.ReadWriteCloser, error)) *TPM {
	return &TPM{dial: dial, gate: newGate()}
}

// SystemTPM is this machine's, if it has one that this person may use.
func SystemTPM() *TPM { return &TPM{dial: openDevice, gate: chipGate} }

var chipGate = newGate()

// Name returns NameTPM.
func (t *TPM) Name() Name { return NameTPM }

// Ready returns ErrLocked in lockout, and ErrAway where there is no TPM or where its owner
// keeps it for themselves.
func (t *TPM) Ready() error {
	state, err := speak(t, askState)
	switch {
	case err != nil:
		return err
	case state.permanent&ownerAuthSet != 0:
		return fmt.Errorf("the TPM's storage hierarchy has a password: %w", ErrAway)
	case state.permanent&inLockout != 0:
		return fmt.Errorf("the TPM: %w", ErrLocked)
	}
	return nil
}

// What a TPM must do to guard a short PIN: the millions of a six-digit one must take years.
const (
	mostTries    = 100             // before it locks
	leastPause   = 5 * time.Minute // for each try after that
	ownerAuthSet = 1 << 0          // TPMA_PERMANENT (part 2, §8.6)
	lockoutSet   = 1 << 2
	inLockout    = 1 << 9
)

// GuardsPIN reports whether the TPM stands between a thief and a short PIN. It does not while
// the password of its lockout is empty, as many machines leave it: then whoever can speak to
// the TPM may reset the count of tries after each.
func (t *TPM) GuardsPIN() (bool, error) {
	state, err := speak(t, askState)
	return err == nil && state.permanent&lockoutSet != 0 && state.tries <= mostTries && state.pause >= leastPause, err
}

type chipState struct {
	permanent uint32
	tries     uint32
	pause     time.Duration
}

func askState(chip transport.TPM) (chipState, error) {
	ask := func(what tpm2.TPMPT) (uint32, error) {
		answer, err := tpm2.GetCapability{Capability: tpm2.TPMCapTPMProperties, Property: uint32(what), PropertyCount: 1}.Execute(chip)
		if err != nil {
			return 0, err
		}
		list, err := answer.CapabilityData.Data.TPMProperties()
		if err != nil {
			return 0, err
		}
		if len(list.TPMProperty) != 1 || list.TPMProperty[0].Property != what {
			return 0, errors.New("a TPM that does not say how it stands")
		}
		return list.TPMProperty[0].Value, nil
	}
	permanent, err1 := ask(tpm2.TPMPTPermanent)
	tries, err2 := ask(tpm2.TPMPTMaxAuthFail)
	pause, err3 := ask(tpm2.TPMPTLockoutInterval)
	return chipState{permanent: permanent, tries: tries, pause: time.Duration(pause) * time.Second}, errors.Join(err1, err2, err3)
}

// speak dials, says its words and hangs up, within our patience. What the words find out they
// return: whoever asked may be gone when they do.
func speak[T any](t *TPM, words func(transport.TPM) (T, error)) (T, error) {
	answer, err := through(t.gate, func() (T, error) {
		conn, err := t.dial()
		if err != nil {
			return *new(T), fmt.Errorf("%w: %w", ErrAway, err)
		}
		defer conn.Close()
		answer, err := words(transport.FromReadWriter(conn))
		return answer, named(err)
	})
	if err != nil {
		return *new(T), fmt.Errorf("ask the TPM: %w", err)
	}
	return answer, nil
}

// done is the answer of words that find nothing out.
type done struct{}

// named gives the TPM's response codes our four names.
func named(err error) error {
	if err == nil {
		return nil
	}
	for _, ours := range []error{ErrMissing, ErrAway, ErrLocked, ErrRefused} {
		if errors.Is(err, ours) {
			return err
		}
	}
	for _, c := range []struct {
		code tpm2.TPMRC
		ours error
	}{
		{tpm2.TPMRCLockout, ErrLocked},
		{tpm2.TPMRCAuthFail, ErrRefused},        // counted against a dictionary attack
		{tpm2.TPMRCBadAuth, ErrRefused},         // not counted
		{tpm2.TPMRCNVUninitialized, ErrMissing}, // an NV index that was made and never written
	} {
		if errors.Is(err, c.code) {
			return fmt.Errorf("%w: %w", c.ours, err)
		}
	}
	return fmt.Errorf("%w: %w", ErrAway, err)
}

// storageKey makes the storage hierarchy's key, the same each time, for one conversation.
// Who owns the hierarchy must not have set a password.
func storageKey(chip transport.TPM) (*tpm2.CreatePrimaryResponse, func(), error) {
	key, err := tpm2.CreatePrimary{PrimaryHandle: tpm2.TPMRHOwner, InPublic: tpm2.New2B(tpm2.ECCSRKTemplate)}.Execute(chip)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: make the storage key: %w", ErrAway, err)
	}
	return key, flush(chip, key.ObjectHandle), nil
}

// flush frees the TPM's little memory. Where it fails, the device's resource manager does it
// when we hang up.
func flush(chip transport.TPM, handle tpm2.TPMHandle) func() {
	return func() { _, _ = tpm2.FlushContext{FlushHandle: handle}.Execute(chip) }
}

// word is auth as the TPM is told it: as long as its hash may be, and without a zero byte, where
// go-tpm v0.9.8 cuts it off when it makes a session's key (the TPM trims only those at the end).
func word(auth []byte) []byte {
	sum := sha256.Sum256(append([]byte("handslag/1/tpm-auth\x00"), auth...))
	return base64.RawURLEncoding.AppendEncode(nil, sum[:24])
}

// whisper is an HMAC session for one command, salted to the storage key and with the first
// parameter of both command and response encrypted.
func whisper(key *tpm2.CreatePrimaryResponse, auth []byte, which func(tpm2.TPMKeyBits) tpm2.AuthOption) (tpm2.Session, error) {
	public, err := key.OutPublic.Contents()
	if err != nil {
		return nil, err
	}
	return tpm2.HMAC(tpm2.TPMAlgSHA256, 16, tpm2.Auth(auth), which(128), tpm2.Salted(key.ObjectHandle, *public)), nil
}

func inward(bits tpm2.TPMKeyBits) tpm2.AuthOption { return tpm2.AESEncryption(bits, tpm2.EncryptIn) }

func outward(bits tpm2.TPMKeyBits) tpm2.AuthOption {
	return tpm2.AESEncryption(bits, tpm2.EncryptOut)
}
