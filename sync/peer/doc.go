// Package peer carries one device to another that its person has verified: the QR offer,
// the verification's state machine, the share protocol, and the libp2p host under them. It
// stores nothing, draws and reads no picture, writes no journal entry itself (it waits for
// the caller's) and never sees a protected part or a content key in the clear for longer
// than it takes to see that a sealed one opens.
package peer
