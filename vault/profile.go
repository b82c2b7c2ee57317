package vault

import (
	"errors"
	"fmt"
	"io/fs"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/internal/folder"
	"handslag/vault/internal/frame"
	"handslag/vault/internal/header"
	"handslag/vault/internal/seal"
)

// Profile is who the device is. Until it has a Credential it is half made: its keys and
// Request are durable, so that asking again for the credential asks for the same.
type Profile struct {
	Org        identity.OrgID     `cbor:"1,keyasint,omitempty"`
	Statement  []byte             `cbor:"2,keyasint,omitempty"` // the organisation's newest, signed
	Request    []byte             `cbor:"3,keyasint,omitempty"` // of the enrolment
	Credential []byte             `cbor:"4,keyasint,omitempty"` // the device's newest, signed
	Person     identity.Person    `cbor:"5,keyasint"`
	Machine    identity.MachineID `cbor:"6,keyasint,omitempty"`
	Username   string             `cbor:"7,keyasint,omitempty"` // as typed at enrolment, for a retry
	Label      string             `cbor:"9,keyasint,omitempty"` // what people call the device
	Search     []byte             `cbor:"8,keyasint,omitempty"` // the organisation's search key; none: nothing protected can be searched
}

type sealedProfile struct {
	Profile Profile `cbor:"1,keyasint"`
	Keys    []byte  `cbor:"2,keyasint,omitempty"` // the key set under a subkey of the root
}

const profileLimit = 128 << 10 // bytes

// State is what stands in a folder.
type State int

// The states.
const (
	None      State = iota // no vault
	Enrolling              // a vault whose enrolment was begun
	Ready                  // a vault with a credential
)

// Exists says what stands in dir, without a passphrase. Errors: ErrFormat, ErrDamaged,
// ErrReadOnly.
func Exists(dir string) (State, error) {
	state, err := stateOf(folderAt(dir, Options{}))
	if err != nil {
		return None, fmt.Errorf("look for a vault: %w", err)
	}
	return state, nil
}

func stateOf(f folder.Folder) (State, error) {
	data, err := f.Read(folder.Header, header.Limit)
	if errors.Is(err, fs.ErrNotExist) {
		if has, err := f.Has(folder.Profile); err != nil || !has {
			return None, err
		}
		return None, fmt.Errorf("a profile without a header: %w", ErrDamaged)
	}
	if err != nil {
		return None, err
	}
	if _, err := header.Parse(data); err != nil {
		return None, err
	}
	file, err := readProfile(f)
	if errors.Is(err, fs.ErrNotExist) {
		return Enrolling, nil
	}
	if err != nil {
		return None, err
	}
	return State(file.Stage), nil
}

func readProfile(f folder.Folder) (frame.Frame, error) {
	data, err := f.Read(folder.Profile, profileLimit)
	if err != nil {
		return frame.Frame{}, err
	}
	file, err := frame.Parse(data, frame.KindProfile)
	if err != nil {
		return frame.Frame{}, fmt.Errorf("read profile: %w", err)
	}
	if stage := State(file.Stage); stage != Enrolling && stage != Ready {
		return frame.Frame{}, fmt.Errorf("read profile: %w", ErrDamaged)
	}
	return file, nil
}

// loadProfile reads profile and keys; a vault may not have them yet.
func (v *Vault) loadProfile() error {
	file, err := readProfile(v.folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	key := seal.Key(v.root, "profile")
	defer clear(key)
	plain, err := seal.Open(key, file.Body, file.Context(v.header.Vault))
	if err != nil {
		return fmt.Errorf("read profile: another vault's, or changed: %w", ErrDamaged)
	}
	defer clear(plain)
	in, err := parseProfile(plain)
	if err != nil {
		return fmt.Errorf("read profile: %w", err)
	}
	v.profile = in.Profile
	if in.Keys == nil {
		return nil
	}
	wrap, context, err := v.keyWrap()
	if err != nil {
		return err
	}
	if v.keys, err = identity.UnwrapKeySet(wrap, context, in.Keys); err != nil {
		return fmt.Errorf("read profile: %w: %w", ErrDamaged, err)
	}
	return nil
}

func parseProfile(plain []byte) (sealedProfile, error) {
	var in sealedProfile
	if err := signed.Decode(plain, profileLimit, &in); err != nil {
		return sealedProfile{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return in, nil
}

// SaveProfile makes p and keys durable, both or neither; nil keys leave those that the
// vault holds. Once there is a credential the keys can not be replaced.
func (v *Vault) SaveProfile(p Profile, keys *identity.KeySet) error {
	v.changing.Lock() // who waits for an erasure holds nobody up with mu
	defer v.changing.Unlock()
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return ErrClosed
	}
	if keys == nil {
		keys = v.keys
	} else if v.keys != nil && keys.Device() != v.keys.Device() && len(v.profile.Credential) > 0 {
		return errors.New("save profile: the device has keys already")
	}
	out := sealedProfile{Profile: p}
	stage := Enrolling
	if len(p.Credential) > 0 {
		if keys == nil {
			return errors.New("save profile: a credential without keys")
		}
		stage = Ready
	}
	if keys != nil {
		wrap, context, err := v.keyWrap()
		if err != nil {
			return err
		}
		if out.Keys, err = keys.Wrap(wrap, context); err != nil {
			return fmt.Errorf("save profile: %w", err)
		}
	}
	plain, err := signed.Encode(out)
	if err != nil {
		return fmt.Errorf("save profile: %w", err)
	}
	defer clear(plain)
	if len(plain) > profileLimit-frame.Extra-64 {
		return fmt.Errorf("save profile: %w", ErrTooLarge)
	}
	if _, err := parseProfile(plain); err != nil { // what could not be read again would shut the vault for ever
		return fmt.Errorf("save profile: it could not be read again: %w", err)
	}
	key := seal.Key(v.root, "profile")
	defer clear(key)
	file := frame.Frame{Kind: frame.KindProfile, Stage: byte(stage), Version: frame.Format}
	file.Body = seal.Box(key, plain, file.Context(v.header.Vault))
	if err := v.folder.Write(folder.Profile, file.Encode()); err != nil {
		return err
	}
	v.profile, v.keys = p, keys
	return nil
}

// Profile is the profile as last saved, the zero value before.
func (v *Vault) Profile() (Profile, error) {
	if err := v.enter(); err != nil {
		return Profile{}, err
	}
	defer v.mu.RUnlock()
	return v.profile, nil
}

// Keys are the device's keys, which Close destroys; ErrNotFound before they are saved.
func (v *Vault) Keys() (*identity.KeySet, error) {
	if err := v.enter(); err != nil {
		return nil, err
	}
	defer v.mu.RUnlock()
	if v.keys == nil {
		return nil, fmt.Errorf("device's keys: %w", ErrNotFound)
	}
	return v.keys, nil
}
