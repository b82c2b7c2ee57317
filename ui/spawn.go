package ui

import (
	"context"

	"fyne.io/fyne/v2"
)

// Spawner runs work away from the main thread. The window starts a goroutine; tests run the work at once.
type Spawner func(work func())

// Concurrently is the window's Spawner.
func Concurrently(work func()) { go work() }

// AtOnce is the tests' Spawner.
func AtOnce(work func()) { work() }

// Load fetches rows off the main thread and shows them on it, with one fyne.Do. When ctx ends meanwhile, because the screen
// was left or asked again, nothing is shown.
func Load[T any](ctx context.Context, spawn Spawner, load func(context.Context) (T, error), show func(T, error)) {
	spawn(func() {
		rows, err := load(ctx)
		fyne.Do(func() {
			if ctx.Err() == nil {
				show(rows, err)
			}
		})
	})
}

// Latest keeps one load alive at a time: a new one ends the one before, so that an old answer never covers a newer.
// The zero value is ready; it is used on the main thread only.
type Latest struct{ cancel context.CancelFunc }

// Next ends the load before and gives the context of the next.
func (l *Latest) Next(parent context.Context) context.Context {
	l.Stop()
	ctx, cancel := context.WithCancel(parent)
	l.cancel = cancel
	return ctx
}

// Stop ends the load under way, if any.
func (l *Latest) Stop() {
	if l.cancel != nil {
		l.cancel()
		l.cancel = nil
	}
}
