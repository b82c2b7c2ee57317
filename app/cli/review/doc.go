// Package review has the commands that answer afterwards: this device's own events, and what the connected system's log, its
// findings and its witnesses say, to whoever may read them.
package review
