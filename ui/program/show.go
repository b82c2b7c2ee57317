package program

import (
	"context"

	"handslag/ui"

	"fyne.io/fyne/v2"
)

// Show lets the agent live in a window of program until the person closes it or the process is told to end, which Fyne
// hears. It is called on the main thread; the agent stays the caller's to close.
func Show(program fyne.App, c ui.Config, title string, frame Frame) {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = c.Agent.Run(ctx) // ends with ctx; what a sync came to stands in Me
	}()
	window := program.NewWindow(title)
	w := ui.NewWindow(c)
	w.Attach(window)
	window.Resize(frame.Size)
	window.SetMaster()
	program.Lifecycle().SetOnStarted(func() {
		if frame.At != nil {
			moveWindow(window, *frame.At)
		}
		SettleTaps(window)
		HearInput(window, c.Agent.Touch)
	})
	window.ShowAndRun()
	w.Close()
	stop()
	<-ended
}
