package anchor

import (
	"errors"
	"log/slog"
	"sync"
	"time"

	"handslag/vault/factor"
)

// Keeper writes to the keyring in the background, the newest under each name, so that one that
// hangs holds nobody up. Without a keyring it does nothing.
type Keeper struct {
	keyring factor.Keyring
	log     *slog.Logger

	mu   sync.Mutex
	todo map[string][]byte // nil: to be deleted
	done chan struct{}     // closed when nothing is left to do; nil while nothing is
}

// Farewell is how long the program's end waits for what is still to be kept.
const Farewell = 2 * time.Second

// NewKeeper writes to keyring, which may be nil.
func NewKeeper(keyring factor.Keyring, log *slog.Logger) *Keeper {
	return &Keeper{keyring: keyring, log: log}
}

// Put has data kept under name, or nothing where data is nil.
func (k *Keeper) Put(name string, data []byte) {
	if k.keyring == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.todo == nil {
		k.todo = map[string][]byte{}
	}
	k.todo[name] = data
	if k.done == nil {
		k.done = make(chan struct{})
		go k.run()
	}
}

func (k *Keeper) run() {
	for {
		name, data, more := k.next()
		if !more {
			return
		}
		var err error
		if data == nil {
			err = k.keyring.Delete(name)
		} else {
			err = k.keyring.Set(name, data)
		}
		if err != nil && !errors.Is(err, factor.ErrMissing) {
			k.log.Info("the keyring keeps nothing", "error", err)
		}
	}
}

func (k *Keeper) next() (name string, data []byte, more bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for name, data = range k.todo {
		delete(k.todo, name)
		return name, data, true
	}
	close(k.done)
	k.done = nil
	return "", nil, false
}

// Wait reports whether all is kept, at once where it is, or after patience at the most.
func (k *Keeper) Wait(patience time.Duration) bool {
	k.mu.Lock()
	done := k.done
	k.mu.Unlock()
	if done == nil {
		return true
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}
