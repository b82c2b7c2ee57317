// Package model holds a Promela model of the verification's state machine, and the tests
// that let spin search all of it: the design as it stands must hold against the attacker,
// and each deliberate weakening must fall. It proves nothing about Go code, bytes or
// cryptography; model.pml says what is abstracted and why that is fair.
package model
