package gate

import (
	"context"
	"sync"
	"time"

	"handslag/app/connected/gate/internal/store"
	"handslag/sync/link"
)

// pulseTime is how long an answer about the database holds, and pulseWait how long it is waited for:
// whoever may ask must not be able to keep it busy.
const (
	pulseTime = time.Second
	pulseWait = 2 * time.Second
)

// pulse is the database's newest sign of life.
type pulse struct {
	mu    sync.Mutex
	at    time.Time
	alive bool
}

// Reachable reads from the database, or says what it said within the last second. The refusal
// is that it is busy, and says no more.
func (c *Call) Reachable() error {
	p, now := &c.g.pulse, c.g.config.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if age := now.Sub(p.at); age < 0 || age >= pulseTime {
		ctx, stop := context.WithTimeout(context.WithoutCancel(c.ctx), pulseWait) // its answer is others' too
		defer stop()
		err := c.g.store.Read(ctx, func(tx *store.Tx) error {
			_, err := tx.Places(ctx)
			return err
		})
		p.at, p.alive = now, err == nil
	}
	if !p.alive {
		return Refuse(link.CodeBusy)
	}
	return nil
}
