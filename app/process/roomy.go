package process

import "runtime/debug"

// Roomy has the garbage collector spend memory for processor time: a server that takes in what thousands of devices say
// at once makes much that is gone a moment later. Towards the bound it collects as often as it must.
func Roomy() {
	debug.SetGCPercent(300)
	debug.SetMemoryLimit(roomyMost)
}

const roomyMost = 640 << 20 // bytes
