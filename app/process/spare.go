package process

import "runtime/debug"

// Spare has the garbage collector spend processor time for memory: a program that holds a vault
// waits for people most of the time, and the list of a hundred thousand records is to fit beside
// all else that a small machine does.
func Spare() { debug.SetGCPercent(50) }
