// Command handslagverify checks evidence of an organisation's audit log on the word of the organisation ID
// alone: it asks no server. All of it is in app/verify; this wires streams.
package main

import (
	"os"

	"handslag/app/process"
	"handslag/app/verify"
)

func main() {
	process.Seclude(os.Stderr)
	os.Exit(verify.Run(os.Stdout, os.Stderr, os.Args[1:]))
}
