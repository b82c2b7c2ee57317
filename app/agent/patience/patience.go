// Package patience is how long this device waits before it meets another again, after verifications that failed. It
// judges no verification, and forgets with the program.
package patience

import (
	"slices"
	"sync"
	"time"

	"handslag/identity"
	"handslag/sync/peer"
)

// Patience is how long this device waits before it meets another again with which verifications failed in
// a way that digits read aloud do not: longer each time. It counts against the device whose credential and
// connection proved it to be there, so nobody can make a colleague wait who does not hold the
// colleague's keys. It lies in memory and outlives a lock.
type Patience struct {
	mu   sync.Mutex
	with []setback // the latest last
}

type setback struct {
	device identity.DeviceID
	times  int
	last   time.Duration // uptime
}

const (
	freeSetbacks   = 1 // slips are human
	firstWait      = 15 * time.Second
	longestWait    = 5 * time.Minute
	setbackMemory  = time.Hour
	maxSetbacks    = 128
	setbackDoubles = 5
)

// Counts reports whether a verification that failed so says something of the other device.
func Counts(why peer.Reason) bool {
	return slices.Contains([]peer.Reason{peer.CodeWrong, peer.KeyMismatch, peer.CommitBad, peer.BadAnswer}, why)
}

// Failed takes a setback with device down.
func (p *Patience) Failed(device identity.DeviceID, now time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	one := setback{device: device}
	if i := p.find(device, now); i >= 0 {
		one = p.with[i]
	}
	p.forget(device)
	one.times, one.last = one.times+1, now
	p.with = append(p.with[max(0, len(p.with)+1-maxSetbacks):], one)
}

// Met forgets what went before: they are verified.
func (p *Patience) Met(device identity.DeviceID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.forget(device)
}

func (p *Patience) forget(device identity.DeviceID) {
	p.with = slices.DeleteFunc(p.with, func(s setback) bool { return s.device == device })
}

// Left is how long it still is before device is met again; zero or less is now.
func (p *Patience) Left(device identity.DeviceID, now time.Duration) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := p.find(device, now)
	if i < 0 || p.with[i].times <= freeSetbacks {
		return 0
	}
	wait := min(firstWait<<min(p.with[i].times-freeSetbacks-1, setbackDoubles), longestWait)
	return p.with[i].last + wait - now
}

// find is where device stands, unless that is forgotten. The caller holds mu.
func (p *Patience) find(device identity.DeviceID, now time.Duration) int {
	return slices.IndexFunc(p.with, func(s setback) bool { return s.device == device && now-s.last < setbackMemory })
}
