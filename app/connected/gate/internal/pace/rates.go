// Package pace keeps rates in memory: what may come in one minute, by name.
package pace

import (
	"sync"
	"time"

	"handslag/identity/signed"
)

// Rates say what may come to this process in one minute. They save its
// strength and the log's room, and nothing about data hangs on them, so several processes need not agree.
type Rates struct {
	mu     *sync.Mutex
	minute map[string]window
}

type window struct {
	start signed.Time
	count int
}

// maxWindows bounds how many rates are kept at once.
const maxWindows = 1 << 15

// New has counted nothing.
func New() Rates { return Rates{mu: &sync.Mutex{}, minute: map[string]window{}} }

// Take reports whether one more of name fits into this minute's limit, and counts it.
func (l Rates) Take(name string, limit int, now signed.Time) bool {
	return l.Add(name, 1, now) <= limit
}

// Fits reports whether this minute's limit of name is not reached.
func (l Rates) Fits(name string, limit int, now signed.Time) bool {
	return l.Add(name, 0, now) < limit
}

// Add counts n more of name, and says how many there have been in this minute.
func (l Rates) Add(name string, n int, now signed.Time) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	w, ok := l.minute[name]
	if !ok || now < w.start || now >= w.start.Add(time.Minute) {
		if !ok && len(l.minute) >= maxWindows {
			clear(l.minute)
		}
		w = window{start: now}
	}
	w.count += n
	l.minute[name] = w
	return w.count
}
