// Package agent is the program on a staff member's device without its window: the deeds.
// It enrols, unlocks, opens, signs, hands over and syncs; plain values come out, and every
// error is a *Problem with a code that screens have sentences for. The way of a deed is
// always the same: agent method, entry durable, the view changes, signal "this changed",
// the screen loads again. It draws nothing, and it never shows a protected part that no
// durable entry speaks of.
package agent
