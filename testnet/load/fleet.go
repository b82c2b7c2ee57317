package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
)

// device is one of the fleet, as far as the connected system can tell.
type device struct {
	index      int
	keys       *identity.KeySet
	id         identity.DeviceID
	person     identity.PersonID
	credential []byte
	file       string       // where its batch lies until it comes back
	head       journal.Hash // of its journal's last entry
	outage     signed.Time  // the newest server time that it knows
}

// Device is link.Prover.
func (d *device) Device() identity.DeviceID { return d.id }

// Sign is link.Prover.
func (d *device) Sign(domain signed.Domain, payload any) ([]byte, error) {
	return d.keys.Sign(domain, payload)
}

// fleet are the devices, and beside them the reviewer's.
type fleet struct {
	devices  []*device
	reviewer *device
}

// enlist makes the devices, which the organisation has enrolled long ago, and their journals.
func enlist(ctx context.Context, o *org, opts options, said io.Writer) (*fleet, error) {
	dir := filepath.Join(o.home, "journals")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	people, err := peopleOf(ctx, o.rows)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	f := &fleet{}
	for i := range opts.devices + 1 {
		name := fmt.Sprintf("u%d", i)
		if i == opts.devices {
			name = reviewer
		}
		d, err := o.device(name, people[name], now)
		if err != nil {
			return nil, err
		}
		d.index, d.file = i, filepath.Join(dir, name)
		if i < opts.devices {
			f.devices = append(f.devices, d)
		} else {
			f.reviewer = d
		}
	}
	if err := enrol(ctx, o.rows, append(f.devices[:len(f.devices):len(f.devices)], f.reviewer), now); err != nil {
		return nil, err
	}
	return f, f.write(ctx, o, opts.entries, said)
}

func peopleOf(ctx context.Context, rows *sql.DB) (map[string]identity.PersonID, error) {
	all, err := rows.QueryContext(ctx, "SELECT username, id FROM users")
	if err != nil {
		return nil, err
	}
	defer all.Close()
	people := map[string]identity.PersonID{}
	for all.Next() {
		var name string
		var id identity.PersonID
		if err := all.Scan(&name, &id); err != nil {
			return nil, err
		}
		people[name] = id
	}
	return people, all.Err()
}

// device makes a device with its credential.
func (o *org) device(name string, person identity.PersonID, now time.Time) (*device, error) {
	keys, err := identity.NewKeySet()
	if err != nil {
		return nil, err
	}
	d := &device{keys: keys, id: keys.Device(), person: person, outage: signed.At(now.Add(-48 * time.Hour))}
	c := identity.Credential{Version: 1, Org: o.keys.Org, Person: identity.Person{ID: person, Username: name, First: "Bo", Last: "Ek"}, Machine: identity.MachineID("m-" + name),
		Units: []identity.Unit{{ID: "norra", Name: "Norra"}}, Keys: keys.Public(),
		Epoch: 1, Issued: d.outage, Expires: signed.At(now.Add(10 * 24 * time.Hour))}
	d.credential, err = signed.Sign(signed.DomainCredential, o.keys.Issuing, c)
	return d, err
}

// enrol writes the rows that enrolments would have left: ten thousand passwords take an hour to hash.
func enrol(ctx context.Context, rows *sql.DB, devices []*device, now time.Time) (err error) {
	tx, err := rows.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tx.Rollback())
		}
	}()
	for _, d := range devices {
		keys, err := keysOf(d.credential)
		if err != nil {
			return err
		}
		expires := int64(signed.At(now.Add(10 * 24 * time.Hour)))
		_, err = tx.ExecContext(ctx, "INSERT INTO devices (id, user_id, machine, keys, epoch, expires_at, enrolled_at, seen_at, synced_at, revoked_at, page) VALUES ($1, $2, 'm', $3, 1, $4, $5, $5, $5, 0, 0)",
			string(d.id), string(d.person), keys, expires, int64(d.outage))
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO credentials (device_id, epoch, person_id, expires_at, body) VALUES ($1, 1, $2, $3, $4)", string(d.id), string(d.person), expires, d.credential)
		if err != nil {
			return err
		}
	}
	return tx.Commit()
}

func keysOf(credential []byte) ([]byte, error) {
	var c identity.Credential
	if err := signed.Unverified(credential, identity.CredentialLimit, &c); err != nil {
		return nil, err
	}
	return signed.Encode(c.Keys)
}

// write writes each device's journal, as many at once as there are processors.
func (f *fleet) write(ctx context.Context, o *org, entries int, said io.Writer) error {
	var next atomic.Int64
	defer progress(said, "journals written", len(f.devices), entries, func() int64 { return min(next.Load(), int64(len(f.devices))) })()
	var wait sync.WaitGroup
	errs := make(chan error, runtime.NumCPU())
	for range runtime.NumCPU() {
		wait.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(f.devices) {
					return
				}
				if err := f.devices[i].write(o, f.colleague(i), entries); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	wait.Wait()
	close(errs)
	return errors.Join(<-errs, ctx.Err())
}

// colleague is whom a device hands records to, and from whom it gets some: two by two.
func (f *fleet) colleague(i int) *device {
	if i^1 < len(f.devices) {
		return f.devices[i^1]
	}
	return f.reviewer
}
