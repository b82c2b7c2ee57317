// Package vault is the encrypted store on the device: the key hierarchy from passphrase to
// subject, the profile, and the view of records and assignments, in Badger. It hands out
// a protected part against a stamp only, which a durable entry mints. It is no source of
// truth: the view can be rebuilt from journal and connected system. It judges no right and
// knows no network; its caller does.
//
// What others have signed is verified at the doors through which it comes, before a row is written: a page
// of the connected system's, a colleague's share, what was made here and came back signed. It is not verified
// again when it is opened. A row opens with the vault's keys alone, in its own place, and in the revision that the
// catalogue names, so what is read is what was put there; who could write another has the keys that open all of
// it. To ask for the signature at each opening would cost about 60 µs and tell nothing more.
package vault

import (
	"crypto/cipher"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"sync/atomic"

	"handslag/identity"
	"handslag/vault/disk"
	"handslag/vault/factor"
	"handslag/vault/internal/blob"
	"handslag/vault/internal/fault"
	"handslag/vault/internal/folder"
	"handslag/vault/internal/header"
	"handslag/vault/internal/keybag"
	"handslag/vault/internal/seal"
)

// Options say what a vault stands on; the zero value is what programs use, but for Use.
type Options struct {
	// Use is what shall open a new vault beside its passphrase; Open needs not be told.
	Use []factor.Name
	// Keyring is asked where it is a factor; nil is the operating system's.
	Keyring factor.Keyring
	// TPM is asked where it is a factor; nil is this machine's.
	TPM *factor.TPM
	// CheapForTests sets the floor of Argon2id, by which new vaults are made and old ones
	// raised, far below 64 MiB, t=3, p=4, so that tests are quick. No program may set it.
	CheapForTests bool
	// Disk is where all but Badger's files lie; nil is the real one.
	Disk disk.Disk
	// FreeSpace is asked for the bytes free under a folder; nil is the disk.
	FreeSpace func(dir string) (uint64, error)
}

// Vault is an open vault. Its methods may be called from many goroutines; they return
// ErrClosed after Close.
type Vault struct {
	folder folder.Folder
	lock   io.Closer
	cheap  bool
	means  header.Means
	header header.Header // as it stood at unlock
	bag    *keybag.Bag
	blobs  *blob.Store

	changing sync.Mutex                    // held by whoever replaces the header or the erasure secret; taken before mu
	guarded  atomic.Pointer[header.Header] // its factors and places as they are now; written under changing

	mu      sync.RWMutex // held for writing by Close, ResetView, SaveProfile
	closed  bool
	root    []byte
	profile Profile
	keys    *identity.KeySet
	view    *view // nil while the view is damaged

	writing sync.Mutex // one transaction at a time
	mark    atomic.Uint64
	older   atomic.Uint64 // the mark that the journal knows, where the vault is older
}

func folderAt(dir string, o Options) folder.Folder {
	f := folder.Folder{Dir: dir, Disk: o.Disk, Free: o.FreeSpace}
	if f.Disk == nil {
		f.Disk = disk.OS{}
	}
	if f.Free == nil {
		f.Free = f.Disk.Free
	}
	return f
}

// Create makes a vault in dir, which it makes where it is missing, and opens it. The
// header is written last: what an interrupted Create leaves is no vault, and the next
// Create writes over it. The caller wipes passphrase. Errors: ErrExists, ErrReadOnly,
// ErrFull, ErrOpenElsewhere, ErrDamaged, and FactorError for one of o.Use.
func Create(dir string, passphrase []byte, o Options) (*Vault, error) {
	v, err := create(folderAt(dir, o), passphrase, o)
	if err != nil {
		return nil, fmt.Errorf("create vault: %w", err)
	}
	return v, nil
}

func create(f folder.Folder, passphrase []byte, o Options) (_ *Vault, err error) {
	if len(passphrase) == 0 {
		return nil, fmt.Errorf("empty: %w", ErrPassphrase)
	}
	use, err := header.Ordered(o.Use)
	if err != nil {
		return nil, err
	}
	if err := f.Disk.MakeDir(f.Dir); err != nil {
		return nil, fault.Named("make the folder", err)
	}
	if err := os.Chmod(f.Dir, folder.Mode); err != nil {
		return nil, fault.Named("make the folder", err)
	}
	lock, err := f.Lock()
	if err != nil {
		return nil, err
	}
	v := &Vault{folder: f, lock: lock, cheap: o.CheapForTests, means: meansOf(o)}
	defer func() {
		if err != nil {
			v.shut()
		}
	}()
	switch state, err := stateOf(f); {
	case err != nil:
		return nil, err
	case state != None:
		return nil, ErrExists
	}
	if err := f.Space(0, folder.ViewReserve); err != nil {
		return nil, err
	}
	h, keys := header.New(o.CheapForTests)
	defer clear(keys.Erasure)
	v.header, v.root = h, keys.Root
	v.bag = keybag.New(f, h.Vault, keys.Root, keys.Erasure, seal.Key(keys.Root, "names"))
	v.blobs = blob.New(f, v.root)
	if err := v.bag.Create(0); err != nil {
		return nil, err
	}
	if err := v.makeView(0); err != nil {
		return nil, err
	}
	if err := v.openView(); err != nil {
		return nil, err
	}
	return v, v.begin(passphrase, keys, use)
}

// begin is the last step of create: what the factors keep is of use only with a header.
func (v *Vault) begin(passphrase []byte, o header.Unsealed, use []factor.Name) error {
	h, err := v.header.Under(passphrase, o, use, v.means)
	for _, secret := range o.Secrets {
		defer clear(secret)
	}
	var data []byte
	if err == nil {
		data, err = h.Encode()
	}
	if err == nil {
		err = v.folder.Write(folder.Header, data)
	}
	if err != nil {
		_ = v.folder.Disk.Remove(v.folder.Path(folder.Header)) // whether it is there, a failed write does not say
		v.abandon(nil, header.PlaceHeader, use)
		return err
	}
	v.header = h
	v.guarded.Store(&h)
	return nil
}

// Open unlocks the vault in dir. The caller wipes passphrase. A wrong one is counted,
// durably, and returns ErrPassphrase. A header whose Argon2id costs less than a new vault's
// is raised to it. Where nothing but the view is damaged, Open returns
// the vault and ErrView: all works but the view, until ResetView. With less than 64 MiB free the view is opened for
// reading alone, and who writes gets ErrFull until there is room; if the program was killed before, it can not
// be. Further errors:
// ErrNotFound, ErrFormat, ErrDamaged, ErrReadOnly, ErrFull, ErrOpenElsewhere, and FactorError,
// which says of a factor that it is gone, away or locked.
func Open(dir string, passphrase []byte, o Options) (*Vault, error) {
	v, err := unlock(folderAt(dir, o), passphrase, o)
	if err != nil {
		return nil, fmt.Errorf("open vault: %w", err)
	}
	err = v.openView()
	switch {
	case errors.Is(err, ErrView):
		return v, fmt.Errorf("open vault: %w", err)
	case err != nil:
		v.Close()
		return nil, fmt.Errorf("open vault: %w", err)
	}
	return v, nil
}

func unlock(f folder.Folder, passphrase []byte, o Options) (_ *Vault, err error) {
	switch state, err := stateOf(f); {
	case err != nil:
		return nil, err
	case state == None:
		return nil, ErrNotFound
	}
	lock, err := f.Lock()
	if err != nil {
		return nil, err
	}
	v := &Vault{folder: f, lock: lock, cheap: o.CheapForTests, means: meansOf(o)}
	defer func() {
		if err != nil {
			v.shut()
		}
	}()
	if err := f.Writable(); err != nil {
		return nil, err
	}
	staged, cut := header.Read(f, folder.Header+folder.NewSuffix)
	f.Unstage(folder.Header) // of a change that a crash cut off: it would open with a passphrase that nobody was promised
	if v.header, err = header.Read(f, folder.Header); err != nil {
		return nil, err
	}
	keys, err := v.header.Open(passphrase, v.means)
	if errors.Is(err, ErrPassphrase) {
		return nil, errors.Join(err, countAttempt(f))
	}
	if err != nil {
		return nil, err
	}
	v.root = slices.Clone(keys.Root)
	defer keys.Wipe()
	v.bag = keybag.New(f, v.header.Vault, v.root, keys.Erasure, seal.Key(v.root, "names"))
	v.blobs = blob.New(f, v.root)
	if err := v.bag.Load(); err != nil && !errors.Is(err, ErrView) {
		return nil, err
	}
	if err := v.loadProfile(); err != nil {
		return nil, err
	}
	v.recalibrate(passphrase, keys)
	guarded := v.header
	v.guarded.Store(&guarded)
	if cut == nil && staged.ID() == guarded.ID() {
		v.abandon(guarded.Use(), guarded.Erasure.Place, staged.Use())
	}
	return v, nil
}

// enter holds the vault open for one call; the caller unlocks v.mu for reading.
func (v *Vault) enter() error {
	v.mu.RLock()
	if v.closed {
		v.mu.RUnlock()
		return ErrClosed
	}
	return nil
}

// SegmentKeys encrypts the keys of journal segments under the vault root.
func (v *Vault) SegmentKeys() (cipher.AEAD, error) {
	if err := v.enter(); err != nil {
		return nil, err
	}
	defer v.mu.RUnlock()
	key := seal.Key(v.root, "segments")
	defer clear(key)
	return identity.NewAEAD(key)
}

// Close locks the vault: it waits for calls under way, closes the files, zeroes the keys
// that Go lets us zero, and lets go of the folder. A second Close does nothing.
func (v *Vault) Close() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return nil
	}
	return v.shut()
}

func (v *Vault) shut() error {
	v.closed = true
	var err error
	if v.view != nil {
		err = v.view.close()
		v.view = nil
	}
	if v.bag != nil {
		v.bag.Destroy()
	}
	if v.blobs != nil {
		v.blobs.Wipe()
	}
	if v.keys != nil {
		v.keys.Destroy()
		v.keys = nil
	}
	clear(v.root)
	v.profile = Profile{}
	return errors.Join(err, v.lock.Close())
}
