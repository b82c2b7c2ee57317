package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"
)

// prepared are statements that the writing connection keeps: SQLite reads each text anew otherwise, which takes
// longer than most of them do. A transaction that meets a new one leaves it to be prepared
// before the next.
type prepared struct {
	mu     sync.Mutex
	known  map[string]*sql.Stmt
	wanted []string
}

// mostPrepared bounds them: the queries that there are, and no texts that grow with what is asked.
const mostPrepared = 256

func newPrepared() *prepared { return &prepared{known: map[string]*sql.Stmt{}} }

// of is the statement for a query; nil where there is none yet.
func (p *prepared) of(query string) *sql.Stmt {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, ok := p.known[query]
	if !ok && len(p.known) < mostPrepared {
		p.known[query], p.wanted = nil, append(p.wanted, query)
	}
	return s
}

// prepare prepares what transactions have asked for in vain, between two of them.
func (p *prepared) prepare(ctx context.Context, db *sql.DB) error {
	p.mu.Lock()
	wanted := p.wanted
	p.wanted = nil
	p.mu.Unlock()
	for _, query := range wanted {
		s, err := db.PrepareContext(ctx, query)
		if err != nil {
			return err
		}
		p.mu.Lock()
		p.known[query] = s
		p.mu.Unlock()
	}
	return nil
}

func (p *prepared) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []error
	for _, s := range p.known {
		if s != nil {
			all = append(all, s.Close())
		}
	}
	clear(p.known)
	return errors.Join(all...)
}
