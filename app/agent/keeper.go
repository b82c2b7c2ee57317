package agent

import (
	"errors"
	"log/slog"
	"sync"
	"time"

	"handslag/vault/factor"
)

// keeper writes to the keyring in the background, the newest under each name, so that one that
// hangs holds nobody up. Without a keyring it does nothing.
type keeper struct {
	keyring  factor.Keyring
	log      *slog.Logger
	farewell time.Duration // how long wait waits

	mu   sync.Mutex
	todo map[string][]byte // nil: to be deleted
	done chan struct{}     // closed when nothing is left to do; nil while nothing is
}

// farewell is how long the program's end waits for what is still to be kept.
const farewell = 2 * time.Second

// put has data kept under name, or nothing where data is nil.
func (k *keeper) put(name string, data []byte) {
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

func (k *keeper) run() {
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

func (k *keeper) next() (name string, data []byte, more bool) {
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

// wait returns when all is kept, or when it has waited for long enough.
func (k *keeper) wait() {
	k.mu.Lock()
	done := k.done
	k.mu.Unlock()
	if done == nil {
		return
	}
	timer := time.NewTimer(k.farewell)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	}
}
