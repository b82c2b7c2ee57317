//go:build race

package qr

// eachKind is how many pictures of each kind are tried: the race detector makes each six times as slow.
const eachKind = 3
