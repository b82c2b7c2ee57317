package gate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"handslag/app/connected/gate/internal/pace"
	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
)

// Defaults of Config.
const (
	defaultLoan     = 7 * 24 * time.Hour
	defaultDeadline = 24 * time.Hour
	defaultPace     = 30_000
	defaultBackups  = 30 * 24 * time.Hour
)

// Gate is the connected system's data behind its only door. It is an Administration.
type Gate struct {
	store     *store.Store
	config    Config
	org       identity.OrgID
	current   atomic.Pointer[Keys]
	search    []byte        // the key of the tokens by which devices find protected values
	hashing   chan struct{} // who may hash a password now
	strangers *strangers
	limits    pace.Rates
	pulse     pulse
	looked    atomic.Int64 // when what nothing but time makes a finding was last looked for here
	busy      atomic.Int64 // large bodies that are being taken in now
	waiting   waiting

	halvesFrom atomic.Pointer[sqlc.LoneHalvesRow] // behind which findLoneHalves goes on; nil: at the first
}

var _ Administration = (*Gate)(nil)

// Open opens the data at config.Path or behind config.Postgres, making its tables if they are not
// there. Several processes may have the same data open.
func Open(ctx context.Context, config Config) (*Gate, error) {
	return open(config, func(at store.Place) (*store.Store, error) { return store.Open(ctx, at, config.Keys.Data) })
}

// open opens a gate before the store that reach gives.
func open(config Config, reach func(store.Place) (*store.Store, error)) (*Gate, error) {
	if err := config.Keys.check(); err != nil {
		return nil, err
	}
	if config.Decide == nil {
		return nil, errors.New("open gate: nobody decides")
	}
	if config.Meter == nil {
		config.Meter = unmetered{}
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Zone == nil {
		config.Zone = time.Local
	}
	if config.Loan <= 0 {
		config.Loan = defaultLoan
	}
	if config.Validity <= 0 || config.Validity > identity.MaxValidity {
		config.Validity = identity.MaxValidity
	}
	if config.Pace <= 0 {
		config.Pace = defaultPace
	}
	if config.Deadline <= 0 {
		config.Deadline = defaultDeadline
	}
	if config.Backups <= 0 {
		config.Backups = defaultBackups
	}
	search, err := config.Keys.search()
	if err != nil {
		return nil, fmt.Errorf("open gate: %w", err)
	}
	st, err := reach(store.Place{Path: config.Path, URL: config.Postgres})
	if err != nil {
		return nil, fmt.Errorf("open gate: %w", err)
	}
	g := &Gate{
		store:     st,
		config:    config,
		org:       config.Keys.Parsed.Org(),
		search:    search,
		hashing:   make(chan struct{}, hashesAtOnce),
		strangers: newStrangers(),
		limits:    pace.New(),
	}
	g.current.Store(&config.Keys)
	st.AtEnd(g.tellFindings)
	return g, nil
}

// Org is the organisation that the gate stands before.
func (g *Gate) Org() identity.OrgID { return g.org }

// Statement is the organisation's signed statement, which anybody may have.
func (g *Gate) Statement() []byte { return g.keys().Statement }

// Issuing are the keys that the organisation issues with and has issued with.
func (g *Gate) Issuing() []signed.Key { return g.keys().Parsed.Issuing }

// keys are those in force. Who needs several that belong together asks once.
func (g *Gate) keys() *Keys { return g.current.Load() }

// self is the name that the system's own journal goes by: the log key's.
func (g *Gate) self() identity.DeviceID { return identity.DeviceIDOf(g.keys().Log.Public()) }

// SetKeys puts keys of a newer statement in force, from the next call on. Those of another
// organisation, of another database, or of an older statement are refused.
func (g *Gate) SetKeys(keys Keys) error {
	if err := keys.check(); err != nil {
		return err
	}
	now := g.keys()
	if keys.Parsed.Org() != g.org || !bytes.Equal(keys.Data, now.Data) || keys.Parsed.Number < now.Parsed.Number {
		return errors.New("change keys: another organisation's, or older ones")
	}
	g.current.Store(&keys)
	g.waiting.wakeAll()
	return nil
}

// Started enters in the log that the system serves from now on. It returns ErrRestored where nobody
// has said yet that a restored database has the newest erasure orders.
func (g *Gate) Started(ctx context.Context) error {
	return g.store.Do(ctx, func(tx *store.Tx) error {
		if err := ready(ctx, tx); err != nil {
			return err
		}
		_, err := g.say(ctx, tx, journal.Entry{Kind: journal.SystemStarted}, nil)
		return err
	})
}

// Close ends who waits, writes what was counted and closes the data.
func (g *Gate) Close(ctx context.Context) error {
	g.EndWaits()
	g.waiting.looks.Wait()
	return errors.Join(g.flushStrangers(ctx, true), g.store.Close())
}

func (g *Gate) now() signed.Time { return signed.At(g.config.Now()) }
