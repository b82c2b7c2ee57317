//go:build !race

package qr

// eachKind is how many pictures of each kind are tried.
const eachKind = 20
