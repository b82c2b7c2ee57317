// Package link is the contract with the connected system and the directory: what travels
// between them and a device, the proof that a call carries, and the client that speaks it.
// It stores nothing and decides nothing.
//
// Everything is HTTPS. Bodies are JSON, but for the journal batch, which is CBOR and goes up
// as it was made, and for signed structures, which travel as their signed bytes. Refusals
// are problem details (RFC 9457).
package link
