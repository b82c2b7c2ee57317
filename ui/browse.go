package ui

import (
	"fmt"
	"net/url"

	"fyne.io/fyne/v2"
)

// browse opens the person's browser. It is called from the agent's own goroutine.
func (w *Window) browse(address string) error {
	if w.config.Browse != nil {
		return w.config.Browse(address)
	}
	u, err := url.Parse(address)
	if err != nil {
		return fmt.Errorf("open browser: %w", err)
	}
	if err := fyne.CurrentApp().OpenURL(u); err != nil {
		return fmt.Errorf("open browser: %w", err)
	}
	return nil
}
