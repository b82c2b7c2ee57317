package vault

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"handslag/identity"
	"handslag/vault/disk/faulty"
	"handslag/vault/factor"
	"handslag/vault/factor/factortest"
	"handslag/vault/internal/folder"
	"handslag/vault/journal"
)

// poweredWorld is a world whose files lie on a disk that forgets. Badger's lie on the real one,
// where every commit is durable, as it says.
type poweredWorld struct {
	*world
	disk    *faulty.Disk
	keyring *factortest.Keyring // outside the disk
	use     []factor.Name
}

func newPoweredWorld(t *testing.T, use ...factor.Name) *poweredWorld {
	t.Helper()
	p := &poweredWorld{bareWorld(t, filepath.Join(t.TempDir(), "vault")), faulty.New(), &factortest.Keyring{}, use}
	must(t, os.Mkdir(p.dir, folder.Mode))
	v, err := Create(p.dir, passphrase, p.options())
	must(t, err)
	p.vault = v
	p.keys, err = identity.NewKeySet()
	must(t, err)
	must(t, v.SaveProfile(Profile{Person: identity.Person{ID: "p1", Username: "anna"}, Credential: []byte("credential")}, p.keys))
	t.Cleanup(func() { p.vault.Close() })
	return p
}

func (p *poweredWorld) options() Options {
	o := cheap
	o.Keyring, o.Use = p.keyring, p.use
	o.Disk, o.FreeSpace = p.disk, func(string) (uint64, error) { return 1 << 40, nil }
	return o
}

// on is the world as it is found on a disk, with a view.
func (p *poweredWorld) on(d *faulty.Disk, view string) *poweredWorld {
	p.t.Helper()
	must(p.t, os.RemoveAll(p.dir))
	must(p.t, os.Mkdir(p.dir, folder.Mode))
	must(p.t, os.CopyFS(filepath.Join(p.dir, folder.View), os.DirFS(view)))
	q := *p
	w := *p.world
	q.world, q.disk, q.keyring = &w, d, p.keyring.Copy()
	q.journal = nil
	return &q
}

func (p *poweredWorld) open(phrase []byte) error {
	v, err := Open(p.dir, phrase, p.options())
	if v != nil {
		p.vault = v
		if keys, err := v.Keys(); err == nil {
			p.keys = keys
		}
	}
	return err
}

// whole reports whether a record is there with its part and the key of it.
func (p *poweredWorld) whole(id journal.RecordID) error {
	return p.vault.read(func(tx *Tx) error {
		o, err := tx.stored(id)
		if err != nil {
			return err
		}
		_, err = tx.contentKey(o)
		return err
	})
}

// Wherever the power goes in a deed, the vault opens afterwards, as it was or as it was to be, with
// all that was said to be kept; and then the deed succeeds.
func TestTheVaultAfterAnyPowerCut(t *testing.T) {
	const kept = journal.RecordID("rec-kept")
	other := []byte("en annan fras")
	seeds := uint64(2)
	if testing.Short() {
		seeds = 1
	}
	erase := func(p *poweredWorld) error { return p.vault.Erase(ritaS) }
	erased := func(t *testing.T, p *poweredWorld, done bool) {
		err := p.whole(rita)
		if err != nil && !errors.Is(err, ErrNotFound) || err == nil && done {
			t.Errorf("the erased: %v", err)
		}
		if known := p.vault.bag.Has(p.vault.bag.IDOf(ritaS)); known && done || err == nil && !known {
			t.Errorf("the erased subject's key is there: %t, its row: %v", known, err)
		}
	}
	for _, deed := range []struct {
		what  string
		use   []factor.Name
		do    func(p *poweredWorld) error
		check func(t *testing.T, p *poweredWorld, done bool)
	}{
		{"adding records of new subjects", nil, func(p *poweredWorld) error {
			for n := range 3 {
				id := journal.RecordID(fmt.Sprint("rec-new-", n))
				if _, err := p.vault.PutRecords([]RecordCopy{p.copy(id, journal.SubjectID("subject-"+id), 1, morning)}); err != nil {
					return err
				}
			}
			return nil
		}, func(t *testing.T, p *poweredWorld, done bool) {
			gone := false
			for n := range 3 {
				err := p.whole(journal.RecordID(fmt.Sprint("rec-new-", n)))
				if err != nil && (done || !errors.Is(err, ErrNotFound)) || err == nil && gone {
					t.Errorf("record %d: %v, a record before it is gone: %t", n, err, gone)
				}
				gone = err != nil
			}
		}},
		{"adding keys for payloads", nil, func(p *poweredWorld) error {
			for n := range 3 {
				if _, err := p.vault.SubjectKey(journal.SubjectID(fmt.Sprint("subject-", n))); err != nil {
					return err
				}
			}
			return nil
		}, func(t *testing.T, p *poweredWorld, done bool) {
			for n := range 3 {
				if known := p.vault.bag.Has(p.vault.bag.IDOf(journal.SubjectID(fmt.Sprint("subject-", n)))); done && !known {
					t.Errorf("key %d is lost", n)
				}
			}
		}},
		{"erasing", nil, erase, erased},
		{"erasing, with the secret in a keyring", keyring, erase, erased},
		{"changing the passphrase", nil, func(p *poweredWorld) error {
			return p.vault.ChangePassphrase(passphrase, other, func() error { return nil })
		}, nil},
		{"saving the profile", nil, func(p *poweredWorld) error {
			return p.vault.SaveProfile(Profile{Person: identity.Person{ID: "p1", Username: "new"}, Credential: []byte("credential")}, nil)
		}, func(t *testing.T, p *poweredWorld, done bool) {
			if got, err := p.vault.Profile(); err != nil || got.Person.Username != "new" && (done || got.Person.Username != "anna") {
				t.Errorf("profile %+v, %v", got.Person, err)
			}
		}},
		{"resetting the view", nil, func(p *poweredWorld) error { return p.vault.ResetView() }, nil},
	} {
		t.Run(deed.what, func(t *testing.T) {
			p := newPoweredWorld(t, deed.use...)
			p.put(p.copy(kept, "subject-kept", 1, morning))
			p.put(p.copy(rita, ritaS, 1, morning))
			must(t, p.vault.Close())
			view := filepath.Join(t.TempDir(), "view")
			must(t, os.CopyFS(view, os.DirFS(filepath.Join(p.dir, folder.View))))
			before := p.disk
			cuts := 0
			for cut, calm := 1, false; !calm; cut++ {
				q := p.on(before.After(faulty.All), view)
				must(t, q.open(passphrase))
				mark := q.vault.Mark()
				q.disk.CutAt = q.disk.Calls() + cut
				done := deed.do(q) == nil
				calm = q.disk.Calls() < q.disk.CutAt
				q.vault.Close()
				crashed := filepath.Join(t.TempDir(), "crashed")
				must(t, os.MkdirAll(filepath.Join(p.dir, folder.View), folder.Mode))
				must(t, os.CopyFS(crashed, os.DirFS(filepath.Join(p.dir, folder.View))))
				for seed := range seeds {
					r := q.on(q.disk.After(faulty.Seeded(seed)), crashed)
					if t.Failed() {
						return
					}
					cuts++
					err := r.open(passphrase)
					if errors.Is(err, ErrPassphrase) && deed.what == "changing the passphrase" {
						err = r.open(other)
						if e := r.vault.Close(); err == nil && e == nil {
							if err := r.open(passphrase); !errors.Is(err, ErrPassphrase) {
								t.Errorf("cut at %d, seed %d: both passphrases open it: %v", cut, seed, err)
							}
							err = r.open(other)
						}
					}
					if deed.what == "resetting the view" {
						if errors.Is(err, ErrView) {
							err = r.vault.ResetView()
						}
						must(t, err)
						r.put(r.copy(kept, "subject-kept", 1, morning))
					}
					if err != nil {
						t.Fatalf("cut at %d, seed %d: %v", cut, seed, err)
					}
					if err := errors.Join(r.vault.CheckMark(mark), r.whole(kept)); err != nil {
						t.Errorf("cut at %d, seed %d: what was there before: %v", cut, seed, err)
					}
					if deed.check != nil {
						deed.check(t, r, done)
						must(t, deed.do(r))
						deed.check(t, r, true)
						must(t, r.whole(kept))
						must(t, r.vault.Close())
						must(t, r.open(passphrase))
						deed.check(t, r, true)
						must(t, r.whole(kept))
					}
					must(t, r.vault.Close())
				}
			}
			if cuts < 7*int(seeds) {
				t.Errorf("only %d crashes", cuts)
			}
		})
	}
}
