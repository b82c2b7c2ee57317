package cellar_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"

	"handslag/testnet"
	"handslag/testnet/cellar"
)

var (
	programs testnet.Programs
	here     *cellar.Room
	why      string // there are no rooms on this machine
)

// TestMain runs all of it in a network namespace of its own, where the machine allows that.
func TestMain(m *testing.M) {
	flag.Parse()
	if !cellar.Inside() {
		status, err := cellar.Enter()
		if err == nil {
			os.Exit(status)
		}
		why = err.Error()
		os.Exit(m.Run())
	}
	os.Exit(inside(m))
}

func inside(m *testing.M) int {
	dir, err := os.MkdirTemp("", "handslag-bin-")
	if err == nil {
		defer os.RemoveAll(dir)
		programs, err = testnet.BuildPrograms(context.Background(), dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := prepared(); err != nil {
		why = err.Error()
	}
	return m.Run()
}

// prepared tries what every story needs.
func prepared() (err error) {
	if here, err = cellar.Here(); err != nil {
		return err
	}
	room, err := cellar.NewRoom()
	if err != nil {
		return err
	}
	defer room.Close()
	end, err := cellar.NewWire().Plug(room, "try0", "10.1.1.1/24")
	if err != nil {
		return err
	}
	return end.Pull()
}
