package part

import (
	"handslag/assets"

	"fyne.io/fyne/v2"
)

// State is how a thing stands, told in colour and always in words too.
type State string

// The states, from nothing to tell to stop.
const (
	StateNeutral State = "neutral"
	StateOK      State = "ok"
	StateWaiting State = "waiting"
	StateWarning State = "warning"
	StateDanger  State = "danger"
)

// states lists them, for tests and tables.
var states = []State{StateNeutral, StateOK, StateWaiting, StateWarning, StateDanger}

// ink names the colour of text and icons in this state, paper that of the area behind them.
func (s State) Ink() fyne.ThemeColorName   { return fyne.ThemeColorName(s.orNeutral() + "Ink") }
func (s State) Paper() fyne.ThemeColorName { return fyne.ThemeColorName(s.orNeutral() + "Paper") }

// orNeutral lets the zero value stand for neutral.
func (s State) orNeutral() State {
	if s == "" {
		return StateNeutral
	}
	return s
}

func (s State) Icon() string {
	switch s {
	case StateOK:
		return assets.IconCheck
	case StateWaiting:
		return assets.IconClock
	}
	return assets.IconWarning
}
