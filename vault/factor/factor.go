// Package factor is what opens a vault beside its passphrase: the operating system's
// keyring and a TPM 2.0, behind one interface, with the Keyring alone for whoever keeps
// something small outside the vault's folder. A call takes bounded time, whatever it is that
// does not answer. It knows no vault's files and judges nothing: which factors a vault has,
// and what becomes of its keys, is the vault's own.
package factor

import "errors"

// Name is a factor's name, in headers and on command lines.
type Name string

// The factors.
const (
	NameKeyring Name = "keyring"
	NameTPM     Name = "tpm"
)

// Factor keeps two secrets of 32 bytes for a vault, outside its folder: the one that the
// vault's key is made of (Seal, Unseal), and one that is replaced (Place, Read, Replace), so that
// the one before is gone. vault is the vault's ID in hexadecimal. A note is what the header
// keeps for the factor, 1 to NoteLimit bytes, or none; it is no secret. auth is 32 bytes that a
// factor asks for if it can ask for anything.
//
// Errors: ErrMissing, ErrAway, ErrLocked, ErrRefused. After ErrAway from Seal, Place or Replace
// the deed may be done, or may still be done before the next call to this factor is.
type Factor interface {
	Name() Name
	// Ready returns nil where the factor works here and now.
	Ready() error

	// Seal keeps secret, in place of an earlier one of this vault where the note is empty.
	Seal(vault string, secret, auth []byte) (note []byte, err error)
	// Unseal gives it back.
	Unseal(vault string, note, auth []byte) ([]byte, error)

	// Place makes the place of a secret that is replaced later.
	Place(vault string, secret, auth []byte) (note []byte, err error)
	// Read gives the secret there.
	Read(vault string, note, auth []byte) ([]byte, error)
	// Replace puts secret there, durably; the one before is gone.
	Replace(vault string, note, secret, auth []byte) error
	// Remove takes the place away.
	Remove(vault string) error

	// Forget removes all that is kept for the vault.
	Forget(vault string) error
}

// NoteLimit is the most bytes of a note.
const NoteLimit = 1024

// Errors of factors; callers match them with errors.Is.
var (
	ErrMissing = errors.New("not kept here")               // deleted, another machine's, or the TPM was cleared
	ErrAway    = errors.New("does not answer")             // not there, locked by its owner, or hung
	ErrLocked  = errors.New("locked after too many tries") // a TPM against a dictionary attack
	ErrRefused = errors.New("refuses")                     // a TPM that was given a wrong auth
)
