package testnet

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault"
	"handslag/vault/journal"
	"handslag/vault/journalfile"
)

// Loot is all that lies on a device, in the hands of somebody who has the passphrase and is
// not bound by what the agent does: keys, credential, and the journal to leave out of.
type Loot struct {
	Keys      *identity.KeySet
	Profile   vault.Profile
	Statement identity.Statement
	Journal   *journalfile.File

	vault  *vault.Vault
	client *link.Client
}

// Steal opens the device of a person whose session is shut.
func (p *Person) Steal() (_ *Loot, err error) {
	v, err := vault.Open(p.Vault, []byte(p.Passphrase), vault.Options{})
	if err != nil {
		return nil, fmt.Errorf("steal device: %w", err)
	}
	l := &Loot{vault: v}
	defer func() {
		if err != nil {
			err = errors.Join(err, l.Close())
		}
	}()
	if l.Profile, err = v.Profile(); err != nil {
		return nil, err
	}
	if l.Keys, err = v.Keys(); err != nil {
		return nil, err
	}
	if l.Statement, err = identity.OpenStatement(l.Profile.Statement, l.Profile.Org); err != nil {
		return nil, err
	}
	root, err := v.SegmentKeys()
	if err != nil {
		return nil, err
	}
	now := func() (signed.Time, int64, signed.Time) { return 0, 0, signed.At(time.Now()) }
	l.Journal, err = journalfile.Open(journalfile.Config{
		Dir: filepath.Join(p.Outbox, "journal", string(l.Keys.Device())), Device: l.Keys.Device(), Sign: l.Keys.SignContent,
		Verify: l.Keys.Public().Signing, Root: root, Seal: l.Statement.Sealing[0], Clock: now,
	})
	if err != nil {
		return nil, err
	}
	l.client = link.NewClient(l.Statement, l.Keys, link.ClientOptions{})
	return l, nil
}

// Batch is what the agent would hand in next.
func (l *Loot) Batch() (journal.Batch, error) {
	b, more, err := l.Journal.Batch(l.Profile.Credential)
	if err == nil && !more {
		err = errors.New("there is nothing to hand in")
	}
	return b, err
}

// HandIn hands bytes in as if they were a batch.
func (l *Loot) HandIn(ctx context.Context, batch []byte) (journal.Receipt, error) {
	answer, err := l.client.Journal(ctx, batch)
	if err != nil {
		return journal.Receipt{}, err
	}
	return journal.OpenReceipt(answer, l.Profile.Org, l.Keys.Device(), l.Statement.Log)
}

// Close lets go of the device; nothing on it was changed.
func (l *Loot) Close() error {
	var all []error
	if l.client != nil {
		l.client.Close()
	}
	if l.Journal != nil {
		all = append(all, l.Journal.Close())
	}
	return errors.Join(append(all, l.vault.Close())...)
}
