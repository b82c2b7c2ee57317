// Package qr turns a short payload into a QR code and a picture back into the payload.
//
// It holds the text inside the code (HS1: and base32 for a verification, HSORG: for the letter with the
// organisation ID), draws it, reads it out of pictures that people take in bad light, and takes those pictures
// from a source behind one small interface. It does not know what a payload means, checks no key and no
// signature, keeps no picture, and needs no cgo. Everything it reads is a stranger's: every size is bounded
// before memory is spent, and what third-party decoders do wrong stays inside.
package qr
