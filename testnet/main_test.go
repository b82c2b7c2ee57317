package testnet_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"

	"handslag/testnet"
)

var programs testnet.Programs

// TestMain builds the programs once, unless HANDSLAG_BIN names them.
func TestMain(m *testing.M) {
	if log := os.Getenv(childVariable); log != "" {
		os.Exit(child(log))
	}
	flag.Parse()
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "handslag-bin-")
	if err == nil {
		defer os.RemoveAll(dir)
		programs, err = testnet.BuildPrograms(context.Background(), dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}
