package ui

import "fyne.io/fyne/v2"

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
func (s State) ink() fyne.ThemeColorName   { return fyne.ThemeColorName(s.orNeutral() + "Ink") }
func (s State) paper() fyne.ThemeColorName { return fyne.ThemeColorName(s.orNeutral() + "Paper") }

// orNeutral lets the zero value stand for neutral.
func (s State) orNeutral() State {
	if s == "" {
		return StateNeutral
	}
	return s
}
