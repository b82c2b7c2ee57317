// Package gate is the only door to the connected system's data. It proves who calls, reads
// what they may in the transaction of the data itself, decides, logs, acts, and lets the
// answer start after the commit; the administrator's commands pass it too. What lies behind
// it is an internal package, so that the compiler keeps handlers out. It speaks no HTML,
// makes no keys and serves no socket.
package gate
