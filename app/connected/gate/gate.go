package gate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"handslag/app/connected/gate/internal/store"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
)

// Defaults of Config.
const (
	defaultLoan     = 7 * 24 * time.Hour
	defaultDeadline = 24 * time.Hour
	defaultBackups  = 30 * 24 * time.Hour
)

// Gate is the connected system's data behind its only door. It is an Administration.
type Gate struct {
	store     *store.Store
	config    Config
	org       identity.OrgID
	self      identity.DeviceID // the name that the system's own journal goes by
	search    []byte            // the key of the tokens by which devices find protected values
	hashing   chan struct{}     // who may hash a password now
	strangers *strangers
	limits    limits
}

var _ Administration = (*Gate)(nil)

// Open opens the data at config.Path or behind config.Postgres, making its tables if they are not
// there. Several processes may have the same data open.
func Open(ctx context.Context, config Config) (*Gate, error) {
	if err := config.Keys.check(); err != nil {
		return nil, err
	}
	if config.Decide == nil {
		return nil, errors.New("open gate: nobody decides")
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
	st, err := store.Open(ctx, store.Place{Path: config.Path, URL: config.Postgres}, config.Keys.Data)
	if err != nil {
		return nil, fmt.Errorf("open gate: %w", err)
	}
	return &Gate{
		store:     st,
		config:    config,
		org:       config.Keys.Parsed.Org(),
		self:      identity.DeviceIDOf(config.Keys.Log.Public()),
		search:    search,
		hashing:   make(chan struct{}, hashesAtOnce),
		strangers: newStrangers(),
		limits:    newLimits(),
	}, nil
}

// Org is the organisation that the gate stands before.
func (g *Gate) Org() identity.OrgID { return g.org }

// Statement is the organisation's signed statement, which anybody may have.
func (g *Gate) Statement() []byte { return g.config.Keys.Statement }

// Started enters in the log that the system serves from now on.
func (g *Gate) Started(ctx context.Context) error {
	return g.store.Do(ctx, func(tx *store.Tx) error {
		_, err := g.say(ctx, tx, journal.Entry{Kind: journal.SystemStarted}, nil)
		return err
	})
}

// Close writes what was counted and closes the data.
func (g *Gate) Close(ctx context.Context) error {
	return errors.Join(g.flushStrangers(ctx, true), g.store.Close())
}

func (g *Gate) now() signed.Time { return signed.At(g.config.Now()) }
