// Package program is what surrounds the window: the command line, what the program says of itself, and what Fyne leaves to
// the system beneath it (a display, taps, a place on the screen). It knows one window and none of its screens.
package program
